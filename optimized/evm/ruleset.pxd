# A fork's page as the data that C++ goes by. See ruleset.py.

from samestate.optimized.evm.seams cimport Rules

cdef class Ruleset:
    cdef Rules rules
    cdef readonly object fork
