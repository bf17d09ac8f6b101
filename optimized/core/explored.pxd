# What Python may tell the test-only build: see explored.py and shim.hpp.

cdef extern from "samestate/optimized/core/shim.hpp":
    void samestate_set_hook(object hook, object naming)
    void samestate_set_mutant(int number)
