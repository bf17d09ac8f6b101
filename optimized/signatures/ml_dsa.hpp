// Signatures of ML-DSA (FIPS 204), verified: parameter sets 44 and 65, with an empty context.
//
// A polynomial has 256 coefficients modulo q = 8380417. A public key is rho, from which a matrix A follows, and the upper bits t1
// of a vector; a signature is a hash c~, a vector z, and a hint which of A z - c t1 2^13 carry into the bits above. It is valid where
// z is short and c~ is the hash of those bits and of the message. Numbers of algorithms and sections are those of FIPS 204.
//
// Products are taken modulo q by Montgomery's reduction, with 2^32; a coefficient is whatever representative is at hand, below 2^31
// in absolute value. Everything here is public, so time may depend on it; none of this may be used to sign.

#ifndef SAMESTATE_SIGNATURES_ML_DSA_HPP
#define SAMESTATE_SIGNATURES_ML_DSA_HPP

#include <array>

#include "samestate/optimized/words/keccak.hpp"

namespace samestate::signatures {

namespace ml_dsa {

inline constexpr int32_t Q = 8380417;
inline constexpr int COEFFICIENTS = 256;
inline constexpr int DROPPED_BITS = 13;  // d: lower bits of t that a public key leaves out

// Table 1.
struct Parameters {
    int rows, columns;    // k and l, of A
    int ones;             // tau: coefficients of c that are not zero
    int32_t gamma1;       // coefficients of z are below it
    int gamma1_bits;      // a coefficient of z takes so many bits
    int32_t gamma2;
    int32_t beta;
    int most_hints;       // omega
    int hash;             // bytes of c~
    int high_bits;        // bits of what is left above multiples of 2 gamma2

    constexpr size_t z_bytes() const { return COEFFICIENTS * static_cast<size_t>(gamma1_bits) / 8; }
    constexpr size_t hint_bytes() const { return static_cast<size_t>(most_hints + rows); }
    constexpr size_t key_bytes() const { return 32 + 320 * static_cast<size_t>(rows); }
    constexpr size_t signature_bytes() const {
        return static_cast<size_t>(hash) + static_cast<size_t>(columns) * z_bytes() + hint_bytes();
    }
};

inline constexpr Parameters SET_44{4, 4, 39, 1 << 17, 18, (Q - 1) / 88, 78, 80, 32, 6};
inline constexpr Parameters SET_65{6, 5, 49, 1 << 19, 20, (Q - 1) / 32, 196, 55, 48, 4};
static_assert(SET_44.key_bytes() == 1312 && SET_44.signature_bytes() == 2420);
static_assert(SET_65.key_bytes() == 1952 && SET_65.signature_bytes() == 3309);

struct Polynomial {
    int32_t at[COEFFICIENTS];
};

// SHAKE (FIPS 202): bytes in, then bytes out, without end.
template <size_t RATE>
class Shake {
  public:
    Shake& absorb(const uint8_t* data, size_t length) {
        while (length > 0) {
            const size_t now = length < RATE - place_ ? length : RATE - place_;
            for (size_t i = 0; i < now; ++i) bytes()[place_ + i] ^= data[i];
            data += now;
            length -= now;
            place_ += now;
            if (place_ == RATE) {
                keccak_permute(state_);
                place_ = 0;
            }
        }
        return *this;
    }

    // No more comes in.
    Shake& end() {
        bytes()[place_] ^= 0x1F;
        bytes()[RATE - 1] ^= 0x80;
        place_ = RATE;
        return *this;
    }

    // The next block of output, of RATE bytes.
    const uint8_t* block() {
        keccak_permute(state_);
        return bytes();
    }

    void squeeze(uint8_t* target, size_t length) {
        while (length > 0) {
            if (place_ == RATE) {
                keccak_permute(state_);
                place_ = 0;
            }
            const size_t now = length < RATE - place_ ? length : RATE - place_;
            std::memcpy(target, bytes() + place_, now);
            target += now;
            length -= now;
            place_ += now;
        }
    }

    uint8_t next() {
        uint8_t byte;
        squeeze(&byte, 1);
        return byte;
    }

  private:
    uint8_t* bytes() { return reinterpret_cast<uint8_t*>(state_); }

    uint64_t state_[25] = {};
    size_t place_ = 0;
};

using Shake128 = Shake<168>;
using Shake256 = Shake<136>;

// a / 2^32 modulo q, between -q and q, of |a| < 2^31 q.
inline int32_t reduced(int64_t a) {
    constexpr uint32_t INVERSE = 58728449;  // of q, modulo 2^32
    const int32_t factor = static_cast<int32_t>(static_cast<uint32_t>(a) * INVERSE);
    return static_cast<int32_t>((a - static_cast<int64_t>(factor) * Q) >> 32);
}

inline int32_t product(int32_t a, int32_t b) { return reduced(static_cast<int64_t>(a) * b); }

// The representative from 0 to q - 1.
inline int32_t canonical(int32_t a) {
    const int32_t rest = a % Q;
    return rest + ((rest >> 31) & Q);
}

constexpr int64_t power(int64_t base, int exponent) {
    int64_t result = 1;
    for (int i = 0; i < exponent; ++i) result = result * base % Q;
    return result;
}

// zeta^BitRev8(i) 2^32 modulo q (appendix B).
inline constexpr std::array<int32_t, COEFFICIENTS> ZETAS = [] {
    std::array<int32_t, COEFFICIENTS> zetas{};
    std::array<int64_t, COEFFICIENTS> powers{};
    powers[0] = (int64_t{1} << 32) % Q;
    for (int i = 1; i < COEFFICIENTS; ++i) powers[static_cast<size_t>(i)] = powers[static_cast<size_t>(i - 1)] * 1753 % Q;
    for (int i = 0; i < COEFFICIENTS; ++i) {
        int reversed = 0;
        for (int bit = 0; bit < 8; ++bit) reversed |= ((i >> bit) & 1) << (7 - bit);
        zetas[static_cast<size_t>(i)] = static_cast<int32_t>(powers[static_cast<size_t>(reversed)]);
    }
    return zetas;
}();

// Algorithm 41. Coefficients grow by q in each of eight layers at most.
inline void transform(Polynomial& p) {
    size_t place = 0;
    for (int length = 128; length > 0; length /= 2) {
        for (int start = 0; start < COEFFICIENTS; start += 2 * length) {
            const int32_t zeta = ZETAS[++place];
            int32_t* low = p.at + start;
            int32_t* high = low + length;
            for (int i = 0; i < length; ++i) {
                const int32_t term = product(zeta, high[i]);
                high[i] = low[i] - term;
                low[i] += term;
            }
        }
    }
}

// Algorithm 42, times 2^32. Coefficients must be between -q and q.
inline void transform_back(Polynomial& p) {
    constexpr int32_t LAST = static_cast<int32_t>(power(2, 64 - 8) % Q);  // 2^64 / 256
    size_t place = COEFFICIENTS;
    for (int length = 1; length < COEFFICIENTS; length *= 2) {
        for (int start = 0; start < COEFFICIENTS; start += 2 * length) {
            const int32_t zeta = -ZETAS[--place];
            int32_t* low = p.at + start;
            int32_t* high = low + length;
            for (int i = 0; i < length; ++i) {
                const int32_t before = low[i];
                low[i] = before + high[i];
                high[i] = product(zeta, before - high[i]);
            }
        }
    }
    for (int32_t& a : p.at) a = product(LAST, a);
}

// Algorithm 30 (RejNTTPoly): an entry of A, which comes transformed.
inline void expand(const uint8_t* rho, int row, int column, Polynomial& p) {
    const uint8_t place[2] = {static_cast<uint8_t>(column), static_cast<uint8_t>(row)};
    Shake128 stream;
    stream.absorb(rho, 32).absorb(place, 2).end();
    int count = 0;
    while (count < COEFFICIENTS) {
        const uint8_t* block = stream.block();
        for (int i = 0; i < 168 && count < COEFFICIENTS; i += 3) {
            const int32_t number = block[i] | block[i + 1] << 8 | (block[i + 2] & 0x7F) << 16;
            if (number < Q) p.at[count++] = number;
        }
    }
}

// Algorithm 29 (SampleInBall): c, of which `ones` coefficients are 1 or -1.
inline void challenge(const uint8_t* hash, const Parameters& set, Polynomial& c) {
    Shake256 stream;
    stream.absorb(hash, static_cast<size_t>(set.hash)).end();
    uint64_t signs;
    stream.squeeze(reinterpret_cast<uint8_t*>(&signs), 8);
    c = Polynomial{};
    for (int i = COEFFICIENTS - set.ones; i < COEFFICIENTS; ++i) {
        int place;
        do place = stream.next();
        while (place > i);
        c.at[i] = c.at[place];
        c.at[place] = 1 - 2 * static_cast<int32_t>(signs & 1);
        signs >>= 1;
    }
}

// So many bits from a place on, of which there are no more than 20.
inline int32_t bits(const uint8_t* data, size_t place, int count) {
    uint32_t word = 0;
    std::memcpy(&word, data + place / 8, static_cast<size_t>((place % 8 + static_cast<size_t>(count) + 7) / 8));
    return static_cast<int32_t>((word >> (place % 8)) & ((uint32_t{1} << count) - 1));
}

// Algorithm 21 (HintBitUnpack), as a bit for each coefficient. False where the bytes are no hint.
inline bool hint_from(const uint8_t* bytes, const Parameters& set, uint8_t (*hint)[COEFFICIENTS]) {
    const uint8_t* ends = bytes + set.most_hints;
    int next = 0;
    for (int row = 0; row < set.rows; ++row) {
        std::memset(hint[row], 0, COEFFICIENTS);
        if (ends[row] < next || ends[row] > set.most_hints) return false;
        for (const int first = next; next < ends[row]; ++next) {
            if (next > first && bytes[next - 1] >= bytes[next]) return false;
            hint[row][bytes[next]] = 1;
        }
    }
    for (; next < set.most_hints; ++next)
        if (bytes[next] != 0) return false;
    return true;
}

// Algorithms 36 and 40 (Decompose, UseHint): what is above multiples of 2 gamma2, one more or less where the hint says so.
inline int32_t high_part(int32_t a, bool is_hinted, const Parameters& set) {
    const int32_t step = 2 * set.gamma2, count = (Q - 1) / step;
    int32_t high = (a + set.gamma2 - 1) / step;  // rounded, half down
    int32_t low = a - high * step;
    if (high == count) {
        high = 0;
        low -= 1;
    }
    if (!is_hinted) return high;
    if (low > 0) return high + 1 == count ? 0 : high + 1;
    return high == 0 ? count - 1 : high - 1;
}

// Whether a signature of the set's length encodes one: all but the hint can be anything.
inline bool is_well_formed(const Parameters& set, const uint8_t* signature) {
    uint8_t hint[SET_65.rows][COEFFICIENTS];
    return hint_from(signature + set.signature_bytes() - set.hint_bytes(), set, hint);
}

// Some bytes.
struct Bytes {
    const uint8_t* data;
    size_t length;
};

// Algorithm 8 (Verify_internal): says whether a signature by a key is valid, each of the set's length. The message is in two parts.
inline bool verify_internal(const Parameters& set, const uint8_t* signature, const uint8_t* key, const Bytes& front,
                            const Bytes& message) {
    constexpr int ROWS = SET_65.rows, COLUMNS = SET_65.columns;
    const uint8_t* packed = signature + set.hash;
    uint8_t hint[ROWS][COEFFICIENTS];
    if (!hint_from(packed + static_cast<size_t>(set.columns) * set.z_bytes(), set, hint)) return false;

    Polynomial z[COLUMNS], c;
    for (int column = 0; column < set.columns; ++column) {
        const uint8_t* from = packed + static_cast<size_t>(column) * set.z_bytes();
        for (int i = 0; i < COEFFICIENTS; ++i) {
            const int32_t a = set.gamma1 - bits(from, static_cast<size_t>(i * set.gamma1_bits), set.gamma1_bits);
            if (a >= set.gamma1 - set.beta || a <= set.beta - set.gamma1) return false;
            z[column].at[i] = a;
        }
        transform(z[column]);
    }
    challenge(signature, set, c);
    transform(c);

    uint8_t hash[64], mu[64];
    Shake256().absorb(key, set.key_bytes()).end().squeeze(hash, 64);
    Shake256 representative;
    representative.absorb(hash, 64).absorb(front.data, front.length).absorb(message.data, message.length).end().squeeze(mu, 64);

    Shake256 commitment;
    commitment.absorb(mu, 64);
    for (int row = 0; row < set.rows; ++row) {
        Polynomial sum{}, entry, t1;
        for (int column = 0; column < set.columns; ++column) {
            expand(key, row, column, entry);
            for (int i = 0; i < COEFFICIENTS; ++i) sum.at[i] += product(entry.at[i], z[column].at[i]);
        }
        const uint8_t* from = key + 32 + 320 * row;
        for (int i = 0; i < COEFFICIENTS; ++i) t1.at[i] = bits(from, static_cast<size_t>(10 * i), 10) << DROPPED_BITS;
        transform(t1);
        for (int i = 0; i < COEFFICIENTS; ++i) sum.at[i] = (sum.at[i] - product(c.at[i], t1.at[i])) % Q;
        transform_back(sum);

        // Algorithm 28 (w1Encode)
        uint8_t encoded[192] = {};
        for (int i = 0; i < COEFFICIENTS; ++i) {
            const uint32_t high = static_cast<uint32_t>(high_part(canonical(sum.at[i]), hint[row][i] != 0, set));
            const size_t place = static_cast<size_t>(i * set.high_bits);
            const uint32_t shifted = high << (place % 8);
            encoded[place / 8] = static_cast<uint8_t>(encoded[place / 8] | shifted);
            if (shifted > 0xFF) encoded[place / 8 + 1] = static_cast<uint8_t>(shifted >> 8);
        }
        commitment.absorb(encoded, static_cast<size_t>(32 * set.high_bits));
    }
    uint8_t expected[48];
    commitment.end().squeeze(expected, static_cast<size_t>(set.hash));
    return std::memcmp(expected, signature, static_cast<size_t>(set.hash)) == 0;
}

// Algorithm 3, with an empty context: before the message stand what kind it is, not hashed, and the length of the context. Any thread
// may call it.
inline bool verify(const Parameters& set, const uint8_t* signature, const uint8_t* key, const uint8_t* message, size_t length) {
    constexpr uint8_t PURE_AND_EMPTY[2] = {0, 0};
    return verify_internal(set, signature, key, {PURE_AND_EMPTY, 2}, {message, length});
}

}  // namespace ml_dsa

}  // namespace samestate::signatures

#endif
