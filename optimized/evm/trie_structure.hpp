// The nodes of a trie in memory (trie.hpp).

#ifndef SAMESTATE_EVM_TRIE_STRUCTURE_HPP
#define SAMESTATE_EVM_TRIE_STRUCTURE_HPP

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
    TrieNode* children[16] = {};

    TrieBranch(int depth, const uint8_t* key) : TrieNode(NodeKind::BRANCH, depth, key) {}
};

// A node that is known by its hash alone. If it stands deeper than its parent's child, it hangs on an extension, so it
// is a branch.
struct UnresolvedNode : TrieNode {
    Reference own;
    uint8_t extended_from = NEVER_SEEN;    // as that of a branch

    UnresolvedNode(int depth, const uint8_t* key, const uint8_t* hash) : TrieNode(NodeKind::UNRESOLVED, depth, key) {
        own.length = 32;
        std::memcpy(own.bytes, hash, 32);
    }
};

}  // namespace samestate::evm

#endif
