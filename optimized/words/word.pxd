# 256-bit words as four limbs of 64 bits, the least significant first.
#
# Everything here is inline, so that it is inlined across modules. Words are copied limb by limb: with
# -fno-tree-slp-vectorize that avoids stalls between narrow stores and wide loads.

from libc.stdint cimport uint8_t, uint64_t

cdef extern from *:
    """
    #include <cstdint>

    static inline uint64_t samestate_add_carry(uint64_t left, uint64_t right, uint64_t* carry) {
        unsigned __int128 sum = (unsigned __int128)left + right + *carry;
        *carry = (uint64_t)(sum >> 64);
        return (uint64_t)sum;
    }
    static inline uint64_t samestate_subtract_borrow(uint64_t left, uint64_t right, uint64_t* borrow) {
        unsigned __int128 difference = (unsigned __int128)left - right - *borrow;
        *borrow = (uint64_t)(difference >> 64) & 1;
        return (uint64_t)difference;
    }
    static inline uint64_t samestate_multiply_high(uint64_t left, uint64_t right) {
        return (uint64_t)(((unsigned __int128)left * right) >> 64);
    }
    """
    uint64_t samestate_add_carry(uint64_t left, uint64_t right, uint64_t* carry) noexcept nogil
    uint64_t samestate_subtract_borrow(uint64_t left, uint64_t right, uint64_t* borrow) noexcept nogil
    uint64_t samestate_multiply_high(uint64_t left, uint64_t right) noexcept nogil


cdef struct Word:
    uint64_t limb0
    uint64_t limb1
    uint64_t limb2
    uint64_t limb3


cdef inline void word_copy(Word* target, const Word* source) noexcept nogil:
    target.limb0 = source.limb0
    target.limb1 = source.limb1
    target.limb2 = source.limb2
    target.limb3 = source.limb3


cdef inline void word_from_number(Word* target, uint64_t number) noexcept nogil:
    target.limb0 = number
    target.limb1 = 0
    target.limb2 = 0
    target.limb3 = 0


cdef inline bint word_is_zero(const Word* word) noexcept nogil:
    return (word.limb0 | word.limb1 | word.limb2 | word.limb3) == 0


cdef inline bint word_equal(const Word* left, const Word* right) noexcept nogil:
    return (
        (left.limb0 ^ right.limb0) | (left.limb1 ^ right.limb1)
        | (left.limb2 ^ right.limb2) | (left.limb3 ^ right.limb3)
    ) == 0


cdef inline int word_compare(const Word* left, const Word* right) noexcept nogil:
    """Below zero, zero, above zero: as left is below, equal to, above right."""
    if left.limb3 != right.limb3:
        return 1 if left.limb3 > right.limb3 else -1
    if left.limb2 != right.limb2:
        return 1 if left.limb2 > right.limb2 else -1
    if left.limb1 != right.limb1:
        return 1 if left.limb1 > right.limb1 else -1
    if left.limb0 != right.limb0:
        return 1 if left.limb0 > right.limb0 else -1
    return 0


cdef inline void word_add(Word* target, const Word* left, const Word* right) noexcept nogil:
    """The sum modulo 2^256. Target may be either operand."""
    cdef uint64_t carry = 0
    target.limb0 = samestate_add_carry(left.limb0, right.limb0, &carry)
    target.limb1 = samestate_add_carry(left.limb1, right.limb1, &carry)
    target.limb2 = samestate_add_carry(left.limb2, right.limb2, &carry)
    target.limb3 = samestate_add_carry(left.limb3, right.limb3, &carry)


cdef inline void word_subtract(Word* target, const Word* left, const Word* right) noexcept nogil:
    """The difference modulo 2^256. Target may be either operand."""
    cdef uint64_t borrow = 0
    target.limb0 = samestate_subtract_borrow(left.limb0, right.limb0, &borrow)
    target.limb1 = samestate_subtract_borrow(left.limb1, right.limb1, &borrow)
    target.limb2 = samestate_subtract_borrow(left.limb2, right.limb2, &borrow)
    target.limb3 = samestate_subtract_borrow(left.limb3, right.limb3, &borrow)


cdef inline void word_product(Word* target, uint64_t left, uint64_t right) noexcept nogil:
    """The product of two numbers of 64 bits, whole."""
    target.limb0 = left * right
    target.limb1 = samestate_multiply_high(left, right)
    target.limb2 = 0
    target.limb3 = 0


cdef inline uint64_t load_big_endian(const uint8_t* source) noexcept nogil:
    return (
        (<uint64_t>source[0] << 56) | (<uint64_t>source[1] << 48) | (<uint64_t>source[2] << 40)
        | (<uint64_t>source[3] << 32) | (<uint64_t>source[4] << 24) | (<uint64_t>source[5] << 16)
        | (<uint64_t>source[6] << 8) | <uint64_t>source[7]
    )


cdef inline void store_big_endian(uint8_t* target, uint64_t number) noexcept nogil:
    target[0] = <uint8_t>(number >> 56)
    target[1] = <uint8_t>(number >> 48)
    target[2] = <uint8_t>(number >> 40)
    target[3] = <uint8_t>(number >> 32)
    target[4] = <uint8_t>(number >> 24)
    target[5] = <uint8_t>(number >> 16)
    target[6] = <uint8_t>(number >> 8)
    target[7] = <uint8_t>number


cdef inline void word_from_digest(Word* target, const uint8_t* digest) noexcept nogil:
    """The word whose 32 big-endian bytes these are."""
    target.limb3 = load_big_endian(digest)
    target.limb2 = load_big_endian(digest + 8)
    target.limb1 = load_big_endian(digest + 16)
    target.limb0 = load_big_endian(digest + 24)


cdef inline void word_to_digest(uint8_t* digest, const Word* word) noexcept nogil:
    """The 32 big-endian bytes of the word."""
    store_big_endian(digest, word.limb3)
    store_big_endian(digest + 8, word.limb2)
    store_big_endian(digest + 16, word.limb1)
    store_big_endian(digest + 24, word.limb0)


cdef int word_from_bytes(Word* target, const uint8_t* source, size_t length) noexcept nogil
cdef size_t word_to_bytes(uint8_t* target, const Word* word) noexcept nogil
cdef int word_from_python(Word* target, object number) except -1
cdef object word_to_python(const Word* word)
cdef object word_to_value(const Word* word)
