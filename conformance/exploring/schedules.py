"""Running a case again under a schedule that was found and printed: `samestate run --schedule FILE`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from samestate.conformance.engines.hints import declared_access
from samestate.conformance.engines.optimized import without_engine
from samestate.conformance.engines.predictions import Predictions, evm_predictions, toy_predictions
from samestate.conformance.errors import InputError
from samestate.conformance.exploring.variants import VariantError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.vectors.document import SIZE_LIMIT, Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import machine_of
from samestate.conformance.vectors.model import Case, text
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.reference import STRATEGIES, BlockProgram
from samestate.reference.explorer import (
    ExploredRun,
    Program,
    Schedule,
    ScheduleDocument,
    limit_after,
    read_schedule,
    run_once,
)
from samestate.reference.explorer.driver import show
from samestate.spec.toy.block import Block
from samestate.spec.toy.machine import Toy
from samestate.spec.transition import apply_block

REFERENCE: Final = "reference:"
COMPILED: Final = "optimized:"


class MakeProgram(Protocol):
    """Gives a program for the explorer, from a block of a case, and what is left of the engine's id after its prefix.

    Raises InputError for an engine that there is not.
    """

    def __call__(self, name: str, machine: Any, block: Any, state: Any, workers: int, predictions: Any) -> Program:
        """The program."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out of a schedule."""

    case: Case
    document: ScheduleDocument
    report: ExploredRun

    @property
    def is_seen_again(self) -> bool:
        """Whether what the schedule shows, by its name, is what was wrong now."""
        violation = self.report.violation
        return violation is not None and self.document.shows.partition(":")[0] == violation.name


def reference_program(name: str, machine: Any, block: Any, state: Any, workers: int, predictions: Any) -> Program:
    """A strategy of `reference`, with all its invariants."""
    if name not in STRATEGIES:
        raise InputError(f"engine: no strategy is called {name!r}; known are {', '.join(STRATEGIES)}")
    if name == "access-list" and predictions is None:
        raise InputError("engine: the strategy access-list executes from access lists, and the block has none")
    return BlockProgram(machine, block, state, name, workers, estimator=declared_access, predictions=predictions)


def compiled_program(name: str, machine: Any, block: Any, state: Any, workers: int, predictions: Any) -> Program:
    """The workers of a compiled machine, in the build for the explorer, which is made where it is stale."""
    if name not in STRATEGIES:
        raise InputError(f"engine: no strategy is called {name!r}; known are {', '.join(STRATEGIES)}")
    if name == "access-list" and predictions is None:
        raise InputError("engine: the strategy access-list executes from access lists, and the block has none")
    try:
        from samestate.conformance.exploring.compiled import EvmProgram, ToyProgram
    except ImportError as error:
        raise InputError(f"engine: {without_engine(error)}") from error
    try:
        if isinstance(machine, Toy):
            return ToyProgram(block, state, name, workers)
        return EvmProgram(machine, block, state, name, workers, predictions=predictions)
    except VariantError as error:
        raise InputError(f"engine: {error}") from error


PROGRAMS: Final[dict[str, MakeProgram]] = {REFERENCE: reference_program, COMPILED: compiled_program}
"""Whose workers can be scheduled, by the prefix of the engine's id."""


def load_schedule(path: Path) -> ScheduleDocument:
    """The schedule in a file. Raises InputError."""
    try:
        return read_schedule(read_input(str(path), path, SIZE_LIMIT).decode())
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def find_vector(case: str, folder: Path) -> Path:
    """Where the case of a schedule stands: beside the schedule, below the working folder, or among our vectors."""
    for place in (folder / case, Path(case), VECTORS / case, VECTORS / f"{case}{SUFFIX}"):
        if place.is_file():
            return place
    raise InputError(f"case: there is no vector {case}, neither beside the schedule nor among the vectors")


def replay(path: Path, vector: Path | None = None) -> Replayed:
    """Run what the schedule says, on its own case or another one. Raises InputError where it does not fit."""
    document = load_schedule(path)
    try:
        return replay_document(document, vector or find_vector(document.case, path.parent))
    except ValueError as error:  # an InputError is one, too
        raise InputError(f"{path}: {error}") from error


def replay_document(document: ScheduleDocument, vector: Path) -> Replayed:
    """Run what the schedule says on the vector."""
    case = load_vector_file(vector).case
    if document.block >= len(case.blocks):
        raise InputError(f"block: {document.block}, and the case has {len(case.blocks)}")
    reports: list[ExploredRun] = []
    numbers = iter(range(len(case.blocks)))

    def apply(machine: Any, block: Any, state: Any) -> Any:
        if next(numbers) == document.block:
            predictions = predicted(case.blocks[document.block], block)
            program = program_of(document, machine, block, state, predictions)
            reports.append(run_schedule(program, Schedule(document.switches)))
        return apply_block(machine, block, state)

    machine_of(case).execute(case, apply)
    if not reports:
        raise InputError("block: it cannot be executed: its transactions are malformed")
    return Replayed(case, document, reports[0])


def run_schedule(program: Program, schedule: Schedule) -> ExploredRun:
    """Run the program under the schedule; how long that may take follows from a run that nobody disturbs."""
    undisturbed = run_once(program, Schedule())
    limit = None if undisturbed.violation is not None else limit_after(undisturbed)
    return run_once(program, schedule, limit, keep_trace=True)


def predicted(written: Object, block: Any) -> Predictions | None:
    """What the access list of a block says, if it has one; ``written`` is the block as it stands in the vector."""
    if isinstance(block, Block):
        return None if block.access_list is None else toy_predictions(block.access_list)
    if "block_access_list" not in written:
        return None
    return evm_predictions(unhexed(text(written, "block_access_list")))


def document_of(replayed: Replayed) -> dict[str, Any]:
    """What came out of a schedule, as JSON, with every point that was passed."""
    report = replayed.report
    violation = report.violation
    return {
        "case": replayed.case.id,
        "block": replayed.document.block,
        "engine": replayed.document.engine,
        "workers": replayed.document.workers,
        "shows": replayed.document.shows,
        "seen_again": replayed.is_seen_again,
        "violation": None if violation is None else {"name": violation.name, "detail": violation.detail},
        "points": [
            {"worker": passed.worker, "label": str(passed.label), "detail": show(passed.detail)}
            for passed in report.trace
        ],
    }


def program_of(document: ScheduleDocument, machine: Any, block: Any, state: Any, predictions: Any) -> Program:
    """The program of the engine that the schedule is for."""
    for prefix, make in PROGRAMS.items():
        if document.engine.startswith(prefix):
            name = document.engine.removeprefix(prefix)
            return make(name, machine, block, state, document.workers, predictions)
    known = ", ".join(f"{prefix}…" for prefix in PROGRAMS)
    raise InputError(f"engine: {document.engine!r} cannot be scheduled; {known} can")
