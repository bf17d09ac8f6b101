// Who signed: the hashes that senders and authorities sign, and the rules for signatures (yellow paper, appendix F).

#ifndef SAMESTATE_EVM_SENDERS_HPP
#define SAMESTATE_EVM_SENDERS_HPP

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/rejections.hpp"
#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/evm/transaction.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// Gives the address whose key made a signature of `hash`; false where no point fits. The numbers are in range.
using Recover = bool (*)(const uint8_t* hash, const u256& r, const u256& s, uint8_t y_parity, uint8_t* address);

// The order of secp256k1, and half of it (SEC 2, section 2.4.1).
inline constexpr u256 CURVE_ORDER{0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF};
inline constexpr u256 HALF_CURVE_ORDER{0xDFE92F46681B20A0, 0x5D576E7357A4501D, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF};

// The hash that names a transaction.
inline void transaction_hash(const Transaction& transaction, uint8_t* digest) {
    keccak256(transaction.raw, transaction.raw_length, digest);
}

// The hash that the sender signs: the fields before the signature, as they came, under a prefix of their own. A typed
// transaction has its type in front (EIP-2718), a legacy one that names a chain has the chain and two empty fields
// behind (EIP-155). `scratch` is any buffer; what was in it is gone.
inline void signing_hash(const Transaction& transaction, Buffer& scratch, uint8_t* digest) {
    scratch.clear();
    const bool is_legacy = transaction.type == LEGACY_TYPE;
    const bool is_protected = is_legacy && transaction.has_chain_id;
    const size_t behind = is_protected ? rlp::size_of_word(transaction.chain_id) + 2 : 0;
    if (!is_legacy) scratch.append(transaction.type);
    rlp::append_list_prefix(scratch, transaction.message_length + behind);
    scratch.append(transaction.message, transaction.message_length);
    if (is_protected) {
        rlp::append_word(scratch, transaction.chain_id);
        rlp::append_number(scratch, 0);
        rlp::append_number(scratch, 0);
    }
    keccak256(scratch.data(), scratch.size(), digest);
}

// The hash that an authority signs (EIP-7702, Behavior, step 3): 0x05 and the list of chain id, address and nonce.
inline void authorization_hash(const Authorization& authorization, uint8_t* digest) {
    uint8_t message[1 + 2 + 33 + 21 + 9];
    message[0] = 0x05;
    uint8_t* end = rlp::write_list_prefix(message + 1, authorization.message_length);
    std::memcpy(end, authorization.message, authorization.message_length);
    keccak256(message, static_cast<size_t>(end - message) + authorization.message_length, digest);
}

// Whether a signature can be one at all: 0 < r < n, and of the two s that fit only the lower (EIP-2).
inline bool is_signature(const u256& r, const u256& s, uint8_t y_parity) {
    return y_parity <= 1 && !r.is_zero() && r < CURVE_ORDER && !s.is_zero() && !(HALF_CURVE_ORDER < s);
}

// Whether a transaction may be on the chain: one that names a chain must name this one, and a legacy one that names
// none must say so by a v of 27 or 28 (EIP-155).
inline Rejection check_chain(const Transaction& transaction, const u256& chain_id) {
    const bool is_right =
        transaction.has_chain_id ? transaction.chain_id == chain_id : transaction.y_parity != NO_PARITY;
    return is_right ? Rejection::NONE : Rejection::WRONG_CHAIN_ID;
}

// The sender of a transaction: INVALID_SIGNATURE where there is none.
inline Rejection recover_sender(const Transaction& transaction, Recover recover, Buffer& scratch, Address& sender) {
    if (!is_signature(transaction.r, transaction.s, transaction.y_parity)) return Rejection::INVALID_SIGNATURE;
    uint8_t digest[32];
    signing_hash(transaction, scratch, digest);
    const bool found = recover(digest, transaction.r, transaction.s, transaction.y_parity, sender.bytes);
    return found ? Rejection::NONE : Rejection::INVALID_SIGNATURE;
}

// The authority that signed an authorization; false where there is none, which makes the authorization void.
inline bool recover_authority(const Authorization& authorization, Recover recover, Address& authority) {
    if (!is_signature(authorization.r, authorization.s, authorization.y_parity)) return false;
    uint8_t digest[32];
    authorization_hash(authorization, digest);
    return recover(digest, authorization.r, authorization.s, authorization.y_parity, authority.bytes);
}

}  // namespace samestate::evm

#endif
