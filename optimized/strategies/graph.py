"""Which transactions conflict, by what they declare.

One walk through the block in order, with a table from key to who wrote it last and who has read it since: the work
grows with the number of accesses, not with the pairs of transactions.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.samestate.optimized.core.records import DeclaredAccess
from cython.cimports.samestate.optimized.core.shim import LOCKS_IGNORE_READS, MUTANT

SPREAD = cython.declare(uint64_t, 0x9E3779B97F4A7C15)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def declared_access(session: cython.pointer(Session), transaction: uint64_t) -> cython.pointer(DeclaredAccess):
    """What it declares, or NULL: a transaction of which nothing is known waits for nobody."""
    offset: uint64_t = session.steps[transaction + 1].declared
    if offset == 0:
        return cython.NULL
    return cython.cast(cython.pointer(DeclaredAccess), session.base + offset)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def declared_keys(access: cython.pointer(DeclaredAccess)) -> cython.pointer(uint64_t):
    """The keys read, then the keys written."""
    return cython.cast(cython.pointer(uint64_t), cython.cast(cython.p_char, access) + cython.sizeof(DeclaredAccess))


def start_graph(graph: cython.pointer(Graph), session: cython.pointer(Session)) -> cython.bint:
    """Take room for every access of the block. False where there is no memory for it."""
    transactions: uint64_t = session.record.transactions
    accesses: uint64_t = 0
    transaction: uint64_t
    for transaction in range(transactions):
        access: cython.pointer(DeclaredAccess) = declared_access(session, transaction)
        if access != cython.NULL:
            accesses += access.read_count + access.write_count
    slots: uint64_t = 64
    while slots < 2 * accesses:
        slots *= 2
    graph.mask = slots - 1
    graph.reader_count = 0
    graph.found_count = 0
    graph.slots = cython.cast(cython.pointer(Slot), calloc(slots, cython.sizeof(Slot)))
    graph.readers = cython.cast(cython.pointer(Access), malloc(cython.sizeof(Access) * (accesses + 1)))
    graph.found = cython.cast(cython.pointer(uint64_t), malloc(8 * (transactions + 1)))
    graph.stamp = cython.cast(cython.pointer(uint64_t), calloc(transactions + 1, 8))
    if (
        graph.slots != cython.NULL
        and graph.readers != cython.NULL
        and graph.found != cython.NULL
        and graph.stamp != cython.NULL
    ):
        return True
    end_graph(graph)
    return False


def end_graph(graph: cython.pointer(Graph)) -> cython.void:
    """Give the graph's memory back."""
    free(graph.slots)
    free(graph.readers)
    free(graph.found)
    free(graph.stamp)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def slot_of(graph: cython.pointer(Graph), key: uint64_t) -> cython.pointer(Slot):
    """The key's place in the table."""
    index: uint64_t = (key * SPREAD >> 20) & graph.mask
    while graph.slots[index].used and graph.slots[index].key != key:
        index = (index + 1) & graph.mask
    graph.slots[index].used = 1
    graph.slots[index].key = key
    return graph.slots + index


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def add_predecessor(graph: cython.pointer(Graph), predecessor: uint64_t, transaction: uint64_t) -> cython.void:
    """Each once, and never itself."""
    if predecessor == transaction or graph.stamp[predecessor] == transaction + 1:
        return
    graph.stamp[predecessor] = transaction + 1
    graph.found[graph.found_count] = predecessor
    graph.found_count += 1


def find_predecessors(
    graph: cython.pointer(Graph), session: cython.pointer(Session), transaction: uint64_t
) -> cython.void:
    """Find those whom a transaction has to wait for, itself or through others: in ``graph.found``.

    Reads wait for the last writer; writes for the last writer and for all who have read what it wrote.
    """
    access: cython.pointer(DeclaredAccess) = declared_access(session, transaction)
    graph.found_count = 0
    if access == cython.NULL:
        return
    keys: cython.pointer(uint64_t) = declared_keys(access)
    slot: cython.pointer(Slot)
    i: uint64_t
    # rule: locks.reader-waits-for-the-writer
    # rule: waves.reader-waits-for-the-writer
    for i in range(access.read_count):
        if MUTANT(LOCKS_IGNORE_READS):
            break
        slot = slot_of(graph, keys[i])
        if slot.writer:
            add_predecessor(graph, slot.writer - 1, transaction)
        graph.readers[graph.reader_count].transaction = transaction
        graph.readers[graph.reader_count].next = slot.readers
        graph.reader_count += 1
        slot.readers = graph.reader_count
    # rule: locks.writer-waits-for-all
    # rule: waves.writer-waits-for-all
    for i in range(access.read_count, access.read_count + access.write_count):
        slot = slot_of(graph, keys[i])
        if slot.writer:
            add_predecessor(graph, slot.writer - 1, transaction)
        reader: uint64_t = slot.readers
        while reader:
            add_predecessor(graph, graph.readers[reader - 1].transaction, transaction)
            reader = graph.readers[reader - 1].next
        slot.readers = 0
        slot.writer = transaction + 1
