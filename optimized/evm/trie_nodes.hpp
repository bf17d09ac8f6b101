// The byte forms of trie nodes (yellow paper, appendices C and D): hex-prefix paths, and what a parent holds of a child.

#ifndef SAMESTATE_EVM_TRIE_NODES_HPP
#define SAMESTATE_EVM_TRIE_NODES_HPP

#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/words/keccak_many.hpp"

namespace samestate::evm {

// The nibbles of a key of 32 bytes.
constexpr int KEY_NIBBLES = 64;

// The root of a trie that holds nothing: the hash of the empty string's RLP.
inline constexpr uint8_t EMPTY_ROOT[32] = {
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
};

// The high nibble of each byte comes first.
inline int nibble_of(const uint8_t* key, int index) { return index & 1 ? key[index >> 1] & 0x0F : key[index >> 1] >> 4; }

// How many of their first `limit` nibbles two keys have in common.
inline int shared_nibbles(const uint8_t* one, const uint8_t* other, int limit) {
    int byte = 0;
    while (2 * byte + 16 <= limit) {
        const uint64_t difference = load_be64(one + byte) ^ load_be64(other + byte);
        if (difference) return 2 * byte + __builtin_clzll(difference) / 4;
        byte += 8;
    }
    int index = 2 * byte;
    while (index < limit && nibble_of(one, index) == nibble_of(other, index)) index++;
    return index;
}

// What a parent holds of a child: its hash (length 32), or the child itself where its encoding is shorter than a hash.
struct Reference {
    uint8_t length = 0;   // 0: not known
    uint8_t bytes[32];

    bool is_hash() const { return length == 32; }
};

inline void refer_to(Reference& reference, const uint8_t* encoded, size_t length) {
    if (length < 32) {
        reference.length = static_cast<uint8_t>(length);
        std::memcpy(reference.bytes, encoded, length);
    } else {
        reference.length = 32;
        keccak256(encoded, length, reference.bytes);
    }
}

// The same, but the hash may be there only after the batch is flushed. The reference must stay where it is until then.
inline void refer_to(Reference& reference, const uint8_t* encoded, size_t length, KeccakBatch& batch) {
    if (length < 32) return refer_to(reference, encoded, length);
    reference.length = 32;
    batch.add(encoded, length, reference.bytes);
}

inline size_t size_of_reference(const Reference& reference) {
    return reference.is_hash() ? 33 : reference.length;
}

inline uint8_t* write_reference(uint8_t* target, const Reference& reference) {
    if (reference.is_hash()) *target++ = 0x80 + 32;
    std::memcpy(target, reference.bytes, reference.length);
    return target + reference.length;
}

// The hash of a root, which has no parent and is hashed however short it is.
inline void root_of(const Reference& reference, uint8_t* root) {
    if (reference.length < 32)
        keccak256(reference.bytes, reference.length, root);
    else
        std::memcpy(root, reference.bytes, 32);
}

// How many bytes the hex-prefix form of so many nibbles has.
inline size_t path_size(int nibbles) { return static_cast<size_t>(nibbles / 2) + 1; }

// Writes the nibbles of `key` from `from` up to `to` in hex-prefix form. The flag says whether the node is a leaf.
inline uint8_t* write_path(uint8_t* target, const uint8_t* key, int from, int to, bool is_leaf) {
    const uint8_t flag = is_leaf ? 0x20 : 0;
    if ((to - from) & 1)
        *target++ = static_cast<uint8_t>(flag | 0x10 | nibble_of(key, from++));
    else
        *target++ = flag;
    for (; from < to; from += 2) *target++ = static_cast<uint8_t>(nibble_of(key, from) << 4 | nibble_of(key, from + 1));
    return target;
}

// The room that a node of two items needs beside its value: prefixes and path.
constexpr size_t LEAF_OVERHEAD = 9 + 2 + 34 + 9;

// The most that a branch of keys of one length takes: sixteen hashes and no value.
constexpr size_t BRANCH_LIMIT = 3 + 16 * 33 + 1;

// Writes a leaf or, with the reference of its child in place of the value, an extension. Gives the length.
inline size_t write_leaf(uint8_t* target, const uint8_t* key, int from, int to, const uint8_t* value, size_t length) {
    uint8_t path[34];
    const size_t size = static_cast<size_t>(write_path(path, key, from, to, true) - path);
    uint8_t* end = rlp::write_list_prefix(target, rlp::size_of_bytes(path, size) + rlp::size_of_bytes(value, length));
    end = rlp::write_bytes(end, path, size);
    end = rlp::write_bytes(end, value, length);
    return static_cast<size_t>(end - target);
}

inline size_t write_extension(uint8_t* target, const uint8_t* key, int from, int to, const Reference& child) {
    uint8_t path[34];
    const size_t size = static_cast<size_t>(write_path(path, key, from, to, false) - path);
    uint8_t* end = rlp::write_list_prefix(target, rlp::size_of_bytes(path, size) + size_of_reference(child));
    end = rlp::write_bytes(end, path, size);
    end = write_reference(end, child);
    return static_cast<size_t>(end - target);
}

// Writes a branch without a value: at most BRANCH_LIMIT bytes. `children` are sixteen, null where there is none. Gives the length.
inline size_t write_branch(uint8_t* target, const Reference* const* children) {
    size_t payload = 17;
    for (int nibble = 0; nibble < 16; nibble++)
        if (children[nibble]) payload += size_of_reference(*children[nibble]) - 1;
    uint8_t* end = rlp::write_list_prefix(target, payload);
    for (int nibble = 0; nibble < 16; nibble++) {
        if (children[nibble])
            end = write_reference(end, *children[nibble]);
        else
            *end++ = 0x80;
    }
    *end++ = 0x80;
    return static_cast<size_t>(end - target);
}

// A path in hex-prefix form: where its nibbles are. Null, or the reason why it is none.
struct Path {
    const uint8_t* bytes;
    int first;             // the first nibble of `bytes` that counts
    int length;
    bool is_leaf;
};

inline const char* read_path(const rlp::Item& item, Path* path) {
    if (item.is_list || !item.length() || item.payload[0] >= 0x40) return "has no path with a flag up to 3";
    if (item.length() > 33) return "has a path of more nibbles than a key";
    const uint8_t flag = item.payload[0] >> 4;
    if (!(flag & 1) && item.payload[0] & 0x0F) return "has a path of even length whose second nibble is not zero";
    path->bytes = item.payload;
    path->first = flag & 1 ? 1 : 2;
    path->length = static_cast<int>(2 * item.length()) - path->first;
    path->is_leaf = flag & 2;
    return nullptr;
}

// Puts the nibbles of a path into a key, from nibble `at` on.
inline void put_path(uint8_t* key, int at, const Path& path) {
    for (int i = 0; i < path.length; i++, at++) {
        const int nibble = nibble_of(path.bytes, path.first + i);
        uint8_t& byte = key[at >> 1];
        byte = static_cast<uint8_t>(at & 1 ? (byte & 0xF0) | nibble : (byte & 0x0F) | nibble << 4);
    }
}

}  // namespace samestate::evm

#endif
