// Accounts that let others' code run as theirs (EIP-7702): who has authorized that, and what becomes of it.

#ifndef SAMESTATE_EVM_AUTHORIZATIONS_HPP
#define SAMESTATE_EVM_AUTHORIZATIONS_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/native/recovery.hpp"
#include "samestate/optimized/evm/senders.hpp"
#include "samestate/optimized/evm/transaction.hpp"

namespace samestate::evm {

// What the hash that an authority signs begins with.
constexpr std::uint8_t AUTHORIZATION_MAGIC = 0x05;

// Give the address that has signed an authorization, and whether there is one.
inline bool recover_authority(const Authorization& authorization, Address& authority) {
    if (authorization.y_parity > 1 || authorization.s > LARGEST_S) return false;
    std::uint8_t signed_bytes[128];  // at most 1 + 1 + 33 + 21 + 9
    std::uint8_t* place = signed_bytes;
    *place++ = AUTHORIZATION_MAGIC;
    place = rlp::write_list_prefix(place, authorization.message_length);
    std::memcpy(place, authorization.message, authorization.message_length);
    place += authorization.message_length;
    std::uint8_t hash[32], r[32], s[32];
    keccak256(signed_bytes, static_cast<std::size_t>(place - signed_bytes), hash);
    authorization.r.store_be(r);
    authorization.s.store_be(s);
    return recover_address(hash, r, s, authorization.y_parity, authority.bytes);
}

// The account that an authorization holds for, or null where it is skipped. Observes code and nonce of the account, always both,
// once chain, nonce and signature are right by themselves; then it is warm, and on the access record.
inline Account* find_authority(Executor& executor, const Authorization& authorization) {
    State& state = executor.state;
    if (!authorization.chain_id.is_zero() && authorization.chain_id != executor.environment->chain_id) return nullptr;
    if (authorization.nonce == LAST_NONCE) return nullptr;
    Address address;
    if (!recover_authority(authorization, address)) return nullptr;
    Account& authority = state.account(address);
    access(executor, authority);
    const Code& code = state.code(authority);
    const std::uint64_t nonce = state.nonce(authority);
    if ((code.size != 0 && !code.is_delegation) || (nonce != authorization.nonce && !MUTANT(AUTHORITY_NONCE_IGNORED)))
        return nullptr;
    return &authority;
}

// Have the authority delegate to the address that it names; to the zero address: no longer delegate. Its nonce moves.
inline void designate(Executor& executor, Account& authority, const Authorization& authorization) {
    std::uint8_t designator[DELEGATION_SIZE];
    std::memcpy(designator, DELEGATION_PREFIX, sizeof(DELEGATION_PREFIX));
    std::memcpy(designator + sizeof(DELEGATION_PREFIX), authorization.address.bytes, 20);
    const bool clears = authorization.address == Address{};
    executor.state.set_code(authority, clears ? executor.codes->empty() : executor.codes->intern(designator, DELEGATION_SIZE));
    executor.state.set_nonce(authority, authorization.nonce + 1);
}

// Delegate what is authorized; an authority that exists already gives back a part of what was paid at first. Until Amsterdam.
inline void delegate_with_refund(Executor& executor, const Transaction& transaction) {
    State& state = executor.state;
    for (std::size_t i = 0; i < transaction.authorization_count; ++i) {
        const Authorization& authorization = transaction.authorizations[i];
        Account* authority = find_authority(executor, authorization);
        if (authority == nullptr) continue;
        if (state.exists(*authority)) state.refund += static_cast<std::int64_t>(executor.rules->authorization_refund);
        designate(executor, *authority, authorization);
    }
}

// Delegate what is authorized, and pay in the outermost frame for what is new: an account, the first write to an authority, its
// first designator (EIP-2780, EIP-8037). An account that is written anyway, as the sender's and the one that value goes to, is not
// paid for as one that is written. False: out of gas.
inline bool delegate_with_state_gas(Executor& executor, Frame& frame, const Transaction& transaction, const Account& sender) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    for (std::size_t i = 0; i < transaction.authorization_count; ++i) {
        const Authorization& authorization = transaction.authorizations[i];
        Account* authority = find_authority(executor, authorization);
        if (authority == nullptr) continue;
        if (!state.exists(*authority) && !charge_state_gas(executor, frame, rules.state_gas_account)) return false;
        const bool gets_value = transaction.to == authority->address && !transaction.value.is_zero();
        const bool is_written = authority == &sender || gets_value || state.has_mark(*authority, AUTHORITY);
        if (!is_written && !charge(frame, rules.account_write_gas)) return false;
        state.mark(*authority, AUTHORITY);
        // A designator that was there before, or was set by an earlier authorization and cleared since, is not paid for again.
        if (state.code(*authority).is_delegation) state.mark(*authority, DESIGNATED);
        if (authorization.address != Address{} && !state.mark(*authority, DESIGNATED))
            if (!charge_state_gas(executor, frame, rules.state_gas_authorization)) return false;
        designate(executor, *authority, authorization);
    }
    return true;
}

}  // namespace samestate::evm

#endif
