# The signatures of a block, as Cython sees them. What each is said to be stands in verification.hpp.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from "samestate/optimized/toy/verification.hpp" namespace "samestate::toy" nogil:
    cdef struct PublicKey:
        uint32_t scheme
        const uint8_t* bytes

    cdef struct SignatureJob:
        uint32_t scheme
        uint32_t guess
        const uint8_t* signature
        const uint8_t* message
        uint64_t length

    cdef cppclass Verification:
        Verification()
        void begin(const SignatureJob* jobs, size_t count, const PublicKey* keys, bint batches) except +
        bint verify_some() noexcept
        bint is_valid(size_t number, uint32_t key) noexcept
        uint64_t ahead() noexcept
        uint64_t again() noexcept

    size_t signature_length(uint32_t scheme) noexcept
    size_t key_length(uint32_t scheme) noexcept
    bint is_well_formed(uint32_t scheme, const uint8_t* signature) noexcept
    const uint32_t ED25519
    const uint32_t HYBRID
    const size_t ED25519_SIGNATURE
