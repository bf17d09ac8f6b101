# The steps of a block that are the coordinator's, by the machine's page (machine.pxd). See block.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Task

# Before the workers start: lay the block out and open it. What the strategy prepares comes after this. DONE; STOPPED; UNMERGED. What the
# opening step refuses, it says in task.verdict.
cdef int open_block(Task* coordinator) noexcept nogil

# When all workers have left: settle the transactions in the order of the block, then close it. DONE; or how it ended, with the
# transaction in `ended`: REFUSED by the machine, UNMERGED where a credit cannot be merged, STOPPED where there is no memory.
# `ended` is the number of transactions where it was not one that ended the block.
cdef int settle_block(Task* coordinator, uint64_t* ended) noexcept nogil
