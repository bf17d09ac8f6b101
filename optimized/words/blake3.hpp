// BLAKE3, plain hashing with output of any length: in vectors as wide as the processor has them.
// Source: https://github.com/BLAKE3-team/BLAKE3-specs (2021).

#ifndef SAMESTATE_WORDS_BLAKE3_HPP
#define SAMESTATE_WORDS_BLAKE3_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace samestate {

namespace blake3_lanes {

inline constexpr uint32_t START[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

enum : uint32_t { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

// Which words of the block each round mixes in: the order of the round before, permuted.
inline constexpr uint8_t SCHEDULE[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

// Each of these is described in blake3_lanes.hpp.
struct Wide {
    size_t lanes;
    void (*chains)(const uint8_t* const* inputs, size_t count, size_t blocks, uint64_t counter, bool goes_up,
                   uint32_t flags, uint32_t flags_first, uint32_t flags_last, const uint32_t* last_lengths,
                   uint8_t* target);
    void (*expand)(const uint32_t* chain, const uint8_t* block, uint32_t length, uint32_t flags, uint8_t* sums);
};

inline constexpr size_t MOST_LANES = 16;

namespace lanes_4 {
#define SAMESTATE_LANES 4
#define SAMESTATE_LANES_TARGET
#include "samestate/optimized/words/blake3_lanes.hpp"
#undef SAMESTATE_LANES_TARGET
#undef SAMESTATE_LANES
inline constexpr Wide WIDE{4, chains, expand};
}  // namespace lanes_4

#if defined(__x86_64__)
namespace lanes_8 {
#define SAMESTATE_LANES 8
#define SAMESTATE_LANES_TARGET __attribute__((target("avx2")))
#include "samestate/optimized/words/blake3_lanes.hpp"
#undef SAMESTATE_LANES_TARGET
#undef SAMESTATE_LANES
inline constexpr Wide WIDE{8, chains, expand};
}  // namespace lanes_8

namespace lanes_16 {
#define SAMESTATE_LANES 16
#define SAMESTATE_LANES_TARGET __attribute__((target("avx512f,avx512bw")))
#include "samestate/optimized/words/blake3_lanes.hpp"
#undef SAMESTATE_LANES_TARGET
#undef SAMESTATE_LANES
inline constexpr Wide WIDE{16, chains, expand};
}  // namespace lanes_16

// The one with so many lanes, or null where the processor has no such vectors.
inline const Wide* wide_of(size_t lanes) {
    __builtin_cpu_init();
    if (lanes == 16)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") ? &lanes_16::WIDE : nullptr;
    if (lanes == 8) return __builtin_cpu_supports("avx2") ? &lanes_8::WIDE : nullptr;
    return lanes == 4 ? &lanes_4::WIDE : nullptr;
}
#else
inline const Wide* wide_of(size_t lanes) { return lanes == 4 ? &lanes_4::WIDE : nullptr; }
#endif

// The widest that there is.
inline const Wide* const best = wide_of(16) ? wide_of(16) : wide_of(8) ? wide_of(8) : wide_of(4);

inline uint32_t rotate_right(uint32_t word, int right) { return word >> right | word << (32 - right); }

// The compression of one block: all sixteen words of its output.
inline void compress(const uint32_t* chain, const uint8_t* block, uint64_t counter, uint32_t length, uint32_t flags,
                     uint32_t* output) {
    uint32_t m[16], v[16];
    std::memcpy(m, block, 64);
    std::memcpy(v, chain, 32);
    std::memcpy(v + 8, START, 16);
    v[12] = static_cast<uint32_t>(counter);
    v[13] = static_cast<uint32_t>(counter >> 32);
    v[14] = length;
    v[15] = flags;
    const auto mix = [&](int a, int b, int c, int d, uint32_t x, uint32_t y) {
        v[a] = v[a] + v[b] + x;
        v[d] = rotate_right(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = rotate_right(v[b] ^ v[c], 12);
        v[a] = v[a] + v[b] + y;
        v[d] = rotate_right(v[d] ^ v[a], 8);
        v[c] += v[d];
        v[b] = rotate_right(v[b] ^ v[c], 7);
    };
#pragma GCC unroll 7
    for (int turn = 0; turn < 7; ++turn) {
        const uint8_t* const s = SCHEDULE[turn];
        mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
        mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
        mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
        mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
        mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
        mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
        mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
        mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; ++i) {
        output[i] = v[i] ^ v[i + 8];
        output[i + 8] = v[i + 8] ^ chain[i];
    }
}

}  // namespace blake3_lanes

inline constexpr size_t BLAKE3_CHUNK = 1024;

// A part of a message.
struct Piece {
    const uint8_t* data;
    size_t length;
};

// What the whole output of a hash comes from: the last compression, which is repeated with counters 0, 1, … .
struct Blake3Root {
    uint32_t chain[8];
    alignas(16) uint8_t block[64];
    uint32_t length;
    uint32_t flags;

    // So many bytes of output.
    void output(uint8_t* target, size_t length_of_output) const {
        for (uint64_t counter = 0; length_of_output > 0; ++counter) {
            uint32_t words[16];
            blake3_lanes::compress(chain, block, counter, length, flags, words);
            const size_t taken = length_of_output < 64 ? length_of_output : 64;
            std::memcpy(target, words, taken);
            target += taken;
            length_of_output -= taken;
        }
    }
};

// The tree over a message that lies in pieces, none of which is copied but around its ends. Constant memory.
class Blake3Tree {
  public:
    Blake3Tree(const Piece* pieces, size_t count, const blake3_lanes::Wide* wide = blake3_lanes::best)
        : wide_(wide), piece_(pieces), left_(count > 0 ? pieces->length : 0) {
        for (size_t i = 0; i < count; ++i) total_ += pieces[i].length;
    }

    Blake3Root root() {
        const size_t chunks = total_ <= BLAKE3_CHUNK ? 1 : (total_ + BLAKE3_CHUNK - 1) / BLAKE3_CHUNK;
        Blake3Root result;
        if (chunks == 1) {
            last_chunk(0, result);
            result.flags |= blake3_lanes::ROOT;
            return result;
        }
        // Whole subtrees of GROUP chunks wait on the stack for their right neighbours, of any size each power of two.
        uint8_t stack[64][32];
        size_t waiting = 0, done = 0;
        uint8_t values[GROUP][32];
        for (; chunks - done > GROUP; done += GROUP) {
            whole_chunks(done, GROUP, values[0]);
            reduce(values[0], GROUP, 1);
            std::memcpy(stack[waiting++], values[0], 32);
            for (size_t groups = done / GROUP + 1; groups % 2 == 0; groups /= 2, --waiting)
                join(stack[waiting - 2], stack[waiting - 1], stack[waiting - 2]);
        }
        size_t rest = chunks - done;
        whole_chunks(done, rest - 1, values[0]);
        last_chunk(chunks - 1, result);
        uint32_t words[16];
        blake3_lanes::compress(result.chain, result.block, chunks - 1, result.length, result.flags, words);
        std::memcpy(values[rest - 1], words, 32);
        // The last two values are the root's.
        reduce(values[0], rest, waiting == 0 ? 2 : 1);
        if (waiting == 0) {
            std::memcpy(result.block, values[0], 64);
        } else {
            for (; waiting > 1; --waiting) join(stack[waiting - 1], values[0], values[0]);
            std::memcpy(result.block, stack[0], 32);
            std::memcpy(result.block + 32, values[0], 32);
        }
        std::memcpy(result.chain, blake3_lanes::START, 32);
        result.length = 64;
        result.flags = blake3_lanes::PARENT | blake3_lanes::ROOT;
        return result;
    }

  private:
    static constexpr size_t GROUP = 256;

    // The next bytes of the message: where they lie, or copied to `scratch` if not all in one piece.
    const uint8_t* take(size_t length, uint8_t* scratch) {
        while (left_ == 0 && length > 0) next_piece();
        if (left_ >= length) {
            left_ -= length;
            return length > 0 ? piece_->data + (piece_->length - left_ - length) : scratch;
        }
        for (uint8_t* target = scratch; length > 0;) {
            const size_t taken = left_ < length ? left_ : length;
            if (taken > 0) std::memcpy(target, piece_->data + (piece_->length - left_), taken);
            target += taken;
            length -= taken;
            left_ -= taken;
            if (length > 0) next_piece();
        }
        return scratch;
    }

    void next_piece() {
        ++piece_;
        left_ = piece_->length;
    }

    // The chaining values of chunks that are full. One alone is done sooner without vectors.
    void whole_chunks(size_t first, size_t count, uint8_t* values) {
        if (count == 1) {
            uint8_t chunk[BLAKE3_CHUNK];
            return compress_chunk(take(BLAKE3_CHUNK, chunk), first, values);
        }
        uint8_t scratch[blake3_lanes::MOST_LANES][BLAKE3_CHUNK];
        while (count > 0) {
            const uint8_t* inputs[blake3_lanes::MOST_LANES];
            const size_t now = count < wide_->lanes ? count : wide_->lanes;
            for (size_t i = 0; i < now; ++i) inputs[i] = take(BLAKE3_CHUNK, scratch[i]);
            for (size_t i = now; i < wide_->lanes; ++i) inputs[i] = inputs[0];
            wide_->chains(inputs, now, BLAKE3_CHUNK / 64, first, true, 0, blake3_lanes::CHUNK_START,
                          blake3_lanes::CHUNK_END, nullptr, values);
            first += now;
            count -= now;
            values += 32 * now;
        }
    }

    // The chaining value of one full chunk.
    static void compress_chunk(const uint8_t* data, size_t index, uint8_t* value) {
        using namespace blake3_lanes;
        uint32_t words[16];
        std::memcpy(words, START, 32);
        for (size_t block = 0; block < 16; ++block) {
            uint32_t chain[8];
            std::memcpy(chain, words, 32);
            compress(chain, data + 64 * block, index, 64, block == 0 ? CHUNK_START : block == 15 ? CHUNK_END : 0, words);
        }
        std::memcpy(value, words, 32);
    }

    // What is left of the message, as a chunk but for its last compression.
    void last_chunk(size_t index, Blake3Root& result) {
        uint8_t scratch[BLAKE3_CHUNK];
        size_t length = total_ - BLAKE3_CHUNK * index;
        const uint8_t* data = take(length, scratch);
        std::memcpy(result.chain, blake3_lanes::START, 32);
        uint32_t flags = blake3_lanes::CHUNK_START;
        for (; length > 64; length -= 64, data += 64, flags = 0) {
            uint32_t words[16];
            blake3_lanes::compress(result.chain, data, index, 64, flags, words);
            std::memcpy(result.chain, words, 32);
        }
        std::memset(result.block, 0, 64);
        if (length > 0) std::memcpy(result.block, data, length);
        result.length = static_cast<uint32_t>(length);
        result.flags = flags | blake3_lanes::CHUNK_END;
    }

    // Joins neighbours, level by level, until no more values are left than are wanted. One without a neighbour goes up as it is.
    void reduce(uint8_t* values, size_t count, size_t wanted) {
        while (count > wanted) {
            const size_t pairs = count / 2;
            for (size_t done = 0; done < pairs;) {
                const uint8_t* inputs[blake3_lanes::MOST_LANES];
                const size_t now = pairs - done < wide_->lanes ? pairs - done : wide_->lanes;
                for (size_t i = 0; i < wide_->lanes; ++i) inputs[i] = values + 64 * (done + (i < now ? i : 0));
                if (now == 1) {
                    join(inputs[0], inputs[0] + 32, values + 32 * done);
                } else {
                    wide_->chains(inputs, now, 1, 0, false, blake3_lanes::PARENT, 0, 0, nullptr, values + 32 * done);
                }
                done += now;
            }
            if (count % 2 == 1) std::memmove(values + 32 * pairs, values + 32 * (count - 1), 32);
            count = pairs + count % 2;
        }
    }

    // The chaining value of a parent.
    static void join(const uint8_t* left, const uint8_t* right, uint8_t* target) {
        uint8_t block[64];
        std::memcpy(block, left, 32);
        std::memcpy(block + 32, right, 32);
        uint32_t words[16];
        blake3_lanes::compress(blake3_lanes::START, block, 0, 64, blake3_lanes::PARENT, words);
        std::memcpy(target, words, 32);
    }

    const blake3_lanes::Wide* wide_;
    const Piece* piece_;
    size_t left_;  // bytes of the piece that have not been taken
    size_t total_ = 0;
};

// Gives so many bytes of the hash of a message in pieces.
inline void blake3(const Piece* pieces, size_t count, uint8_t* output, size_t output_length = 32) {
    Blake3Tree(pieces, count).root().output(output, output_length);
}

// The same of a message in one piece.
inline void blake3(const uint8_t* data, size_t length, uint8_t* output, size_t output_length = 32) {
    const Piece piece{data, length};
    blake3(&piece, 1, output, output_length);
}

// Messages that wait until there are enough of one length in blocks to be hashed together, up to 1,024 bytes each. One a
// thread. `Finish` is called with this, the number of messages, their padded bytes, how many blocks they have, the
// lengths of their last blocks and what was given along with each.
template <class Along>
class Blake3Waiting {
  public:
    static constexpr size_t MOST_BLOCKS = BLAKE3_CHUNK / 64;

    struct Row {
        size_t count = 0;
        const uint8_t* messages[blake3_lanes::MOST_LANES];
        uint32_t last_lengths[blake3_lanes::MOST_LANES];
        Along along[blake3_lanes::MOST_LANES];
    };

    // Takes in a message in pieces of `length` bytes together, at most 1,024; calls `hash(row, blocks)` for a row that is full, and empties it.
    template <class Hash>
    void add(const Piece* pieces, size_t count, size_t length, Along along, size_t lanes, Hash hash) {
        if (!room_) room_.reset(new Room);
        const size_t place = length == 0 ? 0 : (length - 1) / 64;
        Row& row = rows_[place];
        uint8_t* message = room_->bytes + (place * (place + 1) / 2 * blake3_lanes::MOST_LANES + row.count * (place + 1)) * 64;
        std::memset(message + 64 * place, 0, 64);
        row.messages[row.count] = message;
        row.last_lengths[row.count] = static_cast<uint32_t>(length - 64 * place);
        row.along[row.count] = along;
        for (size_t i = 0; i < count; ++i) {
            if (pieces[i].length > 0) std::memcpy(message, pieces[i].data, pieces[i].length);
            message += pieces[i].length;
        }
        if (++row.count == lanes) finish(place, hash);
    }

    template <class Hash>
    void flush(Hash hash) {
        for (size_t place = 0; place < MOST_BLOCKS; ++place)
            if (rows_[place].count > 0) finish(place, hash);
    }

  private:
    struct Room {
        alignas(64) uint8_t bytes[MOST_BLOCKS * (MOST_BLOCKS + 1) / 2 * blake3_lanes::MOST_LANES * 64];
    };

    template <class Hash>
    void finish(size_t place, Hash hash) {
        Row& row = rows_[place];
        // Lanes that are left over do what the first one does.
        for (size_t i = row.count; i < blake3_lanes::MOST_LANES; ++i) {
            row.messages[i] = row.messages[0];
            row.last_lengths[i] = row.last_lengths[0];
        }
        hash(row, place + 1);
        row.count = 0;
    }

    std::unique_ptr<Room> room_;
    Row rows_[MOST_BLOCKS];
};

// Digests of 32 bytes of many messages. One a thread.
class Blake3Batch {
  public:
    explicit Blake3Batch(const blake3_lanes::Wide* wide = blake3_lanes::best) : wide_(wide) {}

    // Hashes a message in pieces into `digest`, 32 bytes that must stay where they are: now, later, or at `flush`. The
    // message is not needed any more.
    void add(const Piece* pieces, size_t count, uint8_t* digest) {
        size_t length = 0;
        for (size_t i = 0; i < count; ++i) length += pieces[i].length;
        if (length > BLAKE3_CHUNK) return Blake3Tree(pieces, count, wide_).root().output(digest, 32);
        waiting_.add(pieces, count, length, digest, wide_->lanes, [this](auto& row, size_t blocks) { hash(row, blocks); });
    }

    // Hashes all that still wait.
    void flush() {
        waiting_.flush([this](auto& row, size_t blocks) { hash(row, blocks); });
    }

  private:
    void hash(Blake3Waiting<uint8_t*>::Row& row, size_t blocks) {
        uint8_t digests[blake3_lanes::MOST_LANES][32];
        wide_->chains(row.messages, row.count, blocks, 0, false, 0, blake3_lanes::CHUNK_START,
                      blake3_lanes::CHUNK_END | blake3_lanes::ROOT, row.last_lengths, digests[0]);
        for (size_t i = 0; i < row.count; ++i) std::memcpy(row.along[i], digests[i], 32);
    }

    const blake3_lanes::Wide* wide_;
    Blake3Waiting<uint8_t*> waiting_;
};

}  // namespace samestate

#endif
