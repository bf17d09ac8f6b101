// SHA-512 of eight messages at once, a message a lane, on processors with vectors of 512 bits.

#ifndef SAMESTATE_WORDS_SHA512_LANES_HPP
#define SAMESTATE_WORDS_SHA512_LANES_HPP

#include "samestate/optimized/words/sha512.hpp"

#if defined(__x86_64__)

namespace samestate::sha512_rounds {

inline constexpr size_t LANES = 8;

#define SAMESTATE_ROTATE(lanes, right) ((lanes) >> (right) | (lanes) << (64 - (right)))

// Gives the digests, 64 bytes each, of messages that have been padded: so many blocks of 128 bytes each, none for what is not wanted.
__attribute__((target("avx512f"))) inline void hash_eight(const uint8_t* const* padded, const size_t* blocks,
                                                          uint8_t (*digests)[64]) {
    typedef uint64_t Lanes __attribute__((vector_size(64)));
    Lanes chain[8], count;
    for (int i = 0; i < 8; ++i) chain[i] = Lanes{} + START[i];
    size_t most = 0;
    for (size_t lane = 0; lane < LANES; ++lane) {
        count[lane] = blocks[lane];
        if (blocks[lane] > most) most = blocks[lane];
    }
    for (size_t block = 0; block < most; ++block) {
        uint64_t words[16][LANES] = {};
        for (size_t lane = 0; lane < LANES; ++lane) {
            if (block >= blocks[lane]) continue;
            for (size_t i = 0; i < 16; ++i) {
                uint64_t word;
                std::memcpy(&word, padded[lane] + 128 * block + 8 * i, 8);
                words[i][lane] = __builtin_bswap64(word);
            }
        }
        Lanes w[16], s[8];
        std::memcpy(w, words, sizeof(w));
        for (int i = 0; i < 8; ++i) s[i] = chain[i];
        for (int turn = 0; turn < 80; turn += 16) {
#pragma GCC unroll 16
            for (int i = 0; i < 16; ++i) {
                // As in sha512.hpp.
                Lanes &a = s[-i & 7], &b = s[(1 - i) & 7], &c = s[(2 - i) & 7], &d = s[(3 - i) & 7];
                Lanes &e = s[(4 - i) & 7], &f = s[(5 - i) & 7], &g = s[(6 - i) & 7], &h = s[(7 - i) & 7];
                if (turn > 0) {
                    const Lanes x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                    w[i] += (SAMESTATE_ROTATE(x, 1) ^ SAMESTATE_ROTATE(x, 8) ^ x >> 7) + w[(i + 9) & 15] +
                            (SAMESTATE_ROTATE(y, 19) ^ SAMESTATE_ROTATE(y, 61) ^ y >> 6);
                }
                h += (SAMESTATE_ROTATE(e, 14) ^ SAMESTATE_ROTATE(e, 18) ^ SAMESTATE_ROTATE(e, 41)) +
                     (g ^ (e & (f ^ g))) + CONSTANTS[turn + i] + w[i];
                d += h;
                h += (SAMESTATE_ROTATE(a, 28) ^ SAMESTATE_ROTATE(a, 34) ^ SAMESTATE_ROTATE(a, 39)) +
                     ((a & b) ^ (c & (a ^ b)));
            }
        }
        // All bits where a message has this block, none where it has ended.
        const Lanes goes_on = (Lanes)(count > block);
        for (int i = 0; i < 8; ++i) chain[i] += s[i] & goes_on;
    }
    for (int i = 0; i < 8; ++i) {
        for (size_t lane = 0; lane < LANES; ++lane) {
            const uint64_t word = __builtin_bswap64(chain[i][lane]);
            std::memcpy(digests[lane] + 8 * i, &word, 8);
        }
    }
}

#undef SAMESTATE_ROTATE

}  // namespace samestate::sha512_rounds

#endif

#endif
