// Keccak-256 of many short messages: up to eight at once, a message a lane of the processor's vectors.
//
// One message cannot be hashed faster than its permutations follow one another; eight independent ones fill vectors of
// 512 bits (one permutation of all eight takes about as long as one of one), or twice those of 256. Where there are no
// such vectors, each is hashed by itself. Which of these it is, the processor says when the library is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "samestate/optimized/words/keccak.hpp"

namespace samestate {

namespace keccak_lanes {

// Eight states, lane by lane: words[5 y + x][i] is the lane in column x of row y of the state i.
inline constexpr size_t WIDTH = 8;
struct alignas(64) States {
    uint64_t words[25][WIDTH];
};

// Applies Keccak-f[1600] to the first `count` states, and perhaps to others.
using Permute = void (*)(States& states, size_t count);

#if defined(__x86_64__)

// The steps are those of keccak.hpp. Macros, not functions: vectors that are passed to a function have a form that
// depends on what the function is compiled for.
#define SAMESTATE_ROTATE(lanes, left) ((lanes) << (left) | (lanes) >> (64 - (left)))
#define SAMESTATE_CHI(row, v0, v1, v2, v3, v4)                                          \
    {                                                                                   \
        const Lanes b0 = v0, b1 = v1, b2 = v2, b3 = v3, b4 = v4;                        \
        e[row] = b0 ^ (~b1 & b2);                                                       \
        e[row + 1] = b1 ^ (~b2 & b3);                                                   \
        e[row + 2] = b2 ^ (~b3 & b4);                                                   \
        e[row + 3] = b3 ^ (~b4 & b0);                                                   \
        e[row + 4] = b4 ^ (~b0 & b1);                                                   \
    }
#define SAMESTATE_ROUND(a, e, constant)                                                                            \
    {                                                                                                              \
        const Lanes c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];                                                      \
        const Lanes c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21];                                                      \
        const Lanes c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22];                                                      \
        const Lanes c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23];                                                      \
        const Lanes c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24];                                                      \
        const Lanes d0 = c4 ^ SAMESTATE_ROTATE(c1, 1), d1 = c0 ^ SAMESTATE_ROTATE(c2, 1);                          \
        const Lanes d2 = c1 ^ SAMESTATE_ROTATE(c3, 1), d3 = c2 ^ SAMESTATE_ROTATE(c4, 1);                          \
        const Lanes d4 = c3 ^ SAMESTATE_ROTATE(c0, 1);                                                             \
        SAMESTATE_CHI(0, a[0] ^ d0, SAMESTATE_ROTATE(a[6] ^ d1, 44), SAMESTATE_ROTATE(a[12] ^ d2, 43),             \
                      SAMESTATE_ROTATE(a[18] ^ d3, 21), SAMESTATE_ROTATE(a[24] ^ d4, 14))                          \
        e[0] ^= constant;                                                                                          \
        SAMESTATE_CHI(5, SAMESTATE_ROTATE(a[3] ^ d3, 28), SAMESTATE_ROTATE(a[9] ^ d4, 20),                         \
                      SAMESTATE_ROTATE(a[10] ^ d0, 3), SAMESTATE_ROTATE(a[16] ^ d1, 45),                           \
                      SAMESTATE_ROTATE(a[22] ^ d2, 61))                                                            \
        SAMESTATE_CHI(10, SAMESTATE_ROTATE(a[1] ^ d1, 1), SAMESTATE_ROTATE(a[7] ^ d2, 6),                          \
                      SAMESTATE_ROTATE(a[13] ^ d3, 25), SAMESTATE_ROTATE(a[19] ^ d4, 8),                           \
                      SAMESTATE_ROTATE(a[20] ^ d0, 18))                                                            \
        SAMESTATE_CHI(15, SAMESTATE_ROTATE(a[4] ^ d4, 27), SAMESTATE_ROTATE(a[5] ^ d0, 36),                        \
                      SAMESTATE_ROTATE(a[11] ^ d1, 10), SAMESTATE_ROTATE(a[17] ^ d2, 15),                          \
                      SAMESTATE_ROTATE(a[23] ^ d3, 56))                                                            \
        SAMESTATE_CHI(20, SAMESTATE_ROTATE(a[2] ^ d2, 62), SAMESTATE_ROTATE(a[8] ^ d3, 55),                        \
                      SAMESTATE_ROTATE(a[14] ^ d4, 39), SAMESTATE_ROTATE(a[15] ^ d0, 41),                          \
                      SAMESTATE_ROTATE(a[21] ^ d1, 2))                                                             \
    }
#define SAMESTATE_PERMUTE(first)                                                        \
    {                                                                                   \
        Lanes one[25], other[25];                                                       \
        for (int lane = 0; lane < 25; ++lane)                                           \
            std::memcpy(&one[lane], &states.words[lane][first], sizeof(Lanes));         \
        for (int turn = 0; turn < 24; turn += 2) {                                      \
            { Lanes *const a = one, *const e = other; SAMESTATE_ROUND(a, e, KECCAK_ROUND_CONSTANTS[turn]) }       \
            { Lanes *const a = other, *const e = one; SAMESTATE_ROUND(a, e, KECCAK_ROUND_CONSTANTS[turn + 1]) }   \
        }                                                                               \
        for (int lane = 0; lane < 25; ++lane)                                           \
            std::memcpy(&states.words[lane][first], &one[lane], sizeof(Lanes));         \
    }

__attribute__((target("avx512f"))) inline void permute_512(States& states, size_t) {
    typedef uint64_t Lanes __attribute__((vector_size(64)));
    SAMESTATE_PERMUTE(0)
}

__attribute__((target("avx2"))) inline void permute_256(States& states, size_t count) {
    typedef uint64_t Lanes __attribute__((vector_size(32)));
    for (size_t first = 0; first < count; first += 4) SAMESTATE_PERMUTE(first)
}

#undef SAMESTATE_PERMUTE
#undef SAMESTATE_ROUND
#undef SAMESTATE_CHI
#undef SAMESTATE_ROTATE

// The one of so many bits, or null where the processor has no such vectors.
inline Permute permute_of(int bits) {
    __builtin_cpu_init();
    if (bits == 512) return __builtin_cpu_supports("avx512f") ? permute_512 : nullptr;
    return bits == 256 && __builtin_cpu_supports("avx2") ? permute_256 : nullptr;
}

#else

inline Permute permute_of(int) { return nullptr; }

#endif

// The best that there is, or null.
inline const Permute best_permute = permute_of(512) ? permute_of(512) : permute_of(256);

}  // namespace keccak_lanes

// Messages that wait until there are enough of one length in blocks to be hashed together. One a thread.
class KeccakBatch {
public:
    // Hashes with another permutation than the best one; null: one message after another. No message may be waiting.
    void choose(keccak_lanes::Permute permute) { permute_ = permute; }

    // Hashes a message into `digest`, 32 bytes that must stay where they are: now, later, or at `flush`. The message is
    // not needed any more.
    void add(const uint8_t* data, size_t length, uint8_t* digest) {
        const size_t blocks = length / KECCAK_RATE + 1;
        if (blocks > MOST_BLOCKS || !permute_) return keccak256(data, length, digest);
        if (!room_) room_.reset(new Room());
        const size_t place = blocks - 1;
        const size_t index = counts_[place];
        // Padded at once: 0x01 … 0x80.
        uint8_t* message = message_of(place, index);
        std::memcpy(message, data, length);
        std::memset(message + length, 0, blocks * KECCAK_RATE - length);
        message[length] ^= 0x01;
        message[blocks * KECCAK_RATE - 1] ^= 0x80;
        lengths_[place][index] = length;
        digests_[place][index] = digest;
        if (++counts_[place] == keccak_lanes::WIDTH) hash(place);
    }

    // Hashes all that still wait.
    void flush() {
        for (size_t place = 0; place < MOST_BLOCKS; ++place)
            if (counts_[place]) hash(place);
    }

private:
    static constexpr size_t MOST_BLOCKS = 8;
    struct Room {
        uint8_t bytes[MOST_BLOCKS * (MOST_BLOCKS + 1) / 2 * keccak_lanes::WIDTH * KECCAK_RATE];
    };

    // Messages of one block come first, then those of two, and so on.
    uint8_t* message_of(size_t place, size_t index) {
        const size_t before = place * (place + 1) / 2 * keccak_lanes::WIDTH;
        return room_->bytes + (before + index * (place + 1)) * KECCAK_RATE;
    }

    void hash(size_t place) {
        const size_t count = counts_[place];
        counts_[place] = 0;
        if (count == 1) return keccak256(message_of(place, 0), lengths_[place][0], digests_[place][0]);
        keccak_lanes::States states;
        std::memset(&states, 0, sizeof(states));
        for (size_t block = 0; block <= place; ++block) {
            for (size_t i = 0; i < count; ++i) {
                const uint8_t* message = message_of(place, i) + block * KECCAK_RATE;
                for (size_t lane = 0; lane < KECCAK_RATE / 8; ++lane) {
                    uint64_t word;
                    std::memcpy(&word, message + 8 * lane, 8);
                    states.words[lane][i] ^= word;
                }
            }
            permute_(states, count);
        }
        for (size_t i = 0; i < count; ++i)
            for (size_t lane = 0; lane < 4; ++lane) std::memcpy(digests_[place][i] + 8 * lane, &states.words[lane][i], 8);
    }

    keccak_lanes::Permute permute_ = keccak_lanes::best_permute;
    std::unique_ptr<Room> room_;
    size_t counts_[MOST_BLOCKS] = {};
    size_t lengths_[MOST_BLOCKS][keccak_lanes::WIDTH];
    uint8_t* digests_[MOST_BLOCKS][keccak_lanes::WIDTH];
};

}  // namespace samestate
