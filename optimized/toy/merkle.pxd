# A Merkle tree over SHA-256, fed leaf by leaf from the left.

from libc.stdint cimport uint8_t, uint64_t

cdef struct MerkleTree:
    # One root for each power of two in the count of leaves so far, the largest at the bottom.
    uint8_t roots[64][32]
    uint64_t leaves


cdef void merkle_start(MerkleTree* tree) noexcept nogil
cdef void merkle_add(
    MerkleTree* tree, const uint8_t* key, uint64_t key_length, const uint8_t* value, uint64_t value_length
) noexcept nogil
cdef void merkle_finish(MerkleTree* tree, uint8_t* root) noexcept nogil
cdef void join(uint8_t* target, const uint8_t* left, const uint8_t* right) noexcept nogil
