# Runs of transactions: what a worker takes at once. See runs.py.

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

from samestate.optimized.evm.worker_seams cimport BlockInput

cdef enum:
    RUN_GAS = 2000000   # that transactions may use together where more than one is a run

# How many transactions a run of a block may have.
cdef uint64_t most_of(uint64_t transactions, uint64_t workers) noexcept

# Divide a block into runs of at most `length` transactions, or as its shape has it where that is 0: into `starts` the first
# transaction of each and the end of the last. Gives how many transactions the longest has.
cdef uint64_t divide(const BlockInput* input, uint64_t workers, uint64_t length, vector[uint64_t]* starts) except? 0

# Which of so many runs has a transaction: the last that begins there or before.
cdef inline uint64_t run_at(const uint64_t* starts, uint64_t runs, uint64_t transaction) noexcept nogil:
    cdef uint64_t low = 0
    cdef uint64_t middle
    while runs - low > 1:
        middle = (low + runs) // 2
        if starts[middle] <= transaction:
            low = middle
        else:
            runs = middle
    return low
