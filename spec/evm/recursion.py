"""Room for calls to nest: a call of the EVM is a few calls of Python, of which an interpreter takes so many at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from samestate.spec.evm.frame import CALL_DEPTH_LIMIT

PYTHON_FRAMES_PER_CALL = 8
ROOM_FOR_CALLS = PYTHON_FRAMES_PER_CALL * CALL_DEPTH_LIMIT + 4000
"""A recursion limit at which calls can nest 1,024 deep, on whatever stands below the first of them."""

sys.setrecursionlimit(max(sys.getrecursionlimit(), ROOM_FOR_CALLS))

_lock = threading.Lock()
_inside = 0
_before = 0


@contextmanager
def room_for_calls() -> Iterator[None]:
    """Calls can nest as deep as they may, even where the recursion limit was lowered: Hypothesis does so in its tests.

    The limit is one for all threads: it is as it was once nobody is inside any more.
    """
    global _inside, _before
    with _lock:
        if sys.getrecursionlimit() < ROOM_FOR_CALLS:
            _before = sys.getrecursionlimit()
            sys.setrecursionlimit(ROOM_FOR_CALLS)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _before:
                sys.setrecursionlimit(_before)
                _before = 0
