// What is given of a block, and what workers and coordinator keep while it is executed.

#ifndef SAMESTATE_SVM_WORK_HPP
#define SAMESTATE_SVM_WORK_HPP

#include "samestate/optimized/svm/accounts.hpp"
#include "samestate/optimized/svm/execution.hpp"

namespace samestate::svm {

struct Entry {
    uint64_t hashes;
    Hash hash;
    uint32_t first;             // transaction
    uint32_t count;
};

// A block as it comes: nothing of it is decoded.
struct BlockInput {
    Rules rules;
    uint64_t slot;
    Address leader;
    int64_t unix_timestamp;
    bool has_timestamp;
    bool has_history;           // entries are judged by their hashes
    Hash blockhash;             // what the last tick registers
    std::vector<Entry> entries;
    std::vector<uint8_t> wire;          // all transactions, one behind the other
    std::vector<uint64_t> starts;       // where each begins, and the end

    size_t count() const { return starts.size() - 1; }
};

// The state between two blocks.
struct State {
    AccountTable accounts;
    Bank bank;
};

// At most how many accounts the messages of a block can name, told from their first bytes: a legacy message says how many keys it
// has; others may take as many as may be locked. What cannot be decoded names none.
inline size_t most_keys(const BlockInput& block) {
    size_t keys = 0;
    for (size_t index = 0; index < block.count(); ++index) {
        const uint8_t* wire = block.wire.data() + block.starts[index];
        const size_t length = block.starts[index + 1] - block.starts[index];
        const size_t message = 1 + 64 * size_t{length ? wire[0] : 0u};
        if (length == 0 || wire[0] >= 0x80 || message + 3 >= length || (wire[message] & 0x80) || wire[message + 3] > MOST_LOCKS)
            keys += MOST_LOCKS;
        else keys += wire[message + 3];
    }
    return keys;
}

// What belongs to one worker.
struct Hand {
    Room room;                  // what lasts as long as the block
    RecordPool records;
    Bench bench;
    Blake3Batch hashes;
    uint64_t executed = 0;      // transactions begun
    uint64_t busy = 0;          // nanoseconds
    uint64_t cost = 0;          // of the transactions that it has executed in place
    uint64_t allocation = 0;
    uint64_t running = 0;       // the transaction at hand, + 1
    uint64_t clock = 0;         // when it last looked

    void begin() {
        room.reset();
        records.reset();
        bench.room = &room;
        bench.keeps_effects = true;
        bench.last_place = nullptr;
        executed = busy = cost = allocation = running = 0;
    }
};

// Stages that can be left out, so that what each is worth can be measured.
struct Options {
    bool verifies = true;       // signatures
    bool batches = true;        // … several at once
    bool versions = false;      // in place of executing in place what is known not to conflict
    bool pieces = true;         // independent stretches of the block run without any order
    bool records = true;        // what each transaction leaves is kept, for the access record
};

// One block, from its bytes to what each transaction did.
struct Work {
    const BlockInput* input = nullptr;
    const State* state = nullptr;
    Options options;
    Environment environment{};
    BlockAccounts accounts;
    HashSet messages;
    Plain<Transaction> transactions;
    Plain<Outcome> outcomes;
    std::vector<std::unique_ptr<Hand>> hands;       // one for each worker, and the coordinator's
    std::vector<std::pair<Hash, uint32_t>> recent;  // usable blockhashes: a table of powers of two; 0 = free
    std::vector<Effect> opened;                     // what the opening step has left …
    std::vector<Effect> closed;                     // … and the closing step
    std::vector<Record*> opening_reads;
    std::vector<Record*> closing_reads;
    uint64_t malformed = ~uint64_t{0};              // shared: the first transaction that cannot be decoded
    uint64_t repeated = 0;                          // shared: whether two messages are equal
    uint64_t refused = 0;                           // shared: whether a transaction was refused by itself

    // A block begins, on so many workers.
    void begin(const BlockInput& block, const State& before, const Options& asked, size_t workers) {
        input = &block;
        state = &before;
        options = asked;
        while (hands.size() < workers + 1) hands.emplace_back(new Hand);
        hands.resize(workers + 1);
        for (const auto& hand : hands) {
            hand->begin();
            hand->bench.keeps_effects = asked.records || asked.versions;
        }
        const size_t count = block.count();
        accounts.begin(before.accounts, 16 + most_keys(block));
        messages.begin(count);
        transactions.resize(count);
        outcomes.resize(count);
        malformed = ~uint64_t{0};
        repeated = refused = 0;
    }

    Hand& coordinator() { return *hands.back(); }

    bool is_recent(const Hash& hash) const {
        for (size_t place = read_u64(hash.bytes) & (recent.size() - 1); recent[place].second;
             place = (place + 1) & (recent.size() - 1))
            if (recent[place].first == hash) return true;
        return false;
    }
};

}  // namespace samestate::svm

#endif
