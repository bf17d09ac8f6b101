// SHA-256 of 32 bytes, over and over: several chains at once in one core.
//
// A chain cannot be faster than its rounds follow one another, and leaves the processor's SHA unit idle for half of the
// time: the rounds of other chains fit in between.
#ifndef SAMESTATE_WORDS_SHA256_CHAINS_HPP
#define SAMESTATE_WORDS_SHA256_CHAINS_HPP

#include "samestate/optimized/words/sha256.hpp"

namespace samestate {

namespace sha256_rounds {

inline constexpr uint32_t START[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

// Replaces 32 bytes by their digest so many times.
inline void plain_chain(uint8_t* value, uint64_t count) {
    uint8_t block[64] = {};
    std::memcpy(block, value, 32);
    block[32] = 0x80;
    block[62] = 0x01;  // 256 bits
    for (; count > 0; --count) {
        uint32_t chain[8];
        std::memcpy(chain, START, 32);
        compress(chain, block, 1);
        for (int i = 0; i < 8; ++i) {
            const uint32_t word = __builtin_bswap32(chain[i]);
            std::memcpy(block + 4 * i, &word, 4);
        }
    }
    std::memcpy(value, block, 32);
}

#if defined(__x86_64__)
// The same with as many values as there are lanes. The words of a digest are the next message as they are.
template <int LANES>
__attribute__((target("sha,sse4.1"))) inline void chains_by_instructions(uint8_t* const* values, uint64_t count) {
    const __m128i reversed = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i abef_start = _mm_set_epi32(0x6A09E667, 0xBB67AE85u, 0x510E527F, 0x9B05688Cu);
    const __m128i cdgh_start = _mm_set_epi32(0x3C6EF372, 0xA54FF53Au, 0x1F83D9AB, 0x5BE0CD19);
    __m128i w[LANES][4];
    for (int lane = 0; lane < LANES; ++lane)
        for (int half = 0; half < 2; ++half)
            w[lane][half] = _mm_shuffle_epi8(
                _mm_loadu_si128(reinterpret_cast<const __m128i*>(values[lane] + 16 * half)), reversed);
    for (; count > 0; --count) {
        __m128i abef[LANES], cdgh[LANES];
        for (int lane = 0; lane < LANES; ++lane) {
            abef[lane] = abef_start;
            cdgh[lane] = cdgh_start;
            w[lane][2] = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000));
            w[lane][3] = _mm_set_epi32(256, 0, 0, 0);
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {  // four rounds each
            const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(CONSTANTS + 4 * i));
#pragma GCC unroll 4
            for (int lane = 0; lane < LANES; ++lane) {
                __m128i now = w[lane][i & 3];
                const __m128i sum = _mm_add_epi32(now, constants);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(sum, 0x0e));
                if (i < 12) {
                    now = _mm_sha256msg1_epu32(now, w[lane][(i + 1) & 3]);
                    now = _mm_add_epi32(now, _mm_alignr_epi8(w[lane][(i + 3) & 3], w[lane][(i + 2) & 3], 4));
                    w[lane][i & 3] = _mm_sha256msg2_epu32(now, w[lane][(i + 3) & 3]);
                }
            }
        }
        for (int lane = 0; lane < LANES; ++lane) {
            const __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(abef[lane], abef_start), 0x1b);
            const __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh[lane], cdgh_start), 0xb1);
            w[lane][0] = _mm_blend_epi16(feba, dchg, 0xf0);
            w[lane][1] = _mm_alignr_epi8(dchg, feba, 8);
        }
    }
    for (int lane = 0; lane < LANES; ++lane)
        for (int half = 0; half < 2; ++half)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(values[lane] + 16 * half),
                             _mm_shuffle_epi8(w[lane][half], reversed));
}
#endif

}  // namespace sha256_rounds

// As many chains as are worth being worked on at once.
inline constexpr size_t SHA256_CHAINS = 4;

// Replaces each of so many values of 32 bytes (up to SHA256_CHAINS) by its digest, `count` times.
inline void sha256_chains(uint8_t* const* values, size_t chains, uint64_t count) {
#if defined(__x86_64__)
    if (__builtin_expect(sha256_rounds::has_instructions, 1)) {
        switch (chains) {
            case 4: return sha256_rounds::chains_by_instructions<4>(values, count);
            case 3: return sha256_rounds::chains_by_instructions<3>(values, count);
            case 2: return sha256_rounds::chains_by_instructions<2>(values, count);
            case 1: return sha256_rounds::chains_by_instructions<1>(values, count);
            default: return;
        }
    }
#endif
    for (size_t i = 0; i < chains; ++i) sha256_rounds::plain_chain(values[i], count);
}

}  // namespace samestate

#endif
