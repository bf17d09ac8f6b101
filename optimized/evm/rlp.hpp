// Recursive length prefix, the byte form of what Ethereum hashes (yellow paper, appendix B).
//
// The decoder accepts exactly what the encoder writes: each item has one byte form, so the bytes that were decoded can
// be hashed again in place of an encoding. It looks at bytes where they lie and copies nothing.

#ifndef SAMESTATE_EVM_RLP_HPP
#define SAMESTATE_EVM_RLP_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "samestate/optimized/words/u256.hpp"
#include "samestate/optimized/evm/buffer.hpp"

namespace samestate::evm::rlp {

// The longest payload whose length fits into the prefix itself.
constexpr size_t SHORT = 55;

// How deep lists may nest. No structure of the protocol comes near; it bounds what hostile bytes can ask for.
constexpr int MAXIMUM_DEPTH = 128;

// What is wrong with bytes, and where. `reason` is null where nothing is.
struct Malformed {
    const char* reason = nullptr;
    size_t position = 0;
    explicit operator bool() const { return reason != nullptr; }
};

// An item where it lies: from `start` to `end`, and its payload from `payload` on.
struct Item {
    const uint8_t* start = nullptr;
    const uint8_t* payload = nullptr;
    const uint8_t* end = nullptr;
    bool is_list = false;

    size_t length() const { return static_cast<size_t>(end - payload); }
    size_t size() const { return static_cast<size_t>(end - start); }
};

// Finds the item that begins at `position`, which is before `limit`. Gives the reason why there is none, or null.
// Of a list nothing but its bounds is looked at.
inline const char* read_item(const uint8_t* position, const uint8_t* limit, Item* item) {
    const uint8_t first = *position;
    item->start = position;
    if (first < 0x80) {
        item->payload = position;
        item->end = position + 1;
        item->is_list = false;
        return nullptr;
    }
    item->is_list = first >= 0xC0;
    const size_t code = first - (item->is_list ? 0xC0 : 0x80);
    const size_t left = static_cast<size_t>(limit - position) - 1;
    size_t length = code;
    const uint8_t* payload = position + 1;
    if (code > SHORT) {
        const size_t size = code - SHORT;
        if (size > left) return "the length of an item is cut off";
        if (payload[0] == 0) return "a length begins with a zero byte";
        length = 0;
        for (size_t i = 0; i < size; i++) length = length << 8 | payload[i];
        if (length <= SHORT) return "a length that fits the prefix stands apart from it";
        payload += size;
    }
    // Compared with what is left, never added to a position: a sum could wrap.
    if (length > static_cast<size_t>(limit - payload))
        return item->is_list ? "a list ends after what it stands in" : "bytes end after what they stand in";
    if (length == 1 && !item->is_list && payload[0] < 0x80) return "a single byte below 0x80 has a prefix";
    item->payload = payload;
    item->end = payload + length;
    return nullptr;
}

// Whether all of `data` is one item in its canonical form, with all that is in it; and which, in `item`.
inline Malformed check(const uint8_t* data, size_t length, Item* item) {
    if (!length) return {"there are no bytes", 0};
    const uint8_t* const end = data + length;
    if (const char* reason = read_item(data, end, item)) return {reason, 0};
    if (item->end != end) return {"bytes follow the item", static_cast<size_t>(item->end - data)};
    if (!item->is_list) return {};
    const uint8_t* ends[MAXIMUM_DEPTH];
    int depth = 0;
    ends[depth] = end;
    const uint8_t* position = item->payload;
    for (;;) {
        while (position == ends[depth])
            if (depth-- == 0) return {};
        Item inner;
        if (const char* reason = read_item(position, ends[depth], &inner))
            return {reason, static_cast<size_t>(position - data)};
        position = inner.end;
        if (inner.is_list) {
            if (depth == MAXIMUM_DEPTH - 1)
                return {"lists are nested too deep", static_cast<size_t>(inner.start - data)};
            ends[++depth] = inner.end;
            position = inner.payload;
        }
    }
}

// The item that begins at `position` in a list that `check` has found canonical; `position` goes on behind it.
inline Item next_item(const uint8_t*& position, const uint8_t* end) {
    Item item;
    read_item(position, end, &item);
    position = item.end;
    return item;
}

// How many items a list holds that `check` has found canonical.
inline size_t count_items(const Item& list) {
    size_t count = 0;
    for (const uint8_t* position = list.payload; position != list.end; count++) next_item(position, list.end);
    return count;
}

// Whether the bytes are a number as RLP has it: big-endian, no zero byte in front, at most `most` bytes.
inline const char* wrong_number(const Item& item, size_t most) {
    if (item.is_list) return "must be a number, but is a list";
    if (item.length() > most) return "is a number of too many bytes";
    if (item.length() && item.payload[0] == 0) return "is a number that begins with a zero byte";
    return nullptr;
}

// The number in at most 8 big-endian bytes.
inline uint64_t to_number(const uint8_t* bytes, size_t length) {
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) number = number << 8 | bytes[i];
    return number;
}

// The word in at most 32 big-endian bytes.
inline u256 to_word(const uint8_t* bytes, size_t length) {
    u256 word{};
    for (int limb = 0; length; limb++) {
        const size_t part = length < 8 ? length : 8;
        word.w[limb] = to_number(bytes + length - part, part);
        length -= part;
    }
    return word;
}

// Writing. Sizes come first, since a list begins with the length of all that it holds.

inline size_t bytes_of_number(uint64_t number) {
    return number ? static_cast<size_t>(8 - __builtin_clzll(number) / 8) : 0;
}

inline size_t bytes_of_word(const u256& word) {
    for (int limb = 3; limb >= 0; limb--)
        if (word.w[limb]) return static_cast<size_t>(limb) * 8 + bytes_of_number(word.w[limb]);
    return 0;
}

inline size_t prefix_size(size_t length) { return length <= SHORT ? 1 : 1 + bytes_of_number(length); }

inline size_t size_of_list(size_t payload) { return prefix_size(payload) + payload; }

inline size_t size_of_bytes(const uint8_t* bytes, size_t length) {
    return length == 1 && bytes[0] < 0x80 ? 1 : prefix_size(length) + length;
}

inline size_t size_of_number(uint64_t number) { return number < 0x80 ? 1 : 1 + bytes_of_number(number); }

inline size_t size_of_word(const u256& word) {
    return word.w[0] < 0x80 && !(word.w[1] | word.w[2] | word.w[3]) ? 1 : 1 + bytes_of_word(word);
}

// Each of these writes at `target`, which has room, and gives where it has ended.

inline uint8_t* write_big_endian(uint8_t* target, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++) target[i] = static_cast<uint8_t>(number >> 8 * (size - 1 - i));
    return target + size;
}

inline uint8_t* write_prefix(uint8_t* target, uint8_t kind, size_t length) {
    if (length <= SHORT) {
        *target = static_cast<uint8_t>(kind + length);
        return target + 1;
    }
    const size_t size = bytes_of_number(length);
    *target = static_cast<uint8_t>(kind + SHORT + size);
    return write_big_endian(target + 1, length, size);
}

inline uint8_t* write_list_prefix(uint8_t* target, size_t payload) { return write_prefix(target, 0xC0, payload); }

inline uint8_t* write_bytes(uint8_t* target, const uint8_t* bytes, size_t length) {
    if (length == 1 && bytes[0] < 0x80) {
        *target = bytes[0];
        return target + 1;
    }
    target = write_prefix(target, 0x80, length);
    if (length) std::memcpy(target, bytes, length);
    return target + length;
}

inline uint8_t* write_number(uint8_t* target, uint64_t number) {
    if (number && number < 0x80) {
        *target = static_cast<uint8_t>(number);
        return target + 1;
    }
    const size_t size = bytes_of_number(number);
    *target = static_cast<uint8_t>(0x80 + size);
    return write_big_endian(target + 1, number, size);
}

inline uint8_t* write_word(uint8_t* target, const u256& word) {
    size_t size = bytes_of_word(word);
    if (size <= 8) return write_number(target, word.w[0]);
    *target++ = static_cast<uint8_t>(0x80 + size);
    for (size_t limb = (size - 1) / 8 + 1; limb-- > 0;) {
        const size_t part = size - limb * 8;
        target = write_big_endian(target, word.w[limb], part);
        size -= part;
    }
    return target;
}

inline void append_bytes(Buffer& buffer, const uint8_t* bytes, size_t length) {
    write_bytes(buffer.extend(size_of_bytes(bytes, length)), bytes, length);
}

inline void append_number(Buffer& buffer, uint64_t number) {
    write_number(buffer.extend(size_of_number(number)), number);
}

inline void append_word(Buffer& buffer, const u256& word) { write_word(buffer.extend(size_of_word(word)), word); }

inline void append_list_prefix(Buffer& buffer, size_t payload) {
    write_list_prefix(buffer.extend(prefix_size(payload)), payload);
}

}  // namespace samestate::evm::rlp

#endif
