// Values from before a piece of a block: those from before the block, overlaid with what its access list says of the steps before
// the piece, where it has one.
//
// Nobody writes what is read here while a block runs, so nothing has a version, and nothing that is read is validated. What a piece
// does rests on these values being the right ones, which is proven of whole pieces, once they were executed (pieces.hpp).

#ifndef SAMESTATE_EVM_PIECE_SOURCE_HPP
#define SAMESTATE_EVM_PIECE_SOURCE_HPP

#include "samestate/optimized/evm/code_table.hpp"
#include "samestate/optimized/evm/ledger.hpp"
#include "samestate/optimized/evm/listed_state.hpp"
#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

class PieceSource : public Source {
  public:
    StateBefore before{};
    CodeTable* codes = nullptr;
    const Code* lacking_code = nullptr;     // stands for a code that is not known; null where all are
    const ListedState* list = nullptr;
    std::uint32_t index = 0;                // in the list: of the first step of the piece

    void load(Account& account, Part part) override {
        if (part != EXISTENCE) {
            if (const ListedChange* change = last_change(account, part)) return take(account, part, *change);
        }
        ask(account);
        switch (part) {
            case BALANCE: std::memcpy(account.balance_before.w, account.source + BALANCE_WORDS, sizeof(u256)); break;
            case NONCE: account.nonce_before = account.source[NONCE_WORD]; break;
            case CODE: {
                const Code* code = reinterpret_cast<const Code*>(static_cast<std::uintptr_t>(account.source[CODE_WORD]));
                if (lacking_code && code == lacking_code) throw Interrupted{Interruption::missing};
                account.code_before = code;
                break;
            }
            default:
                account.existence_before = account.source[ASKED] & HELD_FLAG ? HELD_EMPTY : has_storage_alone(account) ? HELD_STORAGE_ALONE : NOT_HELD;
        }
    }

    void load(Slot& slot) override {
        if (const ListedChanges* changes = changes_of(slot)) {
            if (const ListedChange* change = changes->before(index)) {
                slot.before = change->word();
                return;
            }
        }
        if (!before.slot(before.itself, &slot.owner->address, &slot.key, &slot.before)) throw Interrupted{Interruption::missing};
    }

    bool has_storage_alone(Account& account) override {
        if (account.storage_alone >= 0) return account.storage_alone;
        ask(account);
        const Code* code = reinterpret_cast<const Code*>(static_cast<std::uintptr_t>(account.source[CODE_WORD]));
        return !account.source[NONCE_WORD] && !code->size && code != lacking_code && before.has_slots(before.itself, &account.address);
    }

    // A list says of every balance what it is, so that what is credited is added at once. Without one it may be credited elsewhere, too.
    bool keeps_values() const override { return list != nullptr; }

    // The balance before the block.
    u256 balance_before_block(Account& account) {
        ask(account);
        u256 balance;
        std::memcpy(balance.w, account.source + BALANCE_WORDS, sizeof(u256));
        return balance;
    }

    // Whether the state before the block holds something there without need.
    bool is_held_without_need(Account& account) {
        ask(account);
        return account.source[ASKED] & HELD_FLAG || has_storage_alone(account);
    }

    // What the list says of the changes of a key; null where it is not in it.
    const ListedChanges* changes_of(Account& account, Part part) {
        const AccountInList* found = listed(account);
        return found ? &found->changes(part) : nullptr;
    }

    const ListedChanges* changes_of(Slot& slot) {
        if (list == nullptr) return nullptr;
        if (slot.source[0] == 0) {
            const AccountInList* owner = listed(*slot.owner);
            const SlotInList* found = owner ? owner->slot(slot.key) : nullptr;
            slot.source[0] = found ? reinterpret_cast<std::uintptr_t>(found) : UNLISTED;
        }
        return slot.source[0] == UNLISTED ? nullptr : &reinterpret_cast<const SlotInList*>(static_cast<std::uintptr_t>(slot.source[0]))->changes;
    }

    // Whether an account has this code after a change.
    bool is_code(const Code& code, const ListedChange& change) const {
        return code.size == change.length && (!change.length || std::memcmp(code.bytes, change.value, change.length) == 0);
    }

  private:
    // Words of an account's `source`. They are zero when the record is made, and last as long as the block.
    enum { ASKED = 0, NONCE_WORD = 1, BALANCE_WORDS = 2, CODE_WORD = 6, LISTED = 7 };
    static constexpr std::uint64_t ASKED_FLAG = 1, HELD_FLAG = 2;
    static constexpr std::uint64_t UNLISTED = 1;    // no place of anything

    void ask(Account& account) {
        if (account.source[ASKED]) return;
        AccountBefore found;
        if (!before.account(before.itself, &account.address, &found)) throw Interrupted{Interruption::missing};
        account.source[NONCE_WORD] = found.nonce;
        std::memcpy(account.source + BALANCE_WORDS, found.balance.w, sizeof(u256));
        account.source[CODE_WORD] = reinterpret_cast<std::uintptr_t>(found.code);
        account.source[ASKED] = ASKED_FLAG | (found.is_held ? HELD_FLAG : 0);
    }

    const AccountInList* listed(Account& account) {
        if (list == nullptr) return nullptr;
        if (account.source[LISTED] == 0) {
            const AccountInList* found = list->account(account.address);
            account.source[LISTED] = found ? reinterpret_cast<std::uintptr_t>(found) : UNLISTED;
        }
        return account.source[LISTED] == UNLISTED ? nullptr : reinterpret_cast<const AccountInList*>(static_cast<std::uintptr_t>(account.source[LISTED]));
    }

    const ListedChange* last_change(Account& account, Part part) {
        const ListedChanges* changes = changes_of(account, part);
        return changes ? changes->before(index) : nullptr;
    }

    void take(Account& account, Part part, const ListedChange& change) {
        if (part == BALANCE) account.balance_before = change.word();
        else if (part == NONCE) account.nonce_before = change.word().w[0];
        else account.code_before = &codes->intern(change.value, change.length);
    }
};

}  // namespace samestate::evm

#endif
