"""Hunting a mutant of `reference`: with vectors under random schedules, then with the explorer, which knows invariants.

The procedure is the same for every mutant, and the strategies as they are have to survive it. Everything follows from
the vectors and from fixed seeds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from conformance.block_engine import WORKERS, BlockEngine, capabilities
from conformance.declared_access import declared_access
from conformance.engines import compare_engine
from conformance.mutants.mutant import Mutant
from conformance.mutants.report import INVARIANT, OUTPUT, Finding, Kill
from conformance.predictions import Predictions, toy_predictions
from conformance.vectors import toy
from conformance.vectors.loading import load_vector_file
from conformance.vectors.model import Vector, members
from conformance.vectors.places import vector_files
from reference import BlockProgram, run_block
from reference.explorer import CRASH, LIVELOCK, RESULT, Exploration, RandomTurns, Violation, describe, explore
from spec.toy.machine import Toy
from spec.toy.state import ToyState

SEEDS: Final = 8
"""How many random schedules a vector is run under, as long as none has killed the mutant."""

LARGEST: Final = 12
"""Vectors with a block of more transactions take too long for what they find."""

POINTS: Final = 60_000
"""How many points a run may have. The longest run of a right engine has far fewer."""

EXPLORED: Final = "interleavings"
"""The suite of the toy whose blocks are so small that the explorer can run them under every schedule."""

EVM_SUITES: Final = ("coinbase", "self_destruct", "transfers")
"""The suites that mutants of what only the EVM has are given."""

NO_KILL: Final = (CRASH, LIVELOCK)
"""What does not count as finding a mutant: that it crashes, or that it never ends."""


class CannotTell(Exception):  # noqa: N818 - what became of a run, and no error of ours
    """A run that crashed or did not end."""


# Vectors


@functools.cache
def vectors_of(machine: str) -> tuple[Vector, ...]:
    """The vectors that mutants of a machine are given, small ones only, in the order of their ids."""
    loaded = (load_vector_file(path) for path in vector_files(machine))
    return tuple(vector for vector in loaded if is_given(vector))


def is_given(vector: Vector) -> bool:
    """Whether the vector is small enough, and about what mutants are about."""
    is_about = vector.case.machine == toy.NAME or vector.case.id.split("/")[1] in EVM_SUITES
    return is_about and all(len(members(block, "txs")) <= LARGEST for block in vector.case.blocks)


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


def kill_by_vector(mutant: Mutant, vector: Vector, seed: int) -> Kill | None:
    """What the vector has against the mutant under that schedule. Raises CannotTell."""
    schedule = f"random, seed {seed}"
    try:
        difference = compare_engine(engine_of(mutant, seed), vector)
    except Violation as violation:
        if violation.name in NO_KILL:
            raise CannotTell(str(violation)) from violation
        return Kill(vector.case.id, schedule, INVARIANT, violation.name, violation.detail)
    except Exception as crash:
        raise CannotTell(str(crash)) from crash
    if difference is None:
        return None
    values = f"expected {difference.expected}, the engine gives {difference.given}"
    return Kill(vector.case.id, schedule, OUTPUT, difference.where, values)


def vectors_for(mutant: Mutant) -> list[Vector]:
    """The vectors that the mutant's engine can run."""
    able = engine_of(mutant, 0).capabilities
    return [vector for vector in vectors_of(mutant.machine) if not able.missing(vector.case)]


# The explorer


def programs(mutant: Mutant, vector: Vector) -> Iterator[BlockProgram]:
    """The blocks of a toy vector as the explorer runs them, with every invariant."""
    state, blocks = toy.read_case(vector.case)
    for block in blocks:
        predictions = None if block.access_list is None else toy_predictions(block.access_list)
        yield BlockProgram(
            mutant.machine_for(Toy()),
            block,
            state,
            mutant.strategy,
            WORKERS,
            mutant.parts,
            declared_access,
            predictions,
        )
        after: ToyState = toy.execute_block(block, state)[1]
        state = after


def explored(mutant: Mutant) -> Iterator[tuple[Vector, BlockProgram]]:
    """The programs that the explorer runs of a mutant: all of the suite that is made for it."""
    for vector in vectors_for(mutant):
        if vector.case.id.split("/")[1] == EXPLORED:
            for program in programs(mutant, vector):
                yield vector, program


def kill_by_explorer(vector: Vector, exploration: Exploration) -> Kill | None:
    """The first thing that an exploration has found and that counts."""
    for report in exploration.violations:
        violation = report.violation
        if violation is not None and violation.name not in NO_KILL:
            kind = OUTPUT if violation.name == RESULT else INVARIANT
            return Kill(vector.case.id, describe(report.schedule), kind, violation.name, violation.detail)
    return None


# The hunt


def hunt(mutant: Mutant, watch: Callable[[Kill], None] = lambda kill: None) -> Finding:
    """Run the mutant on all its vectors, then under more schedules and in the explorer, until something kills it."""
    kills: list[Kill] = []
    passed = 0
    given = vectors_for(mutant)
    for seed in range(SEEDS):
        for vector in given:
            try:
                kill = kill_by_vector(mutant, vector, seed)
            except CannotTell:
                continue
            if kill is not None:
                kills.append(kill)
            elif seed == 0:
                passed += 1
        if kills:
            break
    kill = kills[0] if kills else explore_all(mutant)
    return Finding(mutant.name, mutant.engine, mutant.description, mutant.hazards, kill, passed, len(given))


def explore_all(mutant: Mutant) -> Kill | None:
    """Run what the explorer is for, first with one preemption, then with two."""
    for preemptions in (1, 2):
        for vector, program in explored(mutant):
            kill = kill_by_explorer(vector, explore(program, preemptions))
            if kill is not None:
                return kill
    return None


def hunt_all(mutants: Sequence[Mutant]) -> Iterator[Finding]:
    """Every mutant, one after another."""
    return map(hunt, mutants)
