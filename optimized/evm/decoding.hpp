// Transactions, headers and blocks out of their bytes, as strictly as the EIPs write them down.
//
// First all bytes must be canonical RLP; then each field, in order, must be what its place asks for, and the first that
// is not says why. A field that is right in form and wrong in meaning is decoded: whether a fork has the type, whether
// a chain or a signature is right, is judged later.

#ifndef SAMESTATE_EVM_DECODING_HPP
#define SAMESTATE_EVM_DECODING_HPP

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/rejections.hpp"
#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/evm/transaction.hpp"

namespace samestate::evm {

// Why bytes are refused: the code, what is concerned, and what is wrong with it. `transaction` is its index in a block
// where one is to blame, and -1 elsewhere.
struct DecodingError {
    Rejection code = Rejection::NONE;
    const char* what = "";
    const char* reason = "";
    size_t position = 0;
    int64_t transaction = -1;
    explicit operator bool() const { return code != Rejection::NONE; }
};

// How many elements a list can have before one is found wrong: none that is right has fewer bytes than `least`. So a
// list of many tiny items asks for no more memory than its own size allows.
inline size_t room_for(const rlp::Item& list, size_t count, size_t least) {
    const size_t most = list.length() / least + 1;
    return count < most ? count : most;
}

// Takes fields off a canonical list, one after another. The first that is wrong is kept; all later ones are zero.
class Fields {
public:
    Fields(const rlp::Item& list, Rejection code) : position_(list.payload), end_(list.end), code_(code) {}

    bool failed() const { return static_cast<bool>(error_); }
    const DecodingError& error() const { return error_; }
    const uint8_t* position() const { return position_; }
    bool at_end() const { return position_ == end_; }

    void fail(Rejection code, const char* what, const char* reason) {
        if (!error_) {
            error_.code = code;
            error_.what = what;
            error_.reason = reason;
        }
        position_ = end_;
    }

    void fail(const DecodingError& error) {
        if (!error_) error_ = error;
        position_ = end_;
    }

    bool next(rlp::Item* item, const char* what) {
        if (error_) return false;
        if (position_ == end_) {
            fail(code_, what, "is missing");
            return false;
        }
        *item = rlp::next_item(position_, end_);
        return true;
    }

    uint64_t number(const char* what, size_t most = 8) {
        rlp::Item item;
        return integer(&item, what, most) ? rlp::to_number(item.payload, item.length()) : 0;
    }

    u256 word(const char* what) {
        rlp::Item item;
        return integer(&item, what, 32) ? rlp::to_word(item.payload, item.length()) : u256{};
    }

    // A part of a signature. One that is too large is well formed, and can't be part of any signature.
    u256 signature_word(const char* what) {
        rlp::Item item;
        if (!integer(&item, what, SIZE_MAX)) return u256{};
        if (item.length() > 32) {
            fail(Rejection::INVALID_SIGNATURE, what, "is a number of more than 32 bytes");
            return u256{};
        }
        return rlp::to_word(item.payload, item.length());
    }

    // Bytes of any length, or null.
    const uint8_t* bytes(size_t* length, const char* what) {
        rlp::Item item;
        *length = 0;
        if (!next(&item, what)) return nullptr;
        if (item.is_list) {
            fail(code_, what, "must be bytes, but is a list");
            return nullptr;
        }
        *length = item.length();
        return item.payload;
    }

    // Bytes of one length, copied.
    void fixed(uint8_t* target, size_t size, const char* what) {
        size_t length;
        const uint8_t* found = bytes(&length, what);
        if (!found) return;
        if (length != size) return fail(code_, what, "is bytes of another length than it must have");
        std::memcpy(target, found, size);
    }

    void hash(Hash& target, const char* what) { fixed(target.bytes, 32, what); }
    void address(Address& target, const char* what) { fixed(target.bytes, 20, what); }

    // A list within the list, and how many items it has.
    bool list(rlp::Item* item, size_t* count, const char* what) {
        if (!next(item, what)) return false;
        if (!item->is_list) {
            fail(code_, what, "must be a list, but is bytes");
            return false;
        }
        *count = rlp::count_items(*item);
        return true;
    }

private:
    bool integer(rlp::Item* item, const char* what, size_t most) {
        if (!next(item, what)) return false;
        if (const char* reason = rlp::wrong_number(*item, most)) {
            fail(code_, what, reason);
            return false;
        }
        return true;
    }

    const uint8_t* position_;
    const uint8_t* end_;
    Rejection code_;
    DecodingError error_;
};

// The access list of a transaction (EIP-2930): a list of pairs of an address and a list of slots.
inline void decode_access_list(Fields& fields, Rejection code, Transaction& transaction, Shelf& shelf) {
    rlp::Item list;
    size_t count;
    if (!fields.list(&list, &count, "access list")) return;
    AccessListEntry* entries = shelf.take<AccessListEntry>(room_for(list, count, 23));
    // Slots are counted first, so that all of them lie in one array; the second walk finds what the first has seen.
    u256* slots = nullptr;
    for (int walk = 0; walk < 2; walk++) {
        size_t slot = 0;
        Fields outer(list, code);
        for (size_t index = 0; index < count; index++) {
            rlp::Item pair, inner;
            size_t parts, slot_count;
            if (!outer.list(&pair, &parts, "an entry of the access list")) return fields.fail(outer.error());
            if (parts != 2) return fields.fail(code, "an entry of the access list", "must have two items");
            Fields entry(pair, code);
            entry.address(entries[index].address, "an address in the access list");
            if (!entry.list(&inner, &slot_count, "slots in the access list")) return fields.fail(entry.error());
            entries[index].first_slot = static_cast<uint32_t>(slot);
            entries[index].slot_count = static_cast<uint32_t>(slot_count);
            if (walk == 0) {
                Fields each(inner, code);
                size_t length;
                for (size_t i = 0; i < slot_count; i++)
                    if (each.bytes(&length, "a slot in the access list") && length != 32)
                        each.fail(code, "a slot in the access list", "must be 32 bytes");
                if (each.failed()) return fields.fail(each.error());
            } else {
                // Each slot stands behind a prefix of one byte.
                for (size_t i = 0; i < slot_count; i++) slots[slot + i] = rlp::to_word(inner.payload + 33 * i + 1, 32);
            }
            slot += slot_count;
        }
        if (walk == 0) {
            slots = shelf.take<u256>(slot);
            transaction.slot_count = slot;
        }
    }
    transaction.access_list = entries;
    transaction.access_list_length = count;
    transaction.slots = slots;
}

// The blobs of a transaction by their hashes (EIP-4844).
inline void decode_blob_hashes(Fields& fields, Rejection code, Transaction& transaction, Shelf& shelf) {
    rlp::Item list;
    size_t count;
    if (!fields.list(&list, &count, "blob versioned hashes")) return;
    Hash* hashes = shelf.take<Hash>(room_for(list, count, 33));
    Fields each(list, code);
    for (size_t i = 0; i < count && !each.failed(); i++) each.hash(hashes[i], "a blob versioned hash");
    if (each.failed()) return fields.fail(each.error());
    transaction.blob_versioned_hashes = hashes;
    transaction.blob_count = count;
}

// The authorizations of a transaction (EIP-7702): chain id below 2^256, nonce below 2^64, y parity below 2^8.
inline void decode_authorizations(Fields& fields, Rejection code, Transaction& transaction, Shelf& shelf) {
    rlp::Item list;
    size_t count;
    if (!fields.list(&list, &count, "authorizations")) return;
    Authorization* found = shelf.take<Authorization>(room_for(list, count, 27));
    Fields each(list, code);
    for (size_t i = 0; i < count; i++) {
        Authorization& authorization = found[i];
        rlp::Item tuple;
        size_t parts;
        if (!each.list(&tuple, &parts, "an authorization")) return fields.fail(each.error());
        if (parts != 6) return fields.fail(code, "an authorization", "must have six items");
        Fields own(tuple, code);
        authorization.message = own.position();
        authorization.chain_id = own.word("chain id of an authorization");
        own.address(authorization.address, "address of an authorization");
        authorization.nonce = own.number("nonce of an authorization");
        authorization.message_length = static_cast<size_t>(own.position() - authorization.message);
        authorization.y_parity = static_cast<uint8_t>(own.number("y parity of an authorization", 1));
        authorization.r = own.word("r of an authorization");
        authorization.s = own.word("s of an authorization");
        if (own.failed()) return fields.fail(own.error());
    }
    transaction.authorizations = found;
    transaction.authorization_count = count;
}

// What v of a legacy transaction says: the parity of y and perhaps the chain (EIP-155: v = chain · 2 + 35 + parity).
inline void read_legacy_v(Transaction& transaction) {
    const u256& v = transaction.v;
    const bool is_small = !(v.w[1] | v.w[2] | v.w[3]);
    transaction.y_parity = NO_PARITY;
    if (is_small && v.w[0] < 35) {
        if (v.w[0] == 27 || v.w[0] == 28) transaction.y_parity = static_cast<uint8_t>(v.w[0] - 27);
        return;
    }
    u256 rest = v;
    uint64_t borrow = 35;
    for (int limb = 0; limb < 4; limb++) {
        const uint64_t before = rest.w[limb];
        rest.w[limb] -= borrow;
        borrow = before < borrow;
    }
    transaction.y_parity = rest.w[0] & 1;
    for (int limb = 0; limb < 4; limb++)
        transaction.chain_id.w[limb] = rest.w[limb] >> 1 | (limb < 3 ? rest.w[limb + 1] << 63 : 0);
    transaction.has_chain_id = true;
}

// The fields of a transaction of a known type, of its canonical list. `transaction` is zero so far, but for its bytes.
inline DecodingError decode_fields(
    const rlp::Item& list, uint8_t type, Rejection code, Transaction& transaction, Shelf& shelf
) {
    static constexpr size_t COUNTS[] = {9, 11, 12, 14, 13};
    if (!list.is_list) return {code, "a transaction", "must be a list, but is bytes"};
    if (rlp::count_items(list) != COUNTS[type]) return {code, "a transaction", "has not as many fields as its type"};
    Fields fields(list, code);
    transaction.type = type;
    transaction.message = fields.position();
    if (type != LEGACY_TYPE) {
        transaction.has_chain_id = true;
        transaction.chain_id = fields.word("chain id");
    }
    transaction.nonce = fields.number("nonce");
    if (type >= FEE_MARKET_TYPE) {
        transaction.max_priority_fee_per_gas = fields.word("max priority fee per gas");
        transaction.max_fee_per_gas = fields.word("max fee per gas");
    } else {
        transaction.max_fee_per_gas = transaction.max_priority_fee_per_gas = fields.word("gas price");
    }
    transaction.gas_limit = fields.number("gas limit");
    size_t length;
    if (const uint8_t* to = fields.bytes(&length, "to")) {
        if (length == 20) {
            transaction.has_to = true;
            std::memcpy(transaction.to.bytes, to, 20);
        } else if (length) {
            fields.fail(code, "to", "must be no bytes or 20");
        }
    }
    transaction.value = fields.word("value");
    transaction.data = fields.bytes(&transaction.data_length, "data");
    if (type != LEGACY_TYPE) decode_access_list(fields, code, transaction, shelf);
    if (type == BLOB_TYPE) {
        transaction.max_fee_per_blob_gas = fields.word("max fee per blob gas");
        decode_blob_hashes(fields, code, transaction, shelf);
    }
    if (type == SET_CODE_TYPE) decode_authorizations(fields, code, transaction, shelf);
    transaction.message_length = static_cast<size_t>(fields.position() - transaction.message);
    if (type == LEGACY_TYPE)
        transaction.v = fields.word("v");
    else
        transaction.y_parity = static_cast<uint8_t>(fields.number("y parity", 1));
    transaction.r = fields.signature_word("r");
    transaction.s = fields.signature_word("s");
    if (!fields.failed() && type == LEGACY_TYPE) read_legacy_v(transaction);
    return fields.error();
}

// A transaction of its canonical bytes: a type and its list, or the list alone of a legacy one (EIP-2718). The network
// form of a blob transaction is no such form. `data` must stay where it is as long as the transaction is used, and so
// must `shelf`.
inline DecodingError decode_transaction(const uint8_t* data, size_t length, Transaction& transaction, Shelf& shelf) {
    constexpr Rejection code = Rejection::MALFORMED_TRANSACTION;
    transaction = Transaction{};
    transaction.raw = data;
    transaction.raw_length = length;
    if (!length) return {code, "a transaction", "has no bytes"};
    uint8_t type = LEGACY_TYPE;
    if (data[0] < 0xC0) {
        if (data[0] > 0x7F) return {code, "a transaction", "begins with neither a type nor a list"};
        if (data[0] == LEGACY_TYPE || data[0] > SET_CODE_TYPE)
            return {Rejection::TYPE_NOT_SUPPORTED, "a transaction", "has no known type"};
        type = data[0];
        data++;
        length--;
    }
    rlp::Item list;
    if (const rlp::Malformed wrong = rlp::check(data, length, &list))
        return {code, "a transaction", wrong.reason, wrong.position};
    return decode_fields(list, type, code, transaction, shelf);
}

// The fields of a header, of its canonical list.
inline DecodingError decode_header(const rlp::Item& list, Header& header) {
    constexpr Rejection code = Rejection::MALFORMED_BLOCK;
    header = Header{};
    if (!list.is_list) return {code, "a header", "must be a list, but is bytes"};
    const size_t count = rlp::count_items(list);
    if (count < 15 || count > 23) return {code, "a header", "must have 15 to 23 fields"};
    header.field_count = count;
    header.raw = list.start;
    header.raw_length = list.size();
    Fields fields(list, code);
    fields.hash(header.parent_hash, "parent hash of a header");
    fields.hash(header.ommers_hash, "ommers hash of a header");
    fields.address(header.coinbase, "coinbase of a header");
    fields.hash(header.state_root, "state root of a header");
    fields.hash(header.transactions_root, "transactions root of a header");
    fields.hash(header.receipts_root, "receipts root of a header");
    fields.fixed(header.bloom, 256, "bloom of a header");
    header.difficulty = fields.word("difficulty of a header");
    header.number = fields.number("number of a header");
    header.gas_limit = fields.number("gas limit of a header");
    header.gas_used = fields.number("gas used of a header");
    header.timestamp = fields.number("timestamp of a header");
    header.extra_data = fields.bytes(&header.extra_data_length, "extra data of a header");
    fields.hash(header.prev_randao, "prev randao of a header");
    fields.fixed(header.nonce, 8, "nonce of a header");
    if (count > 15) header.base_fee_per_gas = fields.word("base fee per gas of a header");
    if (count > 16) fields.hash(header.withdrawals_root, "withdrawals root of a header");
    if (count > 17) header.blob_gas_used = fields.number("blob gas used of a header");
    if (count > 18) header.excess_blob_gas = fields.number("excess blob gas of a header");
    if (count > 19) fields.hash(header.parent_beacon_block_root, "parent beacon block root of a header");
    if (count > 20) fields.hash(header.requests_hash, "requests hash of a header");
    if (count > 21) fields.hash(header.block_access_list_hash, "block access list hash of a header");
    if (count > 22) header.slot_number = fields.number("slot number of a header");
    return fields.error();
}

// The fields of a withdrawal, of its canonical list (EIP-4895).
inline DecodingError decode_withdrawal(const rlp::Item& list, ListedWithdrawal& withdrawal) {
    constexpr Rejection code = Rejection::MALFORMED_BLOCK;
    if (!list.is_list) return {code, "a withdrawal", "must be a list, but is bytes"};
    if (rlp::count_items(list) != 4) return {code, "a withdrawal", "must have four fields"};
    withdrawal.raw = list.start;
    withdrawal.raw_length = list.size();
    Fields fields(list, code);
    withdrawal.index = fields.number("index of a withdrawal");
    withdrawal.validator_index = fields.number("validator index of a withdrawal");
    fields.address(withdrawal.address, "address of a withdrawal");
    withdrawal.amount = fields.number("amount of a withdrawal");
    return fields.error();
}

// A transaction in a body: a list is a legacy one, bytes are a typed one in its canonical bytes (EIP-2718). What is
// wrong with the list is wrong with the block, what is wrong with the bytes with the transaction.
inline DecodingError decode_body_transaction(const rlp::Item& item, Transaction& transaction, Shelf& shelf) {
    if (!item.is_list) {
        if (item.length() && item.payload[0] >= 0x80)
            return {Rejection::MALFORMED_BLOCK, "a transaction", "is bytes, which must begin with its type"};
        return decode_transaction(item.payload, item.length(), transaction, shelf);
    }
    transaction = Transaction{};
    transaction.raw = item.start;
    transaction.raw_length = item.size();
    return decode_fields(item, LEGACY_TYPE, Rejection::MALFORMED_BLOCK, transaction, shelf);
}

// A block of its bytes: header, transactions, ommers, and withdrawals where it has a list of them (EIP-4895). `data`
// and `shelf` must stay as long as the block is used.
inline DecodingError decode_block(const uint8_t* data, size_t length, DecodedBlock& block, Shelf& shelf) {
    constexpr Rejection code = Rejection::MALFORMED_BLOCK;
    block = DecodedBlock{};
    rlp::Item whole, item, inner;
    if (const rlp::Malformed wrong = rlp::check(data, length, &whole))
        return {code, "a block", wrong.reason, wrong.position};
    if (!whole.is_list) return {code, "a block", "must be a list, but is bytes"};
    const size_t parts = rlp::count_items(whole);
    if (parts != 3 && parts != 4) return {code, "a block", "must have three or four parts"};
    Fields fields(whole, code);
    fields.next(&item, "header");
    if (const DecodingError error = decode_header(item, block.header)) return error;

    if (!fields.list(&item, &block.transaction_count, "transactions")) return fields.error();
    block.transactions = shelf.take<Transaction>(room_for(item, block.transaction_count, 10));
    Fields transactions(item, code);
    for (size_t i = 0; i < block.transaction_count; i++) {
        transactions.next(&inner, "a transaction");
        if (DecodingError error = decode_body_transaction(inner, block.transactions[i], shelf)) {
            error.transaction = static_cast<int64_t>(i);
            return error;
        }
    }

    if (!fields.list(&item, &block.ommer_count, "ommers")) return fields.error();
    block.raw_ommers = item.start;
    block.raw_ommers_length = item.size();
    block.ommers = shelf.take<Header>(room_for(item, block.ommer_count, 500));
    Fields ommers(item, code);
    for (size_t i = 0; i < block.ommer_count; i++) {
        ommers.next(&inner, "an ommer");
        if (const DecodingError error = decode_header(inner, block.ommers[i])) return error;
    }

    if (parts == 3) return {};
    block.has_withdrawals = true;
    if (!fields.list(&item, &block.withdrawal_count, "withdrawals")) return fields.error();
    block.withdrawals = shelf.take<ListedWithdrawal>(room_for(item, block.withdrawal_count, 25));
    Fields withdrawals(item, code);
    for (size_t i = 0; i < block.withdrawal_count; i++) {
        withdrawals.next(&inner, "a withdrawal");
        if (const DecodingError error = decode_withdrawal(inner, block.withdrawals[i])) return error;
    }
    return {};
}

}  // namespace samestate::evm

#endif
