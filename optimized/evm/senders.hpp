// Who signed: the hashes that senders and authorities sign, and the rules for signatures (yellow paper, appendix F).

#ifndef SAMESTATE_EVM_SENDERS_HPP
#define SAMESTATE_EVM_SENDERS_HPP

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/rejections.hpp"
#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/evm/secp256k1/signed_hash.hpp"
#include "samestate/optimized/evm/transaction.hpp"
#include "samestate/optimized/words/keccak.hpp"
#include "samestate/optimized/words/keccak_many.hpp"

namespace samestate::evm {

// Gives the address whose key made a signature of `hash`; false where there is none (native/recovery.hpp has one).
using Recover = bool (*)(const uint8_t* hash, const uint8_t* r, const uint8_t* s, int y_parity, uint8_t* address);

// Gives the addresses whose keys signed `count` hashes, and which anybody signed: how many of them were found out in lanes.
using RecoverMany = std::size_t (*)(const secp256k1::SignedHash* items, std::size_t count, std::uint8_t (*addresses)[20], bool* is_signed);

struct Recovery {
    Recover one;
    RecoverMany many;   // null where each is to be found out by itself
};

// The largest s of a sender's signature, half the order of secp256k1: of the two that fit, only the lower counts (EIP-2).
inline constexpr u256 LARGEST_S{0xDFE92F46681B20A0, 0x5D576E7357A4501D, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF};

// The hash that names a transaction.
inline void transaction_hash(const Transaction& transaction, uint8_t* digest) {
    keccak256(transaction.raw, transaction.raw_length, digest);
}

// What the sender signs: the fields before the signature, as they came, under a prefix of their own. A typed
// transaction has its type in front (EIP-2718), a legacy one that names a chain has the chain and two empty fields
// behind (EIP-155). What was in `scratch` is gone.
inline void signing_message(const Transaction& transaction, Buffer& scratch) {
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
}

inline void signing_hash(const Transaction& transaction, Buffer& scratch, uint8_t* digest) {
    signing_message(transaction, scratch);
    keccak256(scratch.data(), scratch.size(), digest);
}

// Whether a transaction may be on the chain: one that names a chain must name this one, and a legacy one that names
// none must say so by a v of 27 or 28 (EIP-155).
inline Rejection check_chain(const Transaction& transaction, const u256& chain_id) {
    const bool is_right =
        transaction.has_chain_id ? transaction.chain_id == chain_id : transaction.y_parity != NO_PARITY;
    return is_right ? Rejection::NONE : Rejection::WRONG_CHAIN_ID;
}

// Whether a signature has the form that transactions must have. That r and s are above zero and below the order of the
// curve is what recovery looks at itself.
inline bool may_be_signed(const Transaction& transaction) { return transaction.y_parity <= 1 && transaction.s <= LARGEST_S; }

// The sender of a transaction: INVALID_SIGNATURE where there is none.
inline Rejection recover_sender(const Transaction& transaction, Recover recover, Buffer& scratch, Address& sender) {
    if (!may_be_signed(transaction)) return Rejection::INVALID_SIGNATURE;
    uint8_t digest[32], r[32], s[32];
    signing_hash(transaction, scratch, digest);
    transaction.r.store_be(r);
    transaction.s.store_be(s);
    return recover(digest, r, s, transaction.y_parity, sender.bytes) ? Rejection::NONE : Rejection::INVALID_SIGNATURE;
}

// What finding out several senders at once needs. One a thread.
struct SenderScratch {
    Buffer message;
    KeccakBatch hashes;
};

// A sender, or why there is none.
struct FoundSender {
    Address address;
    Rejection rejection;

    std::uint8_t code() const { return static_cast<std::uint8_t>(rejection); }
};

// The senders of at most eight transactions, as each by itself would be found; how many of them in lanes.
inline std::size_t recover_senders(const Transaction* const* transactions, std::size_t count, RecoverMany recover,
                                   SenderScratch& scratch, FoundSender* found) {
    secp256k1::SignedHash items[secp256k1::EIGHT];
    std::size_t places[secp256k1::EIGHT], asked = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Transaction& transaction = *transactions[i];
        found[i] = FoundSender{Address{}, Rejection::INVALID_SIGNATURE};
        if (!may_be_signed(transaction)) continue;
        secp256k1::SignedHash& item = items[asked];
        signing_message(transaction, scratch.message);
        scratch.hashes.add(scratch.message.data(), scratch.message.size(), item.hash);
        item.r = transaction.r;
        item.s = transaction.s;
        item.y_parity = transaction.y_parity;
        places[asked++] = i;
    }
    scratch.hashes.flush();
    std::uint8_t addresses[secp256k1::EIGHT][20];
    bool is_signed[secp256k1::EIGHT];
    const std::size_t in_lanes = recover(items, asked, addresses, is_signed);
    for (std::size_t i = 0; i < asked; ++i) {
        if (!is_signed[i]) continue;
        std::memcpy(found[places[i]].address.bytes, addresses[i], 20);
        found[places[i]].rejection = Rejection::NONE;
    }
    return in_lanes;
}

}  // namespace samestate::evm

#endif
