"""Executing the blocks of a case of the toy machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.rejection import write_rejection
from samestate.conformance.vectors.toy.case import read_case
from samestate.conformance.vectors.toy.result import write_result
from samestate.spec.machine import Rejection
from samestate.spec.toy.block import Block
from samestate.spec.toy.machine import Outcome, Totals, Toy, ToyResult
from samestate.spec.toy.receipt import Receipt, receipts_root
from samestate.spec.toy.signed.machine import SignedToy
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import BlockResult, apply_block

ApplyToyBlock = Callable[[Toy, Block, ToyState], ToyResult]
"""Whatever gives the result of a block. Raises Rejection where it is invalid.

Roots are computed, unless it is a :class:`FinishedResult`.
"""


@dataclass(frozen=True, slots=True)
class FinishedResult(BlockResult[Outcome, Totals, Receipt, None]):
    """The result of an engine that has itself computed the roots."""

    state_root: bytes
    receipts_root: bytes


def machine_of(block: Block) -> Toy:
    """The machine under the ruleset of a block."""
    return Toy() if block.chain_id is None else SignedToy()


def execute(case: Case, apply: ApplyToyBlock = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``, where ``apply`` executes the blocks."""
    state, blocks = read_case(case)
    results = []
    for block in blocks:
        result, state = execute_block(block, state, apply)
        results.append(result)
    return results


def execute_block(block: Block, state: ToyState, apply: ApplyToyBlock = apply_block) -> tuple[Object, ToyState]:
    """What comes out of a block, as under ``expect``, and the state after it: the same, where it is rejected."""
    try:
        result = apply(machine_of(block), block, state)
    except Rejection as rejection:
        return write_rejection(rejection), state
    after: ToyState = result.state()
    if isinstance(result, FinishedResult):
        return write_result(result, result.state_root, result.receipts_root), after
    return write_result(result, after.root(), receipts_root(result.receipts)), after
