# A number that threads wait for. See waiting.py.

from libc.stdint cimport uint64_t

cdef class Count:
    cdef uint64_t number    # shared
