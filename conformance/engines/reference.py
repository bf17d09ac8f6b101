"""The readable strategies of `reference` as engines: any machine of the specification, workers as greenlets."""

from __future__ import annotations

from typing import Any

from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.predictions import Predictions
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.machines import MACHINES

GREENLETS = "greenlets"


def make_reference_engine(strategy: str, workers: int) -> BlockEngine:
    """The engine ``reference:<strategy>``. Raises InputError for too many workers."""
    from samestate.conformance.engines.hints import declared_access  # all of which others do not need
    from samestate.reference import run_block
    from samestate.reference.explorer import MOST_WORKERS, Violation

    if workers > MOST_WORKERS:
        raise InputError(f"--workers {workers}: engines of `reference` have at most {MOST_WORKERS}")

    def execute(machine: Any, block: Any, state: Any, predictions: Predictions | None) -> Any:
        try:
            return run_block(
                machine, block, state, strategy, workers=workers, estimator=declared_access, predictions=predictions
            ).result
        except Violation as violation:
            raise EngineFailure(str(violation)) from violation

    return BlockEngine(f"reference:{strategy}", capabilities(tuple(MACHINES), strategy, GREENLETS), execute)
