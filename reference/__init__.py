"""How to schedule a block: readable strategies over any machine, and the explorer that runs every interleaving.

:func:`run_block` executes a block once; :class:`BlockProgram` is a block for the explorer
(:mod:`samestate.reference.explorer`), which runs it under many schedules and compares each result with the
specification's.
"""

from samestate.reference.estimators import Estimate, Estimator, last_run, nothing_known
from samestate.reference.metrics import Metrics
from samestate.reference.running import BlockProgram, Judge, Run, run_block
from samestate.reference.strategies import STRATEGIES, Parts, Predictions

__all__ = [
    "STRATEGIES",
    "BlockProgram",
    "Estimate",
    "Estimator",
    "Judge",
    "Metrics",
    "Parts",
    "Predictions",
    "Run",
    "last_run",
    "nothing_known",
    "run_block",
]
