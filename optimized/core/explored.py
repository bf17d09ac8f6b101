"""Control of the test-only build: the hook that every shared action passes, and the seeded bug that is switched on.

In the normal build neither exists, and to ask for one raises RuntimeError.
"""

from collections.abc import Callable

import cython
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED

EXPLORED = bool(SAMESTATE_IS_EXPLORED)


def set_hook(hook: Callable[[object], object] | None, naming: Callable[[str], object] = str) -> None:
    """From now on call ``hook(label)`` before every shared action, or nothing where it is None.

    ``naming`` makes the label of an action's name, once for each place in the code: give the same function each time.
    What the hook raises stops the worker, which raises it when it leaves.
    """
    if not EXPLORED:
        raise RuntimeError("only the build for the explorer has a hook")
    samestate_set_hook(hook, naming)


def set_mutant(number: int) -> None:
    """Switch on the seeded bug of that number (mutants.hpp), or none with 0."""
    if not EXPLORED:
        raise RuntimeError("only the build for the explorer has seeded bugs")
    chosen: cython.int = number
    samestate_set_mutant(chosen)
