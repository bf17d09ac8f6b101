"""Runs of transactions: what a worker takes at once, and repeats where it was wrong.

The longer a run, the less a transaction costs that has little to do with others; so long as there are runs enough for
all workers, and none of so much gas that others would wait for it.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.evm.run_records import LONGEST_RUN

RUNS_PER_WORKER = cython.declare(uint64_t, 8)  # at least, so that all have something to do until the end


def most_of(transactions: uint64_t, workers: uint64_t) -> uint64_t:
    """How many transactions a run of a block may have."""
    return min(max(1, transactions // (RUNS_PER_WORKER * workers)), cython.cast(uint64_t, LONGEST_RUN))


def divide(
    input: cython.pointer(cython.const[BlockInput]),
    workers: uint64_t,
    length: uint64_t,
    starts: cython.pointer(vector[uint64_t]),
) -> uint64_t:
    """Divide a block into runs, of so many transactions at most if that is not 0. How many the longest has."""
    index: uint64_t
    limit: uint64_t
    taken: uint64_t
    gas: uint64_t = 0
    longest: uint64_t = 1
    count: uint64_t = input.transactions.size()
    most: uint64_t = min(length, cython.cast(uint64_t, LONGEST_RUN)) if length else most_of(count, workers)
    starts.clear()
    for index in range(count):
        limit = input.transactions[index].gas_limit
        taken = index - starts.back() if index else 0
        if index == 0 or taken == most or (length == 0 and (limit > RUN_GAS or gas + limit > RUN_GAS)):
            starts.push_back(index)
            gas = 0
            taken = 0
        gas += min(limit, RUN_GAS)
        longest = max(longest, taken + 1)
    starts.push_back(count)
    if count == 0:
        starts.push_back(count)
    return longest
