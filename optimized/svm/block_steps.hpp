// The steps of a block that are no transactions: opening and closing. Source: agave runtime/src/bank.rs (new_from_parent, freeze),
// runtime/src/bank/fee_distribution.rs.

#ifndef SAMESTATE_SVM_BLOCK_STEPS_HPP
#define SAMESTATE_SVM_BLOCK_STEPS_HPP

#include <algorithm>

#include "samestate/optimized/svm/sysvars.hpp"

namespace samestate::svm {

// What the transactions of a block have paid and cost together.
struct Totals {
    uint64_t signatures = 0;        // how many
    uint64_t signature_fees = 0;    // lamports
    uint64_t priority_fees = 0;
    uint64_t cost = 0;
    uint64_t allocation = 0;
    uint64_t deposited = 0;
    uint64_t burnt = 0;
};

class BlockSteps {
  public:
    explicit BlockSteps(Work& work) : work_(work), hand_(work.coordinator()) {}

    // What is constant in the block, and the sysvars that it begins with.
    void open() {
        const Bank& bank = work_.state->bank;
        const BlockInput& input = *work_.input;
        Environment& environment = work_.environment;
        environment.rules = &input.rules;
        environment.slot = input.slot;
        environment.epoch = bank.epochs.epoch_of(input.slot);
        environment.newest_blockhash = bank.queue.items.back().hash;
        environment.durable_nonce = durable_nonce(environment.newest_blockhash);
        environment.remembered_price = bank.queue.items.back().lamports;
        environment.lamports_per_byte = bank.lamports_per_byte;
        work_.opened.clear();
        work_.opening_reads.clear();
        Record* clock = meet(Known::CLOCK, work_.opening_reads);
        Record* hashes = meet(Known::SLOT_HASHES, work_.opening_reads);
        Record* restart = meet(Known::LAST_RESTART_SLOT, work_.opening_reads);
        leave(work_.opened, clock, next_clock(*clock->base, input, bank, hand_.room), CLOCK_LENGTH);
        leave(work_.opened, hashes, next_slot_hashes(*hashes->base, bank, hand_.room), SLOT_HASHES_LENGTH);
        leave_last_restart(restart);
        environment.slot_hashes = hashes->now.data;
        environment.slot_hashes_length = hashes->now.length;
        environment.has_recent_blockhashes = !bank.queue.items.empty();     // of which the sysvar is a copy
        fill_recent(bank.queue);
    }

    // Pays the fees and writes what the runtime notes of a block. Every `now` is what the transactions have left.
    void close(Totals& totals) {
        work_.closed.clear();
        work_.closing_reads.clear();
        BlockhashQueue queue = work_.state->bank.queue;
        queue.add(work_.input->blockhash, work_.state->bank.lamports_per_signature);
        Record* recent = meet(Known::RECENT_BLOCKHASHES, work_.closing_reads);
        leave(work_.closed, recent, next_recent_blockhashes(queue, hand_.room), RECENT_BLOCKHASHES_LENGTH);
        Record* incinerator = find(known[Known::INCINERATOR]);
        const bool had_lamports = incinerator->now.lamports;
        const uint64_t half = totals.signature_fees / 2;
        const uint64_t deposit = totals.priority_fees + (totals.signature_fees - half);
        totals.deposited = 0;
        Record* leader = nullptr;
        if (deposit) {
            leader = find(work_.input->leader);
            note(work_.closing_reads, leader);
            Account after = leader->now;
            after.lamports += deposit;
            if (after.lamports >= deposit && leader->now.owner == known[Known::SYSTEM] &&
                may_become(work_.environment, leader->now, after)) {
                totals.deposited = deposit;
                put(work_.closed, leader, after);
            }
        }
        totals.burnt = totals.signature_fees + totals.priority_fees - totals.deposited;
        Record* history = meet(Known::SLOT_HISTORY, work_.closing_reads);
        leave(work_.closed, history, next_slot_history(history->now, work_.input->slot, hand_.room), SLOT_HISTORY_LENGTH);
        if (is_locked_by_success(incinerator) || (incinerator == leader && totals.deposited)) {
            note(work_.closing_reads, incinerator);
            if (incinerator->now.lamports) put(work_.closed, incinerator, ABSENT);
            if (!had_lamports) forget(work_.closed, incinerator);   // a fee came and went within the step
        }
    }

  private:
    Record* find(const Address& address) { return work_.accounts.find(address, hand_.records); }

    static void note(std::vector<Record*>& reads, Record* record) {
        for (const Record* other : reads)
            if (other == record) return;
        reads.push_back(record);
    }

    Record* meet(Known sysvar, std::vector<Record*>& reads) {
        Record* record = find(known[sysvar]);
        note(reads, record);
        return record;
    }

    // The step leaves an account; what it left before does not count.
    static void put(std::vector<Effect>& effects, Record* record, const Account& after) {
        record->now = after;
        for (Effect& effect : effects)
            if (effect.record == record) {
                effect.after = after;
                return;
            }
        effects.push_back({record, after});
    }

    static void forget(std::vector<Effect>& effects, const Record* record) {
        effects.erase(std::remove_if(effects.begin(), effects.end(),
                                     [record](const Effect& effect) { return effect.record == record; }),
                      effects.end());
    }

    void leave(std::vector<Effect>& effects, Record* record, const uint8_t* data, uint64_t length) {
        const Account after = as_sysvar(work_.environment, record->now, data, length);
        if (!is_same(record->now, after)) put(effects, record, after);
    }

    // Written where the last slot at which validators were restarted is another than it says.
    void leave_last_restart(Record* record) {
        uint64_t last = 0;
        for (const HardFork& fork : work_.state->bank.hard_forks)
            if (fork.slot <= work_.input->slot) last = fork.slot;
        const Account& before = *record->base;
        if (before.lamports && before.length >= 8 && read_u64(before.data) == last) return;
        uint8_t* data = hand_.room.take(8);
        write_u64(data, last);
        leave(work_.opened, record, data, 8);
    }

    // Whether a transaction that succeeded may have written to an account.
    bool is_locked_by_success(const Record* record) const {
        for (size_t index = 0; index < work_.transactions.size(); ++index) {
            if (!record->has_writer) return false;
            if (work_.outcomes[index].status != Status::SUCCEEDED) continue;
            const Transaction& transaction = work_.transactions[index];
            for (size_t place = 0; place < transaction.key_count; ++place)
                if (transaction.keys[place].record == record && transaction.keys[place].is_writable) return true;
        }
        return false;
    }

    // A table of the blockhashes that transactions may name.
    void fill_recent(const BlockhashQueue& queue) {
        work_.recent.assign(512, {Hash{}, 0});
        for (const BlockhashQueue::Item& item : queue.items) {
            if (!queue.is_usable(item.hash)) continue;
            size_t place = read_u64(item.hash.bytes) & 511;
            while (work_.recent[place].second) place = (place + 1) & 511;
            work_.recent[place] = {item.hash, 1};
        }
    }

    Work& work_;
    Hand& hand_;
};

}  // namespace samestate::svm

#endif
