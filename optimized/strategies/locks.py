"""Locks: a transaction is executed once all earlier ones that conflict with it, by their declarations, have been.

Each counts the predecessors it still waits for; whoever finishes the last of them sets its bit among those that are
ready. Of these the first in the block is taken.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import allocate, reserve, stop, stop_reason
from cython.cimports.samestate.optimized.core.execution import be_idle
from cython.cimports.samestate.optimized.core.records import OUT_OF_MEMORY, SessionRecord, StepRecord, Successor
from cython.cimports.samestate.optimized.core.shim import atomic_add, atomic_load, atomic_replace, trailing_zeros
from cython.cimports.samestate.optimized.strategies.commit import advance, all_committed, execute_first
from cython.cimports.samestate.optimized.strategies.graph import Graph, end_graph, find_predecessors, start_graph

NOBODY = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)


def prepare_locks(coordinator: cython.pointer(Task)) -> uint64_t:
    """Prepare the block for :func:`work_locks`, once all declarations are there. 0, or the StopReason.

    The graph, and who waits for nobody.
    """
    graph: Graph
    session: cython.pointer(Session) = coordinator.session
    record: cython.pointer(SessionRecord) = session.record
    transaction: uint64_t
    i: uint64_t
    words: uint64_t = words_of(record)
    record.ready_table = reserve(session.arena, 8 * words + 8)
    if record.ready_table == 0:
        return stop_reason(session.arena)
    ready: cython.pointer(uint64_t) = ready_bits(session)
    if not start_graph(cython.address(graph), session):
        stop(session.arena, OUT_OF_MEMORY)
        return OUT_OF_MEMORY
    for i in range(words):
        ready[i] = 0
    for transaction in range(record.transactions):
        # rule: locks.requested-in-block-order
        find_predecessors(cython.address(graph), session, transaction)
        session.steps[transaction + 1].pending = graph.found_count
        if graph.found_count == 0:
            ready[transaction >> 6] |= bit_of(transaction)
        for i in range(graph.found_count):
            if not add_successor(coordinator, graph.found[i], transaction):
                break
    end_graph(cython.address(graph))
    return stop_reason(session.arena)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def add_successor(task: cython.pointer(Task), transaction: uint64_t, successor: uint64_t) -> cython.bint:
    """At the head of the list: which of them is told first makes no difference to the result."""
    step: cython.pointer(StepRecord) = cython.address(task.session.steps[transaction + 1])
    offset: uint64_t = allocate(task, cython.sizeof(Successor))
    if offset == 0:
        return False
    added: cython.pointer(Successor) = cython.cast(cython.pointer(Successor), task.session.base + offset)
    added.transaction = successor
    added.next = step.successors
    step.successors = offset
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def words_of(record: cython.pointer(SessionRecord)) -> uint64_t:
    """How many words have a bit for each transaction."""
    return (record.transactions + 63) >> 6


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def bit_of(transaction: uint64_t) -> uint64_t:
    """A transaction's bit in its word."""
    return cython.cast(uint64_t, 1) << (transaction & 63)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def ready_bits(session: cython.pointer(Session)) -> cython.pointer(uint64_t):
    """A bit for each transaction: whether it is ready, and nobody has taken it."""
    return cython.cast(cython.pointer(uint64_t), session.base + session.record.ready_table)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def take_ready(session: cython.pointer(Session)) -> uint64_t:
    """The first transaction of the block that is ready, or NOBODY."""
    record: cython.pointer(SessionRecord) = session.record
    ready: cython.pointer(uint64_t) = ready_bits(session)
    # All before it have been executed.
    place: uint64_t = atomic_load(cython.address(record.commit_index), b"locks.ready.from") >> 6
    while place < words_of(record):
        bits: uint64_t = atomic_load(ready + place, b"locks.ready.look")
        if bits == 0:
            place += 1
            continue
        # rule: locks.taken-once
        if atomic_replace(ready + place, bits, bits & (bits - 1), b"locks.ready.take"):
            return (place << 6) + trailing_zeros(bits)
    return NOBODY


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def release_successors(session: cython.pointer(Session), transaction: uint64_t) -> cython.void:
    """Whoever waited for this one only is ready now."""
    offset: uint64_t = session.steps[transaction + 1].successors
    while offset:
        successor: cython.pointer(Successor) = cython.cast(cython.pointer(Successor), session.base + offset)
        step: cython.pointer(StepRecord) = cython.address(session.steps[successor.transaction + 1])
        # rule: locks.runs-with-all-locks
        if atomic_add(cython.address(step.pending), -1, b"locks.pending.subtract") == 1:
            # Whoever counts the last one is alone, so the bit is not set yet.
            place: uint64_t = successor.transaction
            atomic_add(ready_bits(session) + (place >> 6), cython.cast(int64_t, bit_of(place)), b"locks.ready.put")
        offset = successor.next


def work_locks(task: cython.pointer(Task)) -> cython.void:
    """Work until the block is done or somebody asks to stop.

    Execute what is ready; commit what has its turn.
    """
    session: cython.pointer(Session) = task.session
    idle_rounds: uint64_t = 0
    while not stop_reason(session.arena) and not all_committed(session):
        transaction: uint64_t = take_ready(session)
        if transaction != NOBODY:
            if not execute_first(task, transaction):
                return
            # rule: locks.released-when-executed
            release_successors(session, transaction)
        if advance(task) or transaction != NOBODY:
            idle_rounds = 0
            continue
        idle_rounds += 1
        be_idle(task, idle_rounds, b"locks.idle")
