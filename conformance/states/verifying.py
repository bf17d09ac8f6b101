"""Whether a state on disk is whole: all that is computed from its values, computed again."""

from __future__ import annotations

from collections.abc import Callable

from samestate.conformance.states.opening import OpenState
from samestate.optimized.evm.filling import Contents, check
from samestate.optimized.stores.store import StoreDamaged


def verify(state: OpenState, progress: Callable[[int], None]) -> tuple[str | None, Contents | None]:
    """What is wrong with a state, in words, or how much there is of it. ``progress`` is told of values seen."""
    try:
        return None, check(state.store, state.described(), progress)
    except StoreDamaged as damaged:
        return str(damaged), None
