"""The compute budget program as it runs: what its instructions ask for was granted before, so nothing is left to do."""

# source: Agave, programs/compute-budget/src/lib.rs

from __future__ import annotations

from typing import Final

from samestate.spec.svm.frame import Invocation

COMPUTE_BUDGET_UNITS: Final = 150


def compute_budget_program(invocation: Invocation) -> None:
    """Pay, whatever the data. Raises InstructionError."""
    # rule: svm.compute-budget.units
    invocation.consume(COMPUTE_BUDGET_UNITS)
