# What a block access list says that runs leave. See predictions.py.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Task
from samestate.optimized.evm.seams cimport CodeTable

# Put it into versioned memory, where it is predicted until the runs are executed: of the list's own bytes, or of what it says by key
# (packing.unpack); nothing of what is no key or value. `starts`: the first transaction of each run. A StopReason, RUNNING (0) where
# all is well.
cdef uint64_t predict_all(
    Task* task, object predictions, const uint64_t* starts, uint64_t transactions, CodeTable* codes
) except? 255
