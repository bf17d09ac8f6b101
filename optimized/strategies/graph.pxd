# Which transactions conflict, by what they declare. See graph.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport DeclaredAccess, Session, Task

cdef struct Access:
    # A reader of a key since its last writer.
    uint64_t transaction
    uint64_t next

cdef struct Slot:
    # A key, as far as the walk through the block has come.
    uint64_t key
    uint64_t used
    uint64_t writer         # transaction + 1 of the last writer, 0 = none
    uint64_t readers        # the first Access + 1 since then, 0 = none

cdef struct Graph:
    # Works through the block once, in order, from a table key -> who touched it last: never pairwise.
    Slot* slots
    uint64_t mask
    Access* readers
    uint64_t reader_count
    uint64_t* found         # the predecessors of the transaction at hand
    uint64_t found_count
    uint64_t* stamp         # by transaction: the last one that found it, + 1

cdef bint start_graph(Graph* graph, Session* session) noexcept nogil
cdef void end_graph(Graph* graph) noexcept nogil

# The predecessors of a transaction into graph.found: the last writer of each key it touches and, of each key it writes,
# all readers since. Through them it waits for all others. Transactions in order, each once.
cdef void find_predecessors(Graph* graph, Session* session, uint64_t transaction) noexcept nogil
