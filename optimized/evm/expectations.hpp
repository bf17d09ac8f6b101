// What transactions will probably access: hints for strategies that put conflicting ones in order, never trusted.
//
// What every transaction touches follows from itself: its sender's nonce, balance and code, its recipient's code and balance. Its access
// list (EIP-2930) says more, and so do the constants in its recipient's code. What a call does beyond that is guessed from the last one
// of its kind: each key that it accessed is written down in terms of the call (the sender, the recipient, a word of its arguments, or a
// slot of a mapping that one of these leads to), and read back in terms of the next.

#ifndef SAMESTATE_EVM_EXPECTATIONS_HPP
#define SAMESTATE_EVM_EXPECTATIONS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/evm/block_input.hpp"
#include "samestate/optimized/evm/creation.hpp"
#include "samestate/optimized/evm/effects.hpp"
#include "samestate/optimized/evm/native/recovery.hpp"
#include "samestate/optimized/evm/outcome_record.hpp"
#include "samestate/optimized/evm/shape.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// The keys of a transaction, each as a number that is equal for equal keys. To be credited is neither a read nor a write.
struct Expected {
    std::vector<std::uint64_t> reads, writes, credits;
};

// Whether transactions that are divided into so many pieces of equal numbers, in their order, will probably conflict with none of another
// piece (pieces.hpp).
inline bool are_apart(const std::vector<Expected>& transactions, std::size_t pieces) {
    enum Use : std::uint64_t { READ = 1, CREDIT = 2, WRITE = 3 };
    constexpr std::uint64_t SEVERAL = UINT64_MAX >> 2;
    std::unordered_map<std::uint64_t, std::uint64_t> used;     // by key: the piece, or that there are several, and the use
    std::size_t piece = 0;
    const auto enter = [&](std::uint64_t key, Use use) {
        std::uint64_t& entry = used.emplace(key, piece << 2 | use).first->second;
        if (entry >> 2 == piece) {
            if ((entry & 3) != use) entry = piece << 2 | WRITE;
            return true;
        }
        if ((entry & 3) != use || use == WRITE) return false;
        entry = SEVERAL << 2 | use;
        return true;
    };
    for (std::size_t index = 0; index < transactions.size(); ++index) {
        while (index >= transactions.size() * (piece + 1) / pieces) ++piece;
        for (const std::uint64_t key : transactions[index].reads)
            if (!enter(key, READ)) return false;
        for (const std::uint64_t key : transactions[index].credits)
            if (!enter(key, CREDIT)) return false;
        for (const std::uint64_t key : transactions[index].writes)
            if (!enter(key, WRITE)) return false;
    }
    return true;
}

// What there is to expect accesses by.
enum class Estimator : int { declared = 0, static_analysis = 1, last_run = 2 };

namespace expectations {

inline std::uint64_t number_of_key(const std::uint8_t* name, std::size_t length) { return hash_bytes(0, name, length); }

inline std::uint64_t key_of(Part part, const Address& address) {
    std::uint8_t name[21];
    name[0] = part;
    std::memcpy(name + 1, address.bytes, 20);
    return number_of_key(name, sizeof(name));
}

inline std::uint64_t key_of(const Address& address, const u256& slot) {
    std::uint8_t name[53];
    name[0] = SLOT;
    std::memcpy(name + 1, address.bytes, 20);
    slot.store_be(name + 21);
    return number_of_key(name, sizeof(name));
}

// The slot of a key in a mapping, as Solidity lays it out.
inline u256 mapping_slot(const u256& key, const u256& mapping) {
    std::uint8_t text[64], digest[32];
    key.store_be(text);
    mapping.store_be(text + 32);
    keccak256(text, sizeof(text), digest);
    return u256::load_be(digest);
}

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

// An entry of an effect (effects.hpp).
struct Accessed {
    EffectKind what;
    Part part;
    Address address;
    u256 slot;
};

inline void read_effect(const std::uint8_t* place, std::size_t length, std::vector<Accessed>& found) {
    const std::uint8_t* end = place + length;
    while (place < end) {
        Accessed accessed{static_cast<EffectKind>(place[0]), static_cast<Part>(place[1]), Address{}, u256()};
        std::memcpy(accessed.address.bytes, place + 2, 20);
        place += 22;
        if (accessed.part == SLOT) {
            std::memcpy(accessed.slot.w, place, 32);
            place += 32;
        }
        if (accessed.what == EFFECT_SET || accessed.what == EFFECT_CREDIT) place += 32;
        if (accessed.what == EFFECT_WIPE || accessed.what == EFFECT_TOUCH) continue;
        found.push_back(accessed);
    }
}

// Writes accesses down in terms of the call that made them.
class Describer {
  public:
    static constexpr std::uint64_t POSITIONS = 16;  // of a contract's variables, from the first on, that are tried as mappings
    static constexpr std::uint64_t ADDRESSES = 24;  // that the call met and that are tried as keys

    Describer(const Transaction& transaction, const Address& sender, const std::vector<Accessed>& accessed) {
        add(Symbol{Symbol::SENDER, 0, word_of(sender)});
        add(Symbol{Symbol::RECIPIENT, 0, word_of(transaction.to)});
        for (std::uint8_t index = 0; index < shapes::WORDS && 4 + 32u * (index + 1u) <= transaction.data_length; ++index) {
            const u256 word = argument(transaction, index);
            if (!word.is_zero()) add(Symbol{Symbol::ARGUMENT, index, word});
        }
        of_call_ = keys_.size();
        for (const Accessed& each : accessed)
            if (keys_.size() < ADDRESSES) add(Symbol{Symbol::CONSTANT, 0, word_of(each.address)});
    }

    Entry describe(const Accessed& accessed) {
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

// What a code names outright: slots that it loads or stores by a constant right before, and accounts.
struct CodeConstants {
    std::vector<u256> loads, stores;
    std::vector<Address> accounts;
};

inline CodeConstants constants_of(const Code& code) {
    constexpr std::uint8_t LOAD = 0x54, STORE = 0x55, PUSH_NOTHING = 0x5f, PUSH_FIRST = 0x60, PUSH_LAST = 0x7f;
    CodeConstants found;
    bool pushed = false;
    u256 word;
    for (std::uint64_t place = 0; place < code.size; ++place) {
        const std::uint8_t opcode = code.bytes[place];
        if (opcode == LOAD && pushed) found.loads.push_back(word);
        if (opcode == STORE && pushed) found.stores.push_back(word);
        pushed = opcode >= PUSH_NOTHING && opcode <= PUSH_LAST;
        if (!pushed) continue;
        word = u256();
        if (opcode == PUSH_NOTHING) continue;
        const std::uint64_t length = opcode - PUSH_FIRST + 1;
        if (place + length >= code.size) break;
        std::uint8_t padded[32] = {};
        std::memcpy(padded + 32 - length, code.bytes + place + 1, length);
        word = u256::load_be(padded);
        if (length == 20) found.accounts.push_back(address_of(word));
        place += length;
    }
    return found;
}

}  // namespace expectations

// Where this module finds native libraries: senders may still be to be recovered. Once, when it is imported.
inline void take_libraries(Libraries* libraries) { native_libraries = libraries; }

// Expects accesses, for one block after another. The coordinator's alone.
class Expectations {
  public:
    // The code of an account before the block; null where it has none.
    using CodeOf = const Code* (*)(void* itself, const std::uint8_t* address);

    // A new block, on a state that `code_of` knows. At most so many kinds of calls, and of codes, are remembered.
    void begin_block(void* itself, CodeOf code_of, std::uint64_t most) {
        itself_ = itself;
        code_of_ = code_of;
        ++block_;
        if (codes_.size() > most) codes_.clear();
        if (kinds_.size() <= most) return;
        for (auto each = kinds_.begin(); each != kinds_.end();) each = each->second.block + 1 < block_ ? kinds_.erase(each) : std::next(each);
        if (kinds_.size() > most) kinds_.clear();
    }

    // What a transaction will probably access; of one that nobody has signed nothing.
    void expect(BlockInput& input, std::uint64_t index, Estimator estimator, Expected& found) {
        const FoundSender sender = input.sender(index, recovery(input.in_lanes), scratch_);
        if (sender.rejection == Rejection::NONE) expect(input.transactions[index], sender.address, estimator, found);
    }

    void expect(const Transaction& transaction, const Address& sender, Estimator estimator, Expected& found) {
        expect_of_all(transaction, sender, found);
        if (!transaction.has_to || estimator == Estimator::declared) return;
        const Code* code = code_of_(itself_, transaction.to.bytes);
        if (code == nullptr) return;
        if (estimator == Estimator::static_analysis) return expect_constants(transaction.to, *code, found);
        const auto known = kinds_.find(kind_of(transaction, sender, *code));
        if (known == kinds_.end()) return;
        known->second.block = block_;
        expect_again(known->second, transaction, sender, found);
    }

    // What a transaction of the block did. Of a kind of calls the first counts that is told: tell the last one first.
    void learn(const BlockInput& input, std::uint64_t index, const OutcomeRecord& record) {
        const Transaction& transaction = input.transactions[index];
        if (!transaction.has_to || record.fault_code()) return;
        const Code* code = code_of_(itself_, transaction.to.bytes);
        if (code == nullptr) return;
        learn(kind_of(transaction, record.sender, *code), transaction, record, input.environment.coinbase);
    }

    std::size_t kinds() const { return kinds_.size(); }

  private:
    using Entry = expectations::Entry;
    using LastRun = expectations::LastRun;
    using Accessed = expectations::Accessed;

    // What follows from the transaction itself.
    static void expect_of_all(const Transaction& transaction, const Address& sender, Expected& found) {
        using expectations::key_of;
        for (Part part : {NONCE, BALANCE}) {
            found.reads.push_back(key_of(part, sender));
            found.writes.push_back(key_of(part, sender));
        }
        found.reads.push_back(key_of(CODE, sender));
        Address recipient = transaction.to;
        if (!transaction.has_to) {
            recipient = created_address(sender, transaction.nonce);
            found.reads.push_back(key_of(NONCE, recipient));
            found.writes.push_back(key_of(NONCE, recipient));
            found.writes.push_back(key_of(CODE, recipient));
        }
        if (recipient != sender || !transaction.has_to) found.reads.push_back(key_of(CODE, recipient));
        if (!transaction.value.is_zero() && recipient != sender) found.credits.push_back(key_of(BALANCE, recipient));
        // EIP-2930. The list does not say which slots are written: any may be.
        for (std::size_t index = 0; index < transaction.access_list_length; ++index) {
            const AccessListEntry& entry = transaction.access_list[index];
            for (std::uint32_t slot = 0; slot < entry.slot_count; ++slot) {
                const std::uint64_t key = key_of(entry.address, transaction.slots[entry.first_slot + slot]);
                found.reads.push_back(key);
                found.writes.push_back(key);
            }
        }
    }

    void expect_constants(const Address& self, const Code& code, Expected& found) {
        using expectations::key_of;
        const std::uint64_t name = hash_bytes(0, code.hash.bytes, 32);
        auto known = codes_.find(name);
        if (known == codes_.end()) known = codes_.emplace(name, expectations::constants_of(code)).first;
        for (const u256& slot : known->second.loads) found.reads.push_back(key_of(self, slot));
        for (const u256& slot : known->second.stores) {
            found.reads.push_back(key_of(self, slot));
            found.writes.push_back(key_of(self, slot));
        }
        for (const Address& account : known->second.accounts) found.reads.push_back(key_of(CODE, account));
    }

    static void expect_again(const LastRun& last, const Transaction& transaction, const Address& sender, Expected& found) {
        for (const Entry& entry : last.entries) {
            const Address account = address_of(entry.account.value(transaction, sender));
            const std::uint64_t key = entry.part == SLOT ? expectations::key_of(account, entry.slot.value(transaction, sender))
                                                         : expectations::key_of(entry.part, account);
            (entry.what == EFFECT_READ ? found.reads : entry.what == EFFECT_SET ? found.writes : found.credits).push_back(key);
        }
    }

    // Calls of a kind: the same code, the same function, and the same contracts among the arguments.
    std::uint64_t kind_of(const Transaction& transaction, const Address& sender, const Code& code) {
        std::uint64_t kind = hash_bytes(0, code.hash.bytes, 32);
        if (transaction.data_length < 4) return kind;
        kind = hash_bytes(kind, transaction.data, 4);
        std::uint64_t words = std::min<std::uint64_t>((transaction.data_length - 4) / 32, shapes::WORDS);
        for (std::uint64_t index = 0; index < words; ++index) {
            const std::uint8_t* word = transaction.data + 4 + 32 * index;
            if (!shapes::is_address(word) || std::memcmp(word + 12, sender.bytes, 20) == 0) continue;
            if (code_of_(itself_, word + 12)) kind = hash_bytes(kind, word + 12, 20);
        }
        return kind;
    }

    void learn(std::uint64_t kind, const Transaction& transaction, const OutcomeRecord& record, const Address& coinbase) {
        LastRun& last = kinds_[kind];
        if (last.learned == block_) return;
        const bool is_new = last.learned == 0;
        last.learned = last.block = block_;
        std::vector<Accessed> accessed;
        expectations::read_effect(record.effect(), record.effect_length, accessed);
        // Fees never conflict, and what every transaction touches is expected of it anyway.
        accessed.erase(std::remove_if(accessed.begin(), accessed.end(), [&](const Accessed& each) {
            return (each.what == EFFECT_CREDIT && each.address == coinbase) || each.part == EXISTENCE ||
                   (each.address == record.sender && each.part != SLOT) ||
                   (each.address == transaction.to && (each.part == CODE || each.what == EFFECT_CREDIT));
        }), accessed.end());
        if (!is_new && foretells(last, transaction, record.sender, accessed)) return;
        last.entries.clear();
        expectations::Describer describer(transaction, record.sender, accessed);
        for (const Accessed& each : accessed) last.entries.push_back(describer.describe(each));
    }

    // Whether the call before said what this one did: then it stays, since describing takes longer than reading back.
    static bool foretells(const LastRun& last, const Transaction& transaction, const Address& sender, const std::vector<Accessed>& accessed) {
        if (last.entries.size() != accessed.size()) return false;
        for (std::size_t index = 0; index < accessed.size(); ++index) {
            const Entry& entry = last.entries[index];
            const Accessed& each = accessed[index];
            if (entry.what != each.what || entry.part != each.part) return false;
            if (address_of(entry.account.value(transaction, sender)) != each.address) return false;
            if (each.part == SLOT && !(entry.slot.value(transaction, sender) == each.slot)) return false;
        }
        return true;
    }

    void* itself_ = nullptr;
    CodeOf code_of_ = nullptr;
    std::uint64_t block_ = 0;
    SenderScratch scratch_;
    std::unordered_map<std::uint64_t, LastRun> kinds_;
    std::unordered_map<std::uint64_t, expectations::CodeConstants> codes_;
};

}  // namespace samestate::evm

#endif
