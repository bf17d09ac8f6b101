"""Executing a block of a fixture from its witness alone: no state, and no block before it, but what the witness has."""

from __future__ import annotations

from samestate.conformance.checking.comparing import Disagreement, compare
from samestate.conformance.checking.executor import BlockExecutor
from samestate.conformance.fixtures.witness import ExecutionWitness
from samestate.spec.evm.block import Block
from samestate.spec.evm.chain import EvmResult, access_list_claims, claims, to_payload
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import MissingCode, MissingWitness
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import MalformedNode


def compare_stateless(
    where: str, block: Block, fork: Fork, chain_id: int, witness: ExecutionWitness, executor: BlockExecutor
) -> None:
    """What comes out of a valid block must be what its header says, and nothing where the witness is not enough.

    Raises Disagreement and EngineFailure, and MissingCode: a witness by EIP-8025 has no code of which only the hash is
    asked, or whether there is one, and here both are answered from the code.
    """
    header = block.header
    try:
        result = _execute(block, fork, chain_id, witness, executor)
        root = result.state().root()
    except (MissingWitness, MalformedNode, Rejection) as problem:
        if witness.is_enough and isinstance(problem, MissingCode):
            raise
        if witness.is_enough:
            raise Disagreement(f"{where}: cannot be executed from its witness: {problem}") from problem
        return
    if not witness.is_enough:
        raise Disagreement(f"{where}: was executed from a witness that lacks something that it needs")
    for claim in (*claims(header, result), *access_list_claims(header, result)):
        compare(f"{where}: {claim.name} from the witness", claim.claimed, claim.computed, executor.name)
    compare(f"{where}: state root from the witness", header.state_root, root, executor.name)


def _execute(block: Block, fork: Fork, chain_id: int, witness: ExecutionWitness, executor: BlockExecutor) -> EvmResult:
    state, hashes = witness.state(block.header)
    result: EvmResult = executor.apply(Evm(fork), to_payload(block, chain_id, hashes), state)
    return result
