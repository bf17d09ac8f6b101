# Effects out of their bytes. See reading.py.

from libc.stdint cimport uint8_t, uint64_t

from samestate.optimized.evm.world cimport World

# What a step did, as an Effect of samestate.optimized.processes.ledger.
cdef object effect_at(const uint8_t* place, uint64_t length, World world)
cdef object key_of(const uint8_t* entry)
cdef object number_at(const uint8_t* word)
cdef object value_at(const uint8_t* entry, World world)
