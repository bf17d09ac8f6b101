// Many signatures: as many at once as the processor has lanes for, by any number of workers.

#ifndef SAMESTATE_SVM_SIGNATURES_HPP
#define SAMESTATE_SVM_SIGNATURES_HPP

#include <atomic>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/svm/ed25519.hpp"
#include "samestate/optimized/svm/ed25519_lanes.hpp"
#include "samestate/optimized/svm/stop.hpp"

namespace samestate::svm {

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

// Up to eight signatures: whether each is valid by itself.
inline void verify_eight(const SignatureView* items, size_t count, bool* verdicts) {
    using lanes::WIDTH;
    Scalar s[WIDTH], h[WIDTH];
    const uint8_t* keys[WIDTH];
    bool is_possible[WIDTH], is_point[WIDTH];
    for (size_t lane = 0; lane < WIDTH; ++lane) {
        // Lanes that are left over do what the first one does.
        const SignatureView& item = items[lane < count ? lane : 0];
        s[lane] = scalar::load(item.signature + 32);
        is_possible[lane] = scalar::is_below_order(s[lane]);
        if (!is_possible[lane]) s[lane] = Scalar{};
        h[lane] = challenge(item.signature, item.key, item.message, item.length);
        keys[lane] = item.key;
    }
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

// As many signatures as are verified at once; batches are best a multiple of it.
inline constexpr size_t AT_ONCE = 8;

// Whether each of many signatures is valid, by itself; gives how many are.
inline size_t verify_batch(const SignatureView* items, size_t count, bool* verdicts) {
    size_t valid = 0;
#if defined(__x86_64__)
    if (lanes::are_there) {
        for (size_t first = 0; first < count; first += AT_ONCE)
            verify_eight(items + first, count - first < AT_ONCE ? count - first : AT_ONCE, verdicts + first);
        for (size_t i = 0; i < count; ++i) valid += verdicts[i];
        return valid;
    }
#endif
    for (size_t i = 0; i < count; ++i) valid += verdicts[i] = verify(items[i]);
    return valid;
}

}  // namespace ed25519

}  // namespace samestate::svm

#endif
