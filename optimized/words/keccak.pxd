# Keccak-256, the hash of Ethereum: Keccak as it was before NIST changed the padding for SHA-3.

from libc.stdint cimport uint8_t, uint64_t

cdef extern from *:
    """
    #include <cstdint>

    static const uint64_t SAMESTATE_KECCAK_ROUND_CONSTANTS[24] = {
        0x0000000000000001ULL, 0x0000000000008082ULL, 0x800000000000808AULL, 0x8000000080008000ULL,
        0x000000000000808BULL, 0x0000000080000001ULL, 0x8000000080008081ULL, 0x8000000000008009ULL,
        0x000000000000008AULL, 0x0000000000000088ULL, 0x0000000080008009ULL, 0x000000008000000AULL,
        0x000000008000808BULL, 0x800000000000008BULL, 0x8000000000008089ULL, 0x8000000000008003ULL,
        0x8000000000008002ULL, 0x8000000000000080ULL, 0x000000000000800AULL, 0x800000008000000AULL,
        0x8000000080008081ULL, 0x8000000000008080ULL, 0x0000000080000001ULL, 0x8000000080008008ULL,
    };
    static inline uint64_t samestate_rotate(uint64_t lane, int left) {
        return (lane << left) | (lane >> (64 - left));
    }
    """
    const uint64_t ROUND_CONSTANTS "SAMESTATE_KECCAK_ROUND_CONSTANTS"[24]
    uint64_t rotate "samestate_rotate"(uint64_t lane, int left) noexcept nogil


cdef void permute(uint64_t* state) noexcept nogil

# A digest piece by piece: begin with a state of zeros, absorb blocks of 136 bytes, finish with the rest.
cdef void absorb(uint64_t* state, const uint8_t* data) noexcept nogil
cdef void finish(uint64_t* state, uint8_t* digest, const uint8_t* data, size_t length) noexcept nogil

cdef void keccak256(uint8_t* digest, const uint8_t* data, size_t length) noexcept nogil
