// A state on disk as the tries see it: flat values in the order of the tries' keys, and of the nodes only those that values alone
// would make too slowly.
//
//   ACCOUNTS   hash of an address                    → the account (`write_account`)
//   SLOTS      hash of an address, hash of a slot    → its value: a big-endian number without leading zeros
//   CODES      hash of a code                        → the code
//   NODES      0, path  or  1, hash of an address, path → the node that stands there: a branch, or the extension that it hangs on
//
// A node is named by its path and not by its hash, so whatever takes its place overwrites it, and no stale one stays. What has at
// most SMALL values below it has no node here: it is made of the values, which lie next to one another. So a trie costs little beside
// them, and who changes a value rewrites the page of its neighbours and a few pages of branches.
//
// Who keeps the bytes stands behind two functions, which any thread calls without the interpreter lock. They answer from what was
// written last; what was committed and is still being written is looked at before them.

#ifndef SAMESTATE_EVM_STATE_STORE_HPP
#define SAMESTATE_EVM_STATE_STORE_HPP

#include <chrono>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "samestate/optimized/core/shim.hpp"
#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/trie_nodes.hpp"
#include "samestate/optimized/stores/records.hpp"

namespace samestate::evm {

enum StoreTable : uint8_t { ACCOUNTS, SLOTS, CODES, NODES };

using stores::behind;

// How many values a part of a trie may have that no node is kept of.
constexpr size_t SMALL = 32;

// What threads that read side by side count together. `label`: see SAMESTATE_RACE in shim.hpp.
class SharedCount {
public:
    explicit SharedCount(const char* label) : label_(label) {}
    SharedCount(const SharedCount&) = delete;
    SharedCount& operator=(const SharedCount&) = delete;

    void operator+=(uint64_t amount) {
        if (samestate_race(label_)) word_ += amount;
        else __atomic_fetch_add(&word_, amount, __ATOMIC_RELAXED);
    }

    operator uint64_t() const { return __atomic_load_n(&word_, __ATOMIC_RELAXED); }

private:
    [[maybe_unused]] const char* label_;
    uint64_t word_ = 0;
};

struct StateStore {
    StateStore() = default;
    StateStore(const StateStore&) = delete;
    StateStore& operator=(const StateStore&) = delete;

    void* itself = nullptr;
    // False where the store failed; whoever is behind `itself` knows why.
    bool (*get)(void* itself, int table, const std::string* key, std::string* value, bool* is_there) = nullptr;
    // All records from `first` on that are before `end`, in order; to the end of the table where that is empty.
    bool (*scan)(void* itself, int table, const std::string* first, const std::string* end, stores::Run* found) = nullptr;
    bool is_free = false;                              // of the interpreter lock: threads that ask do not wait for one another
    const stores::Changes* coming = nullptr;           // what was committed last, while it is still being written; null: it is there
    mutable SharedCount nodes_read{"store.nodes"};     // and put into tries, each with its children; …
    mutable SharedCount values_read{"store.values"};   // … and values, where a part was made of them
    mutable SharedCount found_ahead{"store.ahead"};    // how often what was asked for had been read ahead, …
    mutable SharedCount asked{"store.asked"};          // … and how often it was asked for, …
    mutable SharedCount scanned{"store.scanned"};      // … and values that follow one another
    mutable SharedCount bytes_read{"store.bytes"};     // that the store has answered with: values, and keys of those that follow one another; …
    mutable SharedCount waited{"store.waited"};        // … and nanoseconds until it had, of all threads together

    // Has what was committed, and is being written, be looked at before the store. Whoever writes it reads it meanwhile.
    void look_first_at(const stores::Changes* changes) {
        coming = changes;
        if (changes && samestate_race("store.coming.sort")) const_cast<stores::Changes*>(changes)->sort();
    }

    // Nobody asks while records are read ahead, or forgotten. A null value: the key is not there.
    void read_ahead(int table, const std::string& key, const std::string* value) {
        ahead_[table][key] = value ? Ahead{*value, true} : Ahead{};
    }

    void forget_ahead() {
        for (auto& table : ahead_) table.clear();
    }

    // A value, as it was committed last. False where the store failed.
    bool read(StoreTable table, const std::string& key, std::string& value, bool& is_there) const {
        if (const stores::Change* change = coming ? coming->find(table, key) : nullptr) {
            is_there = change->is_put;
            value = change->value;
            return true;
        }
        const auto place = ahead_[table].find(key);
        if (place == ahead_[table].end()) {
            asked += 1;
            const Waiting waiting(*this);
            if (!get(itself, table, &key, &value, &is_there)) return false;
            if (is_there) bytes_read += value.size();
            return true;
        }
        found_ahead += 1;
        is_there = place->second.is_there;
        value = place->second.value;
        return true;
    }

    // Records that follow one another, as they were committed last, in order, before `end`. False where the store failed.
    bool read_range(StoreTable table, const std::string& first, const std::string& end, stores::Run& found) const {
        scanned += 1;
        {
            const Waiting waiting(*this);
            if (!scan(itself, table, &first, &end, &found)) return false;
        }
        bytes_read += found.bytes();
        if (coming) coming->overlay(table, first, end, found);
        return true;
    }

    uint64_t nodes_read_so_far() const { return nodes_read; }
    uint64_t values_read_so_far() const { return values_read; }
    uint64_t met_ahead() const { return found_ahead; }
    uint64_t asked_so_far() const { return asked; }
    uint64_t scanned_so_far() const { return scanned; }
    uint64_t bytes_read_so_far() const { return bytes_read; }
    uint64_t waited_so_far() const { return waited; }

private:
    // While it stands a thread waits for the store.
    class Waiting {
    public:
        explicit Waiting(const StateStore& store) : store_(store), began_(std::chrono::steady_clock::now()) {}
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

        ~Waiting() {
            const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - began_;
            store_.waited += static_cast<uint64_t>(passed.count());
        }

    private:
        const StateStore& store_;
        std::chrono::steady_clock::time_point began_;
    };

    struct Ahead {
        std::string value;
        bool is_there = false;
    };

    std::unordered_map<std::string, Ahead> ahead_[NODES + 1];
};

inline std::string text_of(const uint8_t* bytes, size_t length) { return std::string(reinterpret_cast<const char*>(bytes), length); }

// The part of a store that is one trie: that of the accounts, or the storage of one.
class StoredTrie {
public:
    explicit StoredTrie(const StateStore* store) : store_(store), nodes_(1, '\0'), table_(ACCOUNTS) {}
    StoredTrie(const StateStore* store, const std::string& owner)
        : store_(store), nodes_(nodes_of(owner)), values_(owner), table_(SLOTS) {}

    // What the names of nodes begin with. `owner`: the hash of the address.
    static std::string nodes_of(const std::string& owner) { return std::string(1, '\1') + owner; }

    const StateStore& store() const { return *store_; }

    // The name of the node that stands `depth` nibbles down a key: whole bytes of the path, then how many nibbles it has.
    std::string node_name(const uint8_t* key, int depth) const {
        std::string name = nodes_ + text_of(key, static_cast<size_t>((depth + 1) / 2));
        if (depth & 1) name.back() = static_cast<char>(name.back() & 0xF0);
        name.push_back(static_cast<char>(depth));
        return name;
    }

    // The bytes of a node. False where the store failed.
    bool node(const uint8_t* key, int depth, std::string& bytes, bool& is_there) const {
        return store_->read(NODES, node_name(key, depth), bytes, is_there);
    }

    // The values whose keys begin with so many nibbles of `key`, by their keys in the store, which end in those of the trie. False where
    // the store failed.
    bool values(const uint8_t* key, int depth, stores::Run& found) const {
        std::string first = values_ + text_of(key, static_cast<size_t>((depth + 1) / 2));
        std::string end;
        if (depth & 1) {
            const auto last = static_cast<uint8_t>(first.back());
            first.back() = static_cast<char>(last & 0xF0);
            end = first;
            end.back() = static_cast<char>(last | 0x0F);
            end = behind(end);
        } else {
            end = behind(first);
        }
        if (!store_->read_range(table_, first, end, found)) return false;
        store_->values_read += found.size();
        return true;
    }

    // The node that stood there is no more.
    void remove(const uint8_t* key, int depth) { removed.push_back(node_name(key, depth)); }

    std::vector<std::string> removed;

private:
    const StateStore* store_;
    std::string nodes_;      // what the names of its nodes begin with
    std::string values_;     // … and the keys of its values
    StoreTable table_;
};

}  // namespace samestate::evm

#endif
