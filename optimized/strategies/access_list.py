"""Access list: the block says what each step leaves, so every transaction starts at once from that.

The predictions stand in the versioned memory before anybody works. A transaction's own effect shows only at its
commit, where it is compared with what was predicted of it: what was predicted right stays, and whoever read it stays
valid; what was wrong is replaced, and whoever read it is executed again.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.arena import stop_reason
from cython.cimports.samestate.optimized.core.execution import be_idle
from cython.cimports.samestate.optimized.core.shim import atomic_add, atomic_load
from cython.cimports.samestate.optimized.strategies.commit import advance, all_committed, execute_first


def work_access_list(task: cython.pointer(Task)) -> cython.void:
    """Work until the block is done or somebody asks to stop.

    Execute in the order of the block; commit what has its turn.
    """
    session: cython.pointer(Session) = task.session
    transactions: uint64_t = session.record.transactions
    idle_rounds: uint64_t = 0
    transaction: uint64_t = 0
    while not stop_reason(session.arena) and not all_committed(session):
        if transaction < transactions:
            # rule: access-list.all-start-at-once
            transaction = atomic_load(cython.address(session.record.position), b"access_list.position.load")
        if transaction < transactions:
            # rule: access-list.taken-once
            transaction = atomic_add(cython.address(session.record.position), 1, b"access_list.position.take")
        if transaction < transactions and not execute_first(task, transaction):
            return
        if advance(task) or transaction < transactions:
            idle_rounds = 0
            continue
        idle_rounds += 1
        be_idle(task, idle_rounds, b"access_list.idle")
