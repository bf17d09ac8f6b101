// BLAKE3's compressions, as many at once as a vector has lanes. No header of its own: blake3.hpp includes it once for
// each width, inside a namespace, with
//   SAMESTATE_LANES          how many lanes of 32 bits a vector has: 4, 8 or 16
//   SAMESTATE_LANES_TARGET   the attribute that lets the compiler use such vectors

typedef uint32_t Lanes __attribute__((vector_size(4 * SAMESTATE_LANES)));
typedef uint16_t Halves __attribute__((vector_size(4 * SAMESTATE_LANES), may_alias));

#define SAMESTATE_LANES_INSIDE SAMESTATE_LANES_TARGET __attribute__((always_inline)) inline

// Of two rows, blocks of `d` lanes: those at even places of both, and those at odd places.
#define SAMESTATE_EVEN(k, d) (((k) % (2 * (d)) < (d)) ? (k) : SAMESTATE_LANES + (k) - (d))
#define SAMESTATE_ODD(k, d) (((k) % (2 * (d)) < (d)) ? (k) + (d) : SAMESTATE_LANES + (k))
#define SAMESTATE_4(f, k, d) f(k, d), f(k + 1, d), f(k + 2, d), f(k + 3, d)
#if SAMESTATE_LANES == 4
#define SAMESTATE_ALL(f, d) SAMESTATE_4(f, 0, d)
#elif SAMESTATE_LANES == 8
#define SAMESTATE_ALL(f, d) SAMESTATE_4(f, 0, d), SAMESTATE_4(f, 4, d)
#else
#define SAMESTATE_ALL(f, d) SAMESTATE_4(f, 0, d), SAMESTATE_4(f, 4, d), SAMESTATE_4(f, 8, d), SAMESTATE_4(f, 12, d)
#endif
#define SAMESTATE_TRANSPOSE_BY(d)                                                                   \
    _Pragma("GCC unroll 16") for (int i = 0; i < SAMESTATE_LANES; ++i) {                            \
        if (i & (d)) continue;                                                                      \
        const Lanes a = rows[i], b = rows[i + (d)];                                                 \
        rows[i] = __builtin_shufflevector(a, b, SAMESTATE_ALL(SAMESTATE_EVEN, d));                  \
        rows[i + (d)] = __builtin_shufflevector(a, b, SAMESTATE_ALL(SAMESTATE_ODD, d));             \
    }

// As many rows as there are lanes: row by row to column by column.
SAMESTATE_LANES_INSIDE void transpose(Lanes* rows) {
    SAMESTATE_TRANSPOSE_BY(1)
    SAMESTATE_TRANSPOSE_BY(2)
#if SAMESTATE_LANES > 4
    SAMESTATE_TRANSPOSE_BY(4)
#endif
#if SAMESTATE_LANES > 8
    SAMESTATE_TRANSPOSE_BY(8)
#endif
}

#undef SAMESTATE_TRANSPOSE_BY
#undef SAMESTATE_ALL
#undef SAMESTATE_4
#undef SAMESTATE_ODD
#undef SAMESTATE_EVEN

SAMESTATE_LANES_INSIDE Lanes same(uint32_t word) { return Lanes{} + word; }

// The same block of the chunks that come next.
inline constexpr size_t AHEAD = 1024 * SAMESTATE_LANES;

// A block of 64 bytes a lane, as 16 words.
SAMESTATE_LANES_INSIDE void load_blocks(const uint8_t* const* blocks, size_t offset, Lanes* words) {
#pragma GCC unroll 4
    for (size_t part = 0; part < 16; part += SAMESTATE_LANES) {
        Lanes rows[SAMESTATE_LANES];
#pragma GCC unroll 16
        for (size_t lane = 0; lane < SAMESTATE_LANES; ++lane) {
            std::memcpy(&rows[lane], blocks[lane] + offset + 4 * part, sizeof(Lanes));
            // So many streams are too many for the processor to foresee by itself. There need not be anything.
            if (part == 0) {
                const uintptr_t place = reinterpret_cast<uintptr_t>(blocks[lane]) + offset + AHEAD;
                __builtin_prefetch(reinterpret_cast<const void*>(place));
            }
        }
        transpose(rows);
#pragma GCC unroll 16
        for (size_t i = 0; i < SAMESTATE_LANES; ++i) words[part + i] = rows[i];
    }
}

// The chaining values, eight words a lane, as 32 bytes each for the first `count` lanes.
SAMESTATE_LANES_INSIDE void store_chains(const Lanes* chain, size_t count, uint8_t* target) {
    alignas(64) uint32_t words[8][SAMESTATE_LANES];
    std::memcpy(words, chain, sizeof(words));
    for (size_t lane = 0; lane < count; ++lane)
        for (size_t i = 0; i < 8; ++i) std::memcpy(target + 32 * lane + 4 * i, &words[i][lane], 4);
}

SAMESTATE_LANES_INSIDE void mix(Lanes& a, Lanes& b, Lanes& c, Lanes& d, const Lanes& x, const Lanes& y) {
    a = a + b + x;
    d ^= a;
    d = d >> 16 | d << 16;
    c += d;
    b ^= c;
    b = b >> 12 | b << 20;
    a = a + b + y;
    d ^= a;
    d = d >> 8 | d << 24;
    c += d;
    b ^= c;
    b = b >> 7 | b << 25;
}

// The seven rounds: the sixteen words of state that they leave in `v`, which begins with the chaining value.
SAMESTATE_LANES_INSIDE void rounds(Lanes* v, const Lanes* m, Lanes counter_low, Lanes counter_high, Lanes length,
                                   Lanes flags) {
    for (int i = 0; i < 4; ++i) v[8 + i] = same(START[i]);
    v[12] = counter_low;
    v[13] = counter_high;
    v[14] = length;
    v[15] = flags;
#pragma GCC unroll 7
    for (int turn = 0; turn < 7; ++turn) {
        const uint8_t* const s = SCHEDULE[turn];
        mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
        mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
        mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
        mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
        mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
        mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
        mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
        mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
}

// Inputs of the same number of blocks, one a lane, each pointing to bytes: the chaining values of the first `count`. The last block of each has the
// length given for it; null: 64. The counters are `counter` for all, or go up from there.
SAMESTATE_LANES_TARGET inline void chains(const uint8_t* const* inputs, size_t count, size_t blocks, uint64_t counter,
                                          bool goes_up, uint32_t flags, uint32_t flags_first, uint32_t flags_last,
                                          const uint32_t* last_lengths, uint8_t* target) {
    Lanes low, high, last = same(64);
    for (size_t lane = 0; lane < SAMESTATE_LANES; ++lane) {
        const uint64_t its = counter + (goes_up ? lane : 0);
        low[lane] = static_cast<uint32_t>(its);
        high[lane] = static_cast<uint32_t>(its >> 32);
    }
    if (last_lengths) std::memcpy(&last, last_lengths, sizeof(Lanes));
    Lanes v[16];
    for (int i = 0; i < 8; ++i) v[i] = same(START[i]);
    for (size_t block = 0; block < blocks; ++block) {
        const bool is_last = block + 1 == blocks;
        Lanes m[16];
        load_blocks(inputs, 64 * block, m);
        rounds(v, m, low, high, is_last ? last : same(64),
               same(flags | (block == 0 ? flags_first : 0) | (is_last ? flags_last : 0)));
        for (int i = 0; i < 8; ++i) v[i] ^= v[8 + i];
    }
    store_chains(v, count, target);
}

// Adds the 2,048 bytes that a root gives to sums of numbers of 16 bits: word w of block SAMESTATE_LANES g + l of the
// output is added to word (16 g + w) SAMESTATE_LANES + l of `sums`, 2,048 bytes that are aligned to 64.
SAMESTATE_LANES_TARGET inline void expand(const uint32_t* chain, const uint8_t* block, uint32_t length, uint32_t flags,
                                          uint8_t* sums) {
    Lanes m[16];
    for (int i = 0; i < 16; ++i) {
        uint32_t word;
        std::memcpy(&word, block + 4 * i, 4);
        m[i] = same(word);
    }
    Lanes low;
    for (uint32_t lane = 0; lane < SAMESTATE_LANES; ++lane) low[lane] = lane;
    for (size_t group = 0; group < 32 / SAMESTATE_LANES; ++group, low += SAMESTATE_LANES) {
        Lanes v[16];
        for (int i = 0; i < 8; ++i) v[i] = same(chain[i]);
        rounds(v, m, low, Lanes{}, same(length), same(flags));
        for (int i = 0; i < 8; ++i) {
            v[i] ^= v[8 + i];
            v[8 + i] ^= same(chain[i]);
        }
        Halves* target = reinterpret_cast<Halves*>(sums) + 16 * group;
        for (int i = 0; i < 16; ++i) target[i] += reinterpret_cast<Halves&>(v[i]);
    }
}

#undef SAMESTATE_LANES_INSIDE
