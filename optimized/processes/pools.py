"""The pools of worker processes that this process has: one for each number of workers, shared by all engines."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import weakref
from typing import Any

from samestate.optimized.processes.workers import WorkerPool

_pools: dict[tuple[int, tuple[int, ...] | None], WorkerPool] = {}
_pools_lock = threading.Lock()
_identities = itertools.count()


def shared_pool(count: int, affinity: tuple[int, ...] | None = None) -> WorkerPool:
    """The pool of so many workers: made when first asked for, then the same for all. A forked process has its own."""
    with _pools_lock:
        pool = _pools.get((count, affinity))
        if pool is None:
            pool = _pools[count, affinity] = WorkerPool(count, affinity)
        return pool


def new_identity() -> int:
    """A number for an arena, never given twice in this process."""
    return next(_identities)


def end_workers() -> None:
    """End all worker processes of this process, once they have done with the blocks at hand.

    Engines are none the worse for it: the next block of any starts new workers, which import its machine as it is then.
    """
    for pool in list(_pools.values()):
        pool.end_in_turn()


@atexit.register
def end_pools() -> None:
    """End all workers of all pools: the process ends."""
    for pool in list(_pools.values()):
        pool.end()


def _begin_anew() -> None:
    """In a forked process there are no pools yet."""
    global _pools_lock
    _pools_lock = threading.Lock()
    for pool in _pools.values():
        pool.disown()
    _pools.clear()


os.register_at_fork(after_in_child=_begin_anew)


def forget_when_gone(owner: object, pool: WorkerPool, identity: int) -> weakref.finalize[Any, Any]:
    """Have the workers forget an arena when its owner is gone. The result can be told that they have already."""
    forgetting = weakref.finalize(owner, pool.detach_later, identity)
    forgetting.atexit = False
    return forgetting
