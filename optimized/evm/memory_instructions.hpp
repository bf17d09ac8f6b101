// Instructions on memory, and those that copy into it: growth and words are paid for, then they happen.
//
// Each gives End::running, or how it ended the frame: then nothing has happened, and nothing was taken.

#ifndef SAMESTATE_EVM_MEMORY_INSTRUCTIONS_HPP
#define SAMESTATE_EVM_MEMORY_INSTRUCTIONS_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/memory.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// Yellow paper, appendix G.
constexpr std::uint64_t COPY_WORD_GAS = 3;
constexpr std::uint64_t KECCAK_WORD_GAS = 6;

// Whether a word at an offset lies in memory that is there already. Offsets near 2^64 do not wrap.
inline bool has_word(const Frame& frame, const u256& offset) {
    return offset.fits_u64() && offset.w[0] <= MEMORY_BOUND && offset.w[0] + 32 <= frame.memory_size;
}

// Pay for `length` bytes at an offset and so much for each word of them, and have them.
inline bool grow_for_words(Executor& executor, Frame& frame, const u256& offset, const u256& length, std::uint64_t word_gas) {
    Growth growth = no_growth(frame);
    // Where `reach` holds the length is below 2^41, and the sum of both prices below 2^64.
    if (!reach(frame, offset, length, growth) || !charge(frame, growth.gas + word_gas * word_count(length.w[0]))) return false;
    grow(executor, frame, growth);
    return true;
}

// Copy bytes from an offset of a source, with zeros where that has ended.
inline void copy_padded(std::uint8_t* target, std::uint64_t length, const std::uint8_t* source, std::uint64_t source_length, const u256& offset) {
    std::uint64_t there = 0;
    if (offset.fits_u64() && offset.w[0] < source_length) {
        there = source_length - offset.w[0];
        if (there > length) there = length;
        if (there) std::memcpy(target, source + offset.w[0], there);
    }
    if (length > there) std::memset(target + there, 0, length - there);
}

inline End load_word(Executor& executor, Frame& frame, const u256& offset, u256& result) {
    if (!has_word(frame, offset) && !grow_memory(executor, frame, offset, u256(32))) return End::out_of_gas;
    result = u256::load_be(frame.memory + offset.w[0]);
    return End::running;
}

inline End store_word(Executor& executor, Frame& frame, const u256& offset, const u256& value) {
    if (!has_word(frame, offset) && !grow_memory(executor, frame, offset, u256(32))) return End::out_of_gas;
    value.store_be(frame.memory + offset.w[0]);
    return End::running;
}

[[gnu::noinline]] inline End store_byte(Executor& executor, Frame& frame, const u256& offset, const u256& value) {
    if (!grow_memory(executor, frame, offset, u256(1))) return End::out_of_gas;
    frame.memory[offset.w[0]] = static_cast<std::uint8_t>(value.w[0]);
    return End::running;
}

// MCOPY (EIP-5656): memory grows for source and target; they may overlap.
[[gnu::noinline]] inline End copy_memory(Executor& executor, Frame& frame, const u256& target, const u256& source, const u256& length) {
    if (!grow_for_words(executor, frame, target < source ? source : target, length, COPY_WORD_GAS)) return End::out_of_gas;
    if (!length.is_zero()) std::memmove(frame.memory + target.w[0], frame.memory + source.w[0], length.w[0]);
    return End::running;
}

// CALLDATACOPY and CODECOPY.
[[gnu::noinline]] inline End copy_into_memory(Executor& executor, Frame& frame, const u256& target, const u256& source, const u256& length,
                            const std::uint8_t* bytes, std::uint64_t size) {
    if (!grow_for_words(executor, frame, target, length, COPY_WORD_GAS)) return End::out_of_gas;
    if (!length.is_zero()) copy_padded(frame.memory + target.w[0], length.w[0], bytes, size, source);
    return End::running;
}

// RETURNDATACOPY (EIP-211): paid for first; past the end it is a halt, be the length zero.
[[gnu::noinline]] inline End copy_return_data(Executor& executor, Frame& frame, const u256& target, const u256& source, const u256& length) {
    if (!grow_for_words(executor, frame, target, length, COPY_WORD_GAS)) return End::out_of_gas;
    const std::uint64_t size = executor.return_data.size();
    if (!source.fits_u64() || source.w[0] > size || length.w[0] > size - source.w[0]) return End::return_data_overrun;
    if (!length.is_zero()) std::memcpy(frame.memory + target.w[0], executor.return_data.data() + source.w[0], length.w[0]);
    return End::running;
}

// KECCAK256. What is hashed lies in memory as it is.
[[gnu::noinline]] inline End hash_memory(Executor& executor, Frame& frame, const u256& offset, const u256& length, u256& result) {
    if (!grow_for_words(executor, frame, offset, length, KECCAK_WORD_GAS)) return End::out_of_gas;
    if (length == u256(HashCache::LENGTH)) {
        result = executor.hashes.hash(frame.memory + offset.w[0]);
        return End::running;
    }
    std::uint8_t digest[32];
    const std::uint8_t* message = frame.memory + (length.is_zero() ? 0 : offset.w[0]);
    keccak256(message, length.w[0], digest);
    result = u256::load_be(digest);
    if (executor.hashes.messages.keeps) executor.hashes.messages.add(message, length.w[0], result);
    return End::running;
}

// RETURN and REVERT: what the frame gives back stays where it is, in its memory. Whether it could be paid for.
inline bool give_output(Executor& executor, Frame& frame, const u256& offset, const u256& length) {
    if (!grow_memory(executor, frame, offset, length)) return false;
    frame.output = length.is_zero() ? nullptr : frame.memory + offset.w[0];
    frame.output_length = length.w[0];
    return true;
}

}  // namespace samestate::evm

#endif
