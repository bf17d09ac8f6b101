"""Executing the blocks of a case of Solana's machine, each on the bank that the last valid one before it has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import Case, member, text
from samestate.conformance.vectors.rejection import write_rejection
from samestate.conformance.vectors.svm.case import read_case, read_entries
from samestate.conformance.vectors.svm.result import write_result
from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import address
from samestate.spec.svm.block import Block
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.closing import Closing
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.receipt import Receipt
from samestate.spec.svm.state import SvmState
from samestate.spec.svm.totals import Totals
from samestate.spec.transition import BlockResult, apply_block

ApplySvmBlock = Callable[[Svm, Block, SvmState], SvmResult]
"""Whatever gives the result of a block. Raises Rejection where it is invalid.

The commitment is computed, unless it is a :class:`FinishedSvmResult`.
"""


@dataclass(frozen=True, slots=True)
class FinishedSvmResult(BlockResult[Outcome, Totals, Receipt, Closing]):
    """The result of an engine that has itself computed the checksum of the state's lattice and the bank hash."""

    state_root: bytes
    bank_hash: bytes


def execute(case: Case, apply: ApplySvmBlock = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``, where ``apply`` executes the blocks."""
    machine, state, bank = read_case(case)
    results = []
    for index, written in enumerate(case.blocks):
        try:
            result, state, bank = execute_block(written, machine, state, bank, apply)
        except ValueError as error:
            raise InputError(f"{case.id}: blocks[{index}]: {error}") from error
        results.append(result)
    return results


def execute_block(
    written: Object, machine: Svm, state: SvmState, bank: Bank, apply: ApplySvmBlock = apply_block
) -> tuple[Object, SvmState, Bank]:
    """What comes out of a block, as under ``expect``; the state and the bank after it: the same, where it is rejected.

    Raises ValueError where there can be no such block.
    """
    try:
        block = read_block(written, state, bank)
        result = apply(machine, block, state)
    except Rejection as rejection:
        return write_rejection(rejection), state, bank
    after: SvmState = result.state()
    left = next_bank(bank, block, result, after)
    if isinstance(result, FinishedSvmResult):
        return write_result(result, block, result.state_root, result.bank_hash), after, left
    return write_result(result, block, after.root(), left.hash), after, left


def read_block(written: Object, state: SvmState, bank: Bank) -> Block:
    """A block on a bank and its state. Raises Rejection for a malformed transaction, ValueError for no block at all."""
    env = member(written, "env")
    return block_on(
        bank,
        state,
        slot=int(text(env, "slot")),
        leader=address(text(env, "leader")),
        entries=read_entries(written),
        blockhash=unhexed(text(env, "blockhash")) if "blockhash" in env else None,
        unix_timestamp=int(text(env, "unix_timestamp")) if "unix_timestamp" in env else None,
    )
