# The arithmetic and the hashes of this room's headers, for Python.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

cdef extern from *:
    """
    #include "samestate/optimized/words/blake2f.hpp"
    #include "samestate/optimized/words/keccak.hpp"
    #include "samestate/optimized/words/ripemd160.hpp"
    #include "samestate/optimized/words/sha256.hpp"
    #include "samestate/optimized/words/u256.hpp"

    // The function of a name on three words of 32 big-endian bytes, of which it may ignore some. Whether there is one.
    static bool samestate_compute(const char* name, const uint8_t* first, const uint8_t* second, const uint8_t* third,
                                  uint8_t* result) {
        using namespace samestate;
        const u256 a = u256::load_be(first), b = u256::load_be(second), c = u256::load_be(third);
        u256 r{0};
        const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
        if (is("add")) r = a + b;
        else if (is("subtract")) r = a - b;
        else if (is("multiply")) r = a * b;
        else if (is("negate")) r = -a;
        else if (is("add_overflows")) r = u256{add_overflows(a, b, r)};
        else if (is("sub_borrows")) r = u256{sub_borrows(a, b, r)};
        else if (is("multiply_overflows")) r = u256{multiply_overflows(a, b, r)};
        else if (is("multiply_high")) { const u512 p = multiply_wide(a, b); r = {p.w[4], p.w[5], p.w[6], p.w[7]}; }
        else if (is("multiply_low")) r = multiply_wide(a, b).low256();
        else if (is("wide_sum_less")) r = u256{multiply_wide(a, b) + u512{c} < multiply_wide(c, b) + u512{a}};
        else if (is("divide")) r = divide(a, b);
        else if (is("modulo")) r = modulo(a, b);
        else if (is("signed_divide")) r = signed_divide(a, b);
        else if (is("signed_modulo")) r = signed_modulo(a, b);
        else if (is("add_modulo")) r = add_modulo(a, b, c);
        else if (is("multiply_modulo")) r = multiply_modulo(a, b, c);
        else if (is("power")) r = power(a, b);
        else if (is("sign_extend")) r = sign_extend(a, b);
        else if (is("byte_at")) r = byte_at(a, b);
        else if (is("shift_left")) r = shift_left(a, b);
        else if (is("shift_right")) r = shift_right(a, b);
        else if (is("shift_right_arithmetic")) r = shift_right_arithmetic(a, b);
        else if (is("signed_less")) r = u256{signed_less(a, b)};
        else if (is("less")) r = u256{a < b};
        else if (is("equal")) r = u256{a == b};
        else if (is("and")) r = a & b;
        else if (is("or")) r = a | b;
        else if (is("xor")) r = a ^ b;
        else if (is("not")) r = ~a;
        else if (is("is_zero")) r = u256{a.is_zero()};
        else if (is("fits_u64")) r = u256{a.fits_u64()};
        else if (is("low64")) r = u256{a.low64()};
        else if (is("saturated64")) r = u256{a.saturated64()};
        else if (is("count_leading_zeros")) r = u256{static_cast<uint64_t>(count_leading_zeros(a))};
        else if (is("significant_bytes")) r = u256{a.significant_bytes()};
        else if (is("load_short")) r = u256::load_be(first + 32 - a.significant_bytes(), a.significant_bytes());
        else return false;
        r.store_be(result);
        return true;
    }

    // SHA-256 and Keccak without the processor's special instructions, as machines that lack them compute it.
    static void samestate_plain_sha256(const uint8_t* data, size_t blocks, uint32_t* chain) {
        samestate::sha256_rounds::plain(chain, data, blocks);
    }
    static void samestate_plain_permute(uint64_t* state) { samestate::keccak_rounds::plain(state); }
    """
    bint samestate_compute(const char* name, const uint8_t* first, const uint8_t* second, const uint8_t* third, uint8_t* result) noexcept nogil
    void samestate_plain_sha256(const uint8_t* data, size_t blocks, uint32_t* chain) noexcept nogil
    void samestate_plain_permute(uint64_t* state) noexcept nogil

cdef extern from "samestate/optimized/words/keccak.hpp" namespace "samestate" nogil:
    void header_keccak256 "samestate::keccak256"(const uint8_t* data, size_t length, uint8_t* digest) noexcept
    void keccak_permute(uint64_t* state) noexcept

cdef extern from "samestate/optimized/words/sha256.hpp" namespace "samestate" nogil:
    void header_sha256 "samestate::sha256"(const uint8_t* data, size_t length, uint8_t* digest) noexcept

cdef extern from "samestate/optimized/words/ripemd160.hpp" namespace "samestate" nogil:
    void header_ripemd160 "samestate::ripemd160"(const uint8_t* data, size_t length, uint8_t* digest) noexcept
