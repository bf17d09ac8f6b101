# Keccak-256, the hash of Ethereum, as Cython sees it. What it is stands in keccak.hpp.

from libc.stdint cimport uint8_t, uint64_t

cdef extern from "samestate/optimized/words/keccak.hpp" namespace "samestate" nogil:
    # A digest piece by piece: begin with a state of zeros, absorb blocks of 136 bytes, finish with the rest.
    void absorb "samestate::keccak_absorb"(uint64_t* state, const uint8_t* data) noexcept
    void finish "samestate::keccak_finish"(uint64_t* state, const uint8_t* data, size_t length, uint8_t* digest) noexcept
    void keccak256 "samestate::keccak256"(const uint8_t* data, size_t length, uint8_t* digest) noexcept
