// What bytes must be to be a block access list at all, and the values in it one by one.
//
// Form and content are two questions (docs/decisions/0004): that the bytes are canonical RLP with the right fields and sizes, and that
// accounts ascend, is known before anything is executed; all else is compared with the list that the execution gives
// (access_list_comparison.hpp).

#ifndef SAMESTATE_EVM_ACCESS_LIST_FORM_HPP
#define SAMESTATE_EVM_ACCESS_LIST_FORM_HPP

#include "samestate/optimized/evm/rlp.hpp"
#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

constexpr std::size_t INDEX_BYTES = 4;  // EIP-7928: BlockAccessIndex is a U32

// The fields of an account in a list, in order (EIP-7928, "RLP Data Structures").
struct ListedAccount {
    rlp::Item address, storage_changes, storage_reads, balance_changes, nonce_changes, code_changes;

    explicit ListedAccount(const rlp::Item& account) {
        const std::uint8_t* position = account.payload;
        for (rlp::Item* field : {&address, &storage_changes, &storage_reads, &balance_changes, &nonce_changes, &code_changes})
            *field = rlp::next_item(position, account.end);
    }
};

// A pair: of an index and a value, or of a slot and its changes.
struct ListedPair {
    rlp::Item first, second;

    explicit ListedPair(const rlp::Item& pair) {
        const std::uint8_t* position = pair.payload;
        first = rlp::next_item(position, pair.end);
        second = rlp::next_item(position, pair.end);
    }
};

inline u256 word_in(const rlp::Item& item) { return rlp::to_word(item.payload, item.length()); }
inline std::uint64_t number_in(const rlp::Item& item) { return rlp::to_number(item.payload, item.length()); }

namespace access_list_form {

inline const char* wrong_list(const rlp::Item& item, std::size_t fields) {
    if (!item.is_list) return "must be a list, but is bytes";
    if (fields && rlp::count_items(item) != fields) return "has not as many fields as it must have";
    return nullptr;
}

// What is wrong with a list of changes, whose values are numbers of at most so many bytes, or any bytes where that is 0.
inline rlp::Malformed wrong_changes(const rlp::Item& changes, std::size_t most, const std::uint8_t* begin) {
    const auto at = [begin](const rlp::Item& item) { return static_cast<std::size_t>(item.start - begin); };
    if (const char* reason = wrong_list(changes, 0)) return {reason, at(changes)};
    for (const std::uint8_t* position = changes.payload; position != changes.end;) {
        const rlp::Item item = rlp::next_item(position, changes.end);
        if (const char* reason = wrong_list(item, 2)) return {reason, at(item)};
        const ListedPair change(item);
        if (const char* reason = rlp::wrong_number(change.first, INDEX_BYTES)) return {reason, at(change.first)};
        if (most) {
            if (const char* reason = rlp::wrong_number(change.second, most)) return {reason, at(change.second)};
        } else if (change.second.is_list) {
            return {"must be bytes, but is a list", at(change.second)};
        }
    }
    return {};
}

inline rlp::Malformed wrong_account(const ListedAccount& account, const std::uint8_t* begin) {
    const auto at = [begin](const rlp::Item& item) { return static_cast<std::size_t>(item.start - begin); };
    if (account.address.is_list || account.address.length() != sizeof(Address)) return {"is no address", at(account.address)};
    for (const rlp::Item& list : {account.storage_changes, account.storage_reads})
        if (const char* reason = wrong_list(list, 0)) return {reason, at(list)};
    for (const std::uint8_t* position = account.storage_changes.payload; position != account.storage_changes.end;) {
        const rlp::Item item = rlp::next_item(position, account.storage_changes.end);
        if (const char* reason = wrong_list(item, 2)) return {reason, at(item)};
        const ListedPair slot(item);
        if (const char* reason = rlp::wrong_number(slot.first, 32)) return {reason, at(slot.first)};
        if (const rlp::Malformed malformed = wrong_changes(slot.second, 32, begin)) return malformed;
    }
    for (const std::uint8_t* position = account.storage_reads.payload; position != account.storage_reads.end;) {
        const rlp::Item slot = rlp::next_item(position, account.storage_reads.end);
        if (const char* reason = rlp::wrong_number(slot, 32)) return {reason, at(slot)};
    }
    if (const rlp::Malformed malformed = wrong_changes(account.balance_changes, 32, begin)) return malformed;
    if (const rlp::Malformed malformed = wrong_changes(account.nonce_changes, 8, begin)) return malformed;
    return wrong_changes(account.code_changes, 0, begin);
}

}  // namespace access_list_form

// What keeps bytes from being a block access list, and where; the list itself in `list`.
inline rlp::Malformed malformed_access_list(const std::uint8_t* bytes, std::size_t length, rlp::Item* list) {
    if (const rlp::Malformed malformed = rlp::check(bytes, length, list)) return malformed;
    if (const char* reason = access_list_form::wrong_list(*list, 0)) return {reason, 0};
    const std::uint8_t* previous = nullptr;
    for (const std::uint8_t* position = list->payload; position != list->end;) {
        const rlp::Item item = rlp::next_item(position, list->end);
        const std::size_t place = static_cast<std::size_t>(item.start - bytes);
        if (const char* reason = access_list_form::wrong_list(item, 6)) return {reason, place};
        const ListedAccount account(item);
        if (const rlp::Malformed malformed = access_list_form::wrong_account(account, bytes)) return malformed;
        if (previous && std::memcmp(previous, account.address.payload, sizeof(Address)) >= 0)
            return {"is an account after a higher one, or after itself", place};
        previous = account.address.payload;
    }
    return {};
}

// The values that a list says steps leave, one after another. Of no list, or a malformed one, there are none.
class ListedValues {
  public:
    Address address{};
    Part part = EXISTENCE;      // of the key at hand: BALANCE, NONCE, CODE or SLOT
    std::uint8_t slot[32] = {};     // its name, where the part is SLOT
    bool is_new_key = false;    // the value is the first of its key
    std::uint64_t index = 0;    // of the step
    rlp::Item value;            // a number, or a code

    void begin(const std::uint8_t* bytes, std::size_t length) {
        rlp::Item list;
        changes_ = changes_end_ = slots_ = slots_end_ = accounts_ = accounts_end_ = nullptr;
        if (malformed_access_list(bytes, length, &list)) return;
        accounts_ = list.payload;
        accounts_end_ = list.end;
        part_ = SLOT;
    }

    // The number that the value is.
    void number(std::uint64_t* limbs) const { std::memcpy(limbs, word_in(value).w, 32); }

    // Go on to the next value. False after the last.
    bool next() {
        is_new_key = false;
        while (changes_ == changes_end_) {
            if (!next_key()) return false;
            is_new_key = true;
        }
        const ListedPair change(rlp::next_item(changes_, changes_end_));
        index = number_in(change.first);
        value = change.second;
        return true;
    }

  private:
    bool next_key() {
        if (slots_ != slots_end_) {
            const ListedPair found(rlp::next_item(slots_, slots_end_));
            part = SLOT;
            word_in(found.first).store_be(slot);
            changes_ = found.second.payload;
            changes_end_ = found.second.end;
            return true;
        }
        if (part_ == SLOT) {  // the slots of an account come last
            if (accounts_ == accounts_end_) return false;
            account_ = rlp::next_item(accounts_, accounts_end_);
            part_ = EXISTENCE;
        }
        const ListedAccount account(account_);
        std::memcpy(address.bytes, account.address.payload, sizeof(address.bytes));
        part_ = static_cast<Part>(part_ + 1);
        if (part_ == SLOT) {
            slots_ = account.storage_changes.payload;
            slots_end_ = account.storage_changes.end;
            changes_ = changes_end_ = nullptr;
            return true;
        }
        const rlp::Item& changes = part_ == BALANCE ? account.balance_changes : part_ == NONCE ? account.nonce_changes : account.code_changes;
        part = part_;
        changes_ = changes.payload;
        changes_end_ = changes.end;
        return true;
    }

    rlp::Item account_;
    Part part_ = SLOT;          // of the account, as far as we are with it
    const std::uint8_t *changes_ = nullptr, *changes_end_ = nullptr;
    const std::uint8_t *slots_ = nullptr, *slots_end_ = nullptr;
    const std::uint8_t *accounts_ = nullptr, *accounts_end_ = nullptr;
};

}  // namespace samestate::evm

#endif
