"""Hunting a mutant of `reference`: with vectors under random schedules, then with the explorer, which knows invariants.

The procedure is the same for every mutant, and the strategies as they are have to survive all of it. Everything follows
from the vectors and from fixed seeds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from samestate.conformance.engines.hints import declared_access
from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.names import WORKERS
from samestate.conformance.engines.predictions import Predictions, toy_predictions
from samestate.conformance.engines.registry import compare_engine
from samestate.conformance.mutants.mutant import Mutant
from samestate.conformance.mutants.report import INVARIANT, OUTPUT, HuntedMutant, Kill
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector, members
from samestate.conformance.vectors.places import vector_files
from samestate.reference import BlockProgram, run_block
from samestate.reference.explorer import (
    CRASH,
    LIVELOCK,
    OUT_OF_POINTS,
    RESULT,
    Exploration,
    ExploredRun,
    RandomTurns,
    Violation,
    describe,
    explore,
    sample,
)

SEEDS: Final = range(3)
"""The random schedules that every vector is run under: the first always, the others where that has found nothing."""

GUARDED_SEEDS: Final = range(8)
"""The random schedules that the smallest blocks are run under with all invariants."""

LARGEST: Final = 12
"""Vectors with a block of more transactions take too long for what they find."""

POINTS: Final = 60_000
"""How many points a run may have. The longest run of a right engine has far fewer."""

SHOWN_SEEDS: Final = range(1000)
"""The random schedules of the block that a mutant is shown by, with all invariants, after those with one preemption."""

SHOWN_RATE: Final = 0.25
"""How often a worker is pre-empted in those: often, as few preemptions do not find them, nor long turns."""

SMALLEST: Final = "interleavings"
"""The suite of the toy whose blocks are so small that the explorer can run them under every schedule."""

EVM_SUITES: Final = ("coinbase", "self_destruct", "transfers")
"""The suites that mutants of what only the EVM has are given."""

NO_KILL: Final = (CRASH, LIVELOCK, OUT_OF_POINTS)
"""What does not count as finding a mutant: that it crashes, or that it never ends."""


@dataclass(frozen=True, slots=True)
class NoVerdict:
    """A run that crashed or did not end."""

    vector: str
    reason: str


Found = Kill | NoVerdict


def hunt(mutant: Mutant) -> HuntedMutant:
    """Run the mutant on all its vectors; then on, until something has killed it."""
    given = vectors_for(mutant)
    first = list(search_by_seed(mutant, SEEDS[0]))
    kills = [found for found in first if isinstance(found, Kill)]
    if not kills:
        kills = list(islice((each for each in search_on(mutant, {mutant.shown_by}) if isinstance(each, Kill)), 1))
    kill = min(kills, key=obscurity, default=None)
    passed = len({vector.case.id for vector in given} - {found.vector for found in first})
    return HuntedMutant(
        mutant.name, mutant.engine, mutant.description, mutant.rule, mutant.hazards, kill, passed, len(given)
    )


def obscurity(kill: Kill) -> tuple[bool, bool]:
    """How little a kill says: less than an output does an invariant, and how the block ended less than a step."""
    return kill.kind != OUTPUT, kill.through in ("status", "rejected transaction")


def search(mutant: Mutant, shown: Set[str]) -> Iterator[Found]:
    """All that is wrong with a mutant, by everything that is tried; ``shown``: what the explorer tries at length."""
    yield from search_by_seed(mutant, SEEDS[0])
    yield from search_on(mutant, shown)


def search_on(mutant: Mutant, shown: Set[str]) -> Iterator[Found]:
    """What is wrong with a mutant by all but the first schedule of each vector."""
    for seed in SEEDS[1:]:
        yield from search_by_seed(mutant, seed)
    for vector in smallest(mutant):
        yield from at_random(mutant, vector, GUARDED_SEEDS)
    for vector in smallest(mutant):
        if vector.case.id.split("/")[2] in shown:
            exploration = explore(program_of(mutant, vector), preemptions=1)
            yield from wrongs(vector, exploration, lambda report: describe(report.schedule))
            yield from at_random(mutant, vector, SHOWN_SEEDS, SHOWN_RATE)


# Vectors under random schedules


@functools.lru_cache(maxsize=8)
def vectors_of(machine: str) -> tuple[Vector, ...]:
    """The vectors that mutants of a machine are given, small ones only, in the order of their ids."""
    paths = (path for path in vector_files(machine) if machine == toy.NAME or path.parent.name in EVM_SUITES)
    loaded = (load_vector_file(path) for path in paths)
    return tuple(
        vector for vector in loaded if all(len(members(block, "txs")) <= LARGEST for block in vector.case.blocks)
    )


def vectors_for(mutant: Mutant) -> list[Vector]:
    """The vectors that the mutant's engine can run."""
    able = engine_of(mutant, SEEDS[0]).capabilities
    return [vector for vector in vectors_of(mutant.machine) if not able.missing(vector.case)]


def engine_of(mutant: Mutant, seed: int) -> BlockEngine:
    """The mutant as an engine, under the random schedule of a seed."""

    def execute(machine: Any, block: Any, state: Any, predictions: Predictions | None) -> Any:
        return run_block(
            mutant.machine_for(machine),
            block,
            state,
            mutant.strategy,
            WORKERS,
            RandomTurns(seed),
            parts=mutant.parts,
            estimator=declared_access,
            predictions=predictions,
            limit=POINTS,
        ).result

    return BlockEngine(mutant.name, capabilities((mutant.machine,), mutant.strategy, ""), execute)


def search_by_seed(mutant: Mutant, seed: int) -> Iterator[Found]:
    """What the vectors have against the mutant under the random schedule of a seed."""
    for vector in vectors_for(mutant):
        found = verdict(mutant, vector, seed)
        if found is not None:
            yield found


def verdict(mutant: Mutant, vector: Vector, seed: int) -> Found | None:
    """What the vector has against the mutant under that schedule, if anything."""
    name, schedule = vector.case.id, f"random, seed {seed}"
    try:
        difference = compare_engine(engine_of(mutant, seed), vector)
    except Violation as violation:
        if violation.name in NO_KILL:
            return NoVerdict(name, str(violation))
        return Kill(name, schedule, INVARIANT, violation.name, violation.detail)
    except Exception as crash:  # of a wrong engine anything may be expected
        return NoVerdict(name, f"{type(crash).__name__}: {crash}")
    if difference is None:
        return None
    values = f"expected {difference.expected}, the engine gives {difference.given}"
    return Kill(name, schedule, OUTPUT, difference.where, values)


# The smallest blocks, with invariants


def smallest(mutant: Mutant) -> list[Vector]:
    """The vectors of the suite that is made for the explorer."""
    if mutant.machine != toy.NAME:
        return []
    return [vector for vector in vectors_for(mutant) if vector.case.id.split("/")[1] == SMALLEST]


def program_of(mutant: Mutant, vector: Vector) -> BlockProgram:
    """The first block of a toy vector as the explorer runs it, with every invariant."""
    state, blocks = toy.read_case(vector.case)
    said = blocks[0].access_list
    return BlockProgram(
        mutant.machine_for(toy.machine_of(blocks[0])),
        blocks[0],
        state,
        mutant.strategy,
        WORKERS,
        mutant.parts,
        declared_access,
        None if said is None else toy_predictions(said),
    )


def at_random(mutant: Mutant, vector: Vector, seeds: Sequence[int], rate: float | None = None) -> Iterator[Found]:
    """What random schedules find, every invariant checked after every action, up to the first thing that counts."""
    program = program_of(mutant, vector)
    often = "" if rate is None else f", pre-empting at {rate:.0%} of all points"
    while seeds:
        exploration = sample(program, seeds, POINTS, rate)
        last = seeds[exploration.runs - 1]
        found = list(wrongs(vector, exploration, lambda report, last=last: f"random, seed {last}{often}"))  # type: ignore[misc]
        yield from found
        if any(isinstance(each, Kill) for each in found):
            return
        seeds = seeds[exploration.runs :]


def wrongs(vector: Vector, exploration: Exploration, schedule_of: Callable[[ExploredRun], str]) -> Iterator[Found]:
    """What an exploration has found."""
    name = vector.case.id
    for report in exploration.violations:
        violation = report.violation
        if violation is None:
            continue
        if violation.name in NO_KILL:
            yield NoVerdict(name, str(violation))
            continue
        kind = OUTPUT if violation.name == RESULT else INVARIANT
        through, _, values = violation.detail.partition(": expected ") if kind == OUTPUT else (violation.name, "", "")
        detail = f"expected {values}" if kind == OUTPUT else violation.detail
        yield Kill(name, schedule_of(report), kind, through, detail)
