// The memory of frames: what growing it costs, and how it grows.
//
// The memories of all frames lie one after another in one region of the worker, each where its caller's ends, so that nothing is
// allocated for a call and nothing ever moves. What a frame has not used yet may hold what an earlier frame left there: it is
// zeroed when it grows.

#ifndef SAMESTATE_EVM_MEMORY_HPP
#define SAMESTATE_EVM_MEMORY_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/mutants.hpp"

namespace samestate::evm {

// From here on memory costs more gas than 63 bits hold, so no frame can pay for it. What is below does not overflow anywhere.
constexpr std::uint64_t MEMORY_BOUND = std::uint64_t{1} << 41;

constexpr std::uint64_t word_count(std::uint64_t bytes) { return bytes / 32 + (bytes % 32 != 0); }

// The price of a memory of so many words, at most MEMORY_BOUND / 32: 3 each, and the square of their number through 512 (yellow
// paper, appendix H).
constexpr std::uint64_t memory_gas(std::uint64_t words) {
    return 3 * words + static_cast<std::uint64_t>(static_cast<uint128>(words) * words / 512);
}

// Take gas from a frame. Whether it has as much; if not, nothing is taken.
inline bool charge(Frame& frame, std::uint64_t gas) {
    if (gas > static_cast<std::uint64_t>(frame.gas)) {
        frame.unpaid = gas;
        return false;
    }
    frame.gas -= static_cast<std::int64_t>(gas);
    return true;
}

// What a frame's memory has to become for an instruction.
struct Growth {
    std::uint64_t size;     // in bytes, a multiple of 32; the frame's as it is, if nothing grows
    std::uint64_t gas;      // for growing
};

// Take `length` bytes at `offset` into a growth; of several regions, those of a call, one after another: what is paid is the way
// to the farthest. Whether any frame could pay for it. Nothing is charged, and nothing grows. A length of zero reaches nowhere.
inline bool reach(const Frame& frame, const u256& offset, const u256& length, Growth& growth) {
    if (length.is_zero()) return true;
    // Each part is compared by itself: their sum could wrap.
    if (!length.fits_u64() || !offset.fits_u64() || length.w[0] >= MEMORY_BOUND || offset.w[0] >= MEMORY_BOUND) return false;
    const std::uint64_t end = offset.w[0] + length.w[0];
    if (end > MEMORY_BOUND) return false;
    if (end > growth.size) {
        const std::uint64_t words = word_count(end);
        growth.size = words * 32;
        growth.gas = memory_gas(words) - memory_gas(frame.memory_size / 32);
        if (MUTANT(MEMORY_LINEAR)) growth.gas = 3 * (words - frame.memory_size / 32);
    }
    return true;
}

// The growth that nothing has been taken into.
inline Growth no_growth(const Frame& frame) { return Growth{frame.memory_size, 0}; }

// Have the memory that was paid for. New bytes are zero.
inline void grow(Executor& executor, Frame& frame, const Growth& growth) {
    if (growth.size <= frame.memory_size) return;
    const std::uint64_t begin = static_cast<std::uint64_t>(frame.memory - executor.memory);
    if (growth.size > executor.memory_limit - begin) throw Interrupted{Interruption::out_of_memory};
    std::memset(frame.memory + frame.memory_size, 0, growth.size - frame.memory_size);
    frame.memory_size = growth.size;
}

// Have `length` bytes at `offset`, and pay for them. Whether the gas suffices; if not, nothing is taken.
inline bool grow_memory(Executor& executor, Frame& frame, const u256& offset, const u256& length) {
    Growth growth = no_growth(frame);
    if (!reach(frame, offset, length, growth) || !charge(frame, growth.gas)) return false;
    grow(executor, frame, growth);
    return true;
}

// Where the memory of a frame's child begins: right after its own, which does not grow while the child lives.
inline std::uint8_t* memory_of_child(const Frame& frame) { return frame.memory + frame.memory_size; }

}  // namespace samestate::evm

#endif
