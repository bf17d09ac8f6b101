"""When a worker is to stop before its block is done."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop, stop_reason
from cython.cimports.samestate.optimized.core.records import INTERRUPTED, OUT_OF_TIME

BETWEEN_SIGNALS = cython.declare(uint64_t, 20_000_000)  # nanoseconds


def should_stop(
    watch: cython.pointer(cython.const[Watch]), listener: cython.pointer(Listener), now: uint64_t
) -> cython.bint:
    """Say whether to stop: another worker says so, the time is up, or a signal's handler has raised."""
    if stop_reason(watch.arena):
        return True
    if now > watch.deadline:
        stop(watch.arena, OUT_OF_TIME)
        return True
    if listener.whom != cython.NULL and now - listener.listened > BETWEEN_SIGNALS:
        listener.listened = now
        if signalled(listener.whom):
            stop(watch.arena, INTERRUPTED)
            return True
    return False


def signalled(whom: cython.p_void) -> cython.bint:
    """Let Python handle signals, and say whether a handler raised; the listener then has what it raised."""
    return cython.cast(object, whom)()
