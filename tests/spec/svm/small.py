"""Small banks and transactions to test with: keys from seeds, messages put together by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import ADDRESS_LOOKUP_TABLE, NATIVE_LOADER, SYSTEM
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.message import (
    CompiledInstruction,
    Config,
    MessageHeader,
    TableLookup,
    TransactionMessage,
    Version,
)
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_09
from samestate.spec.svm.signature import address_of, sign
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.transaction import SignedTransaction, encode_message
from samestate.spec.transition import apply_block

SOL = 10**9
GENESIS_HASH = sha256(b"genesis").digest()
LEADER = bytes([0xAA]) * 32
SYSTEM_ACCOUNT = Account(1, NATIVE_LOADER, True, b"solana_system_program")
"""The account of the System program, as since Agave 4.2."""


def seed(number: int) -> bytes:
    return bytes([number]) * 32


def key(number: int) -> bytes:
    """The address of the key that :func:`seed` makes."""
    return address_of(seed(number))


def transfer_data(lamports: int) -> bytes:
    return (2).to_bytes(4, "little") + lamports.to_bytes(8, "little")


def message_of(
    keys: Sequence[bytes],
    instructions: Sequence[tuple[int, Sequence[int], bytes]] = (),
    header: tuple[int, int, int] = (1, 0, 1),
    blockhash: bytes = GENESIS_HASH,
    version: Version = "legacy",
    lookups: Sequence[tuple[bytes, Sequence[int], Sequence[int]]] = (),
    config: Config | None = None,
) -> TransactionMessage:
    return TransactionMessage(
        version,
        MessageHeader(*header),
        tuple(keys),
        blockhash,
        tuple(CompiledInstruction(program, bytes(accounts), data) for program, accounts, data in instructions),
        tuple(TableLookup(table, bytes(writable), bytes(readonly)) for table, writable, readonly in lookups),
        (config or Config(0, 1_400_000, 2**20)) if version == 1 else None,
    )


def signed(message: TransactionMessage, *signers: int) -> SignedTransaction:
    content = encode_message(message)
    return SignedTransaction(tuple(sign(content, seed(number)) for number in signers), message, content)


def transfer(payer: int, to: bytes, lamports: int, **fields: Any) -> SignedTransaction:
    keys = fields.pop("keys", (key(payer), to, SYSTEM))
    return signed(message_of(keys, [(len(keys) - 1, (0, 1), transfer_data(lamports))], **fields), payer)


def table(
    addresses: Sequence[bytes],
    deactivated: int = 2**64 - 1,
    extended: int = 0,
    start: int = 0,
    authority: bool = True,
) -> Account:
    head = (1).to_bytes(4, "little") + deactivated.to_bytes(8, "little") + extended.to_bytes(8, "little")
    data = (head + bytes([start, authority])).ljust(56, b"\x00") + b"".join(addresses)
    return Account(SOL, ADDRESS_LOOKUP_TABLE, False, data)


@dataclass
class SmallChain:
    """A bank at slot 0 and the accounts that it begins with; blocks follow it one after another."""

    accounts: Mapping[bytes, Account]
    ruleset: SvmRuleset = MAINNET_2026_09
    bank: Bank = field(default_factory=lambda: Bank(0, sha256(b"bank").digest(), first_queue(GENESIS_HASH, 5000)))
    state: SvmState = field(init=False)

    def __post_init__(self) -> None:
        self.state = svm_state({SYSTEM: SYSTEM_ACCOUNT, LEADER: Account(SOL), **self.accounts})

    def block(self, *entries: Sequence[SignedTransaction], slot: int | None = None, **fields: Any) -> Block:
        slot = self.bank.slot + 1 if slot is None else slot
        history = [HistoryEntry(0, bytes(32), tuple(transactions)) for transactions in entries]
        blockhash = sha256(b"bh" + slot.to_bytes(8, "little")).digest()
        return replace(block_on(self.bank, self.state, slot, LEADER, history, blockhash), **fields)

    def apply(self, block: Block) -> SvmResult:
        result = apply_block(Svm(self.ruleset), block, self.state)
        self.state = result.state()
        self.bank = next_bank(self.bank, block, result, self.state)
        return result

    def add(self, *entries: Sequence[SignedTransaction], **fields: Any) -> SvmResult:
        return self.apply(self.block(*entries, **fields))

    def rejection(self, *entries: Sequence[SignedTransaction], **fields: Any) -> Rejection:
        """Why the block is invalid."""
        try:
            self.add(*entries, **fields)
        except Rejection as rejection:
            return rejection
        raise AssertionError("the block is valid")

    def code(self, *entries: Sequence[SignedTransaction], **fields: Any) -> str:
        """The name of the reason for which the block is invalid."""
        return self.rejection(*entries, **fields).code.name


RICH = {key(number): Account(10 * SOL) for number in (1, 2, 3)}
"""Three accounts with ten SOL each."""
