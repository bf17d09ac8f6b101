// SHA-256 (FIPS 180-4): by the processor's own instructions where it has them, else in plain C++.

#ifndef SAMESTATE_WORDS_SHA256_HPP
#define SAMESTATE_WORDS_SHA256_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace samestate {

namespace sha256_rounds {

alignas(16) inline constexpr uint32_t CONSTANTS[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

inline uint32_t rotate_right(uint32_t word, int right) { return word >> right | word << (32 - right); }

// Take blocks of 64 bytes into the chaining value.
inline void plain(uint32_t* chain, const uint8_t* data, size_t blocks) {
    for (; blocks > 0; --blocks, data += 64) {
        uint32_t w[64];
        for (int i = 0; i < 16; ++i) {
            std::memcpy(w + i, data + 4 * i, 4);
            w[i] = __builtin_bswap32(w[i]);
        }
        for (int i = 16; i < 64; ++i) {
            const uint32_t s0 = rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ w[i - 15] >> 3;
            const uint32_t s1 = rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        uint32_t a = chain[0], b = chain[1], c = chain[2], d = chain[3];
        uint32_t e = chain[4], f = chain[5], g = chain[6], h = chain[7];
        for (int i = 0; i < 64; ++i) {
            const uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
            const uint32_t t1 = h + s1 + (g ^ (e & (f ^ g))) + CONSTANTS[i] + w[i];
            const uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
            const uint32_t t2 = s0 + ((a & b) ^ (c & (a ^ b)));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        chain[0] += a;
        chain[1] += b;
        chain[2] += c;
        chain[3] += d;
        chain[4] += e;
        chain[5] += f;
        chain[6] += g;
        chain[7] += h;
    }
}

#if defined(__x86_64__)
inline const bool has_instructions = [] {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0 &&
           __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 19 & 1) != 0;  // SHA, and SSE4.1 beside it
}();

// The same by SHA256RNDS2, which takes the chaining value as (a, b, e, f) and (c, d, g, h).
__attribute__((target("sha,sse4.1"))) inline void by_instructions(uint32_t* chain, const uint8_t* data, size_t blocks) {
    const __m128i reversed = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(chain)), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(chain + 4)), 0x1b);
    __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0);
    for (; blocks > 0; --blocks, data += 64) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i w[4];
        for (int i = 0; i < 4; ++i)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 16 * i)), reversed);
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {  // four rounds each
            __m128i now = w[i & 3];
            const __m128i sum = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(CONSTANTS + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) {
                now = _mm_sha256msg1_epu32(now, w[(i + 1) & 3]);
                now = _mm_add_epi32(now, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
                w[i & 3] = _mm_sha256msg2_epu32(now, w[(i + 3) & 3]);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(chain), _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(chain + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#endif

inline void compress(uint32_t* chain, const uint8_t* data, size_t blocks) {
#if defined(__x86_64__)
    if (__builtin_expect(has_instructions, 1)) return by_instructions(chain, data, blocks);
#endif
    plain(chain, data, blocks);
}

}  // namespace sha256_rounds

// SHA-256 of bytes that come in pieces.
class Sha256 {
  public:
    Sha256& update(const uint8_t* data, size_t length) {
        if (length == 0) return *this;
        const size_t waiting = length_ % 64;
        length_ += length;
        if (waiting > 0) {
            const size_t missing = 64 - waiting;
            std::memcpy(block_ + waiting, data, length < missing ? length : missing);
            if (length < missing) return *this;
            sha256_rounds::compress(chain_, block_, 1);
            data += missing;
            length -= missing;
        }
        if (length >= 64) sha256_rounds::compress(chain_, data, length / 64);
        if (length % 64 > 0) std::memcpy(block_, data + length / 64 * 64, length % 64);
        return *this;
    }

    // Gives the 32 bytes of the digest. Nothing may follow.
    void finish(uint8_t* digest) {
        // What is left, a one bit, zeros, and the length in bits as eight big-endian bytes.
        size_t waiting = length_ % 64;
        block_[waiting++] = 0x80;
        if (waiting > 56) {
            std::memset(block_ + waiting, 0, 64 - waiting);
            sha256_rounds::compress(chain_, block_, 1);
            waiting = 0;
        }
        std::memset(block_ + waiting, 0, 56 - waiting);
        const uint64_t bits = __builtin_bswap64(length_ * 8);
        std::memcpy(block_ + 56, &bits, 8);
        sha256_rounds::compress(chain_, block_, 1);
        for (int i = 0; i < 8; ++i) {
            const uint32_t word = __builtin_bswap32(chain_[i]);
            std::memcpy(digest + 4 * i, &word, 4);
        }
    }

  private:
    uint32_t chain_[8] = {
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    };
    uint64_t length_ = 0;
    uint8_t block_[64];
};

// Give the 32 bytes of the digest of so many bytes of data.
inline void sha256(const uint8_t* data, size_t length, uint8_t* digest) { Sha256().update(data, length).finish(digest); }

// The same of two pieces, one behind the other.
inline void sha256(const uint8_t* first, size_t first_length, const uint8_t* second, size_t second_length,
                   uint8_t* digest) {
    Sha256().update(first, first_length).update(second, second_length).finish(digest);
}

}  // namespace samestate

#endif
