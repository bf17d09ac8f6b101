// The references that changes of a trie have made unknown, made again: from the leaves up, and no node that has not
// changed is looked at.

#ifndef SAMESTATE_EVM_TRIE_HASHING_HPP
#define SAMESTATE_EVM_TRIE_HASHING_HPP

#include <algorithm>
#include <vector>

#include "samestate/optimized/evm/trie.hpp"

namespace samestate::evm {

// Whether a node, as a child that begins at depth `start`, has to be encoded again.
inline bool is_stale(const TrieNode* node, int start) {
    if (node->kind == NodeKind::BRANCH && !static_cast<const TrieBranch*>(node)->own.length) return true;
    return node->seen_from != start;
}

// Hashes stale parts of tries, level by level. One a thread; parts that do not overlap can be hashed at once.
template <class Value, class Extra>
class TrieHasher {
public:
    // Takes on a node that begins at depth `start`, and all that is stale below it. A part that is taken on twice before
    // `run` would be hashed twice.
    void add(TrieNode* node, int start) {
        if (!is_stale(node, start)) return;
        if (node->kind == NodeKind::BRANCH && !static_cast<TrieBranch*>(node)->own.length) {
            // All children are looked at, and lie anywhere: the processor may fetch them together.
            TrieBranch* branch = static_cast<TrieBranch*>(node);
            for (TrieNode* child : branch->children) __builtin_prefetch(child);
            for (TrieNode* child : branch->children)
                if (child) add(child, node->depth + 1);
        }
        levels_[node->depth].push_back({node, static_cast<uint8_t>(start)});
    }

    // Makes all references that were taken on. Those of one level wait for each other, so they are hashed together.
    void run() {
        for (int depth = KEY_NIBBLES; depth >= 0; depth--) {
            std::vector<Pending>& level = levels_[depth];
            if (level.empty()) continue;
            for (const Pending& pending : level) encode(pending.node, pending.start);
            batch_.flush();
            if (depth < KEY_NIBBLES)
                for (const Pending& pending : level) attach(pending.node, pending.start);
            batch_.flush();
            level.clear();
        }
    }

    // The form of a branch whose children's references are there: at most BRANCH_LIMIT bytes.
    static size_t write_branch(uint8_t* target, const TrieBranch& branch) {
        size_t payload = 17;
        for (const TrieNode* child : branch.children)
            if (child) payload += size_of_reference(child->seen) - 1;
        uint8_t* end = rlp::write_list_prefix(target, payload);
        for (const TrieNode* child : branch.children) {
            if (child)
                end = write_reference(end, child->seen);
            else
                *end++ = 0x80;
        }
        *end++ = 0x80;
        return static_cast<size_t>(end - target);
    }

private:
    struct Pending {
        TrieNode* node;
        uint8_t start;
    };

    // Encodes a leaf, or a branch without the extension that it may hang on.
    void encode(TrieNode* node, int start) {
        uint8_t encoded[LIMIT];
        if (node->kind == NodeKind::LEAF) {
            uint8_t value[Value::LIMIT];
            const size_t length = static_cast<TrieLeaf<Value, Extra>*>(node)->value.write(value);
            refer_to(node->seen, encoded, write_leaf(encoded, node->key, start, KEY_NIBBLES, value, length), batch_);
            node->seen_from = static_cast<uint8_t>(start);
        } else if (node->kind == NodeKind::BRANCH) {
            TrieBranch* branch = static_cast<TrieBranch*>(node);
            if (!branch->own.length) refer_to(branch->own, encoded, write_branch(encoded, *branch), batch_);
        }
    }

    // Makes what the parent holds of a branch, whose own reference is there.
    void attach(TrieNode* node, int start) {
        const Reference& own = node->kind == NodeKind::BRANCH ? static_cast<TrieBranch*>(node)->own
                                                              : static_cast<UnresolvedNode*>(node)->own;
        uint8_t encoded[LIMIT];
        if (start == node->depth)
            node->seen = own;
        else
            refer_to(node->seen, encoded, write_extension(encoded, node->key, start, node->depth, own), batch_);
        node->seen_from = static_cast<uint8_t>(start);
    }

    static constexpr size_t LIMIT = std::max(BRANCH_LIMIT, LEAF_OVERHEAD + Value::LIMIT);

    std::vector<Pending> levels_[KEY_NIBBLES + 1];
    KeccakBatch batch_;
};

}  // namespace samestate::evm

#endif
