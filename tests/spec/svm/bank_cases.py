"""Cases that were run on the validator's own Bank, and what the specification makes of them.

The Bank goes on after a transaction that makes a block invalid, so it is left out here. It commits what does not fit
the limits of a block and says so beside; here the limits are tried apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    ED25519,
    NATIVE_LOADER,
    RECENT_BLOCKHASHES,
    RENT,
    SYSTEM,
    SYSVAR,
    VOTE,
    address,
    base58,
)
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.cost import transaction_cost
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.slot_time import SLOT_TIMES, CostLimits
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.totals import Totals
from samestate.spec.svm.transaction import SignedTransaction
from samestate.spec.transition import execute_block

LEADER = bytes([0xAA]) * 32
UNLIMITED = CostLimits(2**60, 2**60, 2**60)
BUILTINS = {
    SYSTEM: b"solana_system_program",
    COMPUTE_BUDGET: b"compute_budget_program",
    VOTE: b"vote_program",
    ED25519: b"",
}


def blockhash(slot: int) -> bytes:
    """What the Bank's driver registers at the end of a slot."""
    return sha256(b"bh" + slot.to_bytes(8, "little")).digest()


def ruleset_named(name: str) -> SvmRuleset:
    return MAINNET_2026_07 if name == "A" else MAINNET_2026_09


def content(text: str) -> bytes:
    """Bytes in hex, or ``zN`` for so many zero bytes."""
    return bytes(int(text[1:])) if text.startswith("z") else bytes.fromhex(text)


def accounts_of_case(accounts: Mapping[str, Any]) -> dict[bytes, Account]:
    """The accounts of a case, and of the Bank's genesis those that they may name."""
    genesis = {program: Account(1, NATIVE_LOADER, True, data) for program, data in BUILTINS.items()}
    genesis[RENT] = Account(1_009_200, SYSVAR, False, bytes(17))
    genesis[RECENT_BLOCKHASHES] = Account(42_706_560, SYSVAR, False, bytes(6_008))
    return genesis | {
        bytes.fromhex(where): Account(lamports, bytes.fromhex(owner), executable, content(data))
        for where, (lamports, data, owner, executable) in accounts.items()
    }


def code_of(error: str) -> str:
    """The rejection code for an error as the runtime prints it."""
    inner = re.fullmatch(r"InstructionError\(\d+, (\w+)\)", error)
    name = f"InstructionError{inner[1]}" if inner else re.split(r"\W", error)[0]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


@dataclass
class Run:
    """A chain of slots as the Bank's driver makes them, and what came out otherwise than on the Bank."""

    ruleset: SvmRuleset
    state: SvmState
    limits: CostLimits = SLOT_TIMES[400].limits
    genesis_hash: bytes = bytes(32)
    bank: Bank = field(init=False)
    compared: int = 0
    differences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        queue = first_queue(self.genesis_hash, 5_000).register(blockhash(0), 5_000)
        self.bank = Bank(0, bytes(32), queue, limits=UNLIMITED)

    def slot(self, slot: int, entries: list[list[SignedTransaction]], expected: list[dict[str, Any]]) -> None:
        """A block, and what the Bank says of its transactions in their order."""
        history = [HistoryEntry(0, bytes(32), tuple(entry)) for entry in entries]
        block = block_on(self.bank, self.state, slot, LEADER, history, blockhash(slot))
        rejected: dict[int, Rejection] = {}
        result = execute_block(Svm(self.ruleset), block, self.state, rejected.__setitem__)
        processed = zip(result.outcomes, result.receipts, strict=True)
        totals = Totals()
        for index, bank_says in enumerate(expected):
            if index in rejected:
                found: dict[str, Any] = {"stage": "rejected", "err": rejected[index].code.name}
            else:
                outcome, receipt = next(processed)
                cost = transaction_cost(outcome.transaction.resolved, outcome.units, outcome.loaded_size)
                fits = "ok"
                try:
                    totals = totals.with_transaction(self.limits, outcome.transaction.resolved, cost)
                except Rejection as rejection:
                    fits = rejection.code.name
                found = {
                    "stage": "committed",
                    "err": "ok" if receipt.error is None else str(receipt.error),
                    "cu": receipt.units,
                    "fee": receipt.fee,
                    "priority": receipt.priority_fee,
                    "loaded": receipt.loaded_size,
                    "logs": list(receipt.logs),
                    "cost": receipt.cost,
                    "allocation": cost.allocation,
                    "fits": fits,
                }
            self.compare(f"slot {slot}, transaction {index}", found, bank_says)
        self.state = result.state()
        self.bank = next_bank(self.bank, block, result, self.state)

    def compare(self, where: str, found: dict[str, Any], bank_says: dict[str, Any]) -> None:
        """Note what is not as on the Bank. Logs that were not recorded there are not compared."""
        if bank_says["stage"] == "committed":
            keys = ("stage", "err", "cu", "fee", "priority", "loaded")
            expected = {key: bank_says[key] for key in keys}
            expected |= {"cost": bank_says["cost"]["sum"], "allocation": bank_says["cost"]["alloc"]}
            expected["fits"] = bank_says["fits"] if bank_says["fits"] == "ok" else code_of(bank_says["fits"])
            if bank_says["logs"] is not None:
                expected["logs"] = bank_says["logs"]
        else:
            expected = {"stage": "rejected", "err": code_of(bank_says["err"])}
        self.compared += 1
        self.differences += [
            f"{where}: {key} is {found.get(key)!r}, on the Bank {value!r}"
            for key, value in expected.items()
            if found.get(key) != value
        ]

    def compare_accounts(self, slot: int, post: Mapping[str, Any]) -> None:
        """Note which accounts are not as on the Bank after a slot."""
        for where, expected in post.items():
            account = self.state.account(bytes.fromhex(where))
            found = account and [
                account.lamports,
                sha256(account.data).digest()[:8].hex(),
                base58(account.owner),
                account.executable,
                len(account.data),
            ]
            if found != (expected and expected[:5]):
                self.differences.append(f"slot {slot}: {where} is {found}, on the Bank {expected}")


def builtins_in(blocks: list[dict[str, Any]]) -> Iterator[tuple[bytes, Account]]:
    """Programs of the Bank's genesis that a case names: they stand among the accounts after its entries."""
    for block in blocks:
        for entry in block["entries"]:
            for where, account in entry["post"].items():
                if account is not None and account[2].startswith("NativeLoader"):
                    yield (
                        bytes.fromhex(where),
                        Account(account[0], address(account[2]), account[3], content(account[5])),
                    )


def state_of_case(case: dict[str, Any]) -> SvmState:
    accounts = accounts_of_case(case["accounts"]) | dict(builtins_in(case["bank"]["blocks"]))
    leader = case.get("leader_lamports", 10**9)
    return svm_state(accounts | {LEADER: Account(leader)})
