"""Executing the blocks of a case of the EVM."""

from __future__ import annotations

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.apply import ApplyEvmBlock
from samestate.conformance.vectors.evm.case import fork_of, read_payload, read_transactions, state_of
from samestate.conformance.vectors.evm.chain import execute_chain, is_chain
from samestate.conformance.vectors.evm.result import write_result
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState, MissingWitness
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block


def execute(case: Case, apply: ApplyEvmBlock = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``, where ``apply`` executes the blocks."""
    if is_chain(case):
        return execute_chain(case, apply)
    fork, state = fork_of(case), state_of(case)
    results = []
    for block in case.blocks:
        result, state, _ = execute_block(case, fork, block, state, apply)
        results.append(result)
    return results


def execute_block(
    case: Case, fork: Fork, block: Object, state: FlatState, apply: ApplyEvmBlock = apply_block
) -> tuple[Object, FlatState, EvmResult | None]:
    """What comes out of a block: a map as under ``expect``, the state after it, and the whole result.

    A block that is rejected leaves the state as it was, and has no result. Raises InputError where the specification
    itself cannot execute it, since the case lacks the hash of a block that it asks for.
    """
    try:
        result = apply(Evm(fork), read_payload(case, block, read_transactions(block)), state)
    except Rejection as rejection:
        return write_rejection(rejection), state, None
    except MissingWitness as missing:
        if apply is not apply_block:
            raise
        raise InputError(f"{case.id}: blocks[{case.blocks.index(block)}].env.block_hashes: {missing}") from missing
    after: FlatState = result.state()
    return write_result(fork, result, after.root()), after, result
