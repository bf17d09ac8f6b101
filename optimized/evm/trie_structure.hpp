// The nodes of a trie in memory (trie.hpp).

#ifndef SAMESTATE_EVM_TRIE_STRUCTURE_HPP
#define SAMESTATE_EVM_TRIE_STRUCTURE_HPP

#include <memory>

#include "samestate/optimized/evm/trie_nodes.hpp"

namespace samestate::evm {

enum class NodeKind : uint8_t { LEAF, BRANCH, PART, UNRESOLVED };

constexpr uint8_t NEVER_SEEN = 255;

struct TrieNode {
    NodeKind kind;
    uint8_t depth;                     // how many nibbles of `key` lead to it: all of them to a leaf
    uint8_t seen_from = NEVER_SEEN;    // the depth of its parent's child, for which `seen` holds
    Reference seen;                    // how the parent refers to it, its extension included
    uint8_t key[32];                   // what is behind `depth` has no meaning

    TrieNode(NodeKind kind, int depth, const uint8_t* key) : kind(kind), depth(static_cast<uint8_t>(depth)) {
        std::memcpy(this->key, key, 32);
    }
};

template <class Value, class Extra>
struct TrieLeaf : TrieNode {
    Value value{};
    Extra extra{};

    explicit TrieLeaf(const uint8_t* key) : TrieNode(NodeKind::LEAF, KEY_NIBBLES, key) {}
};

struct TrieBranch : TrieNode {
    Reference own;                     // to the branch itself; of length 0 where it has to be made anew
    bool is_changed = true;            // since it was last read from a store or written there
    bool is_stored = false;            // the store has a node for it
    uint8_t extended_from = NEVER_SEEN;    // … and, at this depth, one for the extension that it hangs on
    bool is_visited = true;            // since it was last looked at by who folds; if not, it is known still …
    bool has_hanging = false;          // … whether something hangs on a leaf below …
    size_t nodes_below = 0;            // … and how many nodes are
    uint16_t hashed = 0;               // the children of which no more is known than a hash, and that stand for themselves …
    std::unique_ptr<Reference[]> hashes;    // … and these, sixteen of them, once there is one
    TrieNode* children[16] = {};       // null where there is none, and where it is one of those

    TrieBranch(int depth, const uint8_t* key) : TrieNode(NodeKind::BRANCH, depth, key) {}

    bool is_hashed(int nibble) const { return hashed >> nibble & 1; }

    // Takes in a child as its hash, where there is none.
    void put_hash(int nibble, const uint8_t* hash) {
        if (!hashes) hashes.reset(new Reference[16]);
        hashes[nibble].length = 32;
        std::memcpy(hashes[nibble].bytes, hash, 32);
        hashed = static_cast<uint16_t>(hashed | 1 << nibble);
    }

    // What this refers to a child by; null: there is none.
    const Reference* reference(int nibble) const {
        if (children[nibble]) return &children[nibble]->seen;
        return is_hashed(nibble) ? &hashes[nibble] : nullptr;
    }

    // Where a child is, as a node of its own if there is one.
    TrieNode** child(int nibble);
};

// A node that is known by its hash alone. If it stands deeper than its parent's child, it hangs on an extension, so it
// is a branch; otherwise its parent has but the hash, unless somebody goes there.
struct UnresolvedNode : TrieNode {
    Reference own;
    uint8_t extended_from = NEVER_SEEN;    // as that of a branch

    UnresolvedNode(int depth, const uint8_t* key, const uint8_t* hash) : TrieNode(NodeKind::UNRESOLVED, depth, key) {
        own.length = 32;
        std::memcpy(own.bytes, hash, 32);
    }
};

inline TrieNode** TrieBranch::child(int nibble) {
    if (is_hashed(nibble)) {
        uint8_t path[32];
        std::memcpy(path, key, 32);
        const uint8_t last[1] = {static_cast<uint8_t>(nibble)};
        put_path(path, depth, Path{last, 1, 1, false});
        UnresolvedNode* node = new UnresolvedNode(depth + 1, path, hashes[nibble].bytes);
        node->seen = node->own;
        node->seen_from = static_cast<uint8_t>(depth + 1);
        children[nibble] = node;
        hashed = static_cast<uint16_t>(hashed & ~(1 << nibble));
    }
    return &children[nibble];
}

}  // namespace samestate::evm

#endif
