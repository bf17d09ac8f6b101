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

// The hash that an authority signs.
inline void authorization_hash(const Authorization& authorization, std::uint8_t* hash) {
    std::uint8_t signed_bytes[128];  // at most 1 + 1 + 33 + 21 + 9
    std::uint8_t* place = signed_bytes;
    *place++ = AUTHORIZATION_MAGIC;
    place = rlp::write_list_prefix(place, authorization.message_length);
    std::memcpy(place, authorization.message, authorization.message_length);
    place += authorization.message_length;
    keccak256(signed_bytes, static_cast<std::size_t>(place - signed_bytes), hash);
}

// Whether an authorization may count here, and has a signature of the form that it must have: what can be told by itself.
inline bool may_be_authorized(const Executor& executor, const Authorization& authorization) {
    if (!authorization.chain_id.is_zero() && authorization.chain_id != executor.environment->chain_id) return false;
    return authorization.nonce != LAST_NONCE && authorization.y_parity <= 1 && authorization.s <= LARGEST_S;
}

// Give the address that has signed an authorization, and whether there is one.
inline bool recover_authority(const Authorization& authorization, Address& authority) {
    std::uint8_t hash[32], r[32], s[32];
    authorization_hash(authorization, hash);
    authorization.r.store_be(r);
    authorization.s.store_be(s);
    return recover_address(hash, r, s, authorization.y_parity, authority.bytes);
}

// Find out who signed a transaction's authorizations, where there are several and that can be done for many at once.
inline void recover_authorities(Executor& executor, const Transaction& transaction) {
    executor.authorities.clear();
    const std::size_t count = transaction.authorization_count;
    if (count < 2 || !executor.counted_in_lanes || !recovery(true).many) return;
    executor.authorities.assign(count, RecoveredAuthority{Address{}, false});
    for (std::size_t next = 0; next < count;) {
        secp256k1::SignedHash items[secp256k1::EIGHT];
        std::size_t places[secp256k1::EIGHT], asked = 0;
        for (; next < count && asked < secp256k1::EIGHT; ++next) {
            const Authorization& authorization = transaction.authorizations[next];
            if (!may_be_authorized(executor, authorization)) continue;
            authorization_hash(authorization, items[asked].hash);
            items[asked].r = authorization.r;
            items[asked].s = authorization.s;
            items[asked].y_parity = authorization.y_parity;
            places[asked++] = next;
        }
        std::uint8_t addresses[secp256k1::EIGHT][20];
        bool is_signed[secp256k1::EIGHT];
        const std::size_t in_lanes = recovery(true).many(items, asked, addresses, is_signed);
        __atomic_fetch_add(executor.counted_in_lanes, in_lanes, __ATOMIC_RELAXED);
        for (std::size_t i = 0; i < asked; ++i) {
            executor.authorities[places[i]].is_signed = is_signed[i];
            if (is_signed[i]) std::memcpy(executor.authorities[places[i]].address.bytes, addresses[i], 20);
        }
    }
}

// The account that an authorization of a transaction holds for, by its number, or null where it is skipped. Observes code and nonce of
// the account, always both, once chain, nonce and signature are right by themselves; then it is warm, and on the access record.
inline Account* find_authority(Executor& executor, const Transaction& transaction, std::size_t number) {
    State& state = executor.state;
    const Authorization& authorization = transaction.authorizations[number];
    if (!may_be_authorized(executor, authorization)) return nullptr;
    RecoveredAuthority found;
    if (number < executor.authorities.size()) found = executor.authorities[number];
    else found.is_signed = recover_authority(authorization, found.address);
    if (!found.is_signed) return nullptr;
    Account& authority = state.account(found.address);
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
    recover_authorities(executor, transaction);
    for (std::size_t i = 0; i < transaction.authorization_count; ++i) {
        const Authorization& authorization = transaction.authorizations[i];
        Account* authority = find_authority(executor, transaction, i);
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
    recover_authorities(executor, transaction);
    for (std::size_t i = 0; i < transaction.authorization_count; ++i) {
        const Authorization& authorization = transaction.authorizations[i];
        Account* authority = find_authority(executor, transaction, i);
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
