# What must hold at every moment, between any two shared actions: see invariants.py.

from samestate.optimized.core.records cimport Session

# The name of an invariant that does not hold, or NULL. Looks and changes nothing, and passes no point.
cdef const char* broken_invariant(Session* session) noexcept nogil
