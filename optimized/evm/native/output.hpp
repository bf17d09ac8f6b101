// What a precompile returns: bytes in a buffer that grows and is used again.

#ifndef SAMESTATE_EVM_NATIVE_OUTPUT_HPP
#define SAMESTATE_EVM_NATIVE_OUTPUT_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "samestate/optimized/evm/address.hpp"

namespace samestate::evm {

struct Output {
    uint8_t* data = nullptr;
    size_t length = 0;
    size_t capacity = 0;

    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { std::free(data); }

    // Make it so many bytes, whatever they hold, and give them. Throws Interrupted where there is no memory.
    uint8_t* resize(size_t size) {
        if (size > capacity) {
            uint8_t* grown = static_cast<uint8_t*>(std::malloc(size < 256 ? 256 : size));
            if (grown == nullptr) throw Interrupted{Interruption::out_of_memory};
            std::free(data);
            data = grown;
            capacity = size < 256 ? 256 : size;
        }
        length = size;
        return data;
    }

    void clear() { length = 0; }

    void assign(const uint8_t* source, size_t size) {
        resize(size);
        if (size > 0) std::memcpy(data, source, size);
    }

    // A number in 32 bytes.
    void assign(const u256& number) { number.store_be(resize(32)); }
};

}  // namespace samestate::evm

#endif
