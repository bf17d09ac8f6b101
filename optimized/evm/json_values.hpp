// Numbers, bytes and states as fixtures write them in JSON: `0x` and digits in a string.
//
// What is written in another way is not read, be it right or wrong: somebody else reads it then, and says what it is.

#ifndef SAMESTATE_EVM_JSON_VALUES_HPP
#define SAMESTATE_EVM_JSON_VALUES_HPP

#include <algorithm>

#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/json.hpp"

namespace samestate::evm {

// The values of all characters as digits; 16 of what is none.
struct Digits {
    std::uint8_t values[256];

    constexpr Digits() : values{} {
        for (std::uint8_t& value : values) value = 16;
        for (int digit = 0; digit < 10; digit++) values['0' + digit] = static_cast<std::uint8_t>(digit);
        for (int digit = 10; digit < 16; digit++)
            values['a' + digit - 10] = values['A' + digit - 10] = static_cast<std::uint8_t>(digit);
    }
};

inline constexpr Digits DIGITS;

// The value of a digit; 16 for what is none.
inline unsigned digit_of(char character) { return DIGITS.values[static_cast<std::uint8_t>(character)]; }

// The digits behind the `0x`; false where there is no such prefix.
inline bool read_digits(const Json& json, std::uint32_t value, std::string_view& digits) {
    if (!json.is_plain(value)) return false;
    digits = json.text(value);
    if (digits.size() < 2 || digits[0] != '0' || digits[1] != 'x') return false;
    digits.remove_prefix(2);
    return true;
}

// A number of at most 256 bits, with any number of zeros in front.
inline bool read_word(std::string_view digits, u256& word) {
    word = u256{};
    if (digits.empty()) return false;
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    if (digits.size() > 64) return false;
    for (std::size_t i = 0; i < digits.size(); i++) {
        const unsigned digit = digit_of(digits[digits.size() - 1 - i]);
        if (digit > 15) return false;
        word.w[i / 16] |= static_cast<std::uint64_t>(digit) << 4 * (i % 16);
    }
    return true;
}

inline bool read_word(const Json& json, std::uint32_t value, u256& word) {
    std::string_view digits;
    return read_digits(json, value, digits) && read_word(digits, word);
}

inline bool read_number(const Json& json, std::uint32_t value, std::uint64_t& number) {
    u256 word;
    if (!read_word(json, value, word) || word.w[1] | word.w[2] | word.w[3]) return false;
    number = word.w[0];
    return true;
}

// Whole bytes, into `target`, which has room for all of them.
inline bool read_bytes(std::string_view digits, std::uint8_t* target) {
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        const unsigned high = digit_of(digits[i]), low = digit_of(digits[i + 1]);
        if ((high | low) > 15) return false;
        *target++ = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

// Whole bytes, behind what is in the buffer already.
inline bool read_bytes(const Json& json, std::uint32_t value, Buffer& target) {
    std::string_view digits;
    return read_digits(json, value, digits) && digits.size() % 2 == 0 && read_bytes(digits, target.extend(digits.size() / 2));
}

inline bool read_fixed(const Json& json, std::uint32_t value, std::uint8_t* target, std::size_t length) {
    std::string_view digits;
    return read_digits(json, value, digits) && digits.size() == 2 * length && read_bytes(digits, target);
}

// Whether these are the bytes that are written there.
inline bool are_bytes(const Json& json, std::uint32_t value, const std::uint8_t* bytes, std::size_t length) {
    std::string_view digits;
    if (!read_digits(json, value, digits) || digits.size() != 2 * length) return false;
    for (std::size_t i = 0; i < length; i++)
        if ((digit_of(digits[2 * i]) ^ bytes[i] >> 4) | (digit_of(digits[2 * i + 1]) ^ (bytes[i] & 15))) return false;
    return true;
}

inline bool is_word(const Json& json, std::uint32_t value, const u256& right) {
    u256 word;
    return read_word(json, value, word) && word == right;
}

inline bool is_number(const Json& json, std::uint32_t value, std::uint64_t right) {
    return is_word(json, value, u256{right, 0, 0, 0});
}

// An account as a state of JSON has it: what is left out is zero. Its slots are those from `first_slot` on that are not zero.
struct WrittenAccount {
    Address address;
    std::uint64_t nonce;
    u256 balance;
    std::size_t code;            // where in `codes` it begins
    std::size_t code_length;
    std::size_t first_slot;
    std::size_t slot_count;
};

struct WrittenSlot {
    std::uint8_t name[32];
    u256 value;

    bool operator<(const WrittenSlot& other) const { return std::memcmp(name, other.name, 32) < 0; }
};

// A state as JSON has it, an account a member: {address: {nonce, balance, code, storage: {slot: value}}}.
struct WrittenState {
    std::vector<WrittenAccount> accounts;
    std::vector<WrittenSlot> slots;
    Buffer codes;

    // False where anything is not as usual: an unknown field, a number that does not fit, an address or a slot twice.
    bool read(const Json& json, std::uint32_t value) {
        accounts.clear();
        slots.clear();
        codes.clear();
        if (!json.is(value, JsonKind::object)) return false;
        std::uint32_t member = value + 1;
        for (std::uint32_t i = 0; i < json[value].count; i++) {
            accounts.emplace_back();
            if (!read_fixed(json, member, accounts.back().address.bytes, 20) || !account(json, member + 1)) return false;
            member = json[member + 1].next;
        }
        order_.clear();
        for (const WrittenAccount& each : accounts) order_.push_back(each.address);
        std::sort(order_.begin(), order_.end());
        return std::adjacent_find(order_.begin(), order_.end()) == order_.end();
    }

private:
    bool account(const Json& json, std::uint32_t value) {
        WrittenAccount& account = accounts.back();
        account.nonce = 0;
        account.balance = u256{};
        account.code = codes.size();
        account.code_length = 0;
        account.first_slot = slots.size();
        account.slot_count = 0;
        if (!json.is(value, JsonKind::object)) return false;
        std::uint32_t member = value + 1;
        for (std::uint32_t i = 0; i < json[value].count; i++) {
            const std::string_view name = json.text(member);
            const std::uint32_t content = member + 1;
            bool is_read = false;
            if (name == "nonce") is_read = read_number(json, content, account.nonce);
            else if (name == "balance") is_read = read_word(json, content, account.balance);
            else if (name == "code") is_read = read_bytes(json, content, codes);
            else if (name == "storage") is_read = storage(json, content);
            if (!is_read) return false;
            member = json[content].next;
        }
        account.code_length = codes.size() - account.code;
        return true;
    }

    bool storage(const Json& json, std::uint32_t value) {
        if (!json.is(value, JsonKind::object)) return false;
        const std::size_t first = slots.size();
        std::uint32_t member = value + 1;
        for (std::uint32_t i = 0; i < json[value].count; i++) {
            WrittenSlot slot;
            u256 name;
            if (!read_word(json, member, name) || !read_word(json, member + 1, slot.value)) return false;
            name.store_be(slot.name);
            slots.push_back(slot);
            member = json[member + 1].next;
        }
        std::sort(slots.begin() + first, slots.end());
        for (std::size_t i = first + 1; i < slots.size(); i++)
            if (!(slots[i - 1] < slots[i])) return false;
        const auto is_zero = [](const WrittenSlot& slot) { return slot.value == u256{}; };
        slots.erase(std::remove_if(slots.begin() + first, slots.end(), is_zero), slots.end());
        accounts.back().slot_count = slots.size() - first;
        return true;
    }

    std::vector<Address> order_;
};

}  // namespace samestate::evm

#endif
