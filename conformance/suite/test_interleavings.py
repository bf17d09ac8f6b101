"""Small toy blocks under many schedules of every reference strategy: all with one preemption, and random ones.

A violation comes with the schedule that gives it again: `samestate run --schedule FILE`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samestate.conformance.engines.names import STRATEGIES
from samestate.conformance.engines.predictions import carries_list, toy_predictions
from samestate.conformance.exploring.schedules import reference_program
from samestate.conformance.generating.toy_case import GeneratedToyCase
from samestate.conformance.generating.toy_strategies import CaseSizes, toy_cases
from samestate.conformance.generating.vector import vector_text
from samestate.conformance.output.targets import write_whole
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Case, members
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.reference.explorer import ExploredRun, Program, RandomTurns, explore, run_once
from samestate.spec.toy.block import Block
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.state import ToyState

TRANSACTIONS: Final = range(2, 4)
OPERATIONS: Final = 12
EVERY: Final = 4
"""Of the small vectors every fourth is explored, another fourth by each strategy."""

FILES: Final = tuple(path for path in vector_files() if path.relative_to(VECTORS).parts[0] == toy.NAME)
PARALLEL: Final = tuple(strategy for strategy in STRATEGIES if strategy != "sequential")
MOST_EXAMPLES: Final = 60


def is_small(case: Case) -> bool:
    transactions = [transaction for block in case.blocks for transaction in members(block, "txs")]
    operations = sum(len(transaction["operations"]) for transaction in transactions)
    return len(case.blocks) == 1 and len(transactions) in TRANSACTIONS and operations <= OPERATIONS


@functools.cache
def small_cases() -> tuple[Case, ...]:
    cases = (load_vector_file(path).case for path in FILES if path.stat().st_size < 20_000)
    return tuple(case for case in cases if is_small(case))


def program_of(strategy: str, block: Block, state: ToyState, workers: int = 2) -> Program:
    predictions = None if block.access_list is None else toy_predictions(block.access_list)
    return reference_program(strategy, Toy(), block, state, workers, predictions)


def told(report: ExploredRun, strategy: str, case: Case, folder: Path, workers: int) -> str:
    """What was wrong, with the block and the schedule as files that give it again."""
    vector, schedule = folder / f"case{SUFFIX}", folder / "schedule.yaml"
    named = replace(case, id=f"{toy.NAME}/generated/case")
    text = vector_text(named, toy.execute(case), "interleavings", "A block on which a schedule goes wrong.")
    write_whole("", vector, text, make_folders=True)
    write_whole("", schedule, report.document(vector.name, f"reference:{strategy}", workers).write())
    return f"{case.id}\n{report.text(20)}\nagain: samestate run --schedule {schedule}"


def test_there_are_small_blocks_with_conflicts() -> None:
    assert len(small_cases()) >= 30
    assert sum(any(carries_list(block) for block in case.blocks) for case in small_cases()) >= 5


@pytest.mark.parametrize("strategy", PARALLEL)
def test_every_schedule_with_one_preemption_gives_the_same(strategy: str, tmp_path: Path) -> None:
    runs = explored = 0
    for case in chosen(strategy):
        state, (block,) = toy.read_case(case)
        exploration = explore(program_of(strategy, block, state), preemptions=1)
        assert exploration.first is None, told(exploration.first, strategy, case, tmp_path, 2)
        runs += exploration.runs
        explored += 1
    assert explored >= 5
    assert runs > 40 * explored


def chosen(strategy: str) -> Iterator[Case]:
    cases = [case for case in small_cases() if strategy != "access-list" or all(map(carries_list, case.blocks))]
    every = 1 if strategy == "access-list" else EVERY
    return itertools.islice(cases, PARALLEL.index(strategy) % every, None, every)


LIMITS: Final = CaseSizes(transactions=4, operations=3, slots=2, senders=2, blocks=1, conflict=80)


@pytest.mark.parametrize("strategy", PARALLEL)
def test_random_schedules_of_generated_blocks_give_the_same(
    strategy: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp(strategy)

    @settings(
        deadline=None,
        database=None,
        max_examples=min(settings().max_examples, MOST_EXAMPLES),
        suppress_health_check=list(HealthCheck),
    )
    @given(made=toy_cases(LIMITS), seed=st.integers(0, 2**16), workers=st.integers(2, 3))
    def check(made: GeneratedToyCase, seed: int, workers: int) -> None:
        (block,) = made.blocks
        if strategy == "access-list" and block.access_list is None:
            return
        report = run_once(program_of(strategy, block, made.state, workers), RandomTurns(seed), keep_trace=True)
        assert report.violation is None, told(report, strategy, made.case(), folder, workers)

    check()


def test_a_violation_is_told_with_files_that_give_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from samestate.conformance import command
    from samestate.conformance.exploring import schedules
    from samestate.reference import BlockProgram, Parts
    from samestate.reference.memory import VersionedMemory

    class Blind(VersionedMemory):
        """A memory in which nobody ever sees that a read does not hold any more."""

        def validate(self, *arguments: Any, **named: Any) -> bool:
            return True

    def broken(name: str, machine: Any, block: Any, state: Any, workers: int, predictions: Any) -> Program:
        return BlockProgram(machine, block, state, name, workers, Parts(memory=Blind), predictions=predictions)

    cases = (case for case in small_cases() if "conflicts" in case.id)
    for case in cases:
        state, (block,) = toy.read_case(case)
        found = explore(broken("block-stm", Toy(), block, state, 2, None), preemptions=2, seconds=20).first
        if found is not None:
            break
    else:
        raise AssertionError("no schedule shows that validation is skipped")
    text = told(found, "block-stm", case, tmp_path, 2)
    assert "again: samestate run --schedule" in text
    monkeypatch.setitem(schedules.PROGRAMS, schedules.REFERENCE, broken)
    result = CliRunner().invoke(command.application, ["run", "--schedule", str(tmp_path / "schedule.yaml")])
    assert str(found.violation).split(":")[0] in result.output
