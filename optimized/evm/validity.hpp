// Which transactions may be in a block, and why not: by themselves, and on their sender's state.
//
// Of several faults the first in this order is the one that counts. It is that of the specification of execution: type, chain and
// signature; then what the transaction says of itself; room in the block, which settle.hpp asks for; prices; the sender. Until
// Amsterdam prices were asked for among what a transaction says of itself.

#ifndef SAMESTATE_EVM_VALIDITY_HPP
#define SAMESTATE_EVM_VALIDITY_HPP

#include <cstdint>

#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/environment.hpp"
#include "samestate/optimized/evm/intrinsic_gas.hpp"
#include "samestate/optimized/evm/rejections.hpp"
#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

constexpr std::uint64_t GAS_PER_BLOB = 1 << 17;           // EIP-4844
constexpr std::uint8_t VERSIONED_HASH_VERSION = 0x01;     // EIP-4844

// A fault, with what the transaction has and what it was compared with; both 0 where nothing is compared.
struct Fault {
    Rejection code = Rejection::NONE;
    u256 found = 0;
    u256 bound = 0;

    explicit operator bool() const { return code != Rejection::NONE; }
};

inline std::uint64_t blob_gas(const Transaction& transaction) { return GAS_PER_BLOB * transaction.blob_count; }

// What the sender pays for a unit of gas: the base fee, and as much of the priority fee as the maximum leaves (EIP-1559). Of a
// transaction that bids one price both fees are that price. The maximum is not below the base fee.
inline u256 effective_gas_price(const Environment& environment, const Transaction& transaction) {
    const u256 left = transaction.max_fee_per_gas - environment.base_fee;
    return environment.base_fee + (transaction.max_priority_fee_per_gas < left ? transaction.max_priority_fee_per_gas : left);
}

namespace validity {

inline Fault check_base_fee(const Environment& environment, const Transaction& transaction) {
    if (transaction.max_fee_per_gas < environment.base_fee)
        return {Rejection::MAX_FEE_BELOW_BASE_FEE, transaction.max_fee_per_gas, environment.base_fee};
    return {};
}

inline Fault check_blob_base_fee(const Environment& environment, const Transaction& transaction) {
    if (transaction.type != BLOB_TYPE) return {};
    if (environment.blob_base_fee_overflows) return {Rejection::BLOB_BASE_FEE_OVERFLOW};
    if (transaction.max_fee_per_blob_gas < environment.blob_base_fee)
        return {Rejection::MAX_FEE_PER_BLOB_GAS_TOO_LOW, transaction.max_fee_per_blob_gas, environment.blob_base_fee};
    return {};
}

inline Fault check_priority_fee(const Transaction& transaction) {
    if (transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas)
        return {Rejection::PRIORITY_FEE_ABOVE_MAX_FEE, transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas};
    return {};
}

inline Fault check_initcode_size(const Rules& rules, const Transaction& transaction) {
    if (!transaction.has_to && transaction.data_length > rules.initcode_limit)
        return {Rejection::INITCODE_TOO_LARGE, transaction.data_length, rules.initcode_limit};
    return {};
}

inline Fault check_blob_versions(const Transaction& transaction) {
    for (std::size_t i = 0; i < transaction.blob_count; ++i)
        if (transaction.blob_versioned_hashes[i].bytes[0] != VERSIONED_HASH_VERSION)
            return {Rejection::BLOB_VERSIONED_HASH, i, 0};
    return {};
}

inline Fault check_intrinsic_gas(const Transaction& transaction, const IntrinsicGas& intrinsic) {
    if (transaction.gas_limit < intrinsic.gas) return {Rejection::INTRINSIC_GAS_TOO_LOW, transaction.gas_limit, intrinsic.gas};
    if (transaction.gas_limit < intrinsic.floor) return {Rejection::FLOOR_GAS_TOO_LOW, transaction.gas_limit, intrinsic.floor};
    return {};
}

// EIP-4844: a blob transaction calls, has blobs, names them by versioned hashes, and has no more than a block and it may (EIP-7594).
inline Fault check_blobs(const Rules& rules, const Environment& environment, const Transaction& transaction) {
    if (transaction.type != BLOB_TYPE) return {};
    if (!transaction.has_to) return {Rejection::BLOB_CREATION};
    if (transaction.blob_count == 0) return {Rejection::NO_BLOBS};
    if (Fault fault = check_blob_versions(transaction)) return fault;
    if (transaction.blob_count > rules.blob_maximum)
        return {Rejection::BLOB_GAS_ALLOWANCE_EXCEEDED, transaction.blob_count, rules.blob_maximum};
    if (transaction.blob_count > rules.blob_limit_of_transaction)
        return {Rejection::TOO_MANY_BLOBS, transaction.blob_count, rules.blob_limit_of_transaction};
    return check_blob_base_fee(environment, transaction);
}

inline Fault check_authorizations(const Transaction& transaction) {
    if (transaction.type == SET_CODE_TYPE && transaction.authorization_count == 0) return {Rejection::NO_AUTHORIZATIONS};
    return {};
}

// What a transaction says of itself, up to Osaka.
inline Fault check_own_terms(const Rules& rules, const Environment& environment, const Transaction& transaction,
                             const IntrinsicGas& intrinsic) {
    u256 price;
    if (transaction.nonce == LAST_NONCE) return {Rejection::NONCE_IS_MAX};  // EIP-2681
    // A price that no balance of 256 bits can pay.
    if (multiply_overflows(transaction.gas_limit, transaction.max_fee_per_gas, price))
        return {Rejection::GAS_PRICE_PRODUCT_OVERFLOW, transaction.gas_limit, transaction.max_fee_per_gas};
    if (Fault fault = check_priority_fee(transaction)) return fault;                     // EIP-1559
    if (Fault fault = check_base_fee(environment, transaction)) return fault;            // EIP-1559
    if (Fault fault = check_intrinsic_gas(transaction, intrinsic)) return fault;         // yellow paper, section 6.2; EIP-7623
    if (transaction.gas_limit > environment.gas_limit)                                   // yellow paper, section 6.2
        return {Rejection::GAS_ALLOWANCE_EXCEEDED, transaction.gas_limit, environment.gas_limit};
    if (Fault fault = check_initcode_size(rules, transaction)) return fault;             // EIP-3860
    if (Fault fault = check_blobs(rules, environment, transaction)) return fault;        // EIP-4844
    if (transaction.type == SET_CODE_TYPE && !transaction.has_to) return {Rejection::SET_CODE_CREATION};  // EIP-7702
    if (Fault fault = check_authorizations(transaction)) return fault;                   // EIP-7702
    if (transaction.gas_limit > rules.transaction_gas_limit)                             // EIP-7825
        return {Rejection::TRANSACTION_GAS_LIMIT_EXCEEDED, transaction.gas_limit, rules.transaction_gas_limit};
    return {};
}

// The same since state has gas of its own (EIP-8037). The cap on execution gas binds what must be paid at once.
inline Fault check_own_terms_with_state_gas(const Rules& rules, const Transaction& transaction, const IntrinsicGas& intrinsic) {
    if (transaction.nonce == LAST_NONCE) return {Rejection::NONCE_IS_MAX};
    if (Fault fault = check_initcode_size(rules, transaction)) return fault;
    if (transaction.gas_limit > rules.transaction_total_gas_limit)
        return {Rejection::TOTAL_GAS_LIMIT_EXCEEDED, transaction.gas_limit, rules.transaction_total_gas_limit};
    if (Fault fault = check_priority_fee(transaction)) return fault;
    if (transaction.type == BLOB_TYPE) {
        if (transaction.blob_count == 0) return {Rejection::NO_BLOBS};
        if (transaction.blob_count > rules.blob_limit_of_transaction)
            return {Rejection::TOO_MANY_BLOBS, transaction.blob_count, rules.blob_limit_of_transaction};
        if (Fault fault = check_blob_versions(transaction)) return fault;
        if (!transaction.has_to) return {Rejection::BLOB_CREATION};
    }
    if (transaction.type == SET_CODE_TYPE && !transaction.has_to) return {Rejection::SET_CODE_CREATION};
    if (Fault fault = check_authorizations(transaction)) return fault;
    if (Fault fault = check_intrinsic_gas(transaction, intrinsic)) return fault;
    if (intrinsic.gas > rules.transaction_gas_limit)
        return {Rejection::INTRINSIC_GAS_OVER_LIMIT, intrinsic.gas, rules.transaction_gas_limit};
    if (intrinsic.floor > rules.transaction_gas_limit)
        return {Rejection::FLOOR_GAS_OVER_LIMIT, intrinsic.floor, rules.transaction_gas_limit};
    return {};
}

}  // namespace validity

// Judge what no state can change. `sender` is null where the signature is none; else `intrinsic` is filled in.
inline Fault check_alone(const Rules& rules, const Environment& environment, const Transaction& transaction, const Address* sender,
                         IntrinsicGas& intrinsic) {
    if (transaction.type >= rules.transaction_types) return {Rejection::TYPE_NOT_SUPPORTED, transaction.type, rules.transaction_types};
    // EIP-155: a legacy transaction that names no chain says so by 27 or 28; all others name the chain.
    const bool names_none = transaction.type == LEGACY_TYPE && !transaction.has_chain_id;
    if (names_none ? transaction.y_parity == NO_PARITY : transaction.chain_id != environment.chain_id)
        return {Rejection::WRONG_CHAIN_ID, transaction.chain_id, environment.chain_id};
    if (sender == nullptr) return {Rejection::INVALID_SIGNATURE};
    intrinsic = intrinsic_gas(rules, transaction, *sender);
    if (rules.has_state_gas) return validity::check_own_terms_with_state_gas(rules, transaction, intrinsic);
    return validity::check_own_terms(rules, environment, transaction, intrinsic);
}

// Judge what the block and the sender's account must allow: prices where they are judged no earlier, then the sender's nonce,
// means, and code (EIP-3607; a delegation is none, EIP-7702). Observes all three of the sender, whatever is wrong.
inline Fault check_sender(const Rules& rules, const Environment& environment, State& state, Account& sender, const Transaction& transaction) {
    if (rules.has_state_gas) {
        if (Fault fault = validity::check_base_fee(environment, transaction)) return fault;
        if (Fault fault = validity::check_blob_base_fee(environment, transaction)) return fault;
    }
    const std::uint64_t nonce = state.nonce(sender);
    const Code& code = state.code(sender);
    const u256 balance = state.balance(sender);
    if (transaction.nonce < nonce) return {Rejection::NONCE_TOO_LOW, transaction.nonce, nonce};
    if (transaction.nonce > nonce) return {Rejection::NONCE_TOO_HIGH, transaction.nonce, nonce};
    // The sum may be beyond 256 bits.
    const u512 needed = multiply_wide(transaction.gas_limit, transaction.max_fee_per_gas) + u512(transaction.value) +
                        multiply_wide(blob_gas(transaction), transaction.max_fee_per_blob_gas);
    if (u512(balance) < needed)
        return {Rejection::INSUFFICIENT_FUNDS, balance, needed.fits_u256() ? needed.low256() : ~u256(0)};
    if (code.size != 0 && !(rules.delegates && code.is_delegation)) return {Rejection::SENDER_NOT_EOA};
    return {};
}

}  // namespace samestate::evm

#endif
