// The access list of a block (EIP-7928), as it follows from the ledger of the block.
//
// A list of [address, storage changes, storage reads, balance changes, nonce changes, code changes] for each account that was accessed.
// A storage change is [slot, [[index, value], …]], any other [index, value]; the index is 0 for what comes before the transactions,
// 1 for the first of them, and one more than their number for what comes after them. Accounts ascend, and so do the slots and the
// indices within each list. A slot that was changed is not among those that were read.

#ifndef SAMESTATE_EVM_ACCESS_LIST_HPP
#define SAMESTATE_EVM_ACCESS_LIST_HPP

#include <algorithm>
#include <utility>
#include <vector>

#include "samestate/optimized/evm/backward_writer.hpp"
#include "samestate/optimized/evm/ledger.hpp"

namespace samestate::evm {

class AccessListWriter {
  public:
    BackwardWriter list;
    std::uint64_t items = 0;    // addresses and their slots: what the gas limit of a block bounds ("Block Access List Size Constraint")

    // Write the whole list, from its last account to its first.
    void write(const Ledger& ledger) {
        ledger_ = &ledger;
        std::vector<std::pair<std::uint64_t, std::uint32_t>> accounts;  // by the first bytes of addresses
        for (std::uint32_t place = 0; place < ledger.accounts.size(); place++)
            if (ledger.accounts[place].is_accessed) accounts.push_back({load_be64(ledger.accounts[place].address.bytes), place});
        std::sort(accounts.begin(), accounts.end(), [&](const auto& one, const auto& other) {
            if (one.first != other.first) return one.first > other.first;
            return ledger.accounts[other.second].address < ledger.accounts[one.second].address;
        });
        for (const auto& entry : accounts) write_account(ledger.accounts[entry.second]);
        list.list(0);
        items += accounts.size();
    }

  private:
    void write_account(const LedgerAccount& account) {
        const std::size_t end = list.size();
        gather_slots(account);
        write_values(account.last[CODE], [&](const ValueAfter& after) { list.bytes(after.code()->bytes, after.code()->size); });
        write_values(account.last[NONCE], [&](const ValueAfter& after) { list.number(after.value.w[0]); });
        write_values(account.last[BALANCE], [&](const ValueAfter& after) { list.word(after.value); });
        const std::size_t end_of_reads = list.size();
        for (const LedgerSlot* slot : slots_)
            if (slot->last == NOWHERE) list.word(slot->key);
        list.list(end_of_reads);
        const std::size_t end_of_changes = list.size();
        for (const LedgerSlot* slot : slots_)
            if (slot->last != NOWHERE) write_slot(*slot);
        list.list(end_of_changes);
        list.bytes(account.address.bytes, sizeof(account.address.bytes));
        list.list(end);
        items += slots_.size();
    }

    void write_slot(const LedgerSlot& slot) {
        const std::size_t end = list.size();
        write_values(slot.last, [&](const ValueAfter& after) { list.word(after.value); });
        list.word(slot.key);
        list.list(end);
    }

    // The values that a key had after steps, of which `last` is the last.
    template <typename Write>
    void write_values(std::uint32_t last, Write write) {
        const std::size_t end = list.size();
        for (std::uint32_t place = last; place != NOWHERE; place = ledger_->values[place].previous) {
            const std::size_t end_of_pair = list.size();
            write(ledger_->values[place]);
            list.number(ledger_->values[place].step);
            list.list(end_of_pair);
        }
        list.list(end);
    }

    // The slots of an account that are in the list, the highest first.
    void gather_slots(const LedgerAccount& account) {
        slots_.clear();
        for (std::uint32_t place = account.first_slot; place != NOWHERE; place = ledger_->slots[place].next) {
            const LedgerSlot& slot = ledger_->slots[place];
            if (slot.is_read || slot.last != NOWHERE) slots_.push_back(&slot);
        }
        std::sort(slots_.begin(), slots_.end(), [](const LedgerSlot* one, const LedgerSlot* other) { return other->key < one->key; });
    }

    const Ledger* ledger_ = nullptr;
    std::vector<const LedgerSlot*> slots_;
};

}  // namespace samestate::evm

#endif
