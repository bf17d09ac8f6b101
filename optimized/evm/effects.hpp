// What a step did, as bytes: what an access record and a block's changes are made of, once the step's turn has come.
//
// An effect says what was set and credited, and never what was there before: so it is the step's own, whoever looks at it. Entries
// follow one another in no order: kind, part, address, then the slot where the part is SLOT, then 32 bytes of value where there
// are any. Numbers are words, limb by limb; of a code there is the hash. This much order there is: storage is wiped before slots are
// set in it, and what was credited to a balance after it was set stands right behind that.

#ifndef SAMESTATE_EVM_EFFECTS_HPP
#define SAMESTATE_EVM_EFFECTS_HPP

#include "samestate/optimized/evm/buffer.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

enum EffectKind : std::uint8_t {
    EFFECT_READ = 1,    // the value from before the step was observed
    EFFECT_SET = 2,     // the value after the step
    EFFECT_CREDIT = 3,  // an amount added to a balance, after it was set if it was
    EFFECT_WIPE = 4,    // all slots vanished, before what the step set
    EFFECT_TOUCH = 5,   // the address was accessed
};

namespace effects {

inline std::uint8_t* entry(Buffer& effect, EffectKind kind, Part part, const Address& address, std::size_t more) {
    std::uint8_t* place = effect.extend(22 + more);
    place[0] = kind;
    place[1] = part;
    std::memcpy(place + 2, address.bytes, 20);
    return place + 22;
}

inline void set_word(Buffer& effect, EffectKind kind, Part part, const Address& address, const u256& value) {
    std::memcpy(entry(effect, kind, part, address, 32), value.w, 32);
}

inline void write_account(Buffer& effect, const Account& account, bool with_record) {
    if (with_record) {
        for (Part part : {EXISTENCE, BALANCE, NONCE, CODE})
            if (account.observed & bit(part)) entry(effect, EFFECT_READ, part, account.address, 0);
        if (account.accessed) entry(effect, EFFECT_TOUCH, EXISTENCE, account.address, 0);
    }
    if (account.wipes) entry(effect, EFFECT_WIPE, EXISTENCE, account.address, 0);
    if (account.set & bit(EXISTENCE)) set_word(effect, EFFECT_SET, EXISTENCE, account.address, u256(account.existence));
    if (account.set & bit(BALANCE)) set_word(effect, EFFECT_SET, BALANCE, account.address, account.balance);
    if (account.credited) set_word(effect, EFFECT_CREDIT, BALANCE, account.address, account.credit);
    if (account.set & bit(NONCE)) set_word(effect, EFFECT_SET, NONCE, account.address, u256(account.nonce));
    if (account.set & bit(CODE)) std::memcpy(entry(effect, EFFECT_SET, CODE, account.address, 32), account.code->hash.bytes, 32);
}

inline void write_slot(Buffer& effect, const Slot& slot, bool with_record) {
    if (with_record && slot.observed && !(MUTANT(SLOT_READ_UNLISTED) && slot.set)) std::memcpy(entry(effect, EFFECT_READ, SLOT, slot.owner->address, 32), slot.key.w, 32);
    if (!slot.set || slot.set_after != slot.owner->wipes) return;
    std::uint8_t* place = entry(effect, EFFECT_SET, SLOT, slot.owner->address, 64);
    std::memcpy(place, slot.key.w, 32);
    std::memcpy(place + 32, slot.value.w, 32);
}

}  // namespace effects

// Append what the step that `state` is in has done; with what it read and touched where there is to be a record.
inline void write_effect(Buffer& effect, const State& state, bool with_record) {
    for (const Account* account : state.accounts) effects::write_account(effect, *account, with_record);
    for (const Slot* slot : state.slots) effects::write_slot(effect, *slot, with_record);
}

}  // namespace samestate::evm

#endif
