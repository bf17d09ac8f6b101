// SHA-512 (FIPS 180-4), of data in pieces.

#ifndef SAMESTATE_WORDS_SHA512_HPP
#define SAMESTATE_WORDS_SHA512_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace samestate {

namespace sha512_rounds {

inline constexpr uint64_t CONSTANTS[80] = {
    0x428A2F98D728AE22, 0x7137449123EF65CD, 0xB5C0FBCFEC4D3B2F, 0xE9B5DBA58189DBBC,
    0x3956C25BF348B538, 0x59F111F1B605D019, 0x923F82A4AF194F9B, 0xAB1C5ED5DA6D8118,
    0xD807AA98A3030242, 0x12835B0145706FBE, 0x243185BE4EE4B28C, 0x550C7DC3D5FFB4E2,
    0x72BE5D74F27B896F, 0x80DEB1FE3B1696B1, 0x9BDC06A725C71235, 0xC19BF174CF692694,
    0xE49B69C19EF14AD2, 0xEFBE4786384F25E3, 0x0FC19DC68B8CD5B5, 0x240CA1CC77AC9C65,
    0x2DE92C6F592B0275, 0x4A7484AA6EA6E483, 0x5CB0A9DCBD41FBD4, 0x76F988DA831153B5,
    0x983E5152EE66DFAB, 0xA831C66D2DB43210, 0xB00327C898FB213F, 0xBF597FC7BEEF0EE4,
    0xC6E00BF33DA88FC2, 0xD5A79147930AA725, 0x06CA6351E003826F, 0x142929670A0E6E70,
    0x27B70A8546D22FFC, 0x2E1B21385C26C926, 0x4D2C6DFC5AC42AED, 0x53380D139D95B3DF,
    0x650A73548BAF63DE, 0x766A0ABB3C77B2A8, 0x81C2C92E47EDAEE6, 0x92722C851482353B,
    0xA2BFE8A14CF10364, 0xA81A664BBC423001, 0xC24B8B70D0F89791, 0xC76C51A30654BE30,
    0xD192E819D6EF5218, 0xD69906245565A910, 0xF40E35855771202A, 0x106AA07032BBD1B8,
    0x19A4C116B8D2D0C8, 0x1E376C085141AB53, 0x2748774CDF8EEB99, 0x34B0BCB5E19B48A8,
    0x391C0CB3C5C95A63, 0x4ED8AA4AE3418ACB, 0x5B9CCA4F7763E373, 0x682E6FF3D6B2B8A3,
    0x748F82EE5DEFB2FC, 0x78A5636F43172F60, 0x84C87814A1F0AB72, 0x8CC702081A6439EC,
    0x90BEFFFA23631E28, 0xA4506CEBDE82BDE9, 0xBEF9A3F7B2C67915, 0xC67178F2E372532B,
    0xCA273ECEEA26619C, 0xD186B8C721C0C207, 0xEADA7DD6CDE0EB1E, 0xF57D4F7FEE6ED178,
    0x06F067AA72176FBA, 0x0A637DC5A2C898A6, 0x113F9804BEF90DAE, 0x1B710B35131C471B,
    0x28DB77F523047D84, 0x32CAAB7B40C72493, 0x3C9EBE0A15C9BEBC, 0x431D67C49C100D4C,
    0x4CC5D4BECB3E42B6, 0x597F299CFC657E2A, 0x5FCB6FAB3AD6FAEC, 0x6C44198C4A475817,
};

inline constexpr uint64_t START[8] = {
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
};

inline uint64_t rotate_right(uint64_t word, int right) { return word >> right | word << (64 - right); }

// Take blocks of 128 bytes into the chaining value.
inline void compress(uint64_t* chain, const uint8_t* data, size_t blocks) {
    for (; blocks > 0; --blocks, data += 128) {
        uint64_t w[16];
        for (int i = 0; i < 16; ++i) {
            std::memcpy(w + i, data + 8 * i, 8);
            w[i] = __builtin_bswap64(w[i]);
        }
        uint64_t s[8];
        std::memcpy(s, chain, 64);
#pragma GCC unroll 5
        for (int turn = 0; turn < 80; turn += 16) {
#pragma GCC unroll 16
            for (int i = 0; i < 16; ++i) {
                // The words of state stay where they are, and what they mean moves on by one a round.
                uint64_t &a = s[-i & 7], &b = s[(1 - i) & 7], &c = s[(2 - i) & 7], &d = s[(3 - i) & 7];
                uint64_t &e = s[(4 - i) & 7], &f = s[(5 - i) & 7], &g = s[(6 - i) & 7], &h = s[(7 - i) & 7];
                if (turn > 0) {
                    const uint64_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                    w[i] += (rotate_right(x, 1) ^ rotate_right(x, 8) ^ x >> 7) + w[(i + 9) & 15] +
                            (rotate_right(y, 19) ^ rotate_right(y, 61) ^ y >> 6);
                }
                h += (rotate_right(e, 14) ^ rotate_right(e, 18) ^ rotate_right(e, 41)) + (g ^ (e & (f ^ g))) +
                     CONSTANTS[turn + i] + w[i];
                d += h;
                h += (rotate_right(a, 28) ^ rotate_right(a, 34) ^ rotate_right(a, 39)) + ((a & b) ^ (c & (a ^ b)));
            }
        }
        for (int i = 0; i < 8; ++i) chain[i] += s[i];
    }
}

}  // namespace sha512_rounds

// SHA-512 of bytes that come in pieces.
class Sha512 {
  public:
    Sha512& update(const uint8_t* data, size_t length) {
        if (length == 0) return *this;
        const size_t waiting = length_ % 128;
        length_ += length;
        if (waiting > 0) {
            const size_t missing = 128 - waiting;
            std::memcpy(block_ + waiting, data, length < missing ? length : missing);
            if (length < missing) return *this;
            sha512_rounds::compress(chain_, block_, 1);
            data += missing;
            length -= missing;
        }
        if (length >= 128) sha512_rounds::compress(chain_, data, length / 128);
        if (length % 128 > 0) std::memcpy(block_, data + length / 128 * 128, length % 128);
        return *this;
    }

    // Gives the 64 bytes of the digest. Nothing may follow.
    void finish(uint8_t* digest) {
        // What is left, a one bit, zeros, and the length in bits as sixteen big-endian bytes.
        size_t waiting = length_ % 128;
        block_[waiting++] = 0x80;
        if (waiting > 112) {
            std::memset(block_ + waiting, 0, 128 - waiting);
            sha512_rounds::compress(chain_, block_, 1);
            waiting = 0;
        }
        std::memset(block_ + waiting, 0, 119 - waiting);
        block_[119] = static_cast<uint8_t>(length_ >> 61);
        const uint64_t bits = __builtin_bswap64(length_ << 3);
        std::memcpy(block_ + 120, &bits, 8);
        sha512_rounds::compress(chain_, block_, 1);
        for (int i = 0; i < 8; ++i) {
            const uint64_t word = __builtin_bswap64(chain_[i]);
            std::memcpy(digest + 8 * i, &word, 8);
        }
    }

  private:
    uint64_t chain_[8] = {
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    };
    uint64_t length_ = 0;
    uint8_t block_[128];
};

// Give the 64 bytes of the digest of so many bytes of data.
inline void sha512(const uint8_t* data, size_t length, uint8_t* digest) { Sha512().update(data, length).finish(digest); }

}  // namespace samestate

#endif
