"""Cases of every form as vectors that can be explained: what the specification says of them is the access record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from samestate.conformance.checking.choosing import choose
from samestate.conformance.checking.executor import Executor
from samestate.conformance.checking.outside import NotSaid, askable
from samestate.conformance.checking.reading import read_cases
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.errors import InputError
from samestate.conformance.explaining.explanation import difference_of
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.tracing.traceable import TraceableBlock, TraceableCase, from_fixture
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, Vector
from samestate.conformance.vectors.recorded.model import RECORDED, RecordedVector
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState, MissingWitness
from samestate.spec.machine import Rejection

Explainable: TypeAlias = Vector | RecordedVector | TraceableCase

NO_RULES: Final[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class ExplainedCase:
    """A vector, and the index of its first block in the case that it was made of."""

    vector: Vector
    first_block: int = 0


def find_explained(
    path: Path,
    name: str | None,
    engine: Engine,
    chain: Network | None = None,
    rulesets: Rulesets = AS_THEY_SAY,
) -> ExplainedCase | None:
    """The case below a path whose name holds ``name``, as a vector.

    Of a fixture or a block file it is the first block that ``engine`` gets wrong, on the state that the specification
    gives it; None where it gets none wrong. Raises InputError where there is no such case, or nothing of it can be said
    in the form of a vector.
    """
    chosen = choose(path, name, explainable_cases(path, chain, rulesets))
    if isinstance(chosen, Vector):
        return ExplainedCase(chosen)
    if isinstance(chosen, RecordedVector):
        return ExplainedCase(as_specified(chosen.place, chosen.case))
    return first_wrong_block(chosen, engine)


def explainable_cases(path: Path, chain: Network | None, rulesets: Rulesets) -> Iterator[tuple[str, Explainable]]:
    """Every case with blocks below a path, by where it is and what it is called. Raises InputError."""
    for case in read_cases([path], chain, rulesets):
        if isinstance(case, Vector):
            yield f"{case.place}::{case.id}", case
        elif isinstance(case, RecordedVector):
            yield case.id, case
        elif not isinstance(case, RECORDED) and (traceable := from_fixture(case)) is not None:
            yield traceable.id, traceable


def first_wrong_block(case: TraceableCase, engine: Engine) -> ExplainedCase | None:
    """The first block of a case that an engine gets wrong, or None. Raises InputError where it was asked about none."""
    unsaid = "it has no blocks"
    asked = 0
    for index in range(case.blocks):
        try:
            vector = as_specified(case.id, block_alone(case.prepare(index), engine))
        except NotSaid as reason:
            unsaid = str(reason)
            continue
        except Rejection as rejection:  # which is no question of execution
            unsaid = f"block {index}: {rejection}"
            continue
        except MissingWitness as error:
            raise InputError(f"{case.id}: {error}") from error
        asked += 1
        if difference_of(vector.case, vector.expected, engine.run(vector.case), engine) is not None:
            return ExplainedCase(vector, index)
    if not asked:
        raise InputError(f"{case.id}: {engine.id} cannot be asked about it: {unsaid}")
    return None


def block_alone(block: TraceableBlock, engine: Engine) -> Case:
    """A block in the form of a vector, with as much of the state before it as it uses. Raises NotSaid."""
    machine = Evm(block.fork)
    right: Object
    try:
        result = Executor(SpecEngine.id, SpecEngine()).apply(machine, block.payload, block.before)
        root = result.state().root() if isinstance(block.before, FlatState) else None
        right = evm.write_result(block.fork, result, root)
    except Rejection as rejection:
        result, right = None, write_rejection(rejection)
    return askable(engine, machine, block.payload, block.before, right, result)[0]


def as_specified(place: str, case: Case) -> Vector:
    """A case as a vector that expects what the specification says of it."""
    return Vector(place, case, NO_RULES, NO_RULES, tuple(execute(case)))
