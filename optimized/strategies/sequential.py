"""Sequential: one transaction after the other, on the values themselves. The baseline of every speed-up."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.optimized.core.arena import stop_reason
from cython.cimports.optimized.core.execution import run_executor
from cython.cimports.optimized.core.memory import publish
from cython.cimports.optimized.core.records import DONE
from cython.cimports.optimized.core.session import begin_task


def work_sequentially(task):
    """The first worker does all; others have nothing to do."""
    session: cython.pointer(Session) = task.session
    step: uint64_t = 1
    if task.number != 0:
        return
    while step <= session.record.transactions and not stop_reason(session.arena):
        begin_task(task, step, 0)
        if run_executor(task) != DONE or publish(task) < 0:
            return
        step += 1
