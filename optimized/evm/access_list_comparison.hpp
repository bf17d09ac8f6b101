// Where a proposed block access list departs from the one that the execution gives, for people: the account, the part or the slot, the
// index, and both values.
//
// Both are well formed (access_list_form.hpp). The right list is in order by construction; so a proposed one that is out of order, has
// something twice, or a list of no changes, departs from it, and is told so by its own name.

#ifndef SAMESTATE_EVM_ACCESS_LIST_COMPARISON_HPP
#define SAMESTATE_EVM_ACCESS_LIST_COMPARISON_HPP

#include <string>

#include "samestate/optimized/evm/access_list_form.hpp"

namespace samestate::evm {

class AccessListComparison {
  public:
    // What departs first, in the order of the list; empty where nothing does.
    static std::string difference(const rlp::Item& proposed, const rlp::Item& right) {
        const std::uint8_t *position = proposed.payload, *right_position = right.payload;
        while (position != proposed.end || right_position != right.end) {
            if (right_position == right.end) return account_name(rlp::next_item(position, proposed.end)) + " is listed, and nothing accessed it";
            const rlp::Item expected = rlp::next_item(right_position, right.end);
            if (position == proposed.end) return account_name(expected) + " is missing";
            const rlp::Item given = rlp::next_item(position, proposed.end);
            if (is_same(given, expected)) continue;
            const int order = std::memcmp(ListedAccount(given).address.payload, ListedAccount(expected).address.payload, sizeof(Address));
            if (order < 0) return account_name(given) + " is listed, and nothing accessed it";
            if (order > 0) return account_name(expected) + " is missing";
            return account_name(expected) + ", " + difference_of_accounts(ListedAccount(given), ListedAccount(expected));
        }
        return {};
    }

  private:
    static bool is_same(const rlp::Item& one, const rlp::Item& other) {
        return one.size() == other.size() && std::memcmp(one.start, other.start, one.size()) == 0;
    }

    static std::string hex(const std::uint8_t* bytes, std::size_t length) {
        constexpr const char* DIGITS = "0123456789abcdef";
        std::string text = "0x";
        for (std::size_t i = 0; i < length; i++) {
            text += DIGITS[bytes[i] >> 4];
            text += DIGITS[bytes[i] & 15];
        }
        return text;
    }

    // A number as people write it, or a code, the beginning of it where it is long.
    static std::string shown(const rlp::Item& value, bool is_code) {
        constexpr std::size_t LONGEST = 64;
        if (!is_code) return number(value);
        if (value.length() <= LONGEST) return hex(value.payload, value.length());
        return hex(value.payload, LONGEST) + "… (" + std::to_string(value.length()) + " bytes)";
    }

    static std::string number(const rlp::Item& value) {
        if (!value.length()) return "0x0";
        std::string text = hex(value.payload, value.length());
        if (text[2] == '0') text.erase(2, 1);
        return text;
    }

    static std::string account_name(const rlp::Item& account) { return "account " + hex(ListedAccount(account).address.payload, sizeof(Address)); }
    static std::string slot_name(const rlp::Item& slot) { return "slot " + number(slot); }
    static std::string index_name(const rlp::Item& index) { return "index " + std::to_string(number_in(index)); }

    static std::string difference_of_accounts(const ListedAccount& given, const ListedAccount& right) {
        std::string found = difference_of_slots(given, right);
        if (found.empty()) found = difference_of_reads(given, right);
        if (found.empty()) found = difference_of_changes("balance, ", given.balance_changes, right.balance_changes, false);
        if (found.empty()) found = difference_of_changes("nonce, ", given.nonce_changes, right.nonce_changes, false);
        if (found.empty()) found = difference_of_changes("code, ", given.code_changes, right.code_changes, true);
        return found;
    }

    static std::string difference_of_slots(const ListedAccount& given, const ListedAccount& right) {
        const rlp::Item &slots = given.storage_changes, &right_slots = right.storage_changes;
        const std::uint8_t *position = slots.payload, *right_position = right_slots.payload;
        bool is_first = true;
        u256 previous;
        while (position != slots.end) {
            const ListedPair slot(rlp::next_item(position, slots.end));
            const u256 key = word_in(slot.first);
            if (!is_first && !(previous < key)) return slot_name(slot.first) + " of the storage changes comes after a higher one, or after itself";
            is_first = false;
            previous = key;
            if (slot.second.payload == slot.second.end) return slot_name(slot.first) + " is listed as changed, without a change";
            if (right_position == right_slots.end) return slot_name(slot.first) + " is listed as changed, and was not";
            const ListedPair expected(rlp::next_item(right_position, right_slots.end));
            const u256 expected_key = word_in(expected.first);
            if (key < expected_key) return slot_name(slot.first) + " is listed as changed, and was not";
            if (expected_key < key) return slot_name(expected.first) + " is not listed as changed";
            const std::string found = difference_of_changes(slot_name(slot.first) + ", ", slot.second, expected.second, false);
            if (!found.empty()) return found;
        }
        if (right_position == right_slots.end) return {};
        return slot_name(ListedPair(rlp::next_item(right_position, right_slots.end)).first) + " is not listed as changed";
    }

    static std::string difference_of_reads(const ListedAccount& given, const ListedAccount& right) {
        const rlp::Item &slots = given.storage_reads, &right_slots = right.storage_reads;
        const std::uint8_t *position = slots.payload, *right_position = right_slots.payload;
        bool is_first = true;
        u256 previous;
        while (position != slots.end) {
            const rlp::Item slot = rlp::next_item(position, slots.end);
            const u256 key = word_in(slot);
            if (!is_first && !(previous < key)) return slot_name(slot) + " of the storage reads comes after a higher one, or after itself";
            is_first = false;
            previous = key;
            if (right_position == right_slots.end) return slot_name(slot) + wrong_read(right, key);
            const rlp::Item expected = rlp::next_item(right_position, right_slots.end);
            const u256 expected_key = word_in(expected);
            if (key < expected_key) return slot_name(slot) + wrong_read(right, key);
            if (expected_key < key) return slot_name(expected) + " is not listed as read";
        }
        if (right_position == right_slots.end) return {};
        return slot_name(rlp::next_item(right_position, right_slots.end)) + " is not listed as read";
    }

    // What is wrong with a slot that is listed as read, and is not among those that were.
    static const char* wrong_read(const ListedAccount& right, const u256& slot) {
        for (const std::uint8_t* position = right.storage_changes.payload; position != right.storage_changes.end;)
            if (word_in(ListedPair(rlp::next_item(position, right.storage_changes.end)).first) == slot) return " is listed as read, though it was changed";
        return " is listed as read, and was not";
    }

    static std::string difference_of_changes(const std::string& of, const rlp::Item& given, const rlp::Item& right, bool is_code) {
        const std::uint8_t *position = given.payload, *right_position = right.payload;
        bool is_first = true;
        std::uint64_t previous = 0;
        while (position != given.end) {
            const ListedPair change(rlp::next_item(position, given.end));
            const std::uint64_t index = number_in(change.first);
            if (!is_first && index <= previous) return of + index_name(change.first) + " comes after a higher one, or after itself";
            is_first = false;
            previous = index;
            if (right_position == right.end) return of + index_name(change.first) + ": the list says " + shown(change.second, is_code) + ", and nothing changed";
            const ListedPair expected(rlp::next_item(right_position, right.end));
            const std::uint64_t expected_index = number_in(expected.first);
            if (index < expected_index) return of + index_name(change.first) + ": the list says " + shown(change.second, is_code) + ", and nothing changed";
            if (expected_index < index) return of + index_name(expected.first) + ": the list says nothing, and it is " + shown(expected.second, is_code);
            if (!is_same(change.second, expected.second))
                return of + index_name(change.first) + ": the list says " + shown(change.second, is_code) + ", and it is " + shown(expected.second, is_code);
        }
        if (right_position == right.end) return {};
        const ListedPair expected(rlp::next_item(right_position, right.end));
        return of + index_name(expected.first) + ": the list says nothing, and it is " + shown(expected.second, is_code);
    }
};

}  // namespace samestate::evm

#endif
