"""What Agave's real Bank was recorded to do, as banks, states and blocks of the specification."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.svm.account import Account, decode_account
from samestate.spec.svm.addresses import (
    CLOCK,
    COMPUTE_BUDGET,
    ED25519,
    LOADER_V3,
    NATIVE_LOADER,
    RECENT_BLOCKHASHES,
    RENT,
    SECP256K1,
    SECP256R1,
    SYSTEM,
    SYSVAR,
    address,
    base58,
)
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.slot_time import CostLimits
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction
from samestate.spec.transition import execute_block
from tests.spec.svm.small import message_of, signed

LEADER = bytes([0xAA]) * 32
NO_LIMITS = CostLimits(2**60, 2**60, 2**60)
"""The Bank was asked for results whether the block had room or not."""

OF_THE_RUNTIME = {
    SYSTEM: Account(1, NATIVE_LOADER, True, b"solana_system_program"),
    COMPUTE_BUDGET: Account(1, NATIVE_LOADER, True, b"compute_budget_program"),
    ED25519: Account(1, NATIVE_LOADER, True),
    SECP256K1: Account(1, NATIVE_LOADER, True),
    SECP256R1: Account(1, NATIVE_LOADER, True),
    RENT: Account(1_009_200, SYSVAR, False, bytes(17)),
    CLOCK: Account(1_169_280, SYSVAR, False, bytes(40)),
    RECENT_BLOCKHASHES: Account(42_706_560, SYSVAR, False, bytes(6_008)),
}
_CODE = b"\x7fELF\x02\x01\x01" + bytes(11) + (247).to_bytes(2, "little")


def program(name: str, data_name: str, size: int) -> dict[bytes, Account]:
    """A loader-v3 program, its code being no more than the beginning of a file of the right length."""
    data = ((3).to_bytes(4, "little") + bytes(41) + _CODE).ljust(size, b"\x00")
    return {
        address(name): Account(1_141_440, LOADER_V3, True, (2).to_bytes(4, "little") + address(data_name)),
        address(data_name): Account(17_239_920, LOADER_V3, True, data),
    }


PROGRAMS = {
    **program("Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH", "HPD8Gxq19uaXy6zDaEGBtkb9NEZwd4jRTnXQ4GM8qe86", 2349),
    **program("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", "HPD8Gxq19uaXy6zDaEGBtkb9NEZwd4jRTnXQ4GM8qe87", 2204),
}
"""Programs that the Bank has from the beginning."""

RULESETS = {"A": MAINNET_2026_07, "B": MAINNET_2026_09}


def data_of(text: str) -> bytes:
    """Bytes in hex, or so many zeros: ``z100``."""
    return bytes(int(text[1:])) if text.startswith("z") else bytes.fromhex(text)


def accounts_of(case: Mapping[str, Any]) -> dict[bytes, Account]:
    return {
        bytes.fromhex(key): Account(lamports, bytes.fromhex(owner), executable, data_of(data))
        for key, (lamports, data, owner, executable) in case["accounts"].items()
    }


def ruleset_of(case: Mapping[str, Any]) -> SvmRuleset:
    """Features that decide how long a slot takes are no rules here."""
    return RULESETS[case["ruleset"]] if isinstance(case["ruleset"], str) else MAINNET_2026_09


def first_bank() -> Bank:
    """The Bank's genesis, once slot 0 is over."""
    queue = first_queue(sha256(b"genesis").digest(), 5000).register(blockhash_of(0), 5000)
    return Bank(0, bytes(32), queue, limits=NO_LIMITS)


def blockhash_of(slot: int) -> bytes:
    return sha256(b"bh" + slot.to_bytes(8, "little")).digest()


@dataclass
class Chain:
    """Blocks one after another; what is rejected is left out, as the Bank leaves it out."""

    ruleset: SvmRuleset
    state: SvmState
    bank: Bank

    def add(self, slot: int, entries: list[list[SignedTransaction]]) -> tuple[SvmResult, list[Outcome | Rejection]]:
        """The result of the block, and what each transaction came to."""
        history = [HistoryEntry(0, bytes(32), tuple(transactions)) for transactions in entries]
        block: Block = block_on(self.bank, self.state, slot, LEADER, history, blockhash_of(slot))
        rejected: dict[int, Rejection] = {}
        result = execute_block(Svm(self.ruleset), block, self.state, rejected.__setitem__)
        self.state = result.state()
        self.bank = next_bank(self.bank, block, result, self.state)
        outcomes = iter(result.outcomes)
        count = sum(len(transactions) for transactions in entries)
        return result, [rejected[place] if place in rejected else next(outcomes) for place in range(count)]


def chain_of(case: Mapping[str, Any]) -> Chain:
    leader = Account(case.get("leader_lamports", 10**9))
    accounts = {**OF_THE_RUNTIME, **PROGRAMS, LEADER: leader, **accounts_of(case)}
    state = svm_state({key: account for key, account in accounts.items() if account.lamports})
    return Chain(ruleset_of(case), state, first_bank())


def put_together(parts: Mapping[str, Any]) -> SignedTransaction:
    """A transaction from the parts of its message, signed with the keys of seeds."""
    lookups = [(bytes.fromhex(table), writable, readonly) for table, writable, readonly in parts["lookups"]]
    message = message_of(
        [bytes.fromhex(key) for key in parts["keys"]],
        [(program, accounts, bytes.fromhex(data)) for program, accounts, data in parts["ix"]],
        tuple(parts["header"]),
        blockhash_of(0) if parts["blockhash"] == "latest" else bytes.fromhex(parts["blockhash"]),
        "legacy" if parts["version"] is None else parts["version"],
        lookups,
    )
    return signed(message, *parts["signers"])


def decoded(wires: list[str]) -> Iterator[SignedTransaction | Rejection]:
    for wire in wires:
        try:
            yield decode_transaction(base64.b64decode(wire))
        except Rejection as rejection:
            yield rejection


def code_of(result: Mapping[str, Any]) -> str:
    """The name of a rejection code, from what the Bank said of a transaction that is not in the block."""
    if result["stage"] == "decode":
        return "MALFORMED_TRANSACTION"
    error: str = result["err"]
    if error.startswith("InstructionError("):
        error = "InstructionError" + error.partition(", ")[2].rstrip(")")
    name = re.split(r"[( ]", error)[0]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


def account_as_shown(account: Account | None) -> list[Any] | None:
    """An account as the Bank's program shows it."""
    if account is None:
        return None
    data = account.data
    digest, shown = sha256(data).hexdigest()[:16], data.hex() if len(data) <= 200 else ""
    return [account.lamports, digest, base58(account.owner), account.executable, len(data), shown]


def after_transactions(result: SvmResult) -> dict[Key, Account | None]:
    """The accounts that the transactions of a block have changed, before its end changes more."""
    values: dict[Key, Value] = {}
    for step in result.steps[:-1]:
        values.update(step.writes)
    return {key: decode_account(value) for key, value in values.items()}
