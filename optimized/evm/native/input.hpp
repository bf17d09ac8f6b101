// The input of a precompile that takes zeros after its end, without end.

#ifndef SAMESTATE_EVM_NATIVE_INPUT_HPP
#define SAMESTATE_EVM_NATIVE_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm {

// Give so many bytes of the input from a place on, which may be beyond its end.
inline void copy_padded(uint8_t* target, size_t count, const uint8_t* input, size_t length, size_t start) {
    size_t there = start < length ? length - start : 0;
    if (there > count) there = count;
    if (there > 0) std::memcpy(target, input + start, there);
    std::memset(target + there, 0, count - there);
}

// The 32 bytes from a place on as a number.
inline u256 padded_word(const uint8_t* input, size_t length, size_t start) {
    uint8_t bytes[32];
    copy_padded(bytes, 32, input, length, start);
    return u256::load_be(bytes);
}

}  // namespace samestate::evm

#endif
