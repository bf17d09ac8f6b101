# One transaction after another on an array of values: the baseline that every speed-up is measured against.

from libc.stdint cimport uint64_t

from samestate.optimized.toy.interpreter cimport ToyMachine, Scratch
from samestate.optimized.toy.result cimport ToyResult

# Execute, settle and close. `times`: room for when each transaction began, which is when the one before was settled, and for
# the end of the last. False where the run was stopped; the arena's stop flag says why.
cdef bint run_sequentially(
    ToyResult result, const ToyMachine* machine, Scratch* scratch, uint64_t* times
) noexcept nogil
