"""Which transactions conflict, by what they declare.

One walk through the block in order, with a table from key to who wrote it last, who has read it since, and who leaves
it: the work grows with the number of accesses, not with the pairs of transactions.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.samestate.optimized.core.records import DeclaredAccess
from cython.cimports.samestate.optimized.core.shim import LOCKS_IGNORE_READS, MUTANT

MOST_LEAVERS = cython.declare(uint64_t, 8)  # of a key whom each of its readers waits for
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
    """The keys read, then the keys written, then the keys left."""
    return cython.cast(cython.pointer(uint64_t), cython.cast(cython.p_char, access) + cython.sizeof(DeclaredAccess))


def start_graph(graph: cython.pointer(Graph), session: cython.pointer(Session)) -> cython.bint:
    """Take room for every access of the block. False where there is no memory for it."""
    transactions: uint64_t = session.record.transactions
    accesses: uint64_t = 0
    writes: uint64_t = 0
    transaction: uint64_t
    for transaction in range(transactions):
        access: cython.pointer(DeclaredAccess) = declared_access(session, transaction)
        if access != cython.NULL:
            accesses += access.read_count + access.write_count + access.left_count
            writes += access.write_count
    slots: uint64_t = 64
    while slots < 2 * accesses:
        slots *= 2
    graph.mask = slots - 1
    graph.access_count = 0
    graph.has_writers = writes > 0
    graph.found_count = 0
    graph.slots = cython.cast(cython.pointer(Slot), calloc(slots, cython.sizeof(Slot)))
    graph.accesses = cython.cast(cython.pointer(Access), malloc(cython.sizeof(Access) * (2 * accesses + 1)))
    graph.found = cython.cast(cython.pointer(uint64_t), malloc(8 * (transactions + 1)))
    graph.stamp = cython.cast(cython.pointer(uint64_t), calloc(transactions + 1, 8))
    if (
        graph.slots != cython.NULL
        and graph.accesses != cython.NULL
        and graph.found != cython.NULL
        and graph.stamp != cython.NULL
    ):
        return True
    end_graph(graph)
    return False


def end_graph(graph: cython.pointer(Graph)) -> cython.void:
    """Give the graph's memory back."""
    free(graph.slots)
    free(graph.accesses)
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def enter(graph: cython.pointer(Graph), list: uint64_t, transaction: uint64_t) -> uint64_t:
    """Put a transaction at the head of a list of accesses. The new list."""
    access: cython.pointer(Access) = graph.accesses + graph.access_count
    access.transaction = transaction
    access.next = list
    graph.access_count += 1
    return graph.access_count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def wait_for(graph: cython.pointer(Graph), list: uint64_t, transaction: uint64_t) -> cython.void:
    """All in a list are predecessors."""
    while list:
        add_predecessor(graph, graph.accesses[list - 1].transaction, transaction)
        list = graph.accesses[list - 1].next


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def set_leaver(graph: cython.pointer(Graph), slot: cython.pointer(Slot), transaction: uint64_t) -> cython.void:
    """Who reads the key later waits for all that left it when this transaction has been executed: it waits for them."""
    slot.leavers = enter(graph, 0, transaction)
    slot.leaver_count = 1


def find_predecessors(
    graph: cython.pointer(Graph), session: cython.pointer(Session), transaction: uint64_t
) -> cython.void:
    """Find those whom a transaction has to wait for, itself or through others: in ``graph.found``.

    Reads wait for the last writer and for those who leave something since; writes for these, and for all who have read
    what is there. To leave something waits for nobody.
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
        wait_for(graph, slot.leavers, transaction)
        if slot.leaver_count > MOST_LEAVERS:
            set_leaver(graph, slot, transaction)
        if graph.has_writers:
            slot.readers = enter(graph, slot.readers, transaction)
        slot.reader = transaction + 1
    keys += access.read_count
    # rule: locks.writer-waits-for-all
    # rule: waves.writer-waits-for-all
    for i in range(access.write_count):
        slot = slot_of(graph, keys[i])
        if slot.writer:
            add_predecessor(graph, slot.writer - 1, transaction)
        wait_for(graph, slot.leavers, transaction)
        wait_for(graph, slot.readers, transaction)
        slot.readers = 0
        slot.leavers = 0
        slot.leaver_count = 0
        slot.writer = transaction + 1
    keys += access.write_count
    for i in range(access.left_count):
        slot = slot_of(graph, keys[i])
        if slot.reader == transaction + 1:
            set_leaver(graph, slot, transaction)
        else:
            slot.leavers = enter(graph, slot.leavers, transaction)
            slot.leaver_count += 1
