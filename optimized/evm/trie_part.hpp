// The few values of a trie below a place of which its store has no node, packed: in the order of their keys, as the store gave them.
//
// A value that somebody wants to have, or has changed, gets a leaf, which stays where it is. What the branches between them are
// follows from the keys, and is made only where the part is hashed (trie_hashing.hpp).

#ifndef SAMESTATE_EVM_TRIE_PART_HPP
#define SAMESTATE_EVM_TRIE_PART_HPP

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "samestate/optimized/evm/trie_structure.hpp"
#include "samestate/optimized/stores/records.hpp"

namespace samestate::evm {

// `depth` nibbles lead to it, and are those of all its keys.
template <class Value, class Extra>
struct TriePart : TrieNode {
    using Leaf = TrieLeaf<Value, Extra>;

    struct Entry {
        const uint8_t* key = nullptr;      // of 32 bytes, behind which is the value, unless there is a leaf
        std::unique_ptr<Leaf> leaf;        // whose value and reference count, if there is one
        uint8_t length = 0;                // of the value in the form that the store has
        uint8_t seen_from = NEVER_SEEN;    // as those of a node
        Reference seen;

        Reference& reference() { return leaf ? leaf->seen : seen; }
    };

    std::vector<Entry> entries;            // by their keys

    TriePart(int depth, const uint8_t* key) : TrieNode(NodeKind::PART, depth, key) {}

    // Takes in records of a store, whose keys end in those of the trie. False where they are none, or not in order.
    bool fill(const stores::Run& records) {
        size_t size = 0;
        for (size_t i = 0; i < records.size(); i++) {
            if (records.key(i).size() < 32 || records.value(i).size() > UINT8_MAX) return false;
            size += 32 + records.value(i).size();
        }
        bytes_.reset(new uint8_t[size]);
        entries.resize(records.size());
        uint8_t* position = bytes_.get();
        for (size_t i = 0; i < entries.size(); i++) {
            const std::string_view key = records.key(i), flat = records.value(i);
            Value value;
            if (!value.read_flat(reinterpret_cast<const uint8_t*>(flat.data()), flat.size())) return false;
            entries[i].key = position;
            entries[i].length = static_cast<uint8_t>(flat.size());
            std::memcpy(position, key.data() + key.size() - 32, 32);
            std::memcpy(position + 32, flat.data(), flat.size());
            if (i && std::memcmp(entries[i - 1].key, position, 32) >= 0) return false;
            position += 32 + flat.size();
        }
        return true;
    }

    // Where a key is or belongs.
    size_t place_of(const uint8_t* key) const {
        const auto place = std::lower_bound(entries.begin(), entries.end(), key, [](const Entry& entry, const uint8_t* wanted) {
            return std::memcmp(entry.key, wanted, 32) < 0;
        });
        return static_cast<size_t>(place - entries.begin());
    }

    bool has(size_t place, const uint8_t* key) const { return place < entries.size() && std::memcmp(entries[place].key, key, 32) == 0; }

    Value value(size_t place) const {
        const Entry& entry = entries[place];
        if (entry.leaf) return entry.leaf->value;
        Value value{};
        value.read_flat(entry.key + 32, entry.length);
        return value;
    }

    // The leaf of an entry, which lasts as long as the entry.
    Leaf* leaf(size_t place) {
        Entry& entry = entries[place];
        if (!entry.leaf) {
            auto leaf = std::make_unique<Leaf>(entry.key);
            leaf->value = value(place);
            leaf->seen = entry.seen;
            leaf->seen_from = entry.seen_from;
            entry.key = leaf->key;
            entry.leaf = std::move(leaf);
        }
        return entry.leaf.get();
    }

    // A leaf for a key that is not there.
    Leaf* insert(size_t place, const uint8_t* key) {
        Entry entry;
        entry.leaf.reset(new Leaf(key));
        entry.key = entry.leaf->key;
        return entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place), std::move(entry))->leaf.get();
    }

    void erase(size_t place) { entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place)); }

    // How many nibbles the keys from `first` on and before `last` have in common: all of them, if it is one.
    int shared(size_t first, size_t last) const { return shared_nibbles(entries[first].key, entries[last - 1].key, KEY_NIBBLES); }

    // Where the keys from `first` on that go on as that one does at `depth` end.
    size_t end_of_child(size_t first, size_t last, int depth) const {
        const int nibble = nibble_of(entries[first].key, depth);
        size_t end = first + 1;
        while (end < last && nibble_of(entries[end].key, depth) == nibble) end++;
        return end;
    }

    // The same as a branch, below which are leaves and smaller parts. There is more than one value. This part is left with nothing.
    TrieBranch* split() {
        const int depth = shared(0, entries.size());
        TrieBranch* branch = new TrieBranch(depth, entries[0].key);
        for (size_t first = 0, end; first < entries.size(); first = end) {
            end = end_of_child(first, entries.size(), depth);
            TrieNode*& child = branch->children[nibble_of(entries[first].key, depth)];
            if (end - first == 1) {
                leaf(first);
                child = entries[first].leaf.release();
                continue;
            }
            TriePart* part = new TriePart(depth + 1, entries[first].key);
            for (size_t i = first; i < end; i++) {
                leaf(i);
                part->entries.push_back(std::move(entries[i]));
            }
            child = part;
        }
        entries.clear();
        return branch;
    }

private:
    std::unique_ptr<uint8_t[]> bytes_;     // keys, each followed by its value
};

}  // namespace samestate::evm

#endif
