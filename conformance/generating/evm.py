"""Random blocks of the EVM, valid and invalid, under any fork.

A block is made of groups: the accounts and contracts that one transaction keeps to itself, and one hot group that
transactions share as often as ``conflict`` says. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm_draft import EvmDraft
from samestate.conformance.generating.transactions import TransactionMaker
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.transaction import encode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block, execute_block


def generate_block(fork: Fork, seed: int, transactions: int = 10, conflict: float = 0.5) -> GeneratedCase:
    """A valid block of at most so many transactions, each of which works on shared accounts as often as ``conflict``.

    Without conflict no transaction reads what another one writes. The more there is, the fewer accounts and slots are
    shared: with a conflict of 1 nearly every transaction waits for another, most of them in one chain.

    Raises ValueError for a conflict outside 0 to 1. What the specification rejects, a transaction whose sender was
    made to create something in between, say, is left out.
    """
    if not 0 <= conflict <= 1:
        raise ValueError(f"conflict must be between 0 and 1, but is {conflict}")
    return _generate(fork, seed, transactions, conflict)[0]


def generate_invalid_block(fork: Fork, seed: int, transactions: int = 3, conflict: float = 0.5) -> GeneratedCase:
    """A block like one of :func:`generate_block` whose last transaction may not be in it. Its name says why."""
    case, maker = _generate(fork, seed, transactions, conflict)
    result = result_of(case) or apply_block(Evm(fork), case.payload(), case.state())
    most = fork.blob_schedule.maximum if fork.blob_schedule else 0
    fault, spoiled = maker.spoiled(result.state(), most - result.totals.blob_gas_used // GAS_PER_BLOB)
    return replace(case, name=f"{case.name}: {fault}", transactions=(*case.transactions, spoiled))


def _generate(fork: Fork, seed: int, transactions: int, conflict: float) -> tuple[GeneratedCase, TransactionMaker]:
    random = Random(f"{fork.name} {seed} {transactions} {conflict}")
    draft = EvmDraft(random, fork, transactions, heat=conflict)
    made = []
    for _ in range(transactions):
        group = draft.hot if random.random() < conflict else draft.group(is_hot=False)
        made.append(encode_transaction(draft.maker.transaction(group)))
    name = f"{fork.name}, seed {seed}, {transactions} transactions, conflict {conflict}"
    return without_rejected(draft.case(name, made)), draft.maker


_executed: list[tuple[GeneratedCase, EvmResult]] = []
"""What was made last, and what it does, which was found out meanwhile."""


def result_of(case: GeneratedCase) -> EvmResult | None:
    """What a block does, if making it has found that out: of the one that was made last, if nothing was left out."""
    return _executed[0][1] if _executed and _executed[0][0] is case else None


def without_rejected(case: GeneratedCase) -> GeneratedCase:
    """The case without the transactions that may not be in the block."""
    rejected: set[int] = set()

    def leave_out(index: int, rejection: Rejection) -> None:
        rejected.add(index)

    result = execute_block(Evm(case.fork), case.payload(), case.state(), leave_out)
    kept = tuple(encoded for index, encoded in enumerate(case.transactions) if index not in rejected)
    made = replace(case, transactions=kept)
    _executed[:] = [] if rejected else [(made, result)]
    return made
