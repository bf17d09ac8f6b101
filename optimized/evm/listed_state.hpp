// A block access list (EIP-7928) as a state: what each key holds before any step of the block, as the list says.
//
// A list is looked through once, in stretches that workers share, and from then on a value is found by two searches: the account and the
// slot among those of the list, which ascend, and the index among the changes. What is looked through is not trusted: a list that is
// malformed, or out of order, or speaks of steps that the block does not have, is no state, and whoever wants to know what is wrong with
// it asks elsewhere (access_list_form.hpp, access_list_comparison.hpp).
//
// A block is executed in pieces: some steps that follow one another. Of each piece it is counted how many keys the list says it changes,
// so that a piece that has changed so many, each to what the list says, has changed all of them.

#ifndef SAMESTATE_EVM_LISTED_STATE_HPP
#define SAMESTATE_EVM_LISTED_STATE_HPP

#include <vector>

#include "samestate/optimized/evm/access_list_form.hpp"

namespace samestate::evm {

// A value of a key after a step, as it lies in the list.
struct ListedChange {
    std::uint32_t index;            // of the step
    std::uint32_t length;
    const std::uint8_t* value;      // a number, big-endian, or a code

    u256 word() const { return rlp::to_word(value, length); }
};

// The changes of one key, in the order of the block.
struct ListedChanges {
    const ListedChange* first = nullptr;
    std::uint32_t count = 0;

    // The last one before a step; null where there is none.
    const ListedChange* before(std::uint32_t index) const {
        std::uint32_t low = 0, high = count;
        while (low < high) {
            const std::uint32_t middle = (low + high) / 2;
            if (first[middle].index < index) low = middle + 1;
            else high = middle;
        }
        return low ? first + (low - 1) : nullptr;
    }
};

struct SlotInList {
    u256 key;
    ListedChanges changes;
};

struct AccountInList {
    const std::uint8_t* address;
    ListedChanges balance, nonce, code;
    const SlotInList* slots = nullptr;
    std::uint32_t slot_count = 0;

    const ListedChanges& changes(Part part) const { return part == BALANCE ? balance : part == NONCE ? nonce : code; }

    // A slot that is changed; null where the list has none of that key.
    const SlotInList* slot(const u256& key) const {
        std::uint32_t low = 0, high = slot_count;
        while (low < high) {
            const std::uint32_t middle = (low + high) / 2;
            if (slots[middle].key < key) low = middle + 1;
            else high = middle;
        }
        return low < slot_count && slots[low].key == key ? slots + low : nullptr;
    }
};

class ListedState {
  public:
    // Take a list in hand for a block of these pieces: `piece_of` says of each step, by its index in the list, in which of `pieces` it
    // is. Finds where the accounts are. False where that much shows that it is no state.
    bool begin(const std::uint8_t* bytes, std::size_t length, const std::vector<std::uint32_t>& piece_of, std::size_t pieces, std::size_t workers) {
        piece_of_ = &piece_of;
        accounts_.clear();
        ends_.clear();
        rlp::Item list;
        if (!length || rlp::read_item(bytes, bytes + length, &list) || !list.is_list || list.end != bytes + length) return false;
        for (const std::uint8_t* position = list.payload; position != list.end;) {
            rlp::Item item;
            if (rlp::read_item(position, list.end, &item) || !item.is_list) return false;
            if (item.length() < ADDRESS_SIZE || item.payload[0] != 0x80 + sizeof(Address)) return false;
            const std::uint8_t* address = item.payload + 1;
            if (!accounts_.empty() && std::memcmp(accounts_.back().address, address, sizeof(Address)) >= 0) return false;
            accounts_.push_back({address, {}, {}, {}});
            ends_.push_back(item.end);
            position = item.end;
        }
        divide(list, pieces, workers);
        fill_buckets();
        return true;
    }

    // How many stretches there are to look through.
    std::size_t stretches() const { return stretch_count_; }

    // Look through one of them. Whoever does must be its only worker, and all of them must have been before anything is asked. False
    // where the list is no state.
    bool look_through(std::size_t number) {
        Stretch& stretch = stretches_[number];
        stretch.changes.clear();
        stretch.slots.clear();
        stretch.changed_keys.assign(pieces_, 0);
        for (std::size_t place = stretch.first; place < stretch.end; ++place)
            if (!look_through(stretch, accounts_[place])) return false;
        // What lies in vectors moves while they grow: until here places were counted from the first one.
        for (SlotInList& slot : stretch.slots) settle(stretch, slot.changes);
        std::size_t slots = 0;
        for (std::size_t place = stretch.first; place < stretch.end; ++place) {
            AccountInList& account = accounts_[place];
            for (ListedChanges* changes : {&account.balance, &account.nonce, &account.code}) settle(stretch, *changes);
            account.slots = stretch.slots.data() + slots;
            slots += account.slot_count;
        }
        return true;
    }

    // How many keys the list says that a piece changes.
    std::uint64_t changed_keys(std::size_t piece) const {
        std::uint64_t sum = 0;
        for (std::size_t number = 0; number < stretch_count_; ++number) sum += stretches_[number].changed_keys[piece];
        return sum;
    }

    // What the list says of an account; null where nothing.
    const AccountInList* account(const Address& address) const {
        if (accounts_.empty()) return nullptr;
        const std::size_t bucket = bucket_of(address.bytes);
        std::uint32_t low = buckets_[bucket], high = buckets_[bucket + 1];
        const std::uint32_t end = high;
        while (low < high) {
            const std::uint32_t middle = (low + high) / 2;
            if (std::memcmp(accounts_[middle].address, address.bytes, sizeof(Address)) < 0) low = middle + 1;
            else high = middle;
        }
        return low < end && std::memcmp(accounts_[low].address, address.bytes, sizeof(Address)) == 0 ? &accounts_[low] : nullptr;
    }

  private:
    static constexpr std::size_t ADDRESS_SIZE = 1 + sizeof(Address);    // in its encoding
    static constexpr std::size_t STRETCHES_PER_WORKER = 4;

    struct Stretch {
        std::size_t first, end;     // of the accounts
        std::vector<ListedChange> changes;
        std::vector<SlotInList> slots;
        std::vector<std::uint32_t> changed_keys;    // by piece
    };

    // Some stretches of about as many bytes each.
    void divide(const rlp::Item& list, std::size_t pieces, std::size_t workers) {
        pieces_ = pieces;
        stretch_count_ = workers * STRETCHES_PER_WORKER;
        if (stretch_count_ > accounts_.size()) stretch_count_ = accounts_.size();
        if (stretches_.size() < stretch_count_) stretches_.resize(stretch_count_);
        std::size_t place = 0;
        for (std::size_t number = 0; number < stretch_count_; ++number) {
            const std::size_t bytes = list.length() / stretch_count_ * (number + 1);
            stretches_[number].first = place;
            while (place < accounts_.size() && static_cast<std::size_t>(accounts_[place].address - list.payload) < bytes) ++place;
            if (number + 1 == stretch_count_) place = accounts_.size();
            stretches_[number].end = place;
        }
    }

    std::size_t bucket_of(const std::uint8_t* address) const { return load_be64(address) >> shift_; }

    // Accounts by the first bits of their addresses, as many as there are accounts.
    void fill_buckets() {
        std::size_t bits = 1;
        while ((std::size_t{1} << bits) < accounts_.size()) ++bits;
        shift_ = 64 - bits;
        buckets_.resize((std::size_t{1} << bits) + 1);
        std::size_t bucket = 0;
        for (std::size_t place = 0; place < accounts_.size(); ++place)
            for (const std::size_t own = bucket_of(accounts_[place].address); bucket <= own; ++bucket) buckets_[bucket] = static_cast<std::uint32_t>(place);
        for (; bucket < buckets_.size(); ++bucket) buckets_[bucket] = static_cast<std::uint32_t>(accounts_.size());
    }

    static void settle(const Stretch& stretch, ListedChanges& changes) {
        changes.first = stretch.changes.data() + reinterpret_cast<std::uintptr_t>(changes.first);
    }

    // The next item of a list, whose kind is known; false where there is none, or another.
    static bool take(const std::uint8_t*& position, const std::uint8_t* end, bool is_list, rlp::Item& item) {
        if (position == end || rlp::read_item(position, end, &item) || item.is_list != is_list) return false;
        position = item.end;
        return true;
    }

    bool look_through(Stretch& stretch, AccountInList& account) const {
        const std::uint8_t* position = account.address + sizeof(Address);
        const std::uint8_t* const end = ends_[static_cast<std::size_t>(&account - accounts_.data())];
        rlp::Item storage, reads, balances, nonces, codes;
        if (!take(position, end, true, storage) || !take(position, end, true, reads) || !take(position, end, true, balances)) return false;
        if (!take(position, end, true, nonces) || !take(position, end, true, codes) || position != end) return false;
        u256 previous{};
        for (position = storage.payload; position != storage.end;) {
            rlp::Item pair, slot, changes;
            if (!take(position, storage.end, true, pair)) return false;
            const std::uint8_t* inner = pair.payload;
            if (!take(inner, pair.end, false, slot) || !take(inner, pair.end, true, changes) || inner != pair.end) return false;
            if (rlp::wrong_number(slot, 32)) return false;
            SlotInList found{word_in(slot), {}};
            if (account.slot_count && !(previous < found.key)) return false;
            previous = found.key;
            if (!look_through(stretch, changes, 32, found.changes) || !found.changes.count) return false;
            stretch.slots.push_back(found);
            ++account.slot_count;
        }
        for (position = reads.payload; position != reads.end;) {
            rlp::Item slot;
            if (!take(position, reads.end, false, slot) || rlp::wrong_number(slot, 32)) return false;
        }
        return look_through(stretch, balances, 32, account.balance) && look_through(stretch, nonces, 8, account.nonce) &&
               look_through(stretch, codes, 0, account.code);
    }

    // The changes of one key, whose values are numbers of at most so many bytes, or codes where that is 0.
    bool look_through(Stretch& stretch, const rlp::Item& list, std::size_t most, ListedChanges& changes) const {
        changes.first = reinterpret_cast<const ListedChange*>(stretch.changes.size());  // see `settle`
        std::uint64_t next = 0;
        std::uint64_t piece = pieces_;
        for (const std::uint8_t* position = list.payload; position != list.end;) {
            rlp::Item pair, index, value;
            if (!take(position, list.end, true, pair)) return false;
            const std::uint8_t* inner = pair.payload;
            if (!take(inner, pair.end, false, index) || !take(inner, pair.end, false, value) || inner != pair.end) return false;
            if (rlp::wrong_number(index, INDEX_BYTES) || (most && rlp::wrong_number(value, most))) return false;
            const std::uint64_t step = number_in(index);
            if (step < next || step >= piece_of_->size()) return false;
            next = step + 1;
            if ((*piece_of_)[step] != piece) {
                piece = (*piece_of_)[step];
                ++stretch.changed_keys[piece];
            }
            stretch.changes.push_back({static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(value.length()), value.payload});
            ++changes.count;
        }
        return true;
    }

    std::vector<AccountInList> accounts_;
    std::vector<const std::uint8_t*> ends_;     // of their items
    std::vector<std::uint32_t> buckets_;        // the first account of each, and the end of the last
    std::size_t shift_ = 63;
    std::vector<Stretch> stretches_;            // kept from block to block; the first `stretch_count_` count
    std::size_t stretch_count_ = 0;
    std::size_t pieces_ = 0;
    const std::vector<std::uint32_t>* piece_of_ = nullptr;
};

}  // namespace samestate::evm

#endif
