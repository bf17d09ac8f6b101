// What a code names outright: slots that it loads or stores by a constant right before, and accounts.

#ifndef SAMESTATE_EVM_CODE_CONSTANTS_HPP
#define SAMESTATE_EVM_CODE_CONSTANTS_HPP

#include <cstdint>
#include <cstring>
#include <vector>

#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/code.hpp"

namespace samestate::evm {

namespace expectations {

struct CodeConstants {
    std::vector<u256> loads, stores;
    std::vector<Address> accounts;
};

inline CodeConstants constants_of(const Code& code) {
    constexpr std::uint8_t LOAD = 0x54, STORE = 0x55, PUSH_NOTHING = 0x5f, PUSH_FIRST = 0x60, PUSH_LAST = 0x7f;
    CodeConstants found;
    bool pushed = false;
    u256 word;
    for (std::uint64_t place = 0; place < code.size; ++place) {
        const std::uint8_t opcode = code.bytes[place];
        if (opcode == LOAD && pushed) found.loads.push_back(word);
        if (opcode == STORE && pushed) found.stores.push_back(word);
        pushed = opcode >= PUSH_NOTHING && opcode <= PUSH_LAST;
        if (!pushed) continue;
        word = u256();
        if (opcode == PUSH_NOTHING) continue;
        const std::uint64_t length = opcode - PUSH_FIRST + 1;
        if (place + length >= code.size) break;
        std::uint8_t padded[32] = {};
        std::memcpy(padded + 32 - length, code.bytes + place + 1, length);
        word = u256::load_be(padded);
        if (length == 20) found.accounts.push_back(address_of(word));
        place += length;
    }
    return found;
}

}  // namespace expectations

}  // namespace samestate::evm

#endif
