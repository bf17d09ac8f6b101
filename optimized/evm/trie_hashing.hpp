// The references that changes of a trie have made unknown, made again: from the leaves up, and no node that has not
// changed is looked at. Of a part (trie_part.hpp) the branches are made for that alone; its leaves know their references.

#ifndef SAMESTATE_EVM_TRIE_HASHING_HPP
#define SAMESTATE_EVM_TRIE_HASHING_HPP

#include <algorithm>
#include <memory>
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
        if (node->kind == NodeKind::PART) return add_part(*static_cast<Part*>(node), start);
        if (node->kind == NodeKind::BRANCH && !static_cast<TrieBranch*>(node)->own.length) {
            // All children are looked at, and lie anywhere: the processor may fetch them together.
            TrieBranch* branch = static_cast<TrieBranch*>(node);
            for (TrieNode* child : branch->children)
                if (child) __builtin_prefetch(child);
            for (TrieNode* child : branch->children)
                if (child) add(child, node->depth + 1);
        }
        levels_[node->depth].push_back({node, static_cast<uint8_t>(start)});
    }

    // Makes all references that were taken on. Those of one level wait for each other, so they are hashed together.
    void run() {
        batch_.flush();
        for (Part* part : singles_) part->seen = part->entries[0].reference();
        singles_.clear();
        for (int depth = KEY_NIBBLES; depth >= 0; depth--) {
            std::vector<Pending>& level = levels_[depth];
            std::vector<MadeBranch*>& made = made_levels_[depth];
            if (level.empty() && made.empty()) continue;
            for (const Pending& pending : level) encode(pending.node, pending.start);
            for (MadeBranch* branch : made) encode(*branch);
            batch_.flush();
            if (depth < KEY_NIBBLES)
                for (const Pending& pending : level) attach(pending.node, pending.start);
            for (MadeBranch* branch : made) attach(branch->key, branch->start, branch->depth, branch->own, *branch->seen);
            batch_.flush();
            level.clear();
            made.clear();
        }
        made_count_ = 0;
    }

    // The form of a branch whose children's references are there: at most BRANCH_LIMIT bytes.
    static size_t write_branch(uint8_t* target, const TrieBranch& branch) {
        const Reference* children[16];
        for (int nibble = 0; nibble < 16; nibble++) children[nibble] = branch.reference(nibble);
        return evm::write_branch(target, children);
    }

private:
    using Part = TriePart<Value, Extra>;
    using PartEntry = typename Part::Entry;

    // A branch of a part, with what its children are referred to by.
    struct MadeBranch {
        const uint8_t* key;
        int start, depth;
        const Reference* children[16];
        Reference* seen;
        Reference own, kept;
    };

    struct Pending {
        TrieNode* node;
        uint8_t start;
    };

    // Leaves wait for nothing, and are encoded at once.
    void add_part(Part& part, int start) {
        if (part.entries.size() == 1) {
            add_leaf(part, 0, start);
            singles_.push_back(&part);
        } else {
            add_branch(part, 0, part.entries.size(), start, &part.seen);
        }
        part.seen_from = static_cast<uint8_t>(start);
    }

    // Takes on the branch above some values of a part, and what is below it. `seen` is where the reference to it is to be made; null: here.
    const Reference* add_branch(Part& part, size_t first, size_t last, int start, Reference* seen) {
        const int depth = part.shared(first, last);
        MadeBranch& branch = make_branch();
        branch.key = part.entries[first].key;
        branch.start = start;
        branch.depth = depth;
        branch.own.length = 0;
        branch.seen = seen ? seen : &branch.kept;
        std::fill(branch.children, branch.children + 16, nullptr);
        for (size_t from = first, end; from < last; from = end) {
            end = part.end_of_child(from, last, depth);
            branch.children[nibble_of(part.entries[from].key, depth)] =
                end - from == 1 ? add_leaf(part, from, depth + 1) : add_branch(part, from, end, depth + 1, nullptr);
        }
        made_levels_[depth].push_back(&branch);
        return branch.seen;
    }

    const Reference* add_leaf(Part& part, size_t place, int start) {
        PartEntry& entry = part.entries[place];
        Reference& seen = entry.reference();
        uint8_t& seen_from = entry.leaf ? entry.leaf->seen_from : entry.seen_from;
        if (seen_from != start) {
            uint8_t encoded[LIMIT], value[Value::LIMIT];
            const size_t length = part.value(place).write(value);
            refer_to(seen, encoded, write_leaf(encoded, entry.key, start, KEY_NIBBLES, value, length), batch_);
            seen_from = static_cast<uint8_t>(start);
        }
        return &seen;
    }

    MadeBranch& make_branch() {
        if (made_count_ == MADE_AT_ONCE * made_.size()) made_.emplace_back(new MadeBranch[MADE_AT_ONCE]);
        MadeBranch& branch = made_[made_count_ / MADE_AT_ONCE][made_count_ % MADE_AT_ONCE];
        made_count_++;
        return branch;
    }

    void encode(MadeBranch& branch) {
        uint8_t encoded[BRANCH_LIMIT];
        refer_to(branch.own, encoded, evm::write_branch(encoded, branch.children), batch_);
    }

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
        attach(node->key, start, node->depth, own, node->seen);
        node->seen_from = static_cast<uint8_t>(start);
    }

    void attach(const uint8_t* key, int start, int depth, const Reference& own, Reference& seen) {
        uint8_t encoded[LIMIT];
        if (start == depth)
            seen = own;
        else
            refer_to(seen, encoded, write_extension(encoded, key, start, depth, own), batch_);
    }

    static constexpr size_t LIMIT = std::max(BRANCH_LIMIT, LEAF_OVERHEAD + Value::LIMIT);

    static constexpr size_t MADE_AT_ONCE = 64;

    std::vector<Pending> levels_[KEY_NIBBLES + 1];
    std::vector<MadeBranch*> made_levels_[KEY_NIBBLES + 1];
    std::vector<std::unique_ptr<MadeBranch[]>> made_;     // which stay where they are, and are kept for the next
    size_t made_count_ = 0;
    std::vector<Part*> singles_;                          // of one value, whose reference is that of its leaf
    KeccakBatch batch_;
};

}  // namespace samestate::evm

#endif
