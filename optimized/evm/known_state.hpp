// The state before a block as far as whoever expects accesses asks for it: codes, and words of storage.

#ifndef SAMESTATE_EVM_KNOWN_STATE_HPP
#define SAMESTATE_EVM_KNOWN_STATE_HPP

#include <cstdint>

#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/code.hpp"

namespace samestate::evm {

struct KnownState {
    void* itself = nullptr;
    // The code of an account; null where it has none, or where it is not known.
    const Code* (*find_code)(void* itself, const std::uint8_t* address) = nullptr;
    // A slot's value, big-endian in 32 bytes; zero where there is none, or where it is not known.
    void (*find_slot)(void* itself, const std::uint8_t* address, const std::uint8_t* slot, std::uint8_t* value) = nullptr;

    const Code* code(const Address& address) const { return find_code(itself, address.bytes); }

    // The code that runs when an account is called: that of the delegate where the account has one (EIP-7702).
    const Code* running_code(const Address& address) const {
        const Code* own = code(address);
        return own != nullptr && own->is_delegation ? code(own->delegate) : own;
    }

    u256 slot(const Address& address, const u256& slot) const {
        std::uint8_t name[32], value[32];
        slot.store_be(name);
        find_slot(itself, address.bytes, name, value);
        return u256::load_be(value);
    }
};

}  // namespace samestate::evm

#endif
