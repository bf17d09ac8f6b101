"""Waves: sets of transactions that do not conflict, by their declarations, one set after the other.

A transaction is in the first wave after those of all earlier transactions it conflicts with, members of skipped waves
included. A wave begins when every transaction of those before it has been executed.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import reserve, stop, stop_reason
from cython.cimports.samestate.optimized.core.execution import be_idle
from cython.cimports.samestate.optimized.core.records import OUT_OF_MEMORY, SessionRecord
from cython.cimports.samestate.optimized.core.shim import (
    MUTANT,
    WAVE_SKIPS_PREDECESSOR,
    atomic_add,
    atomic_load,
    atomic_replace,
)
from cython.cimports.samestate.optimized.strategies.commit import advance, all_committed, execute_first
from cython.cimports.samestate.optimized.strategies.graph import Graph, end_graph, find_predecessors, start_graph

NOBODY = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)


def prepare_waves(coordinator: cython.pointer(Task)) -> uint64_t:
    """Prepare the block for :func:`work_waves`, once all declarations are there. 0, or the StopReason.

    The wave of each transaction; then all of them in order of waves, within one in order of the block.
    """
    graph: Graph
    session: cython.pointer(Session) = coordinator.session
    record: cython.pointer(SessionRecord) = session.record
    transactions: uint64_t = record.transactions
    transaction: uint64_t
    wave: uint64_t
    record.order = reserve(session.arena, 8 * transactions + 8)
    record.wave_starts = reserve(session.arena, 8 * transactions + 16)
    if record.order == 0 or record.wave_starts == 0:
        return stop_reason(session.arena)
    if not start_graph(cython.address(graph), session):
        stop(session.arena, OUT_OF_MEMORY)
        return OUT_OF_MEMORY
    starts: cython.pointer(uint64_t) = words_at(session, record.wave_starts)
    order: cython.pointer(uint64_t) = words_at(session, record.order)
    memset(starts, 0, 8 * transactions + 16)
    for transaction in range(transactions):
        find_predecessors(cython.address(graph), session, transaction)
        wave = wave_after(session, cython.address(graph))
        session.steps[transaction + 1].wave = wave
        starts[wave + 1] += 1
        if wave >= record.waves:
            record.waves = wave + 1
    end_graph(cython.address(graph))
    for wave in range(record.waves):
        starts[wave + 1] += starts[wave]
    for transaction in range(transactions):  # each start moves to the end of its wave …
        wave = session.steps[transaction + 1].wave
        order[starts[wave]] = transaction
        starts[wave] += 1
    wave = record.waves
    while wave:  # … which is where the next one starts
        starts[wave] = starts[wave - 1]
        wave -= 1
    starts[0] = 0
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def wave_after(session: cython.pointer(Session), graph: cython.pointer(Graph)) -> uint64_t:
    """The first wave after those of the predecessors found."""
    wave: uint64_t = 0
    i: uint64_t
    if MUTANT(WAVE_SKIPS_PREDECESSOR):
        while is_wave_of_one(session, graph, wave):
            wave += 1
        return wave
    # rule: waves.after-every-earlier-conflict
    for i in range(graph.found_count):
        if session.steps[graph.found[i] + 1].wave >= wave:
            wave = session.steps[graph.found[i] + 1].wave + 1
    return wave


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_wave_of_one(session: cython.pointer(Session), graph: cython.pointer(Graph), wave: uint64_t) -> cython.bint:
    """For a mutant alone: whether a member of the wave conflicts."""
    i: uint64_t
    for i in range(graph.found_count):  # noqa: SIM110 - a generator would need the GIL
        if session.steps[graph.found[i] + 1].wave == wave:
            return True
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def words_at(session: cython.pointer(Session), offset: uint64_t) -> cython.pointer(uint64_t):
    """An array in the arena."""
    return cython.cast(cython.pointer(uint64_t), session.base + offset)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def take_next(session: cython.pointer(Session)) -> uint64_t:
    """The next transaction in the order of waves if its wave has begun, else NOBODY."""
    record: cython.pointer(SessionRecord) = session.record
    while True:
        position: uint64_t = atomic_load(cython.address(record.position), b"waves.position.load")
        if position >= record.transactions:
            return NOBODY
        transaction: uint64_t = words_at(session, record.order)[position]
        start: uint64_t = words_at(session, record.wave_starts)[session.steps[transaction + 1].wave]
        # rule: waves.begins-when-the-last-is-executed
        if atomic_load(cython.address(record.finished), b"waves.finished.load") < start:
            return NOBODY
        if atomic_replace(cython.address(record.position), position, position + 1, b"waves.position.take"):
            return transaction


def work_waves(task: cython.pointer(Task)) -> cython.void:
    """Work until the block is done or somebody asks to stop.

    Execute what the wave has left; commit what has its turn.
    """
    session: cython.pointer(Session) = task.session
    idle_rounds: uint64_t = 0
    while not stop_reason(session.arena) and not all_committed(session):
        transaction: uint64_t = take_next(session)
        if transaction != NOBODY:
            if not execute_first(task, transaction):
                return
            atomic_add(cython.address(session.record.finished), 1, b"waves.finished.add")
        if advance(task) or transaction != NOBODY:
            idle_rounds = 0
            continue
        idle_rounds += 1
        be_idle(task, idle_rounds, b"waves.idle")
