// What a block has done to the state: for each account and slot that it changed, the value before the block and the value after it.
//
// The effects of the steps (effects.hpp) are entered in block order, in one pass that asks the state before the block once for each
// key that is set. What counts as a change is what vectors/FORMAT.md says of an access record: a value that differs from the one
// before the step, or a credit. Where a block access list is to be made of it, the ledger also keeps who was accessed, and each
// value after each step that changed it.

#ifndef SAMESTATE_EVM_LEDGER_HPP
#define SAMESTATE_EVM_LEDGER_HPP

#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/code_table.hpp"
#include "samestate/optimized/evm/state_trie.hpp"
#include "samestate/optimized/evm/step_records.hpp"

namespace samestate::evm {

// What the state before the block holds of an account.
struct AccountBefore {
    std::uint64_t nonce;
    u256 balance;
    const Code* code;       // never null
    bool is_held;           // with nothing, and it is there all the same
};

// The state before the block, behind functions of whoever keeps it. They give false where it lacks what is asked for.
struct StateBefore {
    void* itself;
    bool (*account)(void* itself, const Address* address, AccountBefore* found);
    bool (*slot)(void* itself, const Address* address, const u256* slot, u256* found);
    bool (*has_slots)(void* itself, const Address* address);
};

// No place in a vector.
constexpr std::uint32_t NOWHERE = UINT32_MAX;

// A value after a step that changed it.
struct ValueAfter {
    std::uint32_t step;
    std::uint32_t previous; // that of the last step before it that changed the key: a place, or NOWHERE
    u256 value;             // of a code: where it is (`code`)

    const Code* code() const { return reinterpret_cast<const Code*>(static_cast<std::uintptr_t>(value.w[0])); }
};

struct LedgerAccount {
    Address address;
    bool is_loaded;             // what is below, but for existence
    bool knows_existence;
    bool is_accessed;           // it belongs into a block access list
    std::uint8_t changed;       // which parts were changed in the block, by bit(Part)
    std::uint32_t wipes;        // how often its storage was wiped
    std::uint32_t first_slot;   // of its slots that the block met, the last met first
    std::uint32_t slots;        // how many they are
    std::uint32_t last[CODE + 1];   // of each part the value after the last step that changed it, for a list
    std::uint64_t hash;
    Existence existence_before, existence;
    std::uint64_t nonce_before, nonce;
    u256 balance_before, balance;
    const Code* code_before;
    const Code* code;
};

struct LedgerSlot {
    std::uint32_t owner;        // place of the account
    std::uint32_t next;         // another slot of it
    std::uint32_t wipes;        // the owner's when the value was set: it counts no more once the owner has been wiped since
    std::uint32_t last;         // the value after the last step that changed it, for a list
    bool is_loaded;
    bool changed;               // in the block, since the last wipe
    bool is_read;
    std::uint64_t hash;
    u256 key;
    u256 before, value;
};

class Ledger {
  public:
    std::vector<LedgerAccount> accounts;    // in the order in which the block met them
    std::vector<LedgerSlot> slots;
    std::vector<ValueAfter> values;         // of all keys and steps; empty where there is to be no list
    Address missing{};                      // whose value the state before the block lacks, when `enter` has failed

    // Nothing has happened yet. `codes` has the codes that effects speak of; `keeps_list`: whether a list is to be made.
    void begin(const StateBefore& before, const CodeTable* codes, bool keeps_list) {
        before_ = before;
        codes_ = codes;
        keeps_list_ = keeps_list;
        seed_ = now_nanoseconds();
        accounts.clear();
        slots.clear();
        values.clear();
        latest_ = 0;
        account_table_.assign(256, NOWHERE);
        slot_table_.assign(256, NOWHERE);
    }

    // Enter so many steps from 0 (open) on. False where the state before the block lacks a value.
    bool enter(const StepRecords& records, std::size_t count) {
        for (std::size_t step = 0; step < count; step++) {
            const OutcomeRecord& record = *records.steps[step];
            if (!enter_step(static_cast<std::uint32_t>(step), record.effect(), record.effect_length)) return false;
        }
        return true;
    }

    // Whether the slot's value counts as a change of the block.
    bool is_changed(const LedgerSlot& slot) const { return slot.changed && slot.wipes == accounts[slot.owner].wipes; }

    // The value of a slot after the block.
    u256 value_of(const LedgerSlot& slot) const { return slot.wipes == accounts[slot.owner].wipes ? slot.value : u256(); }

    // What the block has made of accounts and slots, as a trie takes it in. The slots of one account follow one another.
    void append_changes(std::vector<AccountChange>& account_changes, std::vector<SlotChange>& slot_changes) const {
        for (const LedgerAccount& account : accounts) {
            AccountChange change = change_of(account);
            change.is_held = account.existence == HELD_EMPTY;
            change.nonce = account.nonce;
            change.balance = account.balance;
            change.code_hash = account.code->hash;
            if (change.parts) account_changes.push_back(change);
            for_changed_slots(account, [&](const LedgerSlot& slot) { slot_changes.push_back({account.address, slot.key, slot.value}); });
        }
    }

    // What was there before, as a trie takes it in to go back. Of accounts that were wiped it gives no slot: whoever keeps the
    // state has to say which they had.
    void append_returns(std::vector<AccountChange>& account_changes, std::vector<SlotChange>& slot_changes) const {
        for (const LedgerAccount& account : accounts) {
            AccountChange change = change_of(account);
            if (account.is_loaded) change.parts |= AccountChange::HELD;  // what came to have something need not have lost the key
            change.is_held = account.existence_before == HELD_EMPTY;
            change.nonce = account.nonce_before;
            change.balance = account.balance_before;
            change.code_hash = account.code_before->hash;
            if (change.parts) account_changes.push_back(change);
            if (account.wipes) continue;
            for_changed_slots(account, [&](const LedgerSlot& slot) { slot_changes.push_back({account.address, slot.key, slot.before}); });
        }
    }

  private:
    static constexpr std::size_t HEAD = 22;     // of an entry of an effect: kind, part, address

    static u256 word_at(const std::uint8_t* place) {
        u256 word;
        std::memcpy(word.w, place, 32);
        return word;
    }

    // One step. Of an account its wipes come before what was set in it, and what was credited right after what was set.
    bool enter_step(std::uint32_t step, const std::uint8_t* place, std::uint64_t length) {
        const std::uint8_t* const end = place + length;
        while (place < end) {
            const Part part = static_cast<Part>(place[1]);
            const std::uint8_t* body = place + HEAD;
            if (place[0] == EFFECT_READ || place[0] == EFFECT_TOUCH) {
                if (keeps_list_) access(place, place[0] == EFFECT_READ);
                place = body + (part == SLOT ? 32 : 0);
                continue;
            }
            const std::uint32_t owner = find_account(place + 2);
            if (place[0] == EFFECT_WIPE) {
                LedgerAccount& account = accounts[owner];
                account.wipes += 1;
                account.is_accessed = true;
                place = body;
                continue;
            }
            if (part == SLOT) {
                if (!set_slot(step, owner, word_at(body), word_at(body + 32))) return fail(owner);
                place = body + 64;
                continue;
            }
            if (!load(accounts[owner])) return fail(owner);
            if (part == BALANCE) {
                u256 total = place[0] == EFFECT_SET ? word_at(body) : accounts[owner].balance + word_at(body);
                place = body + 32;
                if (place < end && place[0] == EFFECT_CREDIT && body[-21] == place[1] && std::memcmp(body - 20, place + 2, 20) == 0) {
                    total = total + word_at(place + HEAD);
                    place += HEAD + 32;
                }
                set_balance(step, accounts[owner], total);
                continue;
            }
            if (!set_part(step, accounts[owner], part, body)) return fail(owner);
            place = body + 32;
        }
        return true;
    }

    bool fail(std::uint32_t owner) {
        missing = accounts[owner].address;
        return false;
    }

    // An account was accessed, or a key of it read. That the state holds an empty account is no value that a list speaks of.
    void access(const std::uint8_t* entry, bool is_read) {
        if (is_read && entry[1] == EXISTENCE) return;
        const std::uint32_t owner = find_account(entry + 2);
        accounts[owner].is_accessed = true;
        if (entry[1] == SLOT) slots[find_slot(owner, word_at(entry + HEAD))].is_read = true;
    }

    void note(std::uint32_t step, std::uint32_t& last, const u256& value) {
        if (!keeps_list_) return;
        values.push_back({step, last, value});
        last = static_cast<std::uint32_t>(values.size() - 1);
    }

    void set_balance(std::uint32_t step, LedgerAccount& account, const u256& balance) {
        if (account.balance == balance) return;
        account.balance = balance;
        mark(account, BALANCE);
        note(step, account.last[BALANCE], balance);
    }

    bool set_part(std::uint32_t step, LedgerAccount& account, Part part, const std::uint8_t* value) {
        if (part == NONCE) {
            const std::uint64_t nonce = word_at(value).w[0];
            if (account.nonce == nonce) return true;
            account.nonce = nonce;
            note(step, account.last[NONCE], u256(nonce));
        } else if (part == CODE) {
            Hash hash;
            std::memcpy(hash.bytes, value, 32);
            if (account.code->hash == hash) return true;
            account.code = codes_->find(hash);
            if (account.code == nullptr) return false;
            note(step, account.last[CODE], u256(reinterpret_cast<std::uintptr_t>(account.code)));
        } else {
            const Existence existence = static_cast<Existence>(value[0]);
            learn_existence(account);
            if (account.existence == existence) return true;
            account.existence = existence;
        }
        mark(account, part);
        return true;
    }

    bool set_slot(std::uint32_t step, std::uint32_t owner, const u256& key, const u256& value) {
        LedgerSlot& slot = slots[find_slot(owner, key)];
        LedgerAccount& account = accounts[owner];
        if (!slot.is_loaded) {
            if (!before_.slot(before_.itself, &account.address, &key, &slot.before)) return false;
            slot.value = slot.before;
            slot.is_loaded = true;
        }
        if (slot.wipes != account.wipes) {  // all that it was is gone
            slot.value = u256();
            slot.changed = false;
            slot.wipes = account.wipes;
        }
        if (slot.value == value) return true;
        slot.value = value;
        slot.changed = true;
        account.is_accessed = true;
        note(step, slot.last, value);
        return true;
    }

    static void mark(LedgerAccount& account, Part part) {
        account.changed |= bit(part);
        account.is_accessed = true;
    }

    bool load(LedgerAccount& account) {
        if (account.is_loaded) return true;
        AccountBefore before;
        if (!before_.account(before_.itself, &account.address, &before)) return false;
        account.nonce_before = account.nonce = before.nonce;
        account.balance_before = account.balance = before.balance;
        account.code_before = account.code = before.code;
        account.existence_before = account.existence = before.is_held ? HELD_EMPTY : NOT_HELD;
        account.is_loaded = true;
        return true;
    }

    // Storage alone is asked for where it matters, since the state has to look for it (EIP-7610).
    void learn_existence(LedgerAccount& account) {
        if (account.knows_existence) return;
        account.knows_existence = true;
        if (account.existence_before == NOT_HELD && !account.nonce_before && !account.code_before->size && before_.has_slots(before_.itself, &account.address))
            account.existence_before = account.existence = HELD_STORAGE_ALONE;
    }

    static AccountChange change_of(const LedgerAccount& account) {
        AccountChange change{};
        change.address = account.address;
        if (account.changed & bit(EXISTENCE)) change.parts |= AccountChange::HELD;
        if (account.changed & bit(BALANCE)) change.parts |= AccountChange::BALANCE_SET;
        if (account.changed & bit(NONCE)) change.parts |= AccountChange::NONCE_SET;
        if (account.changed & bit(CODE)) change.parts |= AccountChange::CODE_SET;
        if (account.wipes) change.parts |= AccountChange::WIPED;
        return change;
    }

    template <typename Use>
    void for_changed_slots(const LedgerAccount& account, Use use) const {
        for (std::uint32_t place = account.first_slot; place != NOWHERE; place = slots[place].next)
            if (is_changed(slots[place])) use(slots[place]);
    }

    // Where an account is; a new one where it is not met yet. The entries of an account follow one another.
    std::uint32_t find_account(const std::uint8_t* address) {
        if (!accounts.empty() && std::memcmp(accounts[latest_].address.bytes, address, 20) == 0) return latest_;
        latest_ = look_up_account(address);
        return latest_;
    }

    std::uint32_t look_up_account(const std::uint8_t* address) {
        const std::uint64_t hash = hash_bytes(seed_, address, 20);
        std::size_t place = hash & (account_table_.size() - 1);
        for (; account_table_[place] != NOWHERE; place = (place + 1) & (account_table_.size() - 1)) {
            const LedgerAccount& found = accounts[account_table_[place]];
            if (found.hash == hash && std::memcmp(found.address.bytes, address, 20) == 0) return account_table_[place];
        }
        LedgerAccount made{};
        std::memcpy(made.address.bytes, address, 20);
        made.hash = hash;
        made.first_slot = NOWHERE;
        for (std::uint32_t& last : made.last) last = NOWHERE;
        made.code_before = made.code = &codes_->empty();
        return add(accounts, account_table_, made, place);
    }

    std::uint32_t find_slot(std::uint32_t owner, const u256& key) {
        const std::uint64_t hash = hash_bytes(seed_ ^ accounts[owner].hash, key.w, 32);
        std::size_t place = hash & (slot_table_.size() - 1);
        for (; slot_table_[place] != NOWHERE; place = (place + 1) & (slot_table_.size() - 1)) {
            const LedgerSlot& found = slots[slot_table_[place]];
            if (found.hash == hash && found.owner == owner && found.key == key) return slot_table_[place];
        }
        LedgerSlot made{};
        made.owner = owner;
        made.key = key;
        made.hash = hash;
        made.last = NOWHERE;
        made.next = accounts[owner].first_slot;
        accounts[owner].first_slot = static_cast<std::uint32_t>(slots.size());
        accounts[owner].slots += 1;
        return add(slots, slot_table_, made, place);
    }

    template <typename Entry>
    static std::uint32_t add(std::vector<Entry>& entries, std::vector<std::uint32_t>& table, const Entry& made, std::size_t place) {
        const std::uint32_t index = static_cast<std::uint32_t>(entries.size());
        entries.push_back(made);
        table[place] = index;
        if (entries.size() * 2 > table.size()) {
            table.assign(table.size() * 2, NOWHERE);
            for (std::uint32_t i = 0; i < entries.size(); i++) {
                std::size_t free = entries[i].hash & (table.size() - 1);
                while (table[free] != NOWHERE) free = (free + 1) & (table.size() - 1);
                table[free] = i;
            }
        }
        return index;
    }

    StateBefore before_{};
    const CodeTable* codes_ = nullptr;
    bool keeps_list_ = false;
    std::uint32_t latest_ = 0;  // the place of the account that was looked for last
    std::uint64_t seed_ = 0;    // of the hashes of names: nobody outside can know it
    std::vector<std::uint32_t> account_table_;  // places in `accounts`, by hash; at most half full
    std::vector<std::uint32_t> slot_table_;
};

}  // namespace samestate::evm

#endif
