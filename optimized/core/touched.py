"""Numbers for the keys that a step has touched, in a table of the worker's own."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.samestate.optimized.core.arena import stop
from cython.cimports.samestate.optimized.core.records import OUT_OF_MEMORY, TouchSlot

MIX = cython.declare(uint64_t, 0x9E3779B97F4A7C15)


def touch(task: cython.pointer(Task), key: uint64_t) -> int64_t:
    """Give the key's number among those the step has touched: 0, 1, 2, … as they come. -1 where there is no memory.

    A small hash table whose entries count only in the epoch that made them, so that emptying it costs nothing.
    """
    slot: uint64_t = ((key >> 6) * MIX >> 32) & task.touched_mask
    while task.touched[slot].epoch == task.epoch:
        if task.touched[slot].key == key:
            return task.touched[slot].index
        slot = (slot + 1) & task.touched_mask
    if 2 * task.touched_count > task.touched_mask:
        if not grow_touched(task):
            return -1
        return touch(task, key)
    task.touched[slot].key = key
    task.touched[slot].epoch = task.epoch
    task.touched[slot].index = task.touched_count
    task.touched_count += 1
    return task.touched_count - 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def grow_touched(task: cython.pointer(Task)) -> cython.bint:
    """Twice the slots, with this epoch's entries in them; or the stop flag."""
    slots: uint64_t = task.touched_mask + 1
    before: cython.pointer(TouchSlot) = task.touched
    grown: cython.pointer(TouchSlot) = cython.cast(
        cython.pointer(TouchSlot), calloc(2 * slots, cython.sizeof(TouchSlot))
    )
    if grown == cython.NULL:
        stop(task.session.arena, OUT_OF_MEMORY)
        return False
    mask: uint64_t = 2 * slots - 1
    old: uint64_t
    slot: uint64_t
    for old in range(slots):
        if before[old].epoch == task.epoch:
            slot = ((before[old].key >> 6) * MIX >> 32) & mask
            while grown[slot].epoch == task.epoch:
                slot = (slot + 1) & mask
            grown[slot] = before[old]
    task.touched = grown
    task.touched_mask = mask
    free(before)
    return True
