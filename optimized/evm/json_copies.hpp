// What fixtures say in JSON beside the bytes that are executed, compared with those: headers, bodies, receipts, lists.
//
// Each of these says whether the JSON surely agrees, as far as it says anything: what is left out says nothing wrong. Where
// it does not, or is written in an unusual way, nothing is told here of what is wrong.

#ifndef SAMESTATE_EVM_JSON_COPIES_HPP
#define SAMESTATE_EVM_JSON_COPIES_HPP

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/json_values.hpp"
#include "samestate/optimized/evm/receipts.hpp"
#include "samestate/optimized/evm/step_records.hpp"

namespace samestate::evm {

// An object, of which members are compared one after another. `agrees` stays true as long as nothing differs.
class Copy {
public:
    Copy(const Json& json, std::uint32_t object) : json_(json), object_(object), agrees_(json.is(object, JsonKind::object)) {}

    bool agrees() const { return agrees_; }
    std::uint32_t find(std::string_view name) const { return json_.find(object_, name); }
    bool has(std::string_view name) const { return find(name) != Json::NOWHERE; }

    void number(std::string_view name, std::uint64_t right) { word(name, u256{right, 0, 0, 0}); }

    void word(std::string_view name, const u256& right) {
        const std::uint32_t value = find(name);
        if (value != Json::NOWHERE) demand(is_word(json_, value, right));
    }

    void bytes(std::string_view name, const std::uint8_t* right, std::size_t length) {
        const std::uint32_t value = find(name);
        if (value != Json::NOWHERE) demand(are_bytes(json_, value, right, length));
    }

    void hash(std::string_view name, const Hash& right) { bytes(name, right.bytes, 32); }

    // The elements of a list of `count`, each judged by `check(element, index)`.
    template <typename Check>
    void each(std::string_view name, std::size_t count, Check check) {
        const std::uint32_t value = find(name);
        if (value != Json::NOWHERE) each_of(value, count, check);
    }

    template <typename Check>
    void each_of(std::uint32_t list, std::size_t count, Check check) {
        if (!json_.is(list, JsonKind::list) || json_[list].count != count) return demand(false);
        std::uint32_t element = list + 1;
        for (std::size_t i = 0; i < count && agrees_; i++) {
            demand(check(element, i));
            element = json_[element].next;
        }
    }

    void demand(bool holds) { agrees_ = agrees_ && holds; }

private:
    const Json& json_;
    std::uint32_t object_;
    bool agrees_;
};

inline constexpr std::string_view HEADER_NAMES[] = {
    "parentHash", "uncleHash", "coinbase", "stateRoot", "transactionsTrie", "receiptTrie", "bloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot",
    "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash", "blockAccessListHash", "slotNumber",
};

// The JSON of the fields of a header, of which the last may be left out. Of a header that lacks a field before one that it
// has nothing is compared: it is invalid, and its RLP, which names no fields, reads as another.
inline void compare_fields(Copy& copy, const Header& header) {
    std::size_t present = 0;
    while (present < std::size(HEADER_NAMES) && copy.has(HEADER_NAMES[present])) present++;
    for (std::size_t i = present; i < std::size(HEADER_NAMES); i++)
        if (copy.has(HEADER_NAMES[i])) return;
    if (present > header.field_count) return copy.demand(false);
    copy.hash("parentHash", header.parent_hash);
    copy.hash("uncleHash", header.ommers_hash);
    copy.bytes("coinbase", header.coinbase.bytes, 20);
    copy.hash("stateRoot", header.state_root);
    copy.hash("transactionsTrie", header.transactions_root);
    copy.hash("receiptTrie", header.receipts_root);
    copy.bytes("bloom", header.bloom, 256);
    copy.word("difficulty", header.difficulty);
    copy.number("number", header.number);
    copy.number("gasLimit", header.gas_limit);
    copy.number("gasUsed", header.gas_used);
    copy.number("timestamp", header.timestamp);
    copy.bytes("extraData", header.extra_data, header.extra_data_length);
    copy.hash("mixHash", header.prev_randao);
    copy.bytes("nonce", header.nonce, 8);
    if (header.field_count > 15) copy.word("baseFeePerGas", header.base_fee_per_gas);
    if (header.field_count > 16) copy.hash("withdrawalsRoot", header.withdrawals_root);
    if (header.field_count > 17) copy.number("blobGasUsed", header.blob_gas_used);
    if (header.field_count > 18) copy.number("excessBlobGas", header.excess_blob_gas);
    if (header.field_count > 19) copy.hash("parentBeaconBlockRoot", header.parent_beacon_block_root);
    if (header.field_count > 20) copy.hash("requestsHash", header.requests_hash);
    if (header.field_count > 21) copy.hash("blockAccessListHash", header.block_access_list_hash);
    if (header.field_count > 22) copy.number("slotNumber", header.slot_number);
}

// The JSON of a header, with its hash.
inline bool header_agrees(const Json& json, std::uint32_t object, const Header& header) {
    Copy copy(json, object);
    compare_fields(copy, header);
    Hash digest;
    keccak256(header.raw, header.raw_length, digest.bytes);
    copy.hash("hash", digest);
    return copy.agrees();
}

// Where each part of a transaction stands that a state test has lists of, to be chosen from; NOWHERE: where it usually does.
struct Chosen {
    std::uint32_t data = Json::NOWHERE;
    std::uint32_t gas_limit = Json::NOWHERE;
    std::uint32_t value = Json::NOWHERE;
    std::uint32_t access_list = Json::NOWHERE;
};

inline bool access_list_agrees(const Json& json, std::uint32_t list, const Transaction& transaction) {
    if (!json.is(list, JsonKind::list)) return false;
    if (json[list].count != transaction.access_list_length) return false;
    std::uint32_t element = list + 1;
    for (std::size_t i = 0; i < transaction.access_list_length; i++) {
        const AccessListEntry& entry = transaction.access_list[i];
        Copy listed(json, element);
        if (!listed.has("address") || !listed.has("storageKeys")) return false;
        listed.bytes("address", entry.address.bytes, 20);
        listed.each("storageKeys", entry.slot_count, [&](std::uint32_t slot, std::size_t index) {
            return is_word(json, slot, transaction.slots[entry.first_slot + index]);
        });
        if (!listed.agrees()) return false;
        element = json[element].next;
    }
    return true;
}

inline bool authorization_agrees(const Json& json, std::uint32_t object, const Authorization& authorization) {
    Copy copy(json, object);
    copy.word("chainId", authorization.chain_id);
    copy.bytes("address", authorization.address.bytes, 20);
    copy.number("nonce", authorization.nonce);
    copy.number("v", authorization.y_parity);
    copy.number("yParity", authorization.y_parity);
    copy.word("r", authorization.r);
    copy.word("s", authorization.s);
    return copy.agrees();
}

// The JSON of a transaction, with the address that has signed it, if anybody has. Parts that `chosen` names stand there.
inline bool transaction_agrees(
    const Json& json, std::uint32_t object, const Transaction& transaction, const FoundSender& sender, const Chosen& chosen
) {
    Copy copy(json, object);
    if (!copy.agrees()) return false;
    copy.number("type", transaction.type);
    // A legacy signature without a chain holds on all of them, and fixtures name theirs beside it.
    if (transaction.has_chain_id) copy.word("chainId", transaction.chain_id);
    copy.number("nonce", transaction.nonce);
    if (transaction.type <= ACCESS_LIST_TYPE) {
        copy.word("gasPrice", transaction.max_fee_per_gas);
    } else {
        copy.word("maxPriorityFeePerGas", transaction.max_priority_fee_per_gas);
        copy.word("maxFeePerGas", transaction.max_fee_per_gas);
    }
    if (transaction.type == BLOB_TYPE) copy.word("maxFeePerBlobGas", transaction.max_fee_per_blob_gas);
    if (chosen.gas_limit != Json::NOWHERE) copy.demand(is_number(json, chosen.gas_limit, transaction.gas_limit));
    else copy.number("gasLimit", transaction.gas_limit);
    if (chosen.value != Json::NOWHERE) copy.demand(is_word(json, chosen.value, transaction.value));
    else copy.word("value", transaction.value);
    if (chosen.data != Json::NOWHERE) copy.demand(are_bytes(json, chosen.data, transaction.data, transaction.data_length));
    else copy.bytes("data", transaction.data, transaction.data_length);
    if (transaction.type != LEGACY_TYPE) {
        copy.number("yParity", transaction.y_parity);
        copy.number("v", transaction.y_parity);
    } else {
        copy.word("v", transaction.v);
    }
    copy.word("r", transaction.r);
    copy.word("s", transaction.s);
    const std::uint32_t to = copy.find("to");
    const bool is_blank = to != Json::NOWHERE && json.is_plain(to) && json.text(to).empty();
    if (is_blank) copy.demand(!transaction.has_to);
    else copy.bytes("to", transaction.to.bytes, transaction.has_to ? 20 : 0);
    const std::uint32_t list = chosen.access_list != Json::NOWHERE ? chosen.access_list : copy.find("accessList");
    if (list != Json::NOWHERE) copy.demand(access_list_agrees(json, list, transaction));
    if (transaction.type == BLOB_TYPE)
        copy.each("blobVersionedHashes", transaction.blob_count, [&](std::uint32_t hash, std::size_t index) {
            return are_bytes(json, hash, transaction.blob_versioned_hashes[index].bytes, 32);
        });
    if (transaction.type == SET_CODE_TYPE)
        copy.each("authorizationList", transaction.authorization_count, [&](std::uint32_t entry, std::size_t index) {
            return authorization_agrees(json, entry, transaction.authorizations[index]);
        });
    if (!sender.code()) copy.bytes("sender", sender.address.bytes, 20);
    return copy.agrees();
}

inline const OutcomeRecord& record_of(const StepRecords& records, std::size_t transaction) {
    return *records.steps[transaction + 1];
}

// The JSON of a block's body: transactions, ommers, withdrawals. Senders that nobody has found out are found out now.
inline bool body_agrees(const Json& json, std::uint32_t object, BlockInput& block, Recover recover) {
    Copy copy(json, object);
    Buffer scratch;
    const DecodedBlock& decoded = block.decoded;
    copy.each("transactions", decoded.transaction_count, [&](std::uint32_t entry, std::size_t index) {
        return transaction_agrees(json, entry, decoded.transactions[index], block.sender(index, recover, scratch), Chosen{});
    });
    copy.each("uncleHeaders", decoded.ommer_count, [&](std::uint32_t entry, std::size_t index) {
        return header_agrees(json, entry, decoded.ommers[index]);
    });
    copy.each("withdrawals", decoded.withdrawal_count, [&](std::uint32_t entry, std::size_t index) {
        const ListedWithdrawal& right = decoded.withdrawals[index];
        Copy withdrawal(json, entry);
        withdrawal.number("index", right.index);
        withdrawal.number("validatorIndex", right.validator_index);
        withdrawal.bytes("address", right.address.bytes, 20);
        withdrawal.number("amount", right.amount);
        return withdrawal.agrees();
    });
    return copy.agrees();
}

// The JSON of the transaction of a state test, of which `chosen` names the parts that are chosen from lists.
inline bool chosen_transaction_agrees(const Json& json, std::uint32_t object, BlockInput& block, const Chosen& chosen, Recover recover) {
    Buffer scratch;
    return transaction_agrees(json, object, block.transactions[0], block.sender(0, recover, scratch), chosen);
}

// The JSON of a log.
inline bool log_agrees(const Json& json, std::uint32_t object, const Log& log, const std::uint8_t* log_data) {
    Copy copy(json, object);
    copy.demand(copy.has("address") && copy.has("topics") && copy.has("data"));
    copy.bytes("address", log.address.bytes, 20);
    copy.each("topics", log.topic_count, [&](std::uint32_t topic, std::size_t index) {
        std::uint8_t right[32];
        log.topics[index].store_be(right);
        return are_bytes(json, topic, right, 32);
    });
    copy.bytes("data", log_data + log.data, log.data_length);
    return copy.agrees();
}

// The JSON of a receipt that has all of its fields, its encoding among them.
inline bool receipt_agrees(
    const Json& json, std::uint32_t object, const ReceiptView& receipt, const Transaction& transaction, Blooms& blooms, Buffer& scratch
) {
    Copy copy(json, object);
    for (const std::string_view name : {"rlp", "status", "cumulativeGasUsed", "logs"}) copy.demand(copy.has(name));
    if (!copy.agrees()) return false;
    Bloom bloom;
    blooms.make(receipt.logs, receipt.log_count, bloom);
    scratch.clear();
    append_receipt(scratch, receipt, bloom);
    copy.bytes("rlp", scratch.data(), scratch.size());
    copy.number("type", receipt.type);
    copy.number("cumulativeGasUsed", receipt.cumulative_gas_used);
    copy.bytes("bloom", bloom.bytes, 256);
    const std::uint32_t status = copy.find("status");
    if (json.is(status, JsonKind::yes) || json.is(status, JsonKind::no)) copy.demand(json.is(status, JsonKind::yes) == receipt.succeeded);
    else copy.demand(is_number(json, status, receipt.succeeded));
    copy.each("logs", receipt.log_count, [&](std::uint32_t log, std::size_t index) {
        return log_agrees(json, log, receipt.logs[index], receipt.log_data);
    });
    Hash digest;
    keccak256(transaction.raw, transaction.raw_length, digest.bytes);
    copy.hash("transactionHash", digest);
    return copy.agrees();
}

// The JSON of the receipts of an executed block, a list of them.
inline bool receipts_agree(
    const Json& json, std::uint32_t list, const std::vector<Transaction>& transactions, const StepRecords& records
) {
    thread_local Blooms blooms;
    Buffer scratch;
    std::uint64_t cumulative = 0;
    if (!json.is(list, JsonKind::list) || json[list].count != transactions.size()) return false;
    std::uint32_t element = list + 1;
    for (std::size_t i = 0; i < transactions.size(); i++) {
        const OutcomeRecord& record = record_of(records, i);
        cumulative += record.figures.gas_paid;
        const ReceiptView receipt{record.type, record.figures.succeeded(), cumulative, record.logs(), record.log_count, record.log_data()};
        if (!receipt_agrees(json, element, receipt, transactions[i], blooms, scratch)) return false;
        element = json[element].next;
    }
    return true;
}

// The JSON of receipts of a block that says of itself what they are, since it was refused before they could be: each is
// encoded as its own fields say.
class WrittenReceipts {
public:
    bool agree(const Json& json, std::uint32_t list, const BlockInput& block) {
        if (!json.is(list, JsonKind::list) || json[list].count > block.transactions.size()) return false;
        std::uint32_t element = list + 1;
        for (std::uint32_t i = 0; i < json[list].count; i++) {
            const Transaction& transaction = block.transactions[i];
            ReceiptView receipt;
            if (!read(json, element, transaction, receipt)) return false;
            if (!receipt_agrees(json, element, receipt, transaction, blooms_, scratch_)) return false;
            element = json[element].next;
        }
        return true;
    }

private:
    bool read(const Json& json, std::uint32_t object, const Transaction& transaction, ReceiptView& receipt) {
        const Copy copy(json, object);
        const std::uint32_t type = copy.find("type"), status = copy.find("status");
        const std::uint32_t gas = copy.find("cumulativeGasUsed"), logs = copy.find("logs");
        std::uint64_t kind = transaction.type, succeeded = status != Json::NOWHERE && json.is(status, JsonKind::yes);
        if (type != Json::NOWHERE && (!read_number(json, type, kind) || kind > 255)) return false;
        if (status == Json::NOWHERE || gas == Json::NOWHERE || logs == Json::NOWHERE) return false;
        if (json.is_plain(status) && (!read_number(json, status, succeeded) || succeeded > 1)) return false;
        if (!read_number(json, gas, receipt.cumulative_gas_used) || !json.is(logs, JsonKind::list)) return false;
        logs_.resize(json[logs].count);
        data_.clear();
        std::uint32_t element = logs + 1;
        for (Log& log : logs_) {
            if (!read(json, element, log)) return false;
            element = json[element].next;
        }
        receipt.type = static_cast<std::uint8_t>(kind);
        receipt.succeeded = succeeded != 0;
        receipt.logs = logs_.data();
        receipt.log_count = logs_.size();
        receipt.log_data = data_.data();
        return true;
    }

    bool read(const Json& json, std::uint32_t object, Log& log) {
        const Copy copy(json, object);
        const std::uint32_t address = copy.find("address"), topics = copy.find("topics"), data = copy.find("data");
        if (address == Json::NOWHERE || topics == Json::NOWHERE || data == Json::NOWHERE) return false;
        if (!read_fixed(json, address, log.address.bytes, 20)) return false;
        if (!json.is(topics, JsonKind::list) || json[topics].count > std::size(log.topics)) return false;
        log.topic_count = json[topics].count;
        for (std::uint32_t i = 0; i < log.topic_count; i++) {
            std::uint8_t topic[32];
            if (!read_fixed(json, topics + 1 + i, topic, 32)) return false;
            log.topics[i] = u256::load_be(topic);
        }
        log.data = data_.size();
        if (!read_bytes(json, data, data_)) return false;
        log.data_length = data_.size() - log.data;
        return true;
    }

    std::vector<Log> logs_;
    Buffer data_;
    Buffer scratch_;
    Blooms blooms_;
};

// The JSON of the receipt of a transaction that was executed alone.
inline bool receipt_alone_agrees(
    const Json& json, std::uint32_t object, const std::vector<Transaction>& transactions, const StepRecords& records
) {
    thread_local Blooms blooms;
    Buffer scratch;
    const OutcomeRecord& record = record_of(records, 0);
    const ReceiptView receipt{record.type, record.figures.succeeded(), record.figures.gas_paid, record.logs(), record.log_count, record.log_data()};
    return receipt_agrees(json, object, receipt, transactions[0], blooms, scratch);
}

// The hash of the logs of a transaction that was executed alone, by which state tests name them.
inline void hash_logs(const StepRecords& records, std::uint8_t* digest) {
    const OutcomeRecord& record = record_of(records, 0);
    Buffer scratch;
    logs_hash(record.logs(), record.log_count, record.log_data(), scratch, digest);
}

// A block access list, as JSON in the order of the RLP, in its RLP (EIP-7928).
class ListWriter {
public:
    // False where it is written in an unusual way.
    bool write(const Json& json, std::uint32_t list) {
        written.clear();
        return each(json, list, [&](std::uint32_t account) { return write_account(json, account); });
    }

    Buffer written;

private:
    // A list of what `write(element)` appends for each element.
    template <typename Write>
    bool each(const Json& json, std::uint32_t list, Write write) {
        if (list == Json::NOWHERE || !json.is(list, JsonKind::list)) return false;
        return enclosed([&] {
            std::uint32_t element = list + 1;
            for (std::uint32_t i = 0; i < json[list].count; i++) {
                if (!write(element)) return false;
                element = json[element].next;
            }
            return true;
        });
    }

    // A list of all that `write()` appends: its prefix is put in front when its length is known.
    template <typename Write>
    bool enclosed(Write write) {
        const std::size_t begin = written.size();
        if (!write()) return false;
        const std::size_t length = written.size() - begin, prefix = rlp::prefix_size(length);
        written.extend(prefix);
        std::uint8_t* place = written.data() + begin;
        std::memmove(place + prefix, place, length);
        rlp::write_list_prefix(place, length);
        return true;
    }

    bool write_account(const Json& json, std::uint32_t account) {
        return enclosed([&] {
            return write_bytes(json, json.find(account, "address")) &&
                each(json, json.find(account, "storageChanges"), [&](std::uint32_t slot) { return write_slot(json, slot); }) &&
                each(json, json.find(account, "storageReads"), [&](std::uint32_t slot) { return write_word(json, slot); }) &&
                changes(json, account, "balanceChanges", "postBalance") &&
                changes(json, account, "nonceChanges", "postNonce") &&
                each(json, json.find(account, "codeChanges"), [&](std::uint32_t change) {
                    return enclosed([&] {
                        return write_word(json, json.find(change, "blockAccessIndex")) && write_bytes(json, json.find(change, "newCode"));
                    });
                });
        });
    }

    bool write_slot(const Json& json, std::uint32_t slot) {
        return enclosed([&] {
            return write_word(json, json.find(slot, "slot")) && changes(json, slot, "slotChanges", "postValue");
        });
    }

    bool changes(const Json& json, std::uint32_t owner, std::string_view name, std::string_view value) {
        return each(json, json.find(owner, name), [&](std::uint32_t change) {
            return enclosed([&] {
                return write_word(json, json.find(change, "blockAccessIndex")) && write_word(json, json.find(change, value));
            });
        });
    }

    bool write_word(const Json& json, std::uint32_t value) {
        u256 word;
        if (value == Json::NOWHERE || !read_word(json, value, word)) return false;
        rlp::append_word(written, word);
        return true;
    }

    bool write_bytes(const Json& json, std::uint32_t value) {
        bytes_.clear();
        if (value == Json::NOWHERE || !read_bytes(json, value, bytes_)) return false;
        rlp::append_bytes(written, bytes_.data(), bytes_.size());
        return true;
    }

    Buffer bytes_;
};

}  // namespace samestate::evm

#endif
