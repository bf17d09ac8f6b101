// Numbers of 128 bits as digits between -2^(WIDTH - 1) and 2^(WIDTH - 1), eight at once, one a lane.
//
// With 2^(WIDTH - 1) added at every place beforehand, all digits are above zero and lie in the number's bits as they are, with nothing to carry: a digit is
// what its bits say less 2^(WIDTH - 1). Only at the highest place nothing is added.

#ifndef SAMESTATE_EVM_SECP256K1_DIGITS_HPP
#define SAMESTATE_EVM_SECP256K1_DIGITS_HPP

#include "samestate/optimized/evm/secp256k1/scalars.hpp"
#include "samestate/optimized/words/ifma.hpp"

#if defined(__x86_64__)

namespace samestate::evm::secp256k1 {

// What lanes have at a place: sizes from 0 to 2^(WIDTH - 1), and which of them are below zero, and which not zero.
struct Digit8 {
    __m512i size;
    __mmask8 is_negative, is_any;
};

template <int DIGIT_WIDTH>
struct Digits8 {
    static constexpr int PLACES = 128 / DIGIT_WIDTH + 1;
    static constexpr uint64_t HALF = uint64_t{1} << (DIGIT_WIDTH - 1);
    static constexpr uint128 ADDED = [] {
        uint128 sum = 0;
        for (int place = 0; place < PLACES - 1; ++place) sum |= static_cast<uint128>(HALF) << (DIGIT_WIDTH * place);
        return sum;
    }();

    alignas(64) uint64_t words[3][ifma::WIDTH] = {};
    __mmask8 is_negative = 0;

    void set(size_t lane, const Half& number) {
        unsigned char carry = 0;
        words[0][lane] = add_carry(number.low, static_cast<uint64_t>(ADDED), carry);
        words[1][lane] = add_carry(number.high, static_cast<uint64_t>(ADDED >> 64), carry);
        words[2][lane] = carry;
        is_negative = static_cast<__mmask8>(is_negative | number.is_negative << lane);
    }

    SAMESTATE_IFMA_INSIDE Digit8 at(int place) const {
        const int word = place * DIGIT_WIDTH / 64, bit = place * DIGIT_WIDTH % 64;
        __m512i digit = ifma::shifted_right(_mm512_load_si512(words[word]), bit);
        if (bit + DIGIT_WIDTH > 64) digit = digit | ifma::shifted_left(_mm512_load_si512(words[word + 1]), 64 - bit);
        digit = digit & ifma::same(2 * HALF - 1);
        if (place < PLACES - 1) digit = digit - ifma::same(HALF);
        const __mmask8 below = _mm512_movepi64_mask(digit);
        const __m512i zero = _mm512_setzero_si512();
        return {_mm512_mask_sub_epi64(digit, below, zero, digit), static_cast<__mmask8>(below ^ is_negative),
                _mm512_test_epi64_mask(digit, digit)};
    }
};

}  // namespace samestate::evm::secp256k1

#endif

#endif
