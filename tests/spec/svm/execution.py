"""Transactions in few words, and their execution on a dictionary of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from samestate.spec.machine import Key, Value
from samestate.spec.svm.account import Account, account_key, decode_account, encode_account
from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM
from samestate.spec.svm.admission import admit
from samestate.spec.svm.block import Block
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.message import CompiledInstruction, Config, MessageHeader, TransactionMessage, Version
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import RULESETS
from samestate.spec.svm.slot_time import SLOT_TIMES
from samestate.spec.svm.transaction import transaction_of
from samestate.spec.svm.transaction_execution import execute_transaction

A, B = RULESETS["mainnet-2026-07"], RULESETS["mainnet-2026-09"]
OLD_HASH, LAST_HASH = b"\x0d" * 32, b"\x1a" * 32
LEADER = b"\xaa" * 32
SYSTEM_ACCOUNT = Account(1, NATIVE_LOADER, True, b"solana_system_program")


@dataclass
class AccountsView:
    """A view on a dictionary: what a step reads and writes. Implements View as far as this machine needs it."""

    values: dict[Key, Value]
    reads: dict[Key, None] = field(default_factory=dict)
    writes: dict[Key, Value] = field(default_factory=dict)

    def get(self, key: Key) -> Value:
        self.reads[key] = None
        return self.writes.get(key, self.values.get(key))

    def set(self, key: Key, value: Value) -> None:
        self.writes[key] = value

    def add(self, key: Key, amount: int) -> None:
        raise NotImplementedError

    def touch(self, address: bytes) -> None:
        raise NotImplementedError

    def wipe(self, address: bytes) -> None:
        raise NotImplementedError

    def checkpoint(self) -> int:
        raise NotImplementedError

    def rollback(self, mark: int) -> None:
        raise NotImplementedError

    def has_storage(self, address: bytes) -> bool:
        raise NotImplementedError


def view_of(accounts: Mapping[bytes, Account | None]) -> AccountsView:
    return AccountsView(
        {account_key(key): encode_account(account) for key, account in accounts.items() if account is not None}
    )


@dataclass(frozen=True)
class Meta:
    """An account of an instruction."""

    key: bytes
    signs: bool = False
    writes: bool = True


@dataclass(frozen=True)
class Sent:
    """An instruction before it is compiled."""

    program: bytes
    data: bytes
    accounts: tuple[Meta, ...] = ()


def message_of(
    payer: bytes,
    *instructions: Sent,
    blockhash: bytes = LAST_HASH,
    version: Version = "legacy",
    config: Config | None = None,
    listed: Iterable[Meta] = (),
) -> TransactionMessage:
    """Compile instructions: the payer first, then what signs and writes, signs, writes, and the rest."""
    flags: dict[bytes, list[bool]] = {payer: [True, True]}
    metas = [meta for sent in instructions for meta in sent.accounts] + list(listed)
    for meta in [*metas, *(Meta(sent.program, writes=False) for sent in instructions)]:
        signs, writes = flags.setdefault(meta.key, [False, False])
        flags[meta.key] = [signs or meta.signs, writes or meta.writes]
    order = [(True, True), (True, False), (False, True), (False, False)]
    keys = sorted(flags, key=lambda key: (key != payer, order.index((flags[key][0], flags[key][1]))))
    header = MessageHeader(
        sum(signs for signs, _ in flags.values()),
        sum(signs and not writes for signs, writes in flags.values()),
        sum(not signs and not writes for signs, writes in flags.values()),
    )
    compiled = tuple(
        CompiledInstruction(keys.index(sent.program), bytes(keys.index(meta.key) for meta in sent.accounts), sent.data)
        for sent in instructions
    )
    return TransactionMessage(version, header, tuple(keys), blockhash, compiled, (), config)


def block_of(slot: int = 2, last_hash: bytes = LAST_HASH, **fields: object) -> Block:
    queue = BlockhashQueue({OLD_HASH: RegisteredHash(0, 5000), last_hash: RegisteredHash(1, 5000)})
    given = {
        "slot": slot,
        "parent_slot": slot - 1,
        "parent_hash": bytes(32),
        "leader": LEADER,
        "entries": (),
        "blockhash": b"\x2b" * 32,
        "blockhashes": queue,
        "limits": SLOT_TIMES[400].limits,
        **fields,
    }
    return Block(**given)  # type: ignore[arg-type]


def execute(
    message: TransactionMessage,
    accounts: Mapping[bytes, Account | None],
    ruleset: SvmRuleset = A,
    block: Block | None = None,
) -> tuple[Outcome, dict[bytes, Account | None]]:
    """The outcome, and the accounts after it. The System program is there in any case; no signature is verified."""
    view = view_of({SYSTEM: SYSTEM_ACCOUNT, **accounts})
    block = block_of() if block is None else block
    transaction = transaction_of(message, (bytes(64),) * message.header.required_signatures)
    outcome = execute_transaction(ruleset, block, admit(ruleset, block, transaction, False, False), view)
    after = {key: decode_account(value) for key, value in {**view.values, **view.writes}.items()}
    return outcome, {**dict.fromkeys(accounts), **after}


PAYER = b"\x50" * 32
RICH = 10**10


def run(
    *sent: Sent, accounts: Mapping[bytes, Account | None] | None = None, ruleset: SvmRuleset = A, **fields: object
) -> tuple[Outcome, dict[bytes, Account | None]]:
    """Execute instructions, for which an account that none of them names pays."""
    given = {**{meta.key: None for one in sent for meta in one.accounts}, PAYER: Account(RICH), **(accounts or {})}
    given = {key: account for key, account in given.items() if key != SYSTEM}
    return execute(message_of(PAYER, *sent), given, ruleset, block_of(**fields))


def error_of(*sent: Sent, accounts: Mapping[bytes, Account | None] | None = None) -> tuple[str, tuple[str, ...]]:
    """The error of the last of some instructions, and what it says itself."""
    outcome, _ = run(*sent, accounts=accounts)
    assert outcome.error is not None, outcome
    return str(outcome.error), own_lines(outcome)


def own_lines(outcome: Outcome) -> tuple[str, ...]:
    """What the last instruction says between the runtime's lines about it."""
    start = max(place for place, line in enumerate(outcome.logs) if line.endswith("invoke [1]"))
    return outcome.logs[start + 1 : -1]
