// What transactions will probably access: hints for strategies that put conflicting ones in order, never trusted.
//
// What every transaction touches follows from itself: its sender's nonce, balance and code, its recipient's code and balance. Its access
// list (EIP-2930) says more, and so do the constants in its recipient's code (code_constants.hpp). What a call does beyond that is known
// of functions that everybody uses (call_patterns.hpp), or guessed from calls of its kind that were executed: from the last one
// (last_run.hpp), or from all (learned_layouts.hpp).

#ifndef SAMESTATE_EVM_EXPECTATIONS_HPP
#define SAMESTATE_EVM_EXPECTATIONS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/call_patterns.hpp"
#include "samestate/optimized/evm/code_constants.hpp"
#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/expected_keys.hpp"
#include "samestate/optimized/evm/last_run.hpp"
#include "samestate/optimized/evm/learned_layouts.hpp"
#include "samestate/optimized/evm/native/recovery.hpp"
#include "samestate/optimized/evm/outcome_record.hpp"
#include "samestate/optimized/evm/shape.hpp"

namespace samestate::evm {

// What there is to expect accesses by.
enum class Estimator : int { declared = 0, static_analysis = 1, last_run = 2, pattern = 3, learned = 4, rehearsed = 5 };

// Where this module finds native libraries: senders may still be to be recovered. Once, when it is imported.
inline void take_libraries(Libraries* libraries) { native_libraries = libraries; }

// What a transaction that was executed did access, as if it had been expected.
inline void expect_accessed(const OutcomeRecord& record, const Address& coinbase, Expected& found) {
    std::vector<AccessedKey> accessed;
    found.is_known = true;
    read_effect(record.effect(), record.effect_length, accessed);
    for (const AccessedKey& each : accessed) {
        // Fees never conflict, nor does it matter who made an account exist without need.
        if ((each.what == EFFECT_CREDIT && each.address == coinbase) || each.part == EXISTENCE) continue;
        if (each.part == SLOT) found.add(each.what, each.address, each.slot);
        else found.add(each.what, each.part, each.address);
    }
}

// What a worker has of its own while it expects: what it has found out of codes and tokens, and room.
struct Expecter {
    CallPatterns patterns;
    std::unordered_map<std::uint64_t, expectations::CodeConstants> codes;
    SenderScratch scratch;
    std::vector<u256> words;
};

// Expects accesses, for one block after another: all workers side by side (expect), the coordinator whatever else there is.
class Expectations {
  public:
    // So many workers, of whom the coordinator is the first. Once, before the first block.
    void set_workers(std::size_t workers) { workers_.resize(workers); }

    // A new block, of so many transactions, on a state. At most so many kinds of calls, and of codes, are remembered.
    void begin_block(const KnownState& state, std::uint64_t transactions, std::uint64_t most) {
        state_ = state;
        ++block_;
        next_ = 0;
        for (Expecter& worker : workers_) {
            worker.patterns.begin_block(state, block_);
            if (worker.codes.size() > most) worker.codes.clear();
        }
        kinds_of_block_.assign(transactions, CallKinds{});
        forget(kinds_, most);
        forget(layouts_, learned_terms_ > MOST_TERMS ? 0 : std::min(most, std::uint64_t{MOST_LAYOUTS}));
        learned_terms_ = 0;
        for (const auto& each : layouts_) learned_terms_ += each.second.size();
    }

    // What those transactions will probably access that no other worker has taken, until none is left.
    void expect(BlockInput& input, std::size_t worker, Estimator estimator, std::vector<Expected>& found) {
        const std::uint64_t count = input.transactions.size();
        for (;;) {
            const std::uint64_t first = atomic_add(&next_, STRETCH, "evm.expecting.take");
            if (first >= count) return;
            for (std::uint64_t index = first; index < std::min(first + STRETCH, count); ++index)
                expect_one(input, index, workers_[worker], estimator, found[index]);
        }
    }

    // Whether a transaction is a call of a kind of which nothing is known.
    bool is_new(BlockInput& input, std::uint64_t index) {
        const FoundSender sender = input.sender(index, recovery(input.in_lanes), workers_[0].scratch);
        const Transaction& transaction = input.transactions[index];
        if (sender.rejection != Rejection::NONE || !transaction.has_to || state_.code(transaction.to) == nullptr) return false;
        return layouts_.count(kinds_at(index, call_of(transaction, sender.address), workers_[0]).names[0]) == 0;
    }

    // What was hashed while the block was executed: to be told before what its transactions did.
    void take(HashedMessages& hashed) { preimages_.take(hashed); }

    // What a transaction of the block did. Of a kind of calls the first ones count that are told: tell the last one first.
    void learn(const BlockInput& input, std::uint64_t index, const OutcomeRecord& record, Estimator estimator) {
        const Transaction& transaction = input.transactions[index];
        if (!transaction.has_to || record.fault_code()) return;
        const Code* code = state_.code(transaction.to);
        if (code == nullptr) return;
        if (estimator != Estimator::last_run) learn_layouts(call_of(transaction, record.sender), index, record, input.environment.coinbase);
        else learn(kind_of(transaction, record.sender, *code), transaction, record, input.environment.coinbase);
    }

    std::size_t kinds() const { return kinds_.size() + layouts_.size(); }

  private:
    using Entry = expectations::Entry;
    using LastRun = expectations::LastRun;

    static constexpr std::uint64_t STRETCH = 8;     // transactions that a worker takes at once
    static constexpr std::size_t FEW = 12;          // keys that most transactions have no more of
    static constexpr std::uint64_t CALLS = 4;   // of a kind and a block that are learned from
    static constexpr std::uint64_t MOST_LAYOUTS = 1 << 15, MOST_TERMS = 1 << 20;    // a term takes less than a hundred bytes

    // What a transaction will probably access; of one that nobody has signed nothing.
    void expect_one(BlockInput& input, std::uint64_t index, Expecter& own, Estimator estimator, Expected& found) {
        const FoundSender sender = input.sender(index, recovery(input.in_lanes), own.scratch);
        if (sender.rejection != Rejection::NONE) return;
        const Transaction& transaction = input.transactions[index];
        found.reads.reserve(FEW);
        found.writes.reserve(FEW);
        expect_of_all(transaction, sender.address, found);
        if (!transaction.has_to || estimator == Estimator::declared) return;
        const Code* code = state_.code(transaction.to);
        if (code == nullptr) {
            found.is_known = true;
            return;
        }
        if (estimator == Estimator::static_analysis) return expect_constants(transaction.to, *code, own, found);
        if (estimator != Estimator::last_run) {
            const Call call = call_of(transaction, sender.address);
            if (estimator == Estimator::learned || estimator == Estimator::rehearsed)
                found.is_known = expect_learned(call, kinds_at(index, call, own), transaction.value, own, found);
            else found.is_known = own.patterns.expect(call, transaction.value, found);
            return;
        }
        const auto known = kinds_.find(kind_of(transaction, sender.address, *code));
        if (known == kinds_.end()) return;
        found.is_known = true;
        stamp(known->second.block);
        expect_again(known->second, transaction, sender.address, found);
    }

    // What is known was asked for in this block: perhaps by several workers at once.
    void stamp(std::uint64_t& block) {
        if (peek(&block) != block_) atomic_store(&block, block_, "evm.expecting.stamp");
    }

    static Call call_of(const Transaction& transaction, const Address& sender) {
        return Call{sender, transaction.to, transaction.data, transaction.data_length};
    }

    // Those that nobody asked for in the last block go first.
    template <typename Kinds>
    void forget(Kinds& kinds, std::uint64_t most) const {
        if (kinds.size() <= most) return;
        for (auto each = kinds.begin(); each != kinds.end();) each = each->second.block + 1 < block_ ? kinds.erase(each) : std::next(each);
        if (kinds.size() > most) kinds.clear();
    }

    // The kinds of a call, the narrowest first: of the same code, function and contracts among the arguments; of the same code and
    // function; of the same code. Through a proxy: of the code behind it.
    struct CallKinds {
        std::uint64_t names[3];
        bool is_known = false;
    };

    // Those of a transaction of the block, found once.
    const CallKinds& kinds_at(std::uint64_t index, const Call& call, Expecter& own) {
        CallKinds& kinds = kinds_of_block_[index];
        if (!kinds.is_known) kinds = kinds_of(call, own);
        return kinds;
    }

    CallKinds kinds_of(const Call& call, Expecter& own) {
        CallKinds kinds;
        kinds.names[2] = own.patterns.tokens().name_of_code(call.recipient);
        std::uint64_t kind = hash_bytes(kinds.names[2], call.data, std::min<std::uint64_t>(call.length, 4));
        kinds.names[1] = kind;
        kind = hash_bytes(kind, &call.length, 8);
        const std::uint64_t words = call.length < 4 ? 0 : std::min<std::uint64_t>((call.length - 4) / 32, MOST_WORDS);
        for (std::uint64_t index = 0; index < words; ++index) {
            const std::uint8_t* word = call.data + 4 + 32 * index;
            if (!shapes::is_address(word) || std::memcmp(word + 12, call.sender.bytes, 20) == 0) continue;
            if (state_.find_code(state_.itself, word + 12)) kind = hash_bytes(kind, word + 12, 20);
        }
        kinds.names[0] = kind;
        kinds.is_known = true;
        return kinds;
    }

    // By the narrowest kind of which something is known. What is known of the narrowest of all needs no pattern. Whether anything is.
    bool expect_learned(const Call& call, const CallKinds& kinds, const u256& value, Expecter& own, Expected& found) {
        const LearnedLayout* layout = layout_of(kinds.names[0]);
        if (layout != nullptr) {
            layout->expect(call, state_, own.words, false, found);
            return true;
        }
        const bool is_known = own.patterns.expect(call, value, found);
        layout = layout_of(kinds.names[1]);
        if (layout == nullptr && !is_known) layout = layout_of(kinds.names[2]);
        if (layout != nullptr) layout->expect(call, state_, own.words, true, found);
        return is_known || layout != nullptr;
    }

    // What is known of a kind, or null.
    const LearnedLayout* layout_of(std::uint64_t kind) {
        const auto known = layouts_.find(kind);
        if (known == layouts_.end()) return nullptr;
        stamp(known->second.block);
        return &known->second;
    }

    void learn_layouts(const Call& call, std::uint64_t index, const OutcomeRecord& record, const Address& coinbase) {
        std::vector<AccessedKey> accessed;
        for (const std::uint64_t kind : kinds_at(index, call, workers_[0]).names) {
            LearnedLayout& layout = layouts_[kind];
            if (layout.learned != block_) layout.calls = 0;
            if (layout.calls == CALLS) continue;
            ++layout.calls;
            layout.learned = layout.block = block_;
            if (accessed.empty()) accessed = beyond_the_transaction(record, call.recipient, coinbase);
            // Who says all of a call needs no more of them to learn from.
            const std::size_t before = layout.size();
            if (layout.learn(call, state_, preimages_, accessed, workers_[0].words)) layout.calls = CALLS;
            learned_terms_ += layout.size() - before;
        }
    }

    // What a transaction accessed that does not follow from itself: fees never conflict, and what every transaction touches is expected
    // of it anyway.
    static std::vector<AccessedKey> beyond_the_transaction(const OutcomeRecord& record, const Address& recipient, const Address& coinbase) {
        std::vector<AccessedKey> accessed;
        read_effect(record.effect(), record.effect_length, accessed);
        accessed.erase(std::remove_if(accessed.begin(), accessed.end(), [&](const AccessedKey& each) {
            return (each.what == EFFECT_CREDIT && each.address == coinbase) || each.part == EXISTENCE ||
                   (each.address == record.sender && each.part != SLOT) ||
                   (each.address == recipient && (each.part == CODE || each.what == EFFECT_CREDIT));
        }), accessed.end());
        return accessed;
    }

    // What follows from the transaction itself.
    static void expect_of_all(const Transaction& transaction, const Address& sender, Expected& found) {
        for (Part part : {NONCE, BALANCE}) found.change(part, sender);
        found.read(CODE, sender);
        Address recipient = transaction.to;
        if (!transaction.has_to) {
            recipient = created_address(sender, transaction.nonce);
            found.change(NONCE, recipient);
            found.write(CODE, recipient);
        }
        if (recipient != sender || !transaction.has_to) found.read(CODE, recipient);
        if (!transaction.value.is_zero() && recipient != sender) found.credit(recipient);
        // EIP-2930. The list does not say which slots are written: any may be.
        for (std::size_t index = 0; index < transaction.access_list_length; ++index) {
            const AccessListEntry& entry = transaction.access_list[index];
            for (std::uint32_t slot = 0; slot < entry.slot_count; ++slot) found.change(entry.address, transaction.slots[entry.first_slot + slot]);
        }
    }

    static void expect_constants(const Address& self, const Code& code, Expecter& own, Expected& found) {
        const std::uint64_t name = hash_bytes(0, code.hash.bytes, 32);
        auto known = own.codes.find(name);
        if (known == own.codes.end()) known = own.codes.emplace(name, expectations::constants_of(code)).first;
        for (const u256& slot : known->second.loads) found.read(self, slot);
        for (const u256& slot : known->second.stores) found.change(self, slot);
        for (const Address& account : known->second.accounts) found.read(CODE, account);
    }

    static void expect_again(const LastRun& last, const Transaction& transaction, const Address& sender, Expected& found) {
        for (const Entry& entry : last.entries) {
            const Address account = address_of(entry.account.value(transaction, sender));
            if (entry.part == SLOT) found.add(entry.what, account, entry.slot.value(transaction, sender));
            else found.add(entry.what, entry.part, account);
        }
    }

    // Calls of a kind: the same code, the same function, and the same contracts among the arguments.
    std::uint64_t kind_of(const Transaction& transaction, const Address& sender, const Code& code) {
        std::uint64_t kind = hash_bytes(0, code.hash.bytes, 32);
        if (transaction.data_length < 4) return kind;
        kind = hash_bytes(kind, transaction.data, 4);
        std::uint64_t words = std::min<std::uint64_t>((transaction.data_length - 4) / 32, shapes::WORDS);
        for (std::uint64_t index = 0; index < words; ++index) {
            const std::uint8_t* word = transaction.data + 4 + 32 * index;
            if (!shapes::is_address(word) || std::memcmp(word + 12, sender.bytes, 20) == 0) continue;
            if (state_.find_code(state_.itself, word + 12)) kind = hash_bytes(kind, word + 12, 20);
        }
        return kind;
    }

    void learn(std::uint64_t kind, const Transaction& transaction, const OutcomeRecord& record, const Address& coinbase) {
        LastRun& last = kinds_[kind];
        if (last.learned == block_) return;
        const bool is_new = last.learned == 0;
        last.learned = last.block = block_;
        const std::vector<AccessedKey> accessed = beyond_the_transaction(record, transaction.to, coinbase);
        if (!is_new && foretells(last, transaction, record.sender, accessed)) return;
        last.entries.clear();
        expectations::Describer describer(transaction, record.sender, accessed);
        for (const AccessedKey& each : accessed) last.entries.push_back(describer.describe(each));
    }

    // Whether the call before said what this one did: then it stays, since describing takes longer than reading back.
    static bool foretells(const LastRun& last, const Transaction& transaction, const Address& sender, const std::vector<AccessedKey>& accessed) {
        if (last.entries.size() != accessed.size()) return false;
        for (std::size_t index = 0; index < accessed.size(); ++index) {
            const Entry& entry = last.entries[index];
            const AccessedKey& each = accessed[index];
            if (entry.what != each.what || entry.part != each.part) return false;
            if (address_of(entry.account.value(transaction, sender)) != each.address) return false;
            if (each.part == SLOT && !(entry.slot.value(transaction, sender) == each.slot)) return false;
        }
        return true;
    }

    static constexpr std::uint64_t MOST_WORDS = 32;     // of the arguments that are looked at for contracts

    KnownState state_;
    std::uint64_t block_ = 0;
    std::uint64_t next_ = 0;        // shared: the first transaction that no worker has taken
    std::vector<Expecter> workers_;
    std::unordered_map<std::uint64_t, LastRun> kinds_;
    HashPreimages preimages_;
    std::unordered_map<std::uint64_t, LearnedLayout> layouts_;
    std::size_t learned_terms_ = 0;     // of all layouts
    std::vector<CallKinds> kinds_of_block_;     // by transaction
};

}  // namespace samestate::evm

#endif
