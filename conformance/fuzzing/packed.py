"""Results of compiled strategies compared as they are: nothing is made of them that only a person would read.

Each strategy executes one packed block on one world. What is compared is made by compiled code: the verdict, the sums
of gas, receipts root, bloom, requests, state root and block access list; and, where all is asked for, each step's reads
and writes with their versions, and what each transaction did. Who has the signatures checked first spares the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from samestate.conformance.engines.names import ACCESS_LIST
from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.engine import OptimizedEngine
from samestate.conformance.engines.optimized.evm import packed_block, page_of, plain_environment
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.evm.case import read_payload, read_transactions, state_of
from samestate.conformance.vectors.evm.chain import is_chain
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import Case, text
from samestate.optimized.evm.packing import PackedBlock, pack
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection

LIST: Final = "block_access_list"
VERDICT: Final = "verdict"
Told = dict[str, Any]
"""What is compared of a result, by name."""


def is_compiled(engine: Engine) -> bool:
    """Whether an engine takes packed blocks."""
    return isinstance(engine, OptimizedEngine) and engine.capabilities.kind == THREADS


def is_from_list(engine: Engine) -> bool:
    """Whether an engine executes from the block's access list."""
    return engine.capabilities.strategy == ACCESS_LIST


@dataclass(slots=True)
class PackedCase:
    """A block and the world before it. ``proposed``: the list that came with it; ``with_list``: packed with a list."""

    block: PackedBlock
    world: World
    has_list: bool
    proposed: bytes | None = None
    with_list: PackedBlock | None = None

    @classmethod
    def of(cls, case: Case) -> Self | None:
        """A case of one block; None where it is of more, or does not even decode."""
        if case.machine != evm.NAME or len(case.blocks) != 1 or is_chain(case):
            return None
        (block,) = case.blocks
        fork = evm.fork_of(case)
        try:
            payload = read_payload(case, block, read_transactions(block))
        except Rejection:
            return None
        proposed = unhexed(text(block, LIST)) if LIST in block else None
        return cls(
            block=packed_block(Evm(fork), payload, None),
            world=world_of(state_of(case)),
            has_list=fork.has_access_list,
            proposed=proposed,
            with_list=None if proposed is None else packed_block(Evm(fork), payload, proposed),
        )

    def tell(self, engine: OptimizedEngine, whole: bool = True) -> Told:
        """What a strategy gives. Raises EngineFailure."""
        block = self.with_list if is_from_list(engine) and self.with_list is not None else self.block
        result = engine.execute_packed(block, self.world)
        return told_of(result, block, self.has_list, self.proposed, whole)


def different(expected: Told, given: Told) -> str:
    """What two results differ in."""
    if expected[VERDICT] != given[VERDICT]:
        return VERDICT
    return " and ".join(name for name in expected if expected[name] != given.get(name))


def told_of(result: EvmResult, block: PackedBlock, has_list: bool, proposed: bytes | None, whole: bool) -> Told:
    """What is compared of a result."""
    if result.rejection is not None:
        return {VERDICT: (result.rejection.code, result.rejection.transaction)}
    receipts_root, bloom = result.records.commitments(block)
    found: Told = {
        VERDICT: None,
        "sums of gas": result.totals,
        "receipts root": receipts_root,
        "bloom": bloom,
        "requests": result.requests,
        "state root": result.ledger.root(),
    }
    if has_list:
        verdict = result.ledger.verify(proposed)
        found["verdict on the list"] = None if verdict is None else verdict.code
        found["access list"] = result.ledger.access_list
    if whole:
        found |= {"access record": result.steps, "outcomes": result.outcomes}
    return found


def packed_generated(
    block: GeneratedCase, senders: Sequence[bytes] | None, access_list: bytes | None = None
) -> PackedBlock:
    """A generated block as the compiled machine takes it."""
    return pack(
        page_of(name_fork(block.fork)),
        plain_environment(block.environment, block.fork.deposit_contract),
        block.transactions,
        [(withdrawal.address, withdrawal.amount) for withdrawal in block.withdrawals],
        [],
        False,
        access_list,
        senders,
    )
