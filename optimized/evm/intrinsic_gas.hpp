// What a transaction costs before it executes, and the least that it pays in the end, whatever the state is.

#ifndef SAMESTATE_EVM_INTRINSIC_GAS_HPP
#define SAMESTATE_EVM_INTRINSIC_GAS_HPP

#include <cstdint>

#include "samestate/optimized/evm/memory.hpp"
#include "samestate/optimized/evm/rules.hpp"
#include "samestate/optimized/evm/transaction.hpp"

namespace samestate::evm {

constexpr std::uint64_t ZERO_BYTE_GAS = 4;      // yellow paper, appendix G
constexpr std::uint64_t OTHER_BYTE_GAS = 16;    // EIP-2028
constexpr std::uint64_t OTHER_BYTE_TOKENS = 4;  // EIP-7623: those of a zero byte are 1

struct IntrinsicGas {
    std::uint64_t gas;
    std::uint64_t floor;    // EIP-7623; 0 = there is none
};

inline std::uint64_t count_zero_bytes(const std::uint8_t* data, std::size_t length) {
    std::uint64_t zeros = 0;
    for (std::size_t i = 0; i < length; ++i) zeros += data[i] == 0;
    return zeros;
}

// What a transaction pays for where it goes: since EIP-2780 to an account that is not its sender too, and for value that it brings.
inline std::uint64_t destination_gas(const Rules& rules, const Transaction& transaction, const Address& sender) {
    if (!transaction.has_to) return rules.creation_gas;
    if (transaction.to == sender) return 0;
    return rules.recipient_access_gas + (transaction.value.is_zero() ? 0 : rules.recipient_value_gas);
}

// Both sums. They do not overflow: a transaction's bytes lie in memory.
inline IntrinsicGas intrinsic_gas(const Rules& rules, const Transaction& transaction, const Address& sender) {
    const std::uint64_t length = transaction.data_length;
    const std::uint64_t zeros = count_zero_bytes(transaction.data, transaction.data_length);
    const std::uint64_t addresses = transaction.access_list_length, slots = transaction.slot_count;
    const std::uint64_t destination = destination_gas(rules, transaction, sender);
    // EIP-7981: an access list is data too, and in the floor as well.
    const std::uint64_t access_list_data = rules.access_list_data_address_gas * addresses + rules.access_list_data_slot_gas * slots;

    IntrinsicGas sums{rules.transaction_base_gas + destination, 0};
    sums.gas += ZERO_BYTE_GAS * zeros + OTHER_BYTE_GAS * (length - zeros);
    if (!transaction.has_to) sums.gas += rules.initcode_word_gas * word_count(length);                         // EIP-3860
    sums.gas += rules.access_list_address_gas * addresses + rules.access_list_slot_gas * slots + access_list_data;  // EIP-2930
    sums.gas += rules.authorization_gas * transaction.authorization_count;                                     // EIP-7702

    if (rules.floor_token_gas == 0) return sums;
    // EIP-7623; since EIP-7976 all bytes have as many tokens. Where recipients have a price the floor stands on that too (EIP-2780).
    const std::uint64_t tokens =
        rules.floor_byte_tokens ? rules.floor_byte_tokens * length : zeros + OTHER_BYTE_TOKENS * (length - zeros);
    sums.floor = rules.transaction_base_gas + (rules.recipient_access_gas ? destination : 0);
    sums.floor += rules.floor_token_gas * tokens + access_list_data;
    return sums;
}

}  // namespace samestate::evm

#endif
