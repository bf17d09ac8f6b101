"""The vectors of the EVM under random schedules of every strategy: a sample, and all of them in the soak tier."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.engines.hints import declared_access
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.reference import STRATEGIES, BlockProgram, run_block
from samestate.reference.explorer import RandomTurns, explore, sample
from samestate.spec.transition import apply_block
from tests.reference.blocks import predictions_of

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SCHEDULES = 20 if SOAK else 3
FILES = [path for path in vector_files() if path.relative_to(VECTORS).parts[0] == "evm"]
FAILING = [path for path in FILES if 'status: "failure"' in path.read_text(encoding="utf-8")]
SAMPLE = FILES if SOAK else FILES[:: max(1, len(FILES) // 25)]
FAILING_SAMPLE = FAILING if SOAK else FAILING[:: max(1, len(FAILING) // 10)]


def identity(path: Path) -> str:
    return path.relative_to(VECTORS).as_posix().removesuffix(SUFFIX)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("path", SAMPLE, ids=identity)
def test_evm_vectors_under_random_schedules(path: Path, strategy: str) -> None:
    case = load_vector_file(path).case
    right = execute(case)
    for seed in range(SCHEDULES):

        def apply(machine: Any, block: Any, state: Any, seed: int = seed) -> Any:
            return run_block(
                machine,
                block,
                state,
                strategy,
                workers=2 + seed % 3,
                schedule=RandomTurns(seed),
                estimator=declared_access,
                predictions=predictions_of(machine, block, state),
                check=True,
            ).result

        assert execute(case, apply) == right


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("path", FAILING_SAMPLE, ids=identity)
def test_the_explorer_finds_nothing_wrong_with_transactions_that_fail(path: Path, strategy: str) -> None:
    failed = []

    def apply(machine: Any, block: Any, state: Any) -> Any:
        program = BlockProgram(
            machine,
            block,
            state,
            strategy,
            estimator=declared_access,
            predictions=predictions_of(machine, block, state),
        )
        undisturbed = explore(program, preemptions=1)
        disturbed = sample(program, range(SCHEDULES))
        assert undisturbed.first is None, undisturbed.first.text(20)
        assert disturbed.first is None, disturbed.first.text(20)
        result = apply_block(machine, block, state)
        failed.extend(outcome for outcome in result.outcomes if not outcome.succeeded)
        return result

    execute(load_vector_file(path).case, apply)
    assert failed
