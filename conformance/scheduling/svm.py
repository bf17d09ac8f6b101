"""A mempool of Solana's machine: what its transactions pay the leader, may cost, and declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from samestate.conformance.scheduling.building import Entries, ExecutedBlock
from samestate.conformance.scheduling.pending import BlockLimits, Pending
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import Case, member, members, text
from samestate.spec.machine import Rejection
from samestate.spec.svm.account import account_key
from samestate.spec.svm.addresses import address
from samestate.spec.svm.admission import admit
from samestate.spec.svm.admitted import AdmittedTransaction
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.chain import block_on
from samestate.spec.svm.cost import TransactionCost, transaction_cost
from samestate.spec.svm.fee import TransactionFee, transaction_fee
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.state import SvmState
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction
from samestate.spec.transition import execute_block

UNITS: Final = "units"
ALLOCATION: Final = "allocation"
ACCOUNT_UNITS: Final = "account units"
"""What locks one account for writing may cost so much together."""
ENTRY: Final = 64
"""How many transactions leaders put into an entry at most."""


@dataclass(slots=True)
class SvmMempool:
    """The transactions of a case's one block as a mempool. Implements :class:`.building.Mempool`."""

    given: Case
    machine: Svm
    state: SvmState
    block: Block
    wires: Sequence[bytes]
    limits: BlockLimits
    params: Mapping[str, str]
    transactions: dict[int, SignedTransaction] = field(default_factory=dict)
    candidates: list[Pending] = field(default_factory=list)
    hopeless: dict[int, str] = field(default_factory=dict)
    fee_unit: str = "lamports"
    names: Sequence[str] = (ACCOUNT_UNITS,)
    dimension: str = UNITS

    def execute(self, entries: Entries) -> ExecutedBlock:
        """Execute the block on the specification, leaving out what is rejected."""
        order = [index for entry in entries for index in entry]
        rejected: dict[int, str] = {}

        def leave_out(place: int, rejection: Rejection) -> None:
            rejected[order[place]] = rejection.code.name

        history = [HistoryEntry(0, bytes(32), tuple(self.transactions[index] for index in entry)) for entry in entries]
        block = replace(self.block, entries=tuple(history))
        # each was judged with its signatures when it became a candidate
        result = execute_block(Svm(self.machine.ruleset, False), block, self.state, leave_out)
        used: dict[int, dict[str, int]] = {}
        earned: dict[int, int] = {}
        kept = (index for index in order if index not in rejected)
        for index, outcome in zip(kept, result.outcomes, strict=True):
            used[index] = use_of(transaction_cost(outcome.transaction.resolved, outcome.units, outcome.loaded_size))
            earned[index] = kept_of(outcome.fee)
        return ExecutedBlock(used, earned, rejected)

    def case(self, name: str, entries: Entries) -> Case:
        """The block as a case: the one that was given, with these transactions in these entries."""
        written = svm.write_block(
            self.block.slot,
            self.block.leader,
            [([self.wires[index] for index in entry], 0, bytes(32)) for entry in entries],
            blockhash=self.block.blockhash,
            unix_timestamp=self.block.unix_timestamp,
        )
        return replace(
            self.given,
            id=f"{svm.NAME}/scheduled/{name}",
            params=dict(sorted(self.params.items())),
            blocks=(written,),
            selectors=frozenset(),
        )


def read_mempool(case: Case, given: Mapping[str, int]) -> SvmMempool:
    """The mempool that the one block of a case is, under its bank's limits but for those that are ``given``."""
    params = {
        **case.params,
        **{f"limit_{ours}": str(given[name]) for name, ours in OF_CASES.items() if name in given},
    }
    machine, state, bank = svm.read_case(replace(case, params=params))
    wires = svm.transactions_of(case.blocks[0])
    decoded: dict[int, SignedTransaction] = {}
    malformed: dict[int, str] = {}
    for index, wire in enumerate(wires):
        try:
            decoded[index] = decode_transaction(wire)
        except Rejection as rejection:
            malformed[index] = rejection.code.name
    env = member(case.blocks[0], "env")
    block = block_on(
        bank,
        state,
        int(text(env, "slot")),
        address(text(env, "leader")),
        [HistoryEntry(0, bytes(32), tuple(decoded.values()))],
        blockhash_of(case.blocks[0], env),
        int(text(env, "unix_timestamp")) if "unix_timestamp" in env else None,
    )
    limits = BlockLimits(
        {UNITS: block.limits.block, ALLOCATION: block.limits.allocation}, {UNITS: block.limits.account}, ENTRY
    )
    pool = SvmMempool(case, machine, state, block, wires, limits, params, decoded, hopeless=malformed)
    seen: set[bytes] = set()
    for index, wire in enumerate(wires):
        pool.candidates.append(Pending(wire, 0, {}))
        if index not in decoded:
            continue
        transaction = decoded[index]
        try:
            admitted = admit(machine.ruleset, block, transaction, transaction.message_hash in seen, True)
        except Rejection as rejection:
            pool.hopeless[index] = rejection.code.name
            continue
        if transaction.message_hash in seen:
            pool.hopeless[index] = REPEATED
            continue
        seen.add(transaction.message_hash)
        pool.candidates[index] = candidate_of(admitted, block.lamports_per_signature)
    return pool


OF_CASES: Final = {UNITS: "block", ALLOCATION: "allocation", ACCOUNT_UNITS: "account"}
"""What the limits are called in the parameters of a case."""
REPEATED: Final = "another has the same message"


def blockhash_of(block: Object, env: Object) -> bytes:
    """The blockhash of a block: stated, or where its proof of history ends."""
    return unhexed(text(env, "blockhash") if "blockhash" in env else text(members(block, "entries")[-1], "hash"))


def candidate_of(admitted: AdmittedTransaction, lamports_per_signature: int) -> Pending:
    """What is known of a transaction before it is executed: it may use all that it asks for."""
    resolved, budget = admitted.resolved, admitted.budget
    fee = transaction_fee(resolved.message, budget.priority_fee, lamports_per_signature)
    keys = {account_key(each): resolved.is_writable(index) for index, each in enumerate(resolved.keys)}
    return Pending(
        name=admitted.message_hash,
        fee=kept_of(fee),
        use=use_of(transaction_cost(resolved, budget.unit_limit, budget.loaded_size_limit)),
        reads=frozenset(key for key, is_writable in keys.items() if not is_writable),
        writes=frozenset(key for key, is_writable in keys.items() if is_writable),
    )


def kept_of(fee: TransactionFee) -> int:
    """What the leader keeps of a fee: half of what signatures cost is burnt."""
    return fee.signatures - fee.signatures // 2 + fee.priority


def use_of(cost: TransactionCost) -> dict[str, int]:
    """A cost by dimension."""
    return {UNITS: cost.total, ALLOCATION: cost.allocation}
