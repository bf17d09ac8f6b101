// Receipts, the bloom filter of logs, and what blocks commit to of them (yellow paper, section 4.4.1; EIP-658, EIP-2718).

#ifndef SAMESTATE_EVM_RECEIPTS_HPP
#define SAMESTATE_EVM_RECEIPTS_HPP

#include "samestate/optimized/evm/ordered_trie.hpp"
#include "samestate/optimized/evm/state.hpp"
#include "samestate/optimized/words/sha256.hpp"

namespace samestate::evm {

// What a transaction reports; its logs where they lie. `log_data` is what the logs' data counts from.
struct ReceiptView {
    uint8_t type;
    bool succeeded;
    uint64_t cumulative_gas_used;
    const Log* logs;
    size_t log_count;
    const uint8_t* log_data;
};

// A filter of 2,048 bits, the first in the last byte's lowest bit.
struct Bloom {
    uint8_t bytes[256];

    void set(const uint16_t* bits) {
        for (int i = 0; i < 3; i++) bytes[255 - (bits[i] >> 3)] |= static_cast<uint8_t>(1 << (bits[i] & 7));
    }

    // Takes in all that another has.
    void join(const Bloom& other) {
        for (int i = 0; i < 256; i++) bytes[i] |= other.bytes[i];
    }
};

// Which bits stand for an address or topic. A block says the same few over and over (the token, the event), so the last
// ones are kept: a look costs a twentieth of a hashing. One a thread.
class BloomBits {
public:
    // The three bits of an entry of 20 or 32 bytes: the low 11 bits of the first three pairs of bytes of its hash.
    const uint16_t* of(const uint8_t* entry, size_t length) {
        // Addresses and numbers differ in their last bytes, hashes everywhere.
        Kept& kept = kept_[(load_be64(entry + length - 8) * 0x9E3779B97F4A7C15u) >> (64 - PLACES)];
        if (kept.length != length || std::memcmp(kept.entry, entry, length) != 0) {
            uint8_t digest[32];
            keccak256(entry, length, digest);
            for (int i = 0; i < 3; i++) kept.bits[i] = (digest[2 * i] << 8 | digest[2 * i + 1]) & 0x7FF;
            std::memcpy(kept.entry, entry, length);
            kept.length = static_cast<uint16_t>(length);
        }
        return kept.bits;
    }

private:
    static constexpr int PLACES = 10;
    struct Kept {
        uint16_t length = 0;
        uint16_t bits[3];
        uint8_t entry[32];
    };
    Kept kept_[1 << PLACES];
};

// The filter of some logs: their addresses and topics, not their data.
inline void bloom_of_logs(const Log* logs, size_t count, BloomBits& bits, Bloom& bloom) {
    bloom = Bloom{};
    for (size_t i = 0; i < count; i++) {
        bloom.set(bits.of(logs[i].address.bytes, 20));
        for (uint32_t topic = 0; topic < logs[i].topic_count; topic++) {
            uint8_t bytes[32];
            logs[i].topics[topic].store_be(bytes);
            bloom.set(bits.of(bytes, 32));
        }
    }
}

inline size_t payload_of_log(const Log& log, const uint8_t* log_data) {
    return 21 + rlp::size_of_list(33 * log.topic_count) + rlp::size_of_bytes(log_data + log.data, log.data_length);
}

inline size_t payload_of_logs(const Log* logs, size_t count, const uint8_t* log_data) {
    size_t payload = 0;
    for (size_t i = 0; i < count; i++) payload += rlp::size_of_list(payload_of_log(logs[i], log_data));
    return payload;
}

// Writes the list of some logs, each a list of its address, its topics and its data.
inline uint8_t* write_logs(uint8_t* target, const Log* logs, size_t count, const uint8_t* log_data, size_t payload) {
    target = rlp::write_list_prefix(target, payload);
    for (size_t i = 0; i < count; i++) {
        const Log& log = logs[i];
        target = rlp::write_list_prefix(target, payload_of_log(log, log_data));
        target = rlp::write_bytes(target, log.address.bytes, 20);
        target = rlp::write_list_prefix(target, 33 * log.topic_count);
        for (uint32_t topic = 0; topic < log.topic_count; topic++) {
            *target++ = 0x80 + 32;
            log.topics[topic].store_be(target);
            target += 32;
        }
        target = rlp::write_bytes(target, log_data + log.data, log.data_length);
    }
    return target;
}

// Appends the bytes of a receipt that go into the receipts trie: its type, unless legacy (EIP-2718), and the list of
// success (EIP-658), cumulative gas, bloom and logs.
inline void append_receipt(Buffer& buffer, const ReceiptView& receipt, const Bloom& bloom) {
    const size_t logs = payload_of_logs(receipt.logs, receipt.log_count, receipt.log_data);
    const size_t payload = 1 + rlp::size_of_number(receipt.cumulative_gas_used) + 3 + 256 + rlp::size_of_list(logs);
    if (receipt.type) buffer.append(receipt.type);
    uint8_t* target = buffer.extend(rlp::size_of_list(payload));
    target = rlp::write_list_prefix(target, payload);
    target = rlp::write_number(target, receipt.succeeded);
    target = rlp::write_number(target, receipt.cumulative_gas_used);
    target = rlp::write_bytes(target, bloom.bytes, 256);
    write_logs(target, receipt.logs, receipt.log_count, receipt.log_data, logs);
}

// What the trie of receipts holds of one of them, into its place among `leaves` of all in the order of keys, once the
// batch is flushed; and its bloom. Nothing of the other receipts matters but their count: so each worker can make those
// of the transactions that it has executed. `index` is the transaction's.
inline void receipt_leaf(
    size_t index, size_t count, const ReceiptView& receipt, BloomBits& bits, Bloom& bloom, Buffer& encoded,
    Buffer& scratch, KeccakBatch& batch, Reference* leaves
) {
    bloom_of_logs(receipt.logs, receipt.log_count, bits, bloom);
    encoded.clear();
    append_receipt(encoded, receipt, bloom);
    const size_t place = place_in_order(index, count);
    ordered_leaf(place, count, encoded.data(), encoded.size(), scratch, batch, leaves[place]);
}

// The hash by which state tests name the logs of a transaction.
inline void logs_hash(const Log* logs, size_t count, const uint8_t* log_data, Buffer& scratch, uint8_t* digest) {
    const size_t payload = payload_of_logs(logs, count, log_data);
    scratch.clear();
    write_logs(scratch.extend(rlp::size_of_list(payload)), logs, count, log_data, payload);
    keccak256(scratch.data(), scratch.size(), digest);
}

// What a block commits to of its requests, each a type and its data (EIP-7685): the hash of their hashes, those without
// data left out. Each request ends in `bytes` where the next one begins.
inline void requests_hash(const uint8_t* bytes, const uint64_t* ends, size_t count, uint8_t* digest) {
    Buffer digests;
    uint64_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        if (ends[i] - begin > 1) sha256(bytes + begin, ends[i] - begin, digests.extend(32));
        begin = ends[i];
    }
    sha256(digests.data(), digests.size(), digest);
}

}  // namespace samestate::evm

#endif
