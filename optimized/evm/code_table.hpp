// All codes by their hash, shared by all workers.
//
// Looking one up takes no lock: a table of pointers that are only ever added, replaced by a larger one as a whole when it fills. What
// was replaced stays until the table goes, since somebody may still be looking through it. Codes never move and never change.
//
// Who adds one waits for whoever is adding another, which is short: the lock is a word, and not a std::mutex, so that an explorer of
// schedules can put somebody else to work in the middle.

#ifndef SAMESTATE_EVM_CODE_TABLE_HPP
#define SAMESTATE_EVM_CODE_TABLE_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/analysis.hpp"
#include "samestate/optimized/evm/code.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// EIP-7702: what a delegation designator begins with, and how long it is.
constexpr std::uint8_t DELEGATION_PREFIX[3] = {0xef, 0x01, 0x00};
constexpr std::uint64_t DELEGATION_SIZE = 23;

// A seed that nobody outside can know; the same for all in the build for the explorer, where a run is to be had again.
inline std::uint64_t fresh_seed() {
    if (SAMESTATE_IS_EXPLORED) return 0;
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 ^ device();
}

class CodeTable {
  public:
    // `seed` decides where codes lie in the table, and nothing else: with one that nobody knows, nobody can have them meet.
    explicit CodeTable(std::uint64_t seed = fresh_seed()) : seed_(seed) {
        current_ = reinterpret_cast<std::uint64_t>(make_table(1024));
        empty_ = &intern(EMPTY_CODE_HASH, nullptr, 0);
    }
    CodeTable(const CodeTable&) = delete;
    CodeTable& operator=(const CodeTable&) = delete;
    ~CodeTable() {
        for (Code* code : codes_) {
            forget_analysis(*code);
            std::free(code);
        }
    }

    // The code of an account that has none.
    const Code& empty() const { return *empty_; }

    // The code of that hash, or null if it was never interned.
    const Code* find(const Hash& hash) const {
        const Table& table = *reinterpret_cast<const Table*>(atomic_load(&current_, "codes.table.load"));
        for (std::size_t place = place_of(hash, table);; place = (place + 1) & table.mask) {
            const auto* found = reinterpret_cast<const Code*>(atomic_load(&table.places[place], "codes.place.load"));
            if (found == nullptr || found->hash == hash) return found;
        }
    }

    // The code that these bytes are, whose hash is known. They are copied.
    const Code& intern(const Hash& hash, const std::uint8_t* bytes, std::uint64_t size) {
        if (const Code* found = find(hash)) return *found;
        std::unique_ptr<Code, Freed> made(make_code(hash, bytes, size));
        Lock lock(adding_);
        if (const Code* found = find(hash)) return *found;  // somebody else was quicker
        codes_.push_back(made.get());
        Code* code = made.release();
        Table* table = reinterpret_cast<Table*>(peek(&current_));
        if (codes_.size() * 2 > table->mask) {
            Table* larger = make_table((table->mask + 1) * 2);
            for (const Code* other : codes_) put(*larger, other);
            atomic_store(&current_, reinterpret_cast<std::uint64_t>(larger), "codes.table.grow");
        } else {
            put(*table, code);
        }
        return *code;
    }

    const Code& intern(const std::uint8_t* bytes, std::uint64_t size) {
        if (size == 0) return *empty_;
        Hash hash;
        keccak256(bytes, size, hash.bytes);
        return intern(hash, bytes, size);
    }

    std::size_t count() const { return codes_.size(); }

    // Between blocks, when nobody runs: a block under these rules begins, and of analyses that take more than `limit` bytes together
    // those go that have not been used for the longest time; all of them, if prices are others than before. Gives the bytes that the
    // rest takes.
    std::uint64_t begin_block(const Rules& rules, std::uint64_t limit) { return begin_block_with(analyses_, rules, limit); }

    AnalysisList& analyses() { return analyses_; }

    // Before anything is run: after how many times code is translated (analysis.hpp). With 0 all code is, with the largest number none.
    void translate_after(std::uint64_t count) { analyses_.hot_after = count; }

  private:
    struct Freed {
        void operator()(Code* code) const { std::free(code); }
    };

    // Held by who adds a code.
    class Lock {
      public:
        explicit Lock(std::uint64_t& word) : word_(word) {
            for (std::uint64_t rounds = 0; !atomic_replace(&word_, 0, 1, "codes.lock.take"); ++rounds) {
                if (samestate_interrupted()) throw Interrupted{Interruption::stopped};  // who holds it may never go on
                wait_a_little(rounds, "codes.lock.idle");
            }
        }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        ~Lock() { atomic_store(&word_, 0, "codes.lock.release"); }

      private:
        std::uint64_t& word_;
    };

    struct Table {
        std::size_t mask;
        std::unique_ptr<std::uint64_t[]> places;    // pointers to codes; 0 = free
    };

    std::size_t place_of(const Hash& hash, const Table& table) const { return hash_bytes(seed_, hash.bytes, sizeof(hash.bytes)) & table.mask; }

    Table* make_table(std::size_t size) {
        tables_.push_back(std::make_unique<Table>(Table{size - 1, std::unique_ptr<std::uint64_t[]>(new std::uint64_t[size]())}));
        return tables_.back().get();
    }

    void put(Table& table, const Code* code) const {
        std::size_t place = place_of(code->hash, table);
        while (peek(&table.places[place])) place = (place + 1) & table.mask;
        atomic_store(&table.places[place], reinterpret_cast<std::uint64_t>(code), "codes.place.add");
    }

    static Code* make_code(const Hash& hash, const std::uint8_t* bytes, std::uint64_t size) {
        void* room = std::malloc(sizeof(Code) + size);
        if (room == nullptr) throw Interrupted{Interruption::out_of_memory};
        std::uint8_t* copy = static_cast<std::uint8_t*>(room) + sizeof(Code);
        if (size) std::memcpy(copy, bytes, size);
        Code* code = new (room) Code{hash, copy, size, false, Address{}, nullptr, true};
        if (size == DELEGATION_SIZE && std::memcmp(bytes, DELEGATION_PREFIX, sizeof(DELEGATION_PREFIX)) == 0) {
            code->is_delegation = true;
            std::memcpy(code->delegate.bytes, bytes + sizeof(DELEGATION_PREFIX), sizeof(code->delegate.bytes));
        }
        return code;
    }

    const std::uint64_t seed_;
    std::uint64_t current_ = 0;         // the Table that is looked through; atomic
    std::uint64_t adding_ = 0;          // whether somebody adds a code; atomic
    std::vector<std::unique_ptr<Table>> tables_;
    std::vector<Code*> codes_;
    const Code* empty_ = nullptr;
    AnalysisList analyses_;
};

}  // namespace samestate::evm

#endif
