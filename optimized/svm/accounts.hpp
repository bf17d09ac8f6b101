// The accounts that a block meets, found by address. Any worker may meet one at any time; its record then stays where it is.
//
// A record is filled with what the account was before the block and then shown to others by one action, so whoever finds it finds it
// whole. So all accounts are loaded in one pass, before anything is executed, and nothing is looked up by its address after that.

#ifndef SAMESTATE_SVM_ACCOUNTS_HPP
#define SAMESTATE_SVM_ACCOUNTS_HPP

#include <memory>

#include "samestate/optimized/svm/block.hpp"
#include "samestate/optimized/svm/programs.hpp"

namespace samestate::svm {

// Records of one worker, kept from block to block.
class RecordPool {
  public:
    Record* next() {
        if (used_ == PIECE * pieces_.size()) pieces_.emplace_back(new Record[PIECE]);
        return &pieces_[used_ / PIECE][used_ % PIECE];
    }
    void keep() {
        ++used_;
        // Records are filled one behind the other: those to come had better be at hand, since showing one waits until it is written.
        const size_t coming = used_ + 8;
        if (coming >= PIECE * pieces_.size()) return;
        const char* record = reinterpret_cast<const char*>(&pieces_[coming / PIECE][coming % PIECE]);
        for (size_t line = 0; line < sizeof(Record); line += 64) __builtin_prefetch(record + line, 1);
    }
    void reset() { used_ = 0; }

    size_t size() const { return used_; }
    Record& operator[](size_t index) { return pieces_[index / PIECE][index % PIECE]; }

  private:
    static constexpr size_t PIECE = 1024;

    std::vector<std::unique_ptr<Record[]>> pieces_;
    size_t used_ = 0;
};

class BlockAccounts {
  public:
    // Empty, with room for so many keys, and for program data of each.
    void begin(const AccountTable& table, size_t keys) {
        table_ = &table;
        size_t places = 256;
        while (places <= 2 * keys + 1) places *= 2;
        places_.assign(places, 0);
        seed_ = drawn_seed();
    }

    // The record of an account, made by this worker unless it is there.
    Record* find(const Address& address, RecordPool& pool) {
        const uint64_t hash = mixed(address, seed_);
        const uint64_t tag = hash & TAG;
        const size_t mask = places_.size() - 1;
        Record* made = nullptr;
        for (size_t place = hash & mask;; place = (place + 1) & mask) {
            uint64_t found = peek(&places_[place]);
            if (found == 0) {
                if (made == nullptr) made = make(address, pool);
                const uint64_t word = tag | reinterpret_cast<uintptr_t>(made);
                if (atomic_replace(&places_[place], 0, word, "svm.account.enter")) {
                    pool.keep();
                    return made;
                }
                found = peek(&places_[place]);
            }
            if ((found ^ tag) & TAG) continue;
            Record* record = reinterpret_cast<Record*>(found & ~TAG);
            if (record->address == address) return record;
        }
    }

    // A key will be asked for soon, and then very soon.
    void expect(const Address& address) const {
        __builtin_prefetch(&places_[mixed(address, seed_) & (places_.size() - 1)], 1);
        table_->expect(address);
    }
    void approach(const Address& address) const { table_->approach(address); }

    // The record of a key of a message: if it is a program of loader v3, its program data is met along with it.
    Record* find_key(const Address& address, RecordPool& pool) {
        Record* record = find(address, pool);
        if (!record->is_program || peek(&record->program_data)) return record;
        Address data;
        program_data_address(*record->base, data);
        atomic_store(&record->program_data, reinterpret_cast<uintptr_t>(find(data, pool)), "svm.account.program-data");
        return record;
    }

  private:
    static constexpr uint64_t TAG = 0xFFFF000000000000u;    // above the addresses of memory

    // Fills the next record of the pool, which nobody else sees yet.
    Record* make(const Address& address, RecordPool& pool) {
        Record* record = pool.next();
        const Account& base = table_->find(address);
        record->now = base;
        record->address = address;
        record->base = &base;
        record->program_data = 0;
        record->users = 0;
        record->cost = 0;
        record->key = 0;
        record->writer = record->readers = 0;
        record->known = known.find(address);
        record->has_writer = 0;
        Address data;
        record->is_program = program_data_address(base, data);
        return record;
    }

    std::vector<uint64_t> places_;      // 0: free; else the upper bits of the hash, and where the record lies
    const AccountTable* table_ = nullptr;
    uint64_t seed_ = 0;
};

}  // namespace samestate::svm

#endif
