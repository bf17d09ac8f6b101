// The state before a block as a witness proves it: accounts, slots and codes are read from a partial trie when a worker first asks
// for them, and stay as they were read.
//
// Any number of workers ask at once, without the interpreter lock. The trie is only read while a block runs, and needs no lock; what
// was read is kept in tables, each behind a mutex that is held for a look-up. Nothing read can be false: a node is found by the hash
// that its parent has of it, the first by the state root.
//
// What the witness lacks reads as absent here, and its name is noted: whether that matters only those know who judge the block. An
// execution on values that turn out wrong may stray to keys that the witness rightly lacks.

#ifndef SAMESTATE_EVM_WITNESS_HPP
#define SAMESTATE_EVM_WITNESS_HPP

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/evm/code_table.hpp"
#include "samestate/optimized/evm/state_trie.hpp"

namespace samestate::evm {

// An account as a state keeps it: the fields of AccountRecord (world.pxd), which it is read as.
struct WitnessedAccount {
    std::uint64_t nonce = 0;
    u256 balance{};
    const Code* code = nullptr;     // null: none. `Witness::lacking_code`: there is one, and the witness does not have it
    std::uint64_t existence = NOT_HELD;
};

class Witness {
  public:
    Witness() { lacking_code_.is_shared = true; }
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;

    // The state with the tries' root. All three stay where they are; codes that are asked for are put into `code_table`.
    void begin(const StateTrie* tries, const Preimages* codes, CodeTable* code_table) {
        tries_ = tries;
        codes_ = codes;
        code_table_ = code_table;
        forget();
    }

    // The state has changed: what was read does not count any more. Nobody asks meanwhile.
    void forget() {
        for (Table& table : tables_) {
            table.accounts.clear();
            table.slots.clear();
        }
        lacking_.clear();
    }

    // Stands for the code of an account of which the witness has only the hash.
    const Code* lacking_code() const { return &lacking_code_; }

    // What the state holds of an account; null where that is nothing. False where the witness lacks a node on the way.
    bool account(const Address& address, const WitnessedAccount*& found) {
        const KeptAccount& kept = keep(address);
        found = kept.is_there ? &kept.account : nullptr;
        return !kept.is_lacking;
    }

    // Whether an account has slots.
    bool has_slots(const Address& address) { return keep(address).has_slots; }

    // The value of a slot; null where it is zero. False where the witness lacks a node on the way.
    bool slot(const Address& address, const std::uint8_t* key, const u256*& found) {
        std::string name(reinterpret_cast<const char*>(address.bytes), 20);
        name.append(reinterpret_cast<const char*>(key), 32);
        Table& table = table_of(name);
        {
            std::lock_guard<std::mutex> guard(table.lock);
            const auto place = table.slots.find(name);
            if (place != table.slots.end()) return answer(place->second, found);
        }
        StateGap gap{};
        const KeptSlot kept{tries_->read(address, u256::load_be(key), gap), gap.gap.is_open};
        if (kept.is_lacking) note(SLOT, name);
        std::lock_guard<std::mutex> guard(table.lock);
        return answer(table.slots.emplace(name, kept).first->second, found);
    }

    // The keys that were asked for and are not there, in the order in which they were: the part, the address, and of a slot its 32
    // bytes. EXISTENCE stands for all parts of an account.
    std::vector<std::string> lacking() {
        std::lock_guard<std::mutex> guard(noting_);
        return lacking_;
    }

  private:
    struct KeptAccount {
        WitnessedAccount account;
        bool is_there = false, is_lacking = false, has_slots = false;
    };

    struct KeptSlot {
        u256 value;
        bool is_lacking;
    };

    // References into the tables stay good while others are added.
    struct Table {
        std::mutex lock;
        std::unordered_map<std::string, KeptAccount> accounts;
        std::unordered_map<std::string, KeptSlot> slots;
    };

    static constexpr std::size_t TABLES = 64;

    Table& table_of(const std::string& name) { return tables_[hash_bytes(seed_, name.data(), name.size()) % TABLES]; }

    static bool answer(const KeptSlot& kept, const u256*& found) {
        found = kept.value.is_zero() ? nullptr : &kept.value;
        return !kept.is_lacking;
    }

    void note(Part part, const std::string& name) {
        std::lock_guard<std::mutex> guard(noting_);
        lacking_.push_back(std::string(1, static_cast<char>(part)) + name);
    }

    const KeptAccount& keep(const Address& address) {
        const std::string name(reinterpret_cast<const char*>(address.bytes), 20);
        Table& table = table_of(name);
        {
            std::lock_guard<std::mutex> guard(table.lock);
            const auto place = table.accounts.find(name);
            if (place != table.accounts.end()) return place->second;
        }
        const KeptAccount kept = read(address, name);
        std::lock_guard<std::mutex> guard(table.lock);
        return table.accounts.emplace(name, kept).first->second;  // two may have read it; both found the same
    }

    KeptAccount read(const Address& address, const std::string& name) {
        KeptAccount kept;
        AccountValue value;
        StateGap gap{};
        kept.is_there = tries_->read(address, value, gap);
        kept.is_lacking = gap.gap.is_open;
        if (kept.is_lacking) note(EXISTENCE, name);
        if (!kept.is_there) return kept;
        kept.has_slots = value.has_storage();
        kept.account.nonce = value.nonce;
        kept.account.balance = value.balance;
        if (value.is_nothing()) kept.account.existence = HELD_EMPTY;
        if (value.code_hash == EMPTY_CODE_HASH) return kept;
        kept.account.code = code_table_->find(value.code_hash);
        if (kept.account.code) return kept;
        std::string stored;
        if (const Bytes* bytes = codes_->find(value.code_hash.bytes)) {
            kept.account.code = &code_table_->intern(value.code_hash, bytes->data, bytes->length);
        } else if (tries_->code(value.code_hash.bytes, stored)) {
            kept.account.code = &code_table_->intern(value.code_hash, reinterpret_cast<const std::uint8_t*>(stored.data()), stored.size());
        } else {
            kept.account.code = &lacking_code_;
            note(CODE, name);
        }
        return kept;
    }

    const StateTrie* tries_ = nullptr;
    const Preimages* codes_ = nullptr;
    CodeTable* code_table_ = nullptr;
    const std::uint64_t seed_ = now_nanoseconds();
    Table tables_[TABLES];
    std::mutex noting_;
    std::vector<std::string> lacking_;
    Code lacking_code_{};
};

}  // namespace samestate::evm

#endif
