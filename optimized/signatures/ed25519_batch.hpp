// Many signatures of ed25519 at once, each of which gets the verdict that it would get alone.

#ifndef SAMESTATE_SIGNATURES_ED25519_BATCH_HPP
#define SAMESTATE_SIGNATURES_ED25519_BATCH_HPP

#include "samestate/optimized/signatures/ed25519.hpp"
#include "samestate/optimized/signatures/ed25519_lanes.hpp"
#include "samestate/optimized/words/sha512_lanes.hpp"

namespace samestate::signatures {

// A signature of 64 bytes by a key of 32 bytes, of a message.
struct SignatureView {
    const uint8_t* signature;
    const uint8_t* key;
    const uint8_t* message;
    size_t length;
};

namespace ed25519 {

inline bool verify(const SignatureView& item) {
    return verify(item.signature, item.key, item.message, item.length);
}

#if defined(__x86_64__)

// `challenge` of each of eight signatures. Messages of the length of transactions are hashed together.
inline void challenges(const SignatureView* const* items, Scalar* h) {
    using lanes::WIDTH;
    constexpr size_t ROOM = 1536;  // R, key, 1,232 bytes, and what SHA-512 puts behind
    uint8_t padded[WIDTH][ROOM], digests[WIDTH][64];
    const uint8_t* starts[WIDTH];
    size_t blocks[WIDTH];
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        const SignatureView& item = *items[lane];
        uint8_t* message = padded[lane];
        starts[lane] = message;
        blocks[lane] = 0;
        const size_t length = 64 + item.length;
        if (item.length > ROOM || length + 17 > ROOM) continue;
        blocks[lane] = (length + 17 + 127) / 128;
        std::memcpy(message, item.signature, 32);
        std::memcpy(message + 32, item.key, 32);
        if (item.length > 0) std::memcpy(message + 64, item.message, item.length);
        std::memset(message + length, 0, 128 * blocks[lane] - length);
        message[length] = 0x80;
        const uint64_t bits = __builtin_bswap64(8 * length);
        std::memcpy(message + 128 * blocks[lane] - 8, &bits, 8);
    }
    sha512_rounds::hash_eight(starts, blocks, digests);
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        const SignatureView& item = *items[lane];
        h[lane] = blocks[lane] > 0 ? scalar::reduce_bytes(digests[lane])
                                   : challenge(item.signature, item.key, item.message, item.length);
    }
}

// Up to eight signatures: whether each is valid by itself.
inline void verify_eight(const SignatureView* items, size_t count, bool* verdicts) {
    using lanes::WIDTH;
    Scalar s[WIDTH], h[WIDTH];
    const SignatureView* chosen[WIDTH];
    const uint8_t* keys[WIDTH];
    bool is_possible[WIDTH], is_point[WIDTH];
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        // Lanes that are left over do what the first one does.
        const SignatureView& item = items[lane < count ? lane : 0];
        s[lane] = scalar::load(item.signature + 32);
        is_possible[lane] = scalar::is_below_order(s[lane]);
        if (!is_possible[lane]) s[lane] = Scalar{};
        chosen[lane] = &item;
        keys[lane] = item.key;
    }
    challenges(chosen, h);
    lanes::Point8 a, sum;
    lanes::decode(keys, a, is_point);
    lanes::differences(s, h, a, sum);
    uint8_t expected[WIDTH][32];
    lanes::encode(sum, expected);
    for (size_t lane = 0; lane < count; ++lane) {
        const uint8_t* r = items[lane].signature;
        verdicts[lane] = false;
        if (!is_possible[lane] || !is_point[lane] || point::is_small(field::load(keys[lane]))) continue;
        if (std::memcmp(expected[lane], r, 32) == 0) {
            verdicts[lane] = !point::is_small(field::load(r));
            continue;
        }
        // The same point may be written with a y of p or more. Nobody knows how to sign so.
        uint8_t canonical[32];
        field::store(field::load(r), canonical);
        canonical[31] = static_cast<uint8_t>(canonical[31] | (r[31] & 0x80));
        if (std::memcmp(canonical, r, 32) != 0) verdicts[lane] = verify(items[lane]);
    }
}

#endif

// How many signatures are verified. All give the same verdicts.
enum class Way : int {
    ALONE,  // one after another
    LANES,  // eight at once, each by itself; where the processor can
};

inline bool is_possible(Way way) {
#if defined(__x86_64__)
    if (way == Way::LANES) return ifma::is_there;
#endif
    return way == Way::ALONE;
}

// The fastest way that there is.
inline Way best_way() { return is_possible(Way::LANES) ? Way::LANES : Way::ALONE; }

// As many signatures as are best verified together.
inline constexpr size_t TOGETHER = 64;

// Says of each signature whether it is valid, and gives how many are. Any thread may call it.
inline size_t verify_batch(const SignatureView* items, size_t count, bool* verdicts, Way way = best_way()) {
    size_t valid = 0;
#if defined(__x86_64__)
    if (way == Way::LANES) {
        for (size_t first = 0; first < count; first += lanes::WIDTH) {
            const size_t left = count - first;
            verify_eight(items + first, left < lanes::WIDTH ? left : lanes::WIDTH, verdicts + first);
        }
        for (size_t i = 0; i < count; ++i) valid += verdicts[i];
        return valid;
    }
#endif
    (void)way;
    for (size_t i = 0; i < count; ++i) valid += verdicts[i] = verify(items[i]);
    return valid;
}

}  // namespace ed25519

}  // namespace samestate::signatures

#endif
