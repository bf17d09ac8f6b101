"""The block builder of Solana's machine: what a scenario speaks to. Addresses and keys follow from names."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from nacl.signing import SigningKey

from samestate.conformance.fixtures.solana.genesis import RECENT_BLOCKHASHES_BYTES, rent_data
from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall, advance_nonce
from samestate.conformance.generating.svm.messages import compile_message, sign_message
from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.scenarios.svm_draft import FIRST_SLOT, SOL, EntryDraft, SvmAccount, SvmDraft
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import PRE, member, members, text, texts
from samestate.conformance.vectors.svm import CODEC
from samestate.spec.access import OPEN
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    ADDRESS_LOOKUP_TABLE,
    NATIVE_LOADER,
    RECENT_BLOCKHASHES,
    RENT,
    SYSTEM,
    SYSVAR,
)
from samestate.spec.svm.addresses import address as address_of
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.chain import Bank
from samestate.spec.svm.message import Config, TransactionMessage, Version
from samestate.spec.svm.nonce import Nonce, durable_nonce, encode_nonce
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.slot_time import SLOT_TIMES
from samestate.spec.svm.state import SvmState

SYSTEM_DATA = b"solana_system_program"
"""The data of the System program's account since Agave 4.2."""
NEVER = 2**64 - 1
QUEUE_LENGTH = 3
"""How many blockhashes the queue has, unless a scenario says otherwise."""


class SvmBlockBuilder:
    """Builds the pre-state, the bank and the blocks of a vector. The last block begun is the current one.

    Without a word signatures are right, transactions are legacy ones that name the newest blockhash, and blocks come
    without proof of history, one slot after another.
    """

    def __init__(self, ruleset: str) -> None:
        self.ruleset = ruleset
        self.named: dict[str, SvmAccount] = {}
        self.accounts: dict[bytes, Account] = {SYSTEM: Account(1, NATIVE_LOADER, True, SYSTEM_DATA)}
        self.tables: dict[bytes, tuple[bytes, ...]] = {}
        self.params: dict[str, str] = {}
        self.slot_time = 400
        self.others = lattice.EMPTY
        self.has_history = False
        self.bank = Bank(FIRST_SLOT, hashlib.sha256(b"samestate bank").digest(), self._queue(QUEUE_LENGTH))
        self.drafts = [SvmDraft(FIRST_SLOT + 1, self.nobody("leader"))]

    # Who there is

    def wallet(self, name: str, lamports: int = 10 * SOL) -> SvmAccount:
        """An account that can sign, and has so many lamports and no data."""
        return self.account(name, lamports)

    def wallets(self, *names: str) -> tuple[SvmAccount, ...]:
        """Wallets that have what they need."""
        return tuple(self.wallet(name) for name in names)

    def account(
        self, name: str, lamports: int = SOL, data: bytes = b"", owner: bytes = SYSTEM, executable: bool = False
    ) -> SvmAccount:
        """An account as it is before the first block. It can sign, like any."""
        account = self.nobody(name)
        self.put(account, Account(lamports, owner, executable, data))
        return account

    def nobody(self, name: str) -> SvmAccount:
        """An account that has nothing yet, and can sign. The same name is the same account."""
        if name not in self.named:
            key = SigningKey(hashlib.sha256(f"samestate svm {name}".encode()).digest())
            self.named[name] = SvmAccount(name, bytes(key.verify_key), key)
        return self.named[name]

    def at(self, name: str, address: bytes | str, account: Account | None = None) -> SvmAccount:
        """An account at a given address, which cannot sign; ``account`` is what is there before the first block."""
        place = address_of(address) if isinstance(address, str) else address
        self.named[name] = SvmAccount(name, place)
        if account is not None:
            self.accounts[place] = account
        return self.named[name]

    def builtin(self, address: bytes, name: str) -> SvmAccount:
        """A program that every validator has in itself, as an account; its data is its name."""
        return self.at(name.replace("_", " "), address, Account(1, NATIVE_LOADER, True, name.encode()))

    def put(self, account: SvmAccount, content: Account) -> None:
        """Say what an account is before the first block."""
        self.accounts[account.address] = content

    def nonce_account(
        self,
        name: str,
        authority: SvmAccount,
        lamports: int = 2_000_000,
        *,
        of_blockhash: bytes | None = None,
        is_legacy: bool = False,
        size: int = 80,
    ) -> SvmAccount:
        """A nonce that its authority may use in the first block: its value is of an older blockhash than the bank's."""
        value = durable_nonce(hashlib.sha256(name.encode()).digest() if of_blockhash is None else of_blockhash)
        data = encode_nonce(Nonce(authority.address, value, 5000, is_legacy)).ljust(size, b"\x00")
        return self.account(name, lamports, data)

    def nonce_value(self, nonce: SvmAccount) -> bytes:
        """The value that a nonce has before the first block."""
        return self.accounts[nonce.address].data[40:72]

    def next_nonce_value(self) -> bytes:
        """The value that a nonce takes if it advances in the current block."""
        return durable_nonce(self.newest_blockhash())

    def lookup_table(
        self,
        name: str,
        *addresses: SvmAccount | bytes,
        deactivated: int = NEVER,
        extended: int = 0,
        extension_start: int = 0,
        lamports: int = SOL,
    ) -> SvmAccount:
        """A lookup table with these addresses."""
        content = tuple(each if isinstance(each, bytes) else each.address for each in addresses)
        head = struct.pack("<IQQBB32sH", 1, deactivated, extended, extension_start, 1, bytes(32), 0)
        table = self.account(name, lamports, head + b"".join(content), ADDRESS_LOOKUP_TABLE)
        self.tables[table.address] = content
        return table

    def with_sysvars(self) -> None:
        """The state has Rent and RecentBlockhashes, as the bank of the slot before has left them."""
        newest_first = [*reversed(self.bank.blockhashes.hashes.items())]
        listed = b"".join(
            blockhash + struct.pack("<Q", registered.lamports_per_signature) for blockhash, registered in newest_first
        )
        recent = (struct.pack("<Q", len(newest_first)) + listed).ljust(RECENT_BLOCKHASHES_BYTES, b"\x00")
        rent = rent_data(self.bank.lamports_per_byte)
        for name, address, data in (("rent", RENT, rent), ("recent blockhashes", RECENT_BLOCKHASHES, recent)):
            self.at(name, address, Account((128 + len(data)) * self.bank.lamports_per_byte, SYSVAR, data=data))

    # The bank

    def with_params(self, **params: str) -> None:
        """Depart from the ruleset: features by name, `limit_block` and so on, `signatures`."""
        self.params |= params

    def with_limits(self, **limits: int) -> None:
        """Other limits of blocks: `account`, `block`, `allocation`."""
        self.params |= {f"limit_{name}": str(limit) for name, limit in limits.items()}

    def with_slot_time(self, milliseconds: int) -> None:
        """Another length of slots."""
        self.slot_time = milliseconds
        self.bank = replace(self.bank, hashes_per_tick=SLOT_TIMES[milliseconds].hashes_per_tick)

    def with_bank(self, **fields: object) -> None:
        """Other fields of the bank before the first block. Its slot moves that of the block with it."""
        self.bank = replace(self.bank, **fields)  # type: ignore[arg-type]
        if "slot" in fields and len(self.drafts) == 1:
            self.draft.slot = self.bank.slot + 1

    def with_queue(self, length: int) -> None:
        """So many blockhashes in the queue of the bank."""
        self.bank = replace(self.bank, blockhashes=self._queue(length))

    def with_history(self, hashes_per_tick: int = 4, ticks: int = 2) -> None:
        """Blocks come with proof of history, with few hashes and ticks, so that it stays small."""
        self.has_history = True
        self.bank = replace(self.bank, hashes_per_tick=hashes_per_tick, ticks=ticks)

    def blockhash(self, age: int = 0) -> bytes:
        """A blockhash of the bank's queue: after it so many others were registered."""
        return [*self.bank.blockhashes.hashes][-1 - age]

    def newest_blockhash(self) -> bytes:
        """The blockhash of the block before the current one. With proof of history only that of the bank is known."""
        if len(self.drafts) == 1:
            return self.blockhash()
        return blockhash_of_slot(self.drafts[-2].slot)

    @staticmethod
    def _queue(length: int) -> BlockhashQueue:
        first = max(0, FIRST_SLOT - length + 1)
        return BlockhashQueue(
            {blockhash_of_slot(slot): RegisteredHash(slot, 5000) for slot in range(first, FIRST_SLOT + 1)}
        )

    # The block

    @property
    def draft(self) -> SvmDraft:
        """The current block."""
        return self.drafts[-1]

    def next_block(self, slot: int | None = None) -> None:
        """End the current block and begin the next, in the slot after it unless another is given."""
        self.drafts.append(SvmDraft(self.draft.slot + 1 if slot is None else slot, self.draft.leader))

    def led_by(self, leader: SvmAccount) -> None:
        """Who leads the current block and those after it."""
        self.draft.leader = leader

    def at_time(self, unix_timestamp: int) -> None:
        """What the clock says in the current block."""
        self.draft.unix_timestamp = unix_timestamp

    def entry(self, hashes: int = 1, hash: bytes | None = None) -> None:
        """Begin another entry; with proof of history after so many hashes, and with another hash than the right one."""
        self.draft.entries.append(EntryDraft(hashes=hashes, hash=hash))

    def tick(self, hashes: int, hash: bytes | None = None) -> None:
        """An entry without transactions, where blocks come with proof of history."""
        self.entry(hashes, hash)

    def send(
        self,
        payer: SvmAccount,
        *instructions: ProgramCall,
        version: Version = "legacy",
        blockhash: bytes | None = None,
        tables: Sequence[SvmAccount] = (),
        config: Config | None = None,
        more_keys: Sequence[AccountUse] = (),
        change: Callable[[TransactionMessage], TransactionMessage] = lambda message: message,
        spoil: bool = False,
        comment: str = "",
    ) -> bytes:
        """Send a transaction in the current entry, and give it as it is on the wire.

        ``change`` makes another message of the right one before it is signed.
        """
        message = compile_message(
            payer.address,
            instructions,
            self.newest_blockhash() if blockhash is None else blockhash,
            0 if tables and version == "legacy" else version,
            [(table.address, self.tables.get(table.address, ())) for table in tables],
            config,
            more_keys,
        )
        keys = [account.key for account in self.named.values() if account.key is not None]
        wire = sign_message(change(message), keys, spoil)
        self.send_wire(wire, f"{payer.name}{': ' if comment else ''}{comment}")
        return wire

    def send_durable(
        self,
        payer: SvmAccount,
        nonce: SvmAccount,
        authority: SvmAccount,
        *instructions: ProgramCall,
        value: bytes | None = None,
        comment: str = "",
    ) -> bytes:
        """Send a transaction with a durable nonce: its value from before the first block, unless one is given."""
        stored = self.nonce_value(nonce) if value is None else value
        advance = advance_nonce(nonce.address, authority.address)
        return self.send(payer, advance, *instructions, blockhash=stored, comment=comment)

    def send_wire(self, wire: bytes, comment: str = "") -> None:
        """Send bytes as they are: a transaction, or what is none."""
        if not self.draft.entries:
            self.entry()
        self.draft.entries[-1].wires.append(wire)
        self.draft.entries[-1].comments.append(comment)

    # What must come out

    def expect(self, code: Invalid, transaction: int | None = None) -> None:
        """The current block must be rejected, for the transaction of that index where one is given."""
        self.draft.rejection = (code, transaction)

    def expect_success(self, *succeeded: bool) -> None:
        """Which transactions of the current block must succeed. Without a word all of them must."""
        self.draft.receipts = succeeded

    def expect_errors(self, *errors: str) -> None:
        """The error of each transaction of the current block; "" for one that succeeds."""
        self.draft.receipts = None
        self._expect_of_receipts("error", list(errors), lambda receipt: str(receipt.get("error", "")))

    def expect_statuses(self, *statuses: str) -> None:
        """The status of each transaction: success, failed or fees-only."""
        self.draft.receipts = None
        self._expect_of_receipts("status", list(statuses), lambda receipt: text(receipt, "status"))

    def expect_numbers(self, field: str, *numbers: int) -> None:
        """A number of each receipt: `units`, `fee`, `priority_fee`, `loaded_size` or `cost`."""
        self._expect_of_receipts(field, [str(number) for number in numbers], lambda receipt: text(receipt, field))

    def expect_logs(self, transaction: int, *lines: str) -> None:
        """All log lines of a transaction."""

        def look(result: Object, _: SvmState) -> list[str]:
            return texts(members(result, "receipts")[transaction], "logs")

        self._expect(f"logs of transaction {transaction}", list(lines), look)

    def expect_field(self, name: str, value: str) -> None:
        """A field of the block: `bank_hash`, `state_root`, `signature_count`, `block_cost`."""
        self._expect(name, value, lambda result, _: text(result, name))

    def expect_fees(self, **fees: int) -> None:
        """Fields of the fees of the current block: `signatures`, `priority`, `deposited`, `burnt`."""
        wanted = {name: str(number) for name, number in fees.items()}
        self._expect("fees", wanted, lambda result, _: {name: member(result, "fees")[name] for name in fees})

    def expect_lamports(self, account: SvmAccount, lamports: int) -> None:
        """What the account must have after the current block; 0: it is not there."""

        def look(_: Object, state: SvmState) -> int:
            found = state.account(account.address)
            return 0 if found is None else found.lamports

        self._expect(f"lamports of {account.name}", lamports, look)

    def expect_account(self, account: SvmAccount, content: Account | None) -> None:
        """What the account must be after the current block."""
        self._expect(f"account {account.name}", content, lambda _, state: state.account(account.address))

    def expect_critical_path(self, transactions: int) -> None:
        """How many transactions of the current block wait for one another."""
        self._expect("critical path", str(transactions), lambda result, _: text(result, "critical_path"))

    def expect_reads(self, step: int, *accounts: SvmAccount | bytes) -> None:
        """All accounts that a transaction of the current block must read."""
        wanted = keys_of(accounts)
        self._expect(f"reads of step {step}", wanted, lambda result, _: [*member(_step(result, step), "reads")])

    def expect_writes(self, step: int, *accounts: SvmAccount | bytes) -> None:
        """All accounts that a transaction of the current block must write."""
        wanted = keys_of(accounts)
        self._expect(f"writes of step {step}", wanted, lambda result, _: [*member(_step(result, step), "writes")])

    def expect_sources(self, step: int, account: SvmAccount, *sources: int | str) -> None:
        """The steps from which a transaction must have the value of an account; none: from before the block."""
        key = CODEC.key(account.address)
        wanted: Json = [str(source) for source in sources] if sources else PRE
        self._expect(
            f"sources of {account.name} in step {step}",
            wanted,
            lambda result, _: member(member(_step(result, step), "reads"), key)["from"],
        )

    def _expect_of_receipts(self, what: str, wanted: list[str], look: Callable[[Object], str]) -> None:
        self._expect(what, wanted, lambda result, _: [look(receipt) for receipt in members(result, "receipts")])

    def _expect(self, what: str, wanted: object, look: Callable[[Object, SvmState], object]) -> None:
        def check(result: Object, state: SvmState) -> None:
            found = look(result, state)
            if found != wanted:
                raise Unexpected(f"{what}: the scenario says {wanted}, the specification {found}")

        self.draft.checks.append(check)


def blockhash_of_slot(slot: int) -> bytes:
    """The blockhash that scenarios give to a slot."""
    return hashlib.sha256(b"samestate blockhash %d" % slot).digest()


def keys_of(accounts: Sequence[SvmAccount | bytes]) -> list[str]:
    """Accounts as the record lists them."""
    addresses = (each if isinstance(each, bytes) else each.address for each in accounts)
    return [CODEC.key(address) for address in sorted(addresses)]


def _step(result: Object, step: int) -> Object:
    return members(result, "access")[step - OPEN]
