"""How to schedule a block: readable strategies over any machine, and the explorer that runs every interleaving.

:func:`run_block` executes a block once; :class:`BlockProgram` is a block for the explorer
(:mod:`samestate.reference.explorer`), which runs it under many schedules and compares each result with the
specification's.

Every rule of scheduling has an anchor, `# rule: name`, here and, under the same name, in `optimized`; here its source
stands below it. Block-STM is Gelashvili and others, "Block-STM: Scaling Blockchain Execution by Turning Ordering Curse
to a Performance Blessing" (2022, arXiv 2203.06871), by the names of its algorithms' functions; the locks are those of
Solana's Sealevel and of Agave's unified scheduler. Where Samestate itself is named, the rule is nobody else's.
"""

from samestate.reference.estimators import Estimate, Estimator, last_run, nothing_known
from samestate.reference.metrics import Metrics
from samestate.reference.running import BlockProgram, Run, run_block
from samestate.reference.strategies import STRATEGIES, Parts, Predictions

__all__ = [
    "STRATEGIES",
    "BlockProgram",
    "Estimate",
    "Estimator",
    "Metrics",
    "Parts",
    "Predictions",
    "Run",
    "last_run",
    "nothing_known",
    "run_block",
]
