// The compression function of BLAKE2b with any number of rounds (RFC 7693, section 3.2; EIP-152).

#ifndef SAMESTATE_WORDS_BLAKE2F_HPP
#define SAMESTATE_WORDS_BLAKE2F_HPP

#include <cstdint>

namespace samestate {

namespace blake2_rounds {

inline constexpr uint64_t START[8] = {
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
};

inline uint64_t rotate_right(uint64_t word, int right) { return word >> right | word << (64 - right); }

inline void mix(uint64_t& a, uint64_t& b, uint64_t& c, uint64_t& d, uint64_t x, uint64_t y) {
    a += b + x;
    d = rotate_right(d ^ a, 32);
    c += d;
    b = rotate_right(b ^ c, 24);
    a += b + y;
    d = rotate_right(d ^ a, 16);
    c += d;
    b = rotate_right(b ^ c, 63);
}

// One round: the columns, then the diagonals, with the message's words in a row of the table of permutations.
template <int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7, int s8, int s9, int s10, int s11, int s12,
          int s13, int s14, int s15>
inline void round(uint64_t* v, const uint64_t* m) {
    mix(v[0], v[4], v[8], v[12], m[s0], m[s1]);
    mix(v[1], v[5], v[9], v[13], m[s2], m[s3]);
    mix(v[2], v[6], v[10], v[14], m[s4], m[s5]);
    mix(v[3], v[7], v[11], v[15], m[s6], m[s7]);
    mix(v[0], v[5], v[10], v[15], m[s8], m[s9]);
    mix(v[1], v[6], v[11], v[12], m[s10], m[s11]);
    mix(v[2], v[7], v[8], v[13], m[s12], m[s13]);
    mix(v[3], v[4], v[9], v[14], m[s14], m[s15]);
}

}  // namespace blake2_rounds

// Compress a block of 16 words into the eight of the state, where `offset` (low, high) bytes have been hashed so far.
inline void blake2f(uint32_t rounds, uint64_t* state, const uint64_t* message, const uint64_t* offset, bool last) {
    using namespace blake2_rounds;
    const uint64_t* m = message;
    uint64_t v[16];
    for (int i = 0; i < 8; ++i) {
        v[i] = state[i];
        v[i + 8] = START[i];
    }
    v[12] ^= offset[0];
    v[13] ^= offset[1];
    if (last) v[14] = ~v[14];
    uint32_t left = rounds;
    while (left > 0) {  // by tens, after which the permutations repeat
        round<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>(v, m);
        if (--left == 0) break;
        round<14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3>(v, m);
        if (--left == 0) break;
        round<11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4>(v, m);
        if (--left == 0) break;
        round<7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8>(v, m);
        if (--left == 0) break;
        round<9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13>(v, m);
        if (--left == 0) break;
        round<2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9>(v, m);
        if (--left == 0) break;
        round<12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11>(v, m);
        if (--left == 0) break;
        round<13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10>(v, m);
        if (--left == 0) break;
        round<6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5>(v, m);
        if (--left == 0) break;
        round<10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0>(v, m);
        --left;
    }
    for (int i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

}  // namespace samestate

#endif
