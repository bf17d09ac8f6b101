"""The worker loop: one for all machines, on threads and in processes."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop, stop_reason
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BLOCK_STM,
    BROKEN,
    LOCKS,
    WAVES,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.strategies.access_list import work_access_list
from cython.cimports.samestate.optimized.strategies.block_stm import work_block_stm
from cython.cimports.samestate.optimized.strategies.locks import prepare_locks, work_locks
from cython.cimports.samestate.optimized.strategies.waves import prepare_waves, work_waves


def prepare(coordinator: cython.pointer(Task)) -> uint64_t:
    """Prepare the block for its strategy: once, before the workers start. 0, or the StopReason.

    The conflicts that are declared; nothing for strategies that find out by themselves.
    """
    strategy: uint64_t = coordinator.session.record.strategy
    if strategy == LOCKS:
        return prepare_locks(coordinator)
    if strategy == WAVES:
        return prepare_waves(coordinator)
    return stop_reason(coordinator.session.arena)


def run_worker(task: cython.pointer(Task)) -> uint64_t:
    """Work on the block until it is done or stopped. The StopReason, 0 where it is done.

    Stay until the block is done or somebody asks to stop.
    """
    worker: cython.pointer(WorkerRecord) = task.worker
    strategy: uint64_t = task.session.record.strategy
    worker.entered = now_nanoseconds()
    task.clock = 0
    if strategy == BLOCK_STM:
        work_block_stm(task)
    elif strategy == LOCKS:
        work_locks(task)
    elif strategy == WAVES:
        work_waves(task)
    elif strategy == ACCESS_LIST:
        work_access_list(task)
    else:
        stop(task.session.arena, BROKEN)
    worker.left_at = now_nanoseconds()
    return stop_reason(task.session.arena)
