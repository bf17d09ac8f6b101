// The last call of a kind: each key that it accessed in terms of the call, to be read back in terms of the next.
//
// The terms are tried: a slot is looked for among those of the mappings at a contract's first places, by every word that the call has.

#ifndef SAMESTATE_EVM_LAST_RUN_HPP
#define SAMESTATE_EVM_LAST_RUN_HPP

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/evm/call_terms.hpp"
#include "samestate/optimized/evm/learned_layouts.hpp"
#include "samestate/optimized/evm/shape.hpp"
#include "samestate/optimized/evm/transaction.hpp"

namespace samestate::evm {

namespace expectations {

// A word of a call's arguments, by its index; zero past the end.
inline u256 argument(const Transaction& transaction, std::uint64_t index) {
    if (4 + 32 * (index + 1) > transaction.data_length) return u256();
    return u256::load_be(transaction.data + 4 + 32 * index);
}

// A word in terms of a call.
struct Symbol {
    enum Kind : std::uint8_t { CONSTANT, SENDER, RECIPIENT, ARGUMENT };
    Kind kind;
    std::uint8_t index;     // of the argument
    u256 constant;

    u256 value(const Transaction& transaction, const Address& sender) const {
        switch (kind) {
            case SENDER: return word_of(sender);
            case RECIPIENT: return word_of(transaction.to);
            case ARGUMENT: return argument(transaction, index);
            default: return constant;
        }
    }
};

// A slot in terms of a call: a constant, or that of `first` in the mapping at `position`, or of `second` in the mapping that is there.
struct SlotForm {
    std::uint8_t depth;
    Symbol first, second;
    u256 position;

    u256 value(const Transaction& transaction, const Address& sender) const {
        if (depth == 0) return position;
        const u256 slot = mapping_slot(first.value(transaction, sender), position);
        return depth == 1 ? slot : mapping_slot(second.value(transaction, sender), slot);
    }
};

struct Entry {
    EffectKind what;
    Part part;
    Symbol account;
    SlotForm slot;
};

// What the last call of a kind accessed.
struct LastRun {
    std::vector<Entry> entries;
    std::uint64_t block;    // the last one that asked for it
    std::uint64_t learned;  // the last one whose last call of the kind this agrees with
};

// Writes accesses down in terms of the call that made them.
class Describer {
  public:
    static constexpr std::uint64_t POSITIONS = 16;  // of a contract's variables, from the first on, that are tried as mappings
    static constexpr std::uint64_t ADDRESSES = 24;  // that the call met and that are tried as keys

    Describer(const Transaction& transaction, const Address& sender, const std::vector<AccessedKey>& accessed) {
        add(Symbol{Symbol::SENDER, 0, word_of(sender)});
        add(Symbol{Symbol::RECIPIENT, 0, word_of(transaction.to)});
        for (std::uint8_t index = 0; index < shapes::WORDS && 4 + 32u * (index + 1u) <= transaction.data_length; ++index) {
            const u256 word = argument(transaction, index);
            if (!word.is_zero()) add(Symbol{Symbol::ARGUMENT, index, word});
        }
        of_call_ = keys_.size();
        for (const AccessedKey& each : accessed)
            if (keys_.size() < ADDRESSES) add(Symbol{Symbol::CONSTANT, 0, word_of(each.address)});
    }

    Entry describe(const AccessedKey& accessed) {
        Entry entry{accessed.what, accessed.part, symbol_of(word_of(accessed.address)), SlotForm{0, {}, {}, accessed.slot}};
        if (accessed.part == SLOT && !accessed.slot.fits_u64()) find(accessed.slot, entry.slot);
        return entry;
    }

  private:
    void add(const Symbol& symbol) {
        for (const Symbol& known : keys_)
            if (known.constant == symbol.constant) return;
        keys_.push_back(symbol);
    }

    Symbol symbol_of(const u256& word) const {
        for (const Symbol& known : keys_)
            if (known.constant == word) return known;
        return Symbol{Symbol::CONSTANT, 0, word};
    }

    void find(const u256& slot, SlotForm& form) {
        if (once_.empty()) {
            for (const Symbol& key : keys_)
                for (std::uint64_t position = 0; position < POSITIONS; ++position)
                    put(once_, mapping_slot(key.constant, u256(position)), SlotForm{1, key, {}, u256(position)});
        }
        if (get(once_, slot, form)) return;
        if (twice_.empty()) {
            for (std::size_t first = 0; first < of_call_; ++first)
                for (std::uint64_t position = 0; position < POSITIONS / 4; ++position)
                    for (const Symbol& second : keys_)
                        put(twice_, mapping_slot(second.constant, mapping_slot(keys_[first].constant, u256(position))), SlotForm{2, keys_[first], second, u256(position)});
        }
        get(twice_, slot, form);
    }

    // By the lowest limb of the slot: what meets there by chance is a wrong hint.
    using Forms = std::unordered_map<std::uint64_t, SlotForm>;
    static void put(Forms& forms, const u256& slot, const SlotForm& form) { forms.emplace(slot.w[0], form); }
    static bool get(const Forms& forms, const u256& slot, SlotForm& form) {
        const auto found = forms.find(slot.w[0]);
        if (found == forms.end()) return false;
        form = found->second;
        return true;
    }

    std::vector<Symbol> keys_;      // with their values in this call
    std::size_t of_call_;           // the first of them are the call's own
    Forms once_, twice_;
};

}  // namespace expectations

}  // namespace samestate::evm

#endif
