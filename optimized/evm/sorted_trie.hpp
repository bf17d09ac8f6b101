// A trie of all its values, which come in the order of their keys: nothing is kept but the branches on the way to the last one. So a
// state of any size is built, or checked, in one pass over its values.

#ifndef SAMESTATE_EVM_SORTED_TRIE_HPP
#define SAMESTATE_EVM_SORTED_TRIE_HPP

#include <vector>

#include "samestate/optimized/evm/state_trie.hpp"

namespace samestate::evm {

class SortedTrie {
public:
    // Nodes of branches with more than `smallest` values below them are given out (`nodes`), by the names that a store has for them.
    // `owner`: the hash of whose storage it is, empty for the trie of accounts.
    void begin(const std::string& owner, size_t smallest) {
        stored_ = owner.empty() ? StoredTrie(nullptr) : StoredTrie(nullptr, owner);
        smallest_ = smallest;
    }

    struct Node {
        std::string name, bytes;
        size_t values;           // below its branch
    };

    std::vector<Node> nodes;

    // Put in the next value, by its flat form: of an account where the trie has no owner, else of a slot. False where it has no such
    // form, or the key does not come after the last one.
    bool add(const std::string& key, const std::string& flat, bool is_account) {
        if (key.size() != 32) return false;
        const auto* data = reinterpret_cast<const uint8_t*>(flat.data());
        Part next{};
        std::memcpy(next.key, key.data(), 32);
        if (is_account) {
            AccountValue value;
            if (!value.read_flat(data, flat.size())) return false;
            next.length = value.write(next.value);
        } else {
            SlotValue value;
            if (!value.read_flat(data, flat.size())) return false;
            next.length = value.write(next.value);
        }
        if (!has_last_) {
            last_ = next;
            has_last_ = true;
            return true;
        }
        if (std::memcmp(last_.key, next.key, 32) >= 0) return false;
        const int shared = shared_nibbles(last_.key, next.key, KEY_NIBBLES);
        while (!open_.empty() && open_.back().depth > shared) close();
        if (open_.empty() || open_.back().depth < shared) open_.emplace_back(shared);
        attach();
        last_ = next;
        return true;
    }

    // Nothing comes any more: gives the root. What is put in after that begins another trie.
    void root(uint8_t* root) {
        if (!has_last_) {
            std::memcpy(root, EMPTY_ROOT, 32);
            return;
        }
        while (!open_.empty()) close();
        root_of(refer(0), root);
        has_last_ = false;
    }

private:
    // A leaf, or a branch that is done: its place in its parent is known once the next key is.
    struct Part {
        uint8_t key[32];
        int depth = KEY_NIBBLES;                 // a leaf's; of a branch where it stands
        uint8_t value[AccountValue::LIMIT];      // a leaf's
        size_t length = 0;
        Reference own;                           // a branch's
        size_t values = 1;
    };

    struct Branch {
        explicit Branch(int depth) : depth(depth) {}
        int depth;
        size_t values = 0;
        Reference children[16];
    };

    // What the last part's parent holds of it, where it begins at depth `start`.
    Reference refer(int start) {
        uint8_t encoded[LEAF_OVERHEAD + AccountValue::LIMIT];
        Reference reference;
        if (last_.depth == KEY_NIBBLES) {
            refer_to(reference, encoded, write_leaf(encoded, last_.key, start, KEY_NIBBLES, last_.value, last_.length));
        } else if (last_.depth == start) {
            reference = last_.own;
        } else {
            const size_t length = write_extension(encoded, last_.key, start, last_.depth, last_.own);
            refer_to(reference, encoded, length);
            if (last_.values > smallest_) nodes.push_back({stored_.node_name(last_.key, start), text_of(encoded, length), last_.values});
        }
        return reference;
    }

    // The last part is whole, and hangs on the branch that was opened last.
    void attach() {
        Branch& branch = open_.back();
        branch.children[nibble_of(last_.key, branch.depth)] = refer(branch.depth + 1);
        branch.values += last_.values;
    }

    // So is the branch that was opened last, which becomes the last part.
    void close() {
        attach();
        const Branch& branch = open_.back();
        uint8_t encoded[BRANCH_LIMIT];
        size_t payload = 17;
        for (const Reference& child : branch.children)
            if (child.length) payload += size_of_reference(child) - 1;
        uint8_t* end = rlp::write_list_prefix(encoded, payload);
        for (const Reference& child : branch.children) {
            if (child.length)
                end = write_reference(end, child);
            else
                *end++ = 0x80;
        }
        *end++ = 0x80;
        last_.depth = branch.depth;
        last_.values = branch.values;
        const auto length = static_cast<size_t>(end - encoded);
        refer_to(last_.own, encoded, length);
        if (branch.values > smallest_) nodes.push_back({stored_.node_name(last_.key, branch.depth), text_of(encoded, length), branch.values});
        open_.pop_back();
    }

    StoredTrie stored_{nullptr};
    size_t smallest_ = SMALL;
    std::vector<Branch> open_;       // on the way to the last part, from the root down
    Part last_{};
    bool has_last_ = false;
};

}  // namespace samestate::evm

#endif
