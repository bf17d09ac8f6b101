# Signatures that only Python can verify, from code without the GIL. See foreign.py.

from libc.stdint cimport uint8_t

cdef extern from "samestate/optimized/svm/precompiles.hpp" namespace "samestate::svm::precompiles" nogil:
    int (*recovers_address)(
        const uint8_t* signature, int recovery, const uint8_t* address, const uint8_t* message, size_t length
    ) noexcept
    int (*verifies_secp256r1)(
        const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length
    ) noexcept

cdef int recover_in_python(
    const uint8_t* signature, int recovery, const uint8_t* address, const uint8_t* message, size_t length
) noexcept nogil

cdef int verify_in_python(
    const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length
) noexcept nogil
