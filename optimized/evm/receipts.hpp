// Receipts, the bloom filter of logs, and what blocks commit to of them (yellow paper, section 4.4.1; EIP-658, EIP-2718).

#ifndef SAMESTATE_EVM_RECEIPTS_HPP
#define SAMESTATE_EVM_RECEIPTS_HPP

#include <vector>

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

    // Sets the bits of an entry: the low 11 bits of the first three pairs of bytes of its hash.
    void set(const uint8_t* digest) {
        for (int i = 0; i < 6; i += 2) {
            const int bit = (digest[i] << 8 | digest[i + 1]) & 0x7FF;
            bytes[255 - (bit >> 3)] |= static_cast<uint8_t>(1 << (bit & 7));
        }
    }

    // Takes in all that another has.
    void join(const Bloom& other) {
        for (int i = 0; i < 256; i++) bytes[i] |= other.bytes[i];
    }
};

// Makes the filters of receipts' logs: of addresses and topics, not of data. Hashing an entry is most of the work. So the
// hashes of many receipts are computed together, and what a block says over and over (the token, the event) is hashed
// once: the last entries are remembered. One a thread.
class Blooms {
public:
    // Makes the filters of so many receipts.
    void make(const ReceiptView* receipts, size_t count, Bloom* blooms) {
        size_t entries = 0;
        for (size_t i = 0; i < count; i++) entries += count_entries(receipts[i].logs, receipts[i].log_count);
        begin(entries);
        for (size_t i = 0; i < count; i++) add(receipts[i].logs, receipts[i].log_count, blooms[i]);
        finish();
    }

    // Makes the filter of some logs.
    void make(const Log* logs, size_t count, Bloom& bloom) {
        begin(count_entries(logs, count));
        add(logs, count, bloom);
        finish();
    }

private:
    static constexpr int PLACES = 10;

    // An entry, and where among the digests of a round its hash will be.
    struct Remembered {
        uint64_t round = 0;
        size_t digest;
        size_t length;
        uint8_t entry[32];
    };

    struct Waiting {
        Bloom* bloom;
        size_t digest;
    };

    static size_t count_entries(const Log* logs, size_t count) {
        size_t entries = count;
        for (size_t i = 0; i < count; i++) entries += logs[i].topic_count;
        return entries;
    }

    void begin(size_t entries) {
        round_++;
        used_ = 0;
        waiting_.clear();
        // Digests must not move while the batch has yet to write them.
        if (digests_.size() < entries) digests_.resize(entries);
    }

    void add(const Log* logs, size_t count, Bloom& bloom) {
        bloom = Bloom{};
        for (size_t i = 0; i < count; i++) {
            add(logs[i].address.bytes, 20, bloom);
            for (uint32_t topic = 0; topic < logs[i].topic_count; topic++) {
                uint8_t bytes[32];
                logs[i].topics[topic].store_be(bytes);
                add(bytes, 32, bloom);
            }
        }
    }

    void add(const uint8_t* entry, size_t length, Bloom& bloom) {
        // Addresses and numbers differ in their last bytes, hashes everywhere.
        Remembered& kept = remembered_[(load_be64(entry + length - 8) * 0x9E3779B97F4A7C15u) >> (64 - PLACES)];
        if (kept.round != round_ || kept.length != length || std::memcmp(kept.entry, entry, length) != 0) {
            kept.round = round_;
            kept.digest = used_++;
            kept.length = length;
            std::memcpy(kept.entry, entry, length);
            batch_.add(entry, length, digests_[kept.digest].bytes);
        }
        waiting_.push_back({&bloom, kept.digest});
    }

    void finish() {
        batch_.flush();
        for (const Waiting& each : waiting_) each.bloom->set(digests_[each.digest].bytes);
    }

    KeccakBatch batch_;
    std::vector<Hash> digests_;
    std::vector<Waiting> waiting_;
    size_t used_ = 0;
    uint64_t round_ = 0;
    Remembered remembered_[1 << PLACES];
};

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

// Hashes receipts into what their trie holds of them. Nothing of the other receipts matters but their count: so each
// thread can make those of the transactions that it has executed, with a hasher of its own, while others go on.
class ReceiptHasher {
public:
    // Makes the leaves of the receipts from index `first` up to `last` of all `count`, each into its place among `leaves`
    // in the order of keys (ordered_root makes the root of them), and the bloom of each. `receipts` and `blooms` begin
    // with those of index `first`.
    void hash(const ReceiptView* receipts, size_t first, size_t last, size_t count, Bloom* blooms, Reference* leaves) {
        for (size_t begin = first; begin < last; begin += STRETCH) {
            const ReceiptView* stretch = receipts + (begin - first);
            Bloom* filters = blooms + (begin - first);
            const size_t length = last - begin < STRETCH ? last - begin : STRETCH;
            blooms_.make(stretch, length, filters);
            for (size_t i = 0; i < length; i++) {
                encoded_.clear();
                append_receipt(encoded_, stretch[i], filters[i]);
                const size_t place = place_in_order(begin + i, count);
                ordered_leaf(place, count, encoded_.data(), encoded_.size(), scratch_, batch_, leaves[place]);
            }
            batch_.flush();
        }
    }

private:
    // Enough to fill the lanes, and few enough to stay in the cache.
    static constexpr size_t STRETCH = 128;

    Blooms blooms_;
    KeccakBatch batch_;
    Buffer encoded_;
    Buffer scratch_;
};

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
