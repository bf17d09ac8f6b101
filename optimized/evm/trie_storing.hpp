// What has changed of a trie since it was last in its store, as changes of the store.
//
// What holds before and after: of a branch with more than SMALL values below it the store has a node, and one for the extension that
// it hangs on; of another it has none. A branch that comes down to few values loses its node only where all of them are known;
// until then it keeps it, which is right too, since a node that is there is looked at first.

#ifndef SAMESTATE_EVM_TRIE_STORING_HPP
#define SAMESTATE_EVM_TRIE_STORING_HPP

#include "samestate/optimized/evm/trie_hashing.hpp"

namespace samestate::evm {

template <class Value, class Extra = Nothing>
class TrieStoring {
public:
    // `root` has been hashed, and is null where the trie is empty.
    static void append(TrieNode* root, StoredTrie& stored, stores::Changes& changes) {
        TrieStoring storing(stored, changes);
        if (root) storing.visit(root, 0);
        // Whoever comes to stand at the path of one that went is written after that, and counts.
        for (std::string& name : stored.removed) changes.remove(NODES, std::move(name));
        stored.removed.clear();
        for (auto& node : storing.nodes_) changes.put(NODES, std::move(node.first), std::move(node.second));
    }

private:
    static constexpr size_t MANY = SMALL + 1;

    TrieStoring(StoredTrie& stored, stores::Changes& changes) : stored_(stored), changes_(changes) {}

    // How many values are below a node that begins at depth `start`: MANY for more than SMALL. What is unresolved, or but a hash, hangs
    // on a branch that is stored, and has more above it.
    size_t visit(TrieNode* node, int start) {
        if (node->kind == NodeKind::LEAF) return 1;
        if (node->kind == NodeKind::PART) return static_cast<TriePart<Value, Extra>*>(node)->entries.size();
        if (node->kind == NodeKind::UNRESOLVED) {
            UnresolvedNode* unresolved = static_cast<UnresolvedNode*>(node);
            if (start < node->depth || unresolved->extended_from != NEVER_SEEN)
                extend(*node, unresolved->own, start, unresolved->extended_from);
            return MANY;
        }
        TrieBranch* branch = static_cast<TrieBranch*>(node);
        if (branch->is_changed || !branch->is_stored) {
            size_t values = branch->hashed ? MANY : 0;
            for (TrieNode* child : branch->children)
                if (child) values += visit(child, node->depth + 1);
            const bool is_large = values > SMALL;
            if (is_large) write(*branch);
            if (!is_large && branch->is_stored) {
                stored_.remove(branch->key, branch->depth);
                if (branch->extended_from != NEVER_SEEN) stored_.remove(branch->key, branch->extended_from);
                branch->extended_from = NEVER_SEEN;
            }
            branch->is_stored = is_large;
            branch->is_changed = false;
            if (!is_large) return values;
        }
        extend(*node, branch->own, start, branch->extended_from);
        return MANY;
    }

    void write(const TrieBranch& branch) {
        uint8_t encoded[BRANCH_LIMIT];
        const size_t length = TrieHasher<Value, Extra>::write_branch(encoded, branch);
        nodes_.push_back({stored_.node_name(branch.key, branch.depth), text_of(encoded, length)});
        // Its extension, if it has one, says another hash now.
        rewritten_ = &branch;
    }

    // Have the store keep the extension that a stored branch hangs on, and no other.
    void extend(const TrieNode& node, const Reference& own, int start, uint8_t& extended_from) {
        const bool is_rewritten = rewritten_ == &node;
        if (extended_from != NEVER_SEEN && extended_from != start) stored_.remove(node.key, extended_from);
        if (start == node.depth) {
            extended_from = NEVER_SEEN;
            return;
        }
        if (extended_from == start && !is_rewritten) return;
        uint8_t encoded[LEAF_OVERHEAD + 33];
        const size_t length = write_extension(encoded, node.key, start, node.depth, own);
        nodes_.push_back({stored_.node_name(node.key, start), text_of(encoded, length)});
        extended_from = static_cast<uint8_t>(start);
    }

    StoredTrie& stored_;
    stores::Changes& changes_;
    std::vector<std::pair<std::string, std::string>> nodes_;
    const TrieNode* rewritten_ = nullptr;   // the branch that was written last
};

}  // namespace samestate::evm

#endif
