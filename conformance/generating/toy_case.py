"""A toy case that a generator made: spec objects, what can be asked of them, and the maps that engines are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.vectors import toy
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.writing import write_yaml
from samestate.spec.access import StepAccess
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import AccessList, Entry, access_list_of
from samestate.spec.toy.block import Block
from samestate.spec.toy.keys import SLOT
from samestate.spec.toy.operations import Sload, Sstore
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import apply_block

GENERATED: Final = "toy/generated/case"
SHOWN: Final = 100
"""The most transactions of a case that is shown whole."""
WAYS: Final = ("right", "read left out", "read too many", "change left out", "change too many", "value", "other step",
               "entry left out", "entry too many")  # fmt: skip
"""In which ways an access list can be wrong."""


@dataclass(frozen=True, slots=True, repr=False)
class GeneratedToyCase:
    """A state and the blocks that follow it, one after another. Shown as a vector shows them."""

    state: ToyState
    blocks: tuple[Block, ...]

    def __repr__(self) -> str:
        """As in a vector, without what is expected; long blocks by their size alone."""
        count = sum(len(block.transactions) for block in self.blocks)
        if count > SHOWN:
            return f"<a toy case of {len(self.blocks)} blocks, {count} transactions>"
        content: Object = {
            "pre": toy.write_state(self.state),
            "blocks": [toy.write_block(block) for block in self.blocks],
        }
        return f"\n{write_yaml(content, {}, '')}"

    def case(self, id: str = GENERATED) -> Case:
        """The case as engines are given it."""
        written = [toy.write_block(block) for block in self.blocks]
        fork, params = toy.fork_of(self.blocks[0]), toy.params_of(self.blocks[0])
        case = Case(id, toy.NAME, fork, params, frozenset(), toy.write_state(self.state), tuple(written))
        return replace(case, selectors=frozenset(toy.needed_selectors(case.pre, written, self.expected())))

    def expected(self) -> list[Object]:
        """What the specification gives for each block, as under ``expect`` in a vector."""
        return list(self._execute())

    def conflict_ratio(self) -> float:
        """The share of the transactions of valid blocks that read what an earlier one of their block wrote."""
        counted = found = 0
        state = self.state
        for block in self.blocks:
            try:
                result = apply_block(toy.machine_of(block), block, state)
            except Rejection:
                continue
            state = result.state()
            counted += len(block.transactions)
            found += conflicts(result.steps)
        return found / counted if counted else 0.0

    def _execute(self) -> Iterator[Object]:
        state = self.state
        for block in self.blocks:
            result, state = toy.execute_block(block, state)
            yield result


def conflicts(steps: Sequence[StepAccess]) -> int:
    """How many transactions read a key that an earlier one of the block wrote; a sum of fees is no conflict."""
    written: set[bytes] = set()
    count = 0
    for access in steps[1:-1]:
        count += any(key in written for key, read in access.reads.items() if read.source)
        written.update(access.writes)
    return count


def cold_ratio(block: Block) -> float:
    """The share of SLOAD and SSTORE operations that are the first of their transaction to access their slot."""
    accesses = cold = 0
    for transaction in block.transactions:
        slots = [op.slot for op in transaction.operations if isinstance(op, Sload | Sstore)]
        accesses += len(slots)
        cold += len(set(slots))
    return cold / accesses if accesses else 0.0


def with_access_list(block: Block, state: ToyState) -> Block:
    """The block with its right access list. Raises Rejection where the block is invalid."""
    bare = replace(block, access_list=None)
    return replace(block, access_list=access_list_of(apply_block(toy.machine_of(bare), bare, state).steps, state))


def spoiled(right: AccessList, way: str, step: int, key: bytes) -> AccessList:
    """The right access list, made wrong at a step in one of :data:`WAYS`, as far as it can be."""
    entry = right[step]
    reads, changes = list(entry.reads), dict(entry.changes)
    match way:
        case "read left out":
            reads = reads[:-1]
        case "read too many":
            reads = sorted({*reads, key})
        case "change left out":
            changes = dict(entry.changes[1:])
        case "change too many":
            changes.setdefault(key, b"\x01")
        case "value" if changes:
            changes[entry.changes[-1][0]] = b"\x01"
        case "other step":
            return (*right[:step], *reversed(right[step : step + 2]), *right[step + 2 :])
        case "entry left out":
            return (*right[:step], *right[step + 1 :])
        case "entry too many":
            return (*right, Entry((), ()))
    return (*right[:step], Entry(tuple(reads), tuple(sorted(changes.items()))), *right[step + 1 :])


def slots_in(keys: Sequence[bytes]) -> list[int]:
    """The slots among keys."""
    return [int.from_bytes(key[1:], "big") for key in keys if key[:1] == SLOT]
