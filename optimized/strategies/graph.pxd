# Which transactions conflict, by what they declare. See graph.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport DeclaredAccess, Session, Task

cdef struct Access:
    # A transaction in a list of a key.
    uint64_t transaction
    uint64_t next

cdef struct Slot:
    # A key, as far as the walk through the block has come.
    uint64_t key
    uint64_t used
    uint64_t writer         # transaction + 1 of the last writer, 0 = none
    uint64_t readers        # the first Access + 1 since then, 0 = none; kept only where somebody writes
    uint64_t leavers        # the first Access + 1 of those whom a reader waits for beside the writer, …
    uint64_t leaver_count   # … and how many they are
    uint64_t reader         # transaction + 1 that read it last

cdef struct Graph:
    # Works through the block once, in order, from a table key -> who touched it last: never pairwise.
    Slot* slots
    uint64_t mask
    Access* accesses
    uint64_t access_count
    bint has_writers        # whether any transaction writes: then readers matter
    uint64_t* found         # the predecessors of the transaction at hand
    uint64_t found_count
    uint64_t* stamp         # by transaction: the last one that found it, + 1

cdef bint start_graph(Graph* graph, Session* session) noexcept nogil
cdef void end_graph(Graph* graph) noexcept nogil

# The predecessors of a transaction into graph.found: the last writer of each key it touches and, of each key it writes,
# all readers since. Through them it waits for all others. Transactions in order, each once.
cdef void find_predecessors(Graph* graph, Session* session, uint64_t transaction) noexcept nogil
