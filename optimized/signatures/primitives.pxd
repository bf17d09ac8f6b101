# Verification of ML-DSA, for Python. What it does is said in ml_dsa.hpp.

from libc.stdint cimport uint8_t

cdef extern from "samestate/optimized/signatures/ml_dsa.hpp" namespace "samestate::signatures::ml_dsa" nogil:
    cdef cppclass Parameters:
        size_t key_bytes()
        size_t signature_bytes()

    cdef struct Bytes:
        const uint8_t* data
        size_t length

    const Parameters SET_44
    const Parameters SET_65
    bint verify_internal(
        const Parameters& set, const uint8_t* signature, const uint8_t* key, const Bytes& front, const Bytes& message
    ) noexcept
    bint is_hint "samestate::signatures::ml_dsa::is_well_formed"(const Parameters& set, const uint8_t* signature) noexcept

cdef const uint8_t* start_of(bytes data)
