// A Merkle-Patricia trie in memory, over keys of 32 bytes, that lasts from block to block (yellow paper, appendix D).
//
// A node knows the whole key that leads to it and how many nibbles of it do; a stretch of path between a branch and its
// parent is not a node but the difference of the two numbers, and becomes an extension where it is encoded. So nothing
// but pointers changes when paths part or fall together, and a node that moves up or down needs no copy.
//
// Each node keeps how its parent refers to it, and from which depth on: what has not changed is not encoded again. A
// change forgets the references of the branches on its path; trie_hashing.hpp makes them again.
//
// A trie may be partial: of an Unresolved node only the hash is known, and its bytes are looked for among the preimages
// of a witness when the way leads there. What is not among them is named by a Gap. Or it is read from a store, by its path
// (state_store.hpp), and is checked against its hash all the same; the few values below which the store has no node stay together
// (trie_part.hpp).

#ifndef SAMESTATE_EVM_TRIE_HPP
#define SAMESTATE_EVM_TRIE_HPP

#include <memory>
#include <utility>
#include <vector>

#include "samestate/optimized/core/parallel.hpp"
#include "samestate/optimized/evm/preimages.hpp"
#include "samestate/optimized/evm/state_store.hpp"
#include "samestate/optimized/evm/trie_part.hpp"

namespace samestate::evm {

// Why a partial trie cannot go on: it lacks the node with this hash, or what has the hash is no node (`reason` says why
// not). Nothing, while `is_open` is false.
struct Gap {
    bool is_open = false;
    const char* reason = nullptr;
    uint8_t hash[32];

    void miss(const uint8_t* node) { open(node, nullptr); }
    void malformed(const uint8_t* node, const char* why) { open(node, why); }

private:
    void open(const uint8_t* node, const char* why) {
        is_open = true;
        reason = why;
        std::memcpy(hash, node, 32);
    }
};

struct Nothing {};

template <class Value, class Extra = Nothing>
class TrieHasher;

// `Value` is what a leaf holds: `size_t write(uint8_t*) const` gives its bytes, at most Value::LIMIT of them; `bool
// read(const uint8_t*, size_t)` takes them in, false where they are none, `bool read_flat(const uint8_t*, size_t)` what a
// store has in their place; `==` says that nothing has changed. `Extra` is what else hangs on a leaf.
template <class Value, class Extra = Nothing>
class Trie {
public:
    using Leaf = TrieLeaf<Value, Extra>;
    using Part = TriePart<Value, Extra>;

    Trie() = default;
    Trie(const Trie&) = delete;
    Trie& operator=(const Trie&) = delete;
    Trie(Trie&& other) noexcept : root_(other.root_), stored_(std::move(other.stored_)) { other.root_ = nullptr; }
    Trie& operator=(Trie&& other) noexcept {
        std::swap(root_, other.root_);
        std::swap(stored_, other.stored_);
        return *this;
    }
    ~Trie() { destroy(root_); }

    // Makes it the trie with that root hash, of which nothing else is known yet.
    void begin_partial(const uint8_t* root) {
        static constexpr uint8_t nowhere[32] = {};
        destroy(root_);
        root_ = nullptr;
        if (std::memcmp(root, EMPTY_ROOT, 32) != 0) root_ = new UnresolvedNode(0, nowhere, root);
    }

    // The same for one whose nodes are in a store.
    void begin_stored(const uint8_t* root, std::unique_ptr<StoredTrie> stored) {
        begin_partial(root);
        stored_ = std::move(stored);
    }

    // Forgets what stands `depth` nibbles down and deeper: all has been hashed, and is in the store, from where it is read again when
    // the way leads there. Only a leaf on which something else hangs stays, with what leads to it. Gives how many nodes are left.
    size_t fold(int depth) {
        size_t left = 0;
        if (root_) fold_below(root_, 0, depth, left);
        return left;
    }

    bool is_empty() const { return root_ == nullptr; }
    TrieNode* root() const { return root_; }
    StoredTrie* stored() const { return stored_.get(); }

    // The leaf of a key, or null where there is none or a gap is. Nodes on the way are resolved and kept.
    Leaf* find(const uint8_t* key, const Preimages* preimages, Gap& gap) { return find_below(&root_, 0, key, preimages, gap); }

    // Resolves what is on the ways to these keys, as far as it can be, on a few threads: what is below one child of the root has nothing
    // in common with what is below another.
    void load(const std::vector<const uint8_t*>& keys, size_t workers) {
        Gap gap;
        while (root_ && root_->kind == NodeKind::UNRESOLVED)
            if (!resolve(&root_, 0, nullptr, gap)) return;
        if (!root_ || root_->kind != NodeKind::BRANCH) return;
        TrieBranch* branch = visit(root_);
        std::vector<const uint8_t*> below[16];
        for (const uint8_t* key : keys)
            if (shared_nibbles(key, branch->key, branch->depth) == branch->depth) below[nibble_of(key, branch->depth)].push_back(key);
        for (int nibble = 0; nibble < 16; nibble++)
            if (!below[nibble].empty()) branch->child(nibble);   // now, since it changes what they have in common
        in_parallel(workers, 16, 1, [&](size_t first, size_t last, size_t) {
            for (; first < last; first++) load_below(&branch->children[first], branch->depth + 1, below[first]);
        });
    }

    // The value of a key, without changing anything: what is not resolved is read where it lies, so that many threads
    // may read at once. False where there is no value or a gap is. `leaf` is where it was found, null if not resolved.
    bool read(const uint8_t* key, const Preimages* preimages, Value& value, const Leaf** leaf, Gap& gap) const {
        *leaf = nullptr;
        const TrieNode* node = root_;
        while (node) {
            if (shared_nibbles(key, node->key, node->depth) < node->depth) return false;
            if (node->kind == NodeKind::LEAF) {
                *leaf = static_cast<const Leaf*>(node);
                value = (*leaf)->value;
                return true;
            }
            if (node->kind == NodeKind::PART) {
                const Part* part = static_cast<const Part*>(node);
                const size_t place = part->place_of(key);
                if (!part->has(place, key)) return false;
                *leaf = part->entries[place].leaf.get();
                value = part->value(place);
                return true;
            }
            if (node->kind == NodeKind::UNRESOLVED) {
                const uint8_t* hash = static_cast<const UnresolvedNode*>(node)->own.bytes;
                return read_encoded(hash, node->depth, key, preimages, value, gap);
            }
            const TrieBranch* branch = static_cast<const TrieBranch*>(node);
            const int nibble = nibble_of(key, branch->depth);
            if (branch->is_hashed(nibble)) return read_encoded(branch->hashes[nibble].bytes, branch->depth + 1, key, preimages, value, gap);
            node = branch->children[nibble];
        }
        return false;
    }

    // The value of a key in the trie with that root hash, read from encoded nodes alone.
    static bool read_from_root(
        const uint8_t* root, const uint8_t* key, const Preimages* preimages, Value& value, Gap& gap
    ) {
        if (std::memcmp(root, EMPTY_ROOT, 32) == 0) return false;
        return read_encoded(root, 0, key, preimages, value, gap);
    }

    // Gives a key its value, and its leaf, or null where a gap is; then nothing has changed. If it has that value
    // already nothing is forgotten either, unless `anyway`.
    Leaf* put(const uint8_t* key, const Value& value, bool anyway, const Preimages* preimages, Gap& gap) {
        Way way;
        TrieNode** place = walk(key, preimages, way, gap);
        if (gap.is_open) return nullptr;
        bool is_there = false;
        Leaf* leaf = leaf_at(place, key, is_there);
        if (is_there && !anyway && leaf->value == value) return leaf;
        leaf->value = value;
        leaf->seen_from = (*place)->seen_from = NEVER_SEEN;
        forget(way);
        return leaf;
    }

    // Takes a key out. False where a gap is; then nothing has changed. A branch that is left with one child gives way to
    // it: the child's path grows, so of an unresolved child the node has to be known.
    bool remove(const uint8_t* key, const Preimages* preimages, Gap& gap) {
        Way way;
        TrieNode** place = walk(key, preimages, way, gap);
        if (gap.is_open) return false;
        TrieNode* node = *place;
        if (!node || !holds(*node, key)) return true;
        if (Part* part = as_part(node); part && part->entries.size() > 1) {
            part->erase(part->place_of(key));
            part->seen_from = NEVER_SEEN;
            forget(way);
            return true;
        }
        if (way.length) {
            TrieBranch* parent = way.branch(way.length - 1);
            int another = 0, others = 0;
            for (int nibble = 0; nibble < 16; nibble++)
                if (parent->reference(nibble) && parent->children[nibble] != node) {
                    another = nibble;
                    others++;
                }
            if (others == 1) {
                TrieNode** other = parent->child(another);
                // On an extension, even an unresolved node is known to be a branch.
                if ((*other)->kind == NodeKind::UNRESOLVED && (*other)->depth == parent->depth + 1 &&
                    !resolve(other, parent->depth + 1, preimages, gap))
                    return false;
                *way.places[way.length - 1] = *other;
                if (stored_) remove_stored(*parent);
                delete parent;
                way.length--;
            } else {
                *place = nullptr;
            }
        } else {
            root_ = nullptr;
        }
        destroy(node);
        forget(way);
        return true;
    }

private:
    Leaf* find_below(TrieNode** place, int start, const uint8_t* key, const Preimages* preimages, Gap& gap) {
        while (*place) {
            TrieNode* node = *place;
            if (shared_nibbles(key, node->key, node->depth) < node->depth) return nullptr;
            if (node->kind == NodeKind::LEAF) return static_cast<Leaf*>(node);
            if (node->kind == NodeKind::PART) {
                Part* part = static_cast<Part*>(node);
                const size_t at = part->place_of(key);
                return part->has(at, key) ? part->leaf(at) : nullptr;
            }
            if (node->kind == NodeKind::UNRESOLVED) {
                if (!resolve(place, start, preimages, gap)) return nullptr;
                continue;
            }
            place = visit(node)->child(nibble_of(key, node->depth));
            start = node->depth + 1;
        }
        return nullptr;
    }

    // A branch through which a way leads below which something may change.
    static TrieBranch* visit(TrieNode* node) {
        TrieBranch* branch = static_cast<TrieBranch*>(node);
        branch->is_visited = true;
        return branch;
    }

    // What `load` does below one child. Parts are hashed together, to be compared with what the state has there; one that is something
    // else stays unresolved, and is told by whoever comes there.
    void load_below(TrieNode** top, int top_start, std::vector<const uint8_t*>& keys) {
        thread_local stores::Run records;
        thread_local TrieHasher<Value, Extra> hasher;
        std::vector<std::pair<TrieNode**, std::unique_ptr<Part>>> parts;
        const auto settle = [&] {
            hasher.run();
            for (auto& [place, part] : parts)
                if (is_committed(*part, *static_cast<UnresolvedNode*>(*place))) put_part(place, std::move(part));
            parts.clear();
        };
        // In order, so that who asks for a part again does so at once.
        std::sort(keys.begin(), keys.end(), [](const uint8_t* one, const uint8_t* other) { return std::memcmp(one, other, 32) < 0; });
        for (const uint8_t* key : keys) {
            TrieNode** place = top;
            for (int start = top_start; *place && shared_nibbles(key, (*place)->key, (*place)->depth) == (*place)->depth;) {
                TrieNode* node = *place;
                if (node->kind == NodeKind::BRANCH) {
                    place = visit(node)->child(nibble_of(key, node->depth));
                    start = node->depth + 1;
                    continue;
                }
                if (node->kind != NodeKind::UNRESOLVED || (!parts.empty() && parts.back().first == place)) break;
                const UnresolvedNode& unresolved = *static_cast<UnresolvedNode*>(node);
                std::unique_ptr<Part> part;
                const char* reason = nullptr;
                Gap none;
                if (TrieNode* found = read_stored(unresolved, records, part, &reason)) {
                    if (!put_in_place(place, start, found, nullptr, none)) break;
                    continue;
                }
                if (part && start == unresolved.depth) {
                    hasher.add(part.get(), start);
                    parts.push_back({place, std::move(part)});
                    if (parts.size() == PARTS_AT_ONCE) settle();
                }
                break;
            }
        }
        settle();
    }

    // So many fill the lanes of the processor with the nodes of each depth, and their values stay in its cache.
    static constexpr size_t PARTS_AT_ONCE = 64;

    static constexpr const char* UNREADABLE = "could not be read from the store";
    static constexpr const char* NO_BRANCH = "is no branch, but hangs on an extension";
    static constexpr const char* NO_NODE = "is no list of 2 or 17 items on the way to a key";

    // The branches that a walk has gone through, by where the pointer to each of them stands.
    struct Way {
        TrieNode** places[KEY_NIBBLES];
        int length = 0;

        TrieBranch* branch(int index) const { return static_cast<TrieBranch*>(*places[index]); }
    };

    // Goes down the path of a key to where its leaf is or belongs.
    TrieNode** walk(const uint8_t* key, const Preimages* preimages, Way& way, Gap& gap) {
        TrieNode** place = &root_;
        for (int start = 0; *place;) {
            TrieNode* node = *place;
            if (node->kind == NodeKind::LEAF || node->kind == NodeKind::PART) break;
            if (shared_nibbles(key, node->key, node->depth) < node->depth) break;
            if (node->kind == NodeKind::UNRESOLVED) {
                if (!resolve(place, start, preimages, gap)) break;
                continue;
            }
            way.places[way.length++] = place;
            place = visit(node)->child(nibble_of(key, node->depth));
            start = node->depth + 1;
        }
        return place;
    }

    static Part* as_part(TrieNode* node) { return node->kind == NodeKind::PART ? static_cast<Part*>(node) : nullptr; }

    // Whether a key is that of a leaf, or one of those of a part.
    static bool holds(const TrieNode& node, const uint8_t* key) {
        if (node.kind == NodeKind::LEAF) return std::memcmp(node.key, key, 32) == 0;
        if (node.kind != NodeKind::PART) return false;
        const Part& part = static_cast<const Part&>(node);
        return part.has(part.place_of(key), key);
    }

    // The leaf of a key, to be given a value, where a walk to it has ended. One that `is_there` has a value; another is made, and what is
    // at the place with it.
    static Leaf* leaf_at(TrieNode** place, const uint8_t* key, bool& is_there) {
        TrieNode* node = *place;
        is_there = node && holds(*node, key);
        if (is_there && node->kind == NodeKind::LEAF) return static_cast<Leaf*>(node);
        if (node && node->kind == NodeKind::PART && shared_nibbles(key, node->key, node->depth) == node->depth) {
            Part* part = static_cast<Part*>(node);
            const size_t at = part->place_of(key);
            if (is_there) return part->leaf(at);
            Leaf* leaf = part->insert(at, key);
            if (part->entries.size() > SMALL) *place = split(part);
            return leaf;
        }
        Leaf* leaf = new Leaf(key);
        *place = leaf;
        if (node) {
            const int parting = shared_nibbles(key, node->key, node->depth);
            TrieBranch* branch = new TrieBranch(parting, key);
            branch->children[nibble_of(node->key, parting)] = node;
            branch->children[nibble_of(key, parting)] = leaf;
            *place = branch;
        }
        return leaf;
    }

    static void forget(const Way& way) {
        for (int i = 0; i < way.length; i++) {
            way.branch(i)->own.length = 0;
            way.branch(i)->seen_from = NEVER_SEEN;
            way.branch(i)->is_changed = true;
        }
    }

    // Puts the node in place of what was known by its hash alone.
    bool resolve(TrieNode** place, int start, const Preimages* preimages, Gap& gap) {
        UnresolvedNode* node = static_cast<UnresolvedNode*>(*place);
        if (stored_) return resolve_stored(place, start, gap);
        const Bytes* bytes = preimages ? preimages->find(node->own.bytes) : nullptr;
        if (!bytes) {
            gap.miss(node->own.bytes);
            return false;
        }
        const char* reason = nullptr;
        TrieNode* found = decode_whole(bytes->data, bytes->length, *node, &reason);
        return put_in_place(place, start, found, reason, gap);
    }

    // The node that bytes are the form of, in place of an unresolved one.
    static TrieNode* decode_whole(const uint8_t* data, size_t length, const UnresolvedNode& node, const char** reason) {
        rlp::Item item;
        *reason = rlp::check(data, length, &item).reason;
        return *reason ? nullptr : decode(item, node.key, node.depth, node.own, reason);
    }

    static bool put_in_place(TrieNode** place, int start, TrieNode* found, const char* reason, Gap& gap) {
        UnresolvedNode* node = static_cast<UnresolvedNode*>(*place);
        if (found && start < node->depth && !(found->kind == NodeKind::BRANCH && found->depth == node->depth)) {
            reason = NO_BRANCH;
            destroy(found);
        }
        if (reason) {
            gap.malformed(node->own.bytes, reason);
            return false;
        }
        if (start < node->depth) {
            found->seen = node->seen;
            found->seen_from = node->seen_from;
        }
        *place = found;
        delete node;
        return true;
    }

    // The same from a store: from the node that it has there or, where it has none, from the few values below.
    bool resolve_stored(TrieNode** place, int start, Gap& gap) {
        thread_local stores::Run records;   // which keeps its room from one part to the next, as the hasher does
        UnresolvedNode* node = static_cast<UnresolvedNode*>(*place);
        const char* reason = nullptr;
        std::unique_ptr<Part> part;
        TrieNode* found = read_stored(*node, records, part, &reason);
        if (!part) return put_in_place(place, start, found, reason, gap);
        if (start < node->depth) {
            reason = NO_BRANCH;
        } else {
            thread_local TrieHasher<Value, Extra> hasher;
            hasher.add(part.get(), node->depth);
            hasher.run();
            if (!is_committed(*part, *node)) reason = "is not the hash of the values that the state has there: it is damaged";
        }
        if (reason) {
            gap.malformed(node->own.bytes, reason);
            return false;
        }
        put_part(place, std::move(part));
        return true;
    }

    // What a store has below an unresolved node: a node, which is what the hash says, or a part that is yet to be hashed. Where there is
    // neither, `reason` says why.
    TrieNode* read_stored(const UnresolvedNode& node, stores::Run& records, std::unique_ptr<Part>& part, const char** reason) {
        std::string bytes;
        bool is_there = false;
        if (!stored_->node(node.key, node.depth, bytes, is_there)) return refuse(UNREADABLE, reason);
        if (is_there) return decode_stored(bytes, node, reason);
        records.clear();
        if (!stored_->values(node.key, node.depth, records)) return refuse(UNREADABLE, reason);
        if (!records.size()) return refuse("is the hash of values of which the state has none: it is damaged", reason);
        part.reset(new Part(node.depth, node.key));
        if (part->fill(records)) return nullptr;
        part.reset();
        return refuse("is the hash of values of which the state has one in no form: it is damaged", reason);
    }

    // Whether a part that was hashed is the one of which a state has the hash.
    static bool is_committed(const Part& part, const UnresolvedNode& node) {
        return part.seen.is_hash() && std::memcmp(part.seen.bytes, node.own.bytes, 32) == 0;
    }

    static void put_part(TrieNode** place, std::unique_ptr<Part> part) {
        delete static_cast<UnresolvedNode*>(*place);
        *place = part->entries.size() > SMALL ? split(part.release()) : part.release();
    }

    // The same as a branch. Of what is below, no part has more than a store may have no node of.
    static TrieNode* split(Part* part) {
        TrieBranch* branch = part->split();
        delete part;
        for (TrieNode*& child : branch->children)
            if (child && child->kind == NodeKind::PART && static_cast<Part*>(child)->entries.size() > SMALL)
                child = split(static_cast<Part*>(child));
        return branch;
    }

    TrieNode* decode_stored(const std::string& bytes, const UnresolvedNode& node, const char** reason) {
        const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
        uint8_t hash[32];
        keccak256(data, bytes.size(), hash);
        if (std::memcmp(hash, node.own.bytes, 32) != 0) return refuse("is not what the state has there: it is damaged", reason);
        stored_->store().nodes_read += 1;
        TrieNode* found = decode_whole(data, bytes.size(), node, reason);
        if (!found) return nullptr;
        if (found->kind == NodeKind::BRANCH && found->depth == node.depth) {
            TrieBranch* branch = static_cast<TrieBranch*>(found);
            branch->is_changed = false;
            branch->is_stored = true;
            branch->extended_from = node.extended_from;
        } else if (found->kind == NodeKind::UNRESOLVED) {
            static_cast<UnresolvedNode*>(found)->extended_from = node.depth;
        }
        return found;
    }

    // As much room as so many nodes have the hashes of a branch.
    static constexpr size_t HASHES_AS_NODES = 5;

    static bool hangs(const Nothing&) { return false; }
    template <class Other>
    static bool hangs(const Other& extra) { return extra != nullptr; }

    // Whether something hangs on a leaf below. A branch that is not stored is known by where it begins, as a part that is made of values.
    static bool fold_below(TrieNode*& place, int start, int depth, size_t& left) {
        left += 1;
        if (place->kind == NodeKind::UNRESOLVED) return false;
        if (place->kind == NodeKind::LEAF) return hangs(static_cast<Leaf*>(place)->extra);
        if (place->kind == NodeKind::PART) {
            const Part* part = static_cast<const Part*>(place);
            left += part->entries.size();
            for (const auto& entry : part->entries)
                if (entry.leaf && hangs(entry.leaf->extra)) return true;
            if (start < depth || !part->seen.is_hash()) return false;
            left -= part->entries.size();
            UnresolvedNode* folded = new UnresolvedNode(start, part->key, part->seen.bytes);
            folded->seen = part->seen;
            folded->seen_from = part->seen_from;
            destroy(place);
            place = folded;
            return false;
        }
        TrieBranch* branch = static_cast<TrieBranch*>(place);
        if (!branch->is_visited) {
            left += branch->nodes_below;
            return branch->has_hanging;
        }
        const size_t before = left;
        bool is_held = branch->depth < depth || !branch->seen.is_hash();
        bool has_hanging = false;
        for (int nibble = 0; nibble < 16; nibble++) {
            TrieNode*& child = branch->children[nibble];
            if (!child) continue;
            has_hanging |= fold_below(child, branch->depth + 1, depth, left);
            if (child->kind != NodeKind::UNRESOLVED || child->depth != branch->depth + 1) continue;
            UnresolvedNode* unresolved = static_cast<UnresolvedNode*>(child);
            if (unresolved->extended_from != NEVER_SEEN) continue;
            branch->put_hash(nibble, unresolved->own.bytes);
            delete unresolved;
            child = nullptr;
            left -= 1;
        }
        if (branch->hashes) left += HASHES_AS_NODES;
        if (is_held || has_hanging) {
            branch->is_visited = false;
            branch->has_hanging = has_hanging;
            branch->nodes_below = left - before;
            return has_hanging;
        }
        UnresolvedNode* folded = branch->is_stored ? new UnresolvedNode(branch->depth, branch->key, branch->own.bytes)
                                                   : new UnresolvedNode(start, branch->key, branch->seen.bytes);
        folded->seen = branch->seen;
        folded->seen_from = branch->seen_from;
        folded->extended_from = branch->extended_from;
        destroy(branch);
        place = folded;
        left = before;
        return false;
    }

    // A branch goes, and what the store has of it.
    void remove_stored(const TrieBranch& branch) {
        if (!branch.is_stored) return;
        stored_->remove(branch.key, branch.depth);
        if (branch.extended_from != NEVER_SEEN) stored_->remove(branch.key, branch.extended_from);
    }

    // The node that canonical RLP is the form of. It stands `depth` nibbles down `key`, and `reference` refers to it.
    // A child that stands in its parent is shorter than 32 bytes, so recursion ends soon.
    static TrieNode* decode(
        const rlp::Item& item, const uint8_t* key, int depth, const Reference& reference, const char** reason
    ) {
        const size_t count = item.is_list ? rlp::count_items(item) : 0;
        const uint8_t* position = item.payload;
        if (count == 2) {
            Path path;
            if ((*reason = read_path(rlp::next_item(position, item.end), &path))) return nullptr;
            const int end = depth + path.length;
            if (path.is_leaf ? end != KEY_NIBBLES : end >= KEY_NIBBLES || path.length == 0)
                return refuse("has a path of a wrong length", reason);
            uint8_t whole[32];
            std::memcpy(whole, key, 32);
            put_path(whole, depth, path);
            const rlp::Item part = rlp::next_item(position, item.end);
            TrieNode* node;
            if (path.is_leaf) {
                Leaf* leaf = new Leaf(whole);
                node = leaf;
                if (part.is_list || !leaf->value.read(part.payload, part.length())) {
                    delete leaf;
                    return refuse("has a value that is none", reason);
                }
            } else {
                node = decode_child(part, whole, end, reason);
                if (*reason) return nullptr;
                if (!node || node->depth != end || node->kind == NodeKind::LEAF) {
                    destroy(node);
                    return refuse("is an extension that leads to no branch", reason);
                }
            }
            node->seen = reference;
            node->seen_from = static_cast<uint8_t>(depth);
            return node;
        }
        if (count != 17 || depth == KEY_NIBBLES) return refuse(NO_NODE, reason);
        TrieBranch* branch = new TrieBranch(depth, key);
        branch->own = branch->seen = reference;
        branch->seen_from = static_cast<uint8_t>(depth);
        int children = 0;
        uint8_t whole[32];
        for (int nibble = 0; nibble < 16; nibble++) {
            const rlp::Item part = rlp::next_item(position, item.end);
            if (!part.is_list && part.length() == 32) {
                branch->put_hash(nibble, part.payload);
                children++;
                continue;
            }
            std::memcpy(whole, key, 32);
            const uint8_t one[1] = {static_cast<uint8_t>(nibble)};
            put_path(whole, depth, Path{one, 1, 1, false});
            branch->children[nibble] = decode_child(part, whole, depth + 1, reason);
            children += branch->children[nibble] != nullptr;
            if (*reason) break;
        }
        if (!*reason && children < 2) *reason = "is a branch of fewer than two children";
        if (!*reason && *position != 0x80) *reason = "has a value in a branch, where no key ends";
        if (*reason) {
            destroy(branch);
            return nullptr;
        }
        return branch;
    }

    static TrieNode* refuse(const char* why, const char** reason) {
        *reason = why;
        return nullptr;
    }

    // What a parent holds: nothing, a hash, or a node that is shorter than one.
    static TrieNode* decode_child(const rlp::Item& item, const uint8_t* key, int depth, const char** reason) {
        if (!item.is_list) {
            if (item.length() == 0) return nullptr;
            if (item.length() != 32) return refuse("has a child that is neither a hash nor a node", reason);
            UnresolvedNode* node = new UnresolvedNode(depth, key, item.payload);
            node->seen = node->own;
            node->seen_from = static_cast<uint8_t>(depth);
            return node;
        }
        if (item.size() >= 32) return refuse("has a child in it that is too long to be there", reason);
        Reference reference;
        reference.length = static_cast<uint8_t>(item.size());
        std::memcpy(reference.bytes, item.start, item.size());
        return decode(item, key, depth, reference, reason);
    }

    // The value of a key below the node with that hash, read from encoded nodes alone.
    static bool read_encoded(
        const uint8_t* hash, int depth, const uint8_t* key, const Preimages* preimages, Value& value, Gap& gap
    ) {
        for (;;) {
            const Bytes* bytes = preimages ? preimages->find(hash) : nullptr;
            if (!bytes) {
                gap.miss(hash);
                return false;
            }
            rlp::Item item;
            const char* reason = rlp::check(bytes->data, bytes->length, &item).reason;
            const uint8_t* next = nullptr;
            while (!reason && !next) {   // goes on in nodes that stand in their parents
                const size_t count = item.is_list ? rlp::count_items(item) : 0;
                const uint8_t* position = item.payload;
                rlp::Item part;
                if (count == 17 && depth < KEY_NIBBLES) {
                    for (int nibble = nibble_of(key, depth); nibble >= 0; nibble--)
                        part = rlp::next_item(position, item.end);
                    depth++;
                } else if (count == 2) {
                    Path path;
                    if ((reason = read_path(rlp::next_item(position, item.end), &path))) break;
                    const int end = depth + path.length;
                    if (path.is_leaf ? end != KEY_NIBBLES : end >= KEY_NIBBLES || path.length == 0) {
                        reason = "has a path of a wrong length";
                        break;
                    }
                    for (int i = 0; i < path.length; i++)
                        if (nibble_of(path.bytes, path.first + i) != nibble_of(key, depth + i)) return false;
                    depth = end;
                    part = rlp::next_item(position, item.end);
                    if (path.is_leaf) {
                        if (!part.is_list && value.read(part.payload, part.length())) return true;
                        reason = "has a value that is none";
                        break;
                    }
                } else {
                    reason = NO_NODE;
                    break;
                }
                if (part.is_list)
                    item = part;
                else if (part.length() == 32)
                    next = part.payload;
                else if (part.length() == 0 && count == 17)
                    return false;
                else
                    reason = "has a child that is neither a hash nor a node";
            }
            if (reason) {
                gap.malformed(hash, reason);
                return false;
            }
            hash = next;
        }
    }

    static void destroy(TrieNode* node) {
        if (!node) return;
        switch (node->kind) {
            case NodeKind::LEAF: delete static_cast<Leaf*>(node); return;
            case NodeKind::UNRESOLVED: delete static_cast<UnresolvedNode*>(node); return;
            case NodeKind::PART: delete static_cast<Part*>(node); return;
            case NodeKind::BRANCH:
                for (TrieNode* child : static_cast<TrieBranch*>(node)->children) destroy(child);
                delete static_cast<TrieBranch*>(node);
        }
    }

    TrieNode* root_ = nullptr;
    std::unique_ptr<StoredTrie> stored_;     // null: it is in no store
};

}  // namespace samestate::evm

#endif
