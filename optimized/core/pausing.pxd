# How an idle worker waits, as Cython sees it. What it does is said in pausing.hpp.

from libc.stdint cimport uint64_t

cdef extern from "samestate/optimized/core/pausing.hpp" nogil:
    void wait_for_another(uint64_t rounds, const char* label) noexcept
