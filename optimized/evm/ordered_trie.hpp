// Roots over lists, such as a block's transactions, receipts and withdrawals: each value under the RLP of its index
// (yellow paper, section 4.4.2).
//
// No trie is built. The order of the keys is known, so where a leaf hangs follows from its two neighbours alone: leaves
// can be hashed one by one, in any order and by many threads. The nodes above them are hashed in one pass.

#ifndef SAMESTATE_EVM_ORDERED_TRIE_HPP
#define SAMESTATE_EVM_ORDERED_TRIE_HPP

#include <vector>

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/trie_nodes.hpp"

namespace samestate::evm {

// The key of an index. No key is the beginning of another.
struct IndexKey {
    uint8_t bytes[10];   // zeros behind the key
    int nibbles;

    explicit IndexKey(uint64_t index) : bytes{} {
        nibbles = 2 * static_cast<int>(rlp::write_number(bytes, index) - bytes);
    }
};

// The index whose key is at that place among the keys of `count` indices, in order of bytes. Zero is 0x80: it comes
// behind those of one byte below that, and before those of two bytes and more.
inline size_t index_in_order(size_t place, size_t count) {
    const size_t place_of_zero = count < 0x80 ? count - 1 : 0x7F;
    if (place < place_of_zero) return place + 1;
    return place == place_of_zero ? 0 : place;
}

// The other way round.
inline size_t place_in_order(size_t index, size_t count) {
    const size_t place_of_zero = count < 0x80 ? count - 1 : 0x7F;
    if (index == 0) return place_of_zero;
    return index <= place_of_zero ? index - 1 : index;
}

inline int shared_of_indices(const IndexKey& one, const IndexKey& other) {
    int shared = 0;
    const int limit = one.nibbles < other.nibbles ? one.nibbles : other.nibbles;
    while (shared < limit && nibble_of(one.bytes, shared) == nibble_of(other.bytes, shared)) shared++;
    return shared;
}

// What the trie of `count` values holds of the one at that place in order, into `leaf`, which must stay where it is until
// the batch is flushed. `scratch` is any buffer.
inline void ordered_leaf(
    size_t place, size_t count, const uint8_t* value, size_t length, Buffer& scratch, KeccakBatch& batch, Reference& leaf
) {
    const IndexKey key(index_in_order(place, count));
    int from = 0;
    if (place > 0) from = shared_of_indices(key, IndexKey(index_in_order(place - 1, count))) + 1;
    if (place + 1 < count) {
        const int after = shared_of_indices(key, IndexKey(index_in_order(place + 1, count))) + 1;
        if (after > from) from = after;
    }
    scratch.clear();
    uint8_t* target = scratch.extend(LEAF_OVERHEAD + length);
    refer_to(leaf, target, write_leaf(target, key.bytes, from, key.nibbles, value, length), batch);
}

// What stands above the leaves from `begin` up to `end`, which share their first `depth` nibbles. Recursion is no deeper
// than a key is long.
inline Reference ordered_node(const Reference* leaves, size_t begin, size_t end, size_t count, int depth) {
    if (end - begin == 1) return leaves[begin];
    const IndexKey first(index_in_order(begin, count));
    const int shared = shared_of_indices(first, IndexKey(index_in_order(end - 1, count)));
    uint8_t children[16 * 33];
    uint8_t* child_end = children;
    for (int nibble = 0; nibble < 16; nibble++) {
        const size_t child_begin = begin;
        while (begin < end && nibble_of(IndexKey(index_in_order(begin, count)).bytes, shared) == nibble) begin++;
        if (begin == child_begin)
            *child_end++ = 0x80;
        else
            child_end = write_reference(child_end, ordered_node(leaves, child_begin, begin, count, shared + 1));
    }
    uint8_t node[BRANCH_LIMIT];
    const size_t payload = static_cast<size_t>(child_end - children) + 1;
    uint8_t* node_end = rlp::write_list_prefix(node, payload);
    std::memcpy(node_end, children, payload - 1);
    node_end += payload - 1;
    *node_end++ = 0x80;
    Reference reference;
    refer_to(reference, node, static_cast<size_t>(node_end - node));
    if (shared > depth) {
        const size_t length = write_extension(node, first.bytes, depth, shared, reference);
        refer_to(reference, node, length);
    }
    return reference;
}

// The root over `count` values whose leaves, by place in order, are hashed already.
inline void ordered_root(const Reference* leaves, size_t count, uint8_t* root) {
    if (count)
        root_of(ordered_node(leaves, 0, count, count, 0), root);
    else
        std::memcpy(root, EMPTY_ROOT, 32);
}

// The root over a list of values. `value_at` gives the bytes of the value with an index: data and length.
template <class ValueAt>
void root_over_list(size_t count, ValueAt value_at, uint8_t* root) {
    std::vector<Reference> leaves(count);
    Buffer scratch;
    KeccakBatch batch;
    for (size_t place = 0; place < count; place++) {
        const auto value = value_at(index_in_order(place, count));
        ordered_leaf(place, count, value.data, value.length, scratch, batch, leaves[place]);
    }
    batch.flush();
    ordered_root(leaves.data(), count, root);
}

}  // namespace samestate::evm

#endif
