// What calls of a kind access, learned from those that were executed: each key in terms of the call (call_terms.hpp).
//
// A slot that is the hash of something is taken apart into what was hashed, down to words that the call has or that it has loaded; what
// remains is a constant, such as the place of a mapping. Of each key is counted how often it was met since, and how often not: what
// is mostly not met is not expected.

#ifndef SAMESTATE_EVM_LEARNED_LAYOUTS_HPP
#define SAMESTATE_EVM_LEARNED_LAYOUTS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "samestate/optimized/evm/call_terms.hpp"
#include "samestate/optimized/evm/effects.hpp"
#include "samestate/optimized/evm/expected_keys.hpp"

namespace samestate::evm {

// A key that a step accessed, as its effect says (effects.hpp).
struct AccessedKey {
    EffectKind what;
    Part part;
    Address address;
    u256 slot;

    std::uint64_t number() const {
        return part == SLOT ? expectations::key_of(address, slot) : expectations::key_of(part, address);
    }
};

inline void read_effect(const std::uint8_t* place, std::size_t length, std::vector<AccessedKey>& found) {
    const std::uint8_t* end = place + length;
    while (place < end) {
        AccessedKey accessed{static_cast<EffectKind>(place[0]), static_cast<Part>(place[1]), Address{}, u256()};
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

// Finds the terms of keys that a call accessed.
class CallDescriber {
  public:
    using Term = CallTerms::Term;

    CallDescriber(CallTerms& terms, const Call& call, const KnownState& state, const HashPreimages& preimages)
        : terms_(terms), call_(call), state_(state), preimages_(preimages), sender_(word_of(call.sender)), recipient_(word_of(call.recipient)) {}

    Term address(const Address& address) {
        return once(hash_bytes(ADDRESSES, address.bytes, 20), [&] {
            const u256 word = word_of(address);
            Term term = of_call(word);
            if (term != CallTerms::NONE) return term;
            term = creation(address, 0);
            return term != CallTerms::NONE && !terms_.is_constant(term) ? term : found_in_state(word);
        });
    }

    Term slot(const u256& slot) { return slot.fits_u64() ? terms_.constant(slot) : word(slot, 0); }

    // From here on words are described anew, by what has been loaded meanwhile.
    void begin_round() { known_.clear(); }

    // What a slot holds before the block may be an address that the call goes on with. What a constant slot of a constant account holds
    // is as good as a constant.
    void load(const AccessedKey& accessed, Term account, Term slot) {
        if (terms_.is_constant(account) && terms_.is_constant(slot)) return;
        const u256 value = state_.slot(accessed.address, accessed.slot);
        if (value.fits_u64()) return;
        loads_.push_back(Load{{}, account, slot});
        value.store_be(loads_.back().value);
    }

  private:
    static constexpr int DEEPEST = 8;
    static constexpr std::uint64_t ADDRESSES = 1, WORDS = 2;    // seeds of their names in `known_`

    struct Load {
        std::uint8_t value[32];     // big-endian
        Term account, slot;
    };

    // The term of what has this name, found once a round: a call accesses many keys of few accounts.
    template <typename Find>
    Term once(std::uint64_t name, Find find) {
        const auto known = known_.find(name);
        if (known != known_.end()) return known->second;
        const Term term = find();
        known_.emplace(name, term);
        return term;
    }

    Term of_call(const u256& word) {
        if (word.is_zero()) return CallTerms::NONE;
        if (word == sender_) return terms_.sender();
        if (word == recipient_) return terms_.recipient();
        std::uint8_t text[32];
        word.store_be(text);
        for (std::uint64_t place = 4; place + 32 <= call_.length; place += 32)
            if (std::memcmp(call_.data + place, text, 32) == 0) return terms_.word_at(place);
        if (word.fits_u64() || word.w[3] || word.w[2] >> 32 || call_.length < 24) return CallTerms::NONE;
        const void* packed = memmem(call_.data + 4, call_.length - 4, text + 12, 20);
        if (packed == nullptr) return CallTerms::NONE;
        return terms_.address_at(static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(packed) - call_.data));
    }

    Term found_in_state(const u256& word) {
        const Address address = address_of(word);
        if (!word.fits_u64() && word_of(address) == word)
            for (const Load& load : loads_)
                for (std::uint64_t place = 0; place <= 12; ++place)
                    if (std::memcmp(load.value + 12 - place, address.bytes, 20) == 0) return terms_.loaded(load.account, load.slot, 8 * place);
        return terms_.constant(word);
    }

    Term word(const u256& word, int depth) {
        return once(hash_bytes(WORDS, word.w, 32), [&] { return find_word(word, depth); });
    }

    Term find_word(const u256& word, int depth) {
        const Term known = of_call(word);
        if (known != CallTerms::NONE) return known;
        std::uint64_t offset;
        const HashPreimage* preimage = depth < DEEPEST ? preimages_.find(word, offset) : nullptr;
        if (preimage != nullptr) return message(*preimage, offset, depth);
        const Term made = creation(address_of(word), depth);
        return made != CallTerms::NONE && word_of(address_of(word)) == word ? made : found_in_state(word);
    }

    // Words as far as there are any; of the addresses in a packed message those that the call names.
    Term message(const HashPreimage& preimage, std::uint64_t offset, int depth) {
        std::vector<CallTerms::Part> parts;
        if (preimage.length % 32 == 0) {
            for (std::uint8_t place = 0; place < preimage.length; place += 32) {
                const u256 part = u256::load_be(preimage.bytes + place);
                // The place of a mapping comes last and is small, and may be the same as an argument by chance.
                const bool is_place = place + 32 == preimage.length && part.fits_u64();
                parts.push_back({place, 32, is_place ? terms_.constant(part) : word(part, depth + 1)});
            }
        } else {
            for (std::uint8_t place = 0; place + 20 <= preimage.length;) {
                Address address;
                std::memcpy(address.bytes, preimage.bytes + place, 20);
                const u256 word = word_of(address);
                const Term term = word.fits_u64() ? CallTerms::NONE : of_call(word);
                if (term != CallTerms::NONE) parts.push_back({place, 20, term});
                place += term != CallTerms::NONE ? 20 : 1;
            }
        }
        return terms_.hashed(preimage, parts, offset);
    }

    Term creation(const Address& address, int depth) {
        const HashPreimage* preimage = depth < DEEPEST ? preimages_.find(address) : nullptr;
        if (preimage == nullptr) return CallTerms::NONE;
        const Term salt = word(u256::load_be(preimage->bytes + 21), depth + 1);
        return terms_.low(terms_.hashed(*preimage, {{21, 32, salt}}, 0));
    }

    CallTerms& terms_;
    const Call& call_;
    const KnownState& state_;
    const HashPreimages& preimages_;
    const u256 sender_, recipient_;
    std::vector<Load> loads_;
    std::unordered_map<std::uint64_t, Term> known_;
};

// What calls of one kind access.
class LearnedLayout {
  public:
    std::uint64_t block = 0;    // the last one that asked for it
    std::uint64_t learned = 0;  // the last one that something was learned from, …
    std::uint64_t calls = 0;    // … and from how many of its calls

    // `is_wide`: whether calls of the kind go to different contracts, so that an account that is always the same has to be met again before
    // it is expected.
    void expect(const Call& call, const KnownState& state, std::vector<u256>& words, bool is_wide, Expected& found) const {
        terms_.evaluate(call, state, words);
        for (const Entry& entry : entries_) {
            if (entry.missed > entry.met || (is_wide && entry.met < 2 && terms_.is_constant(entry.account))) continue;
            const AccessedKey key = key_of(entry, words);
            if (key.part == SLOT) found.add(key.what, key.address, key.slot);
            else found.add(key.what, key.part, key.address);
        }
    }

    // One more call of the kind, and what it accessed. Whether that is what was expected of it.
    bool learn(const Call& call, const KnownState& state, const HashPreimages& preimages, const std::vector<AccessedKey>& accessed, std::vector<u256>& words) {
        std::unordered_set<std::uint64_t> unmet;
        for (const AccessedKey& each : accessed) unmet.insert(each.number() ^ each.what);
        terms_.evaluate(call, state, words);
        std::unordered_set<std::uint64_t> met;
        bool is_right = true;
        for (Entry& entry : entries_) {
            const AccessedKey key = key_of(entry, words);
            const std::uint64_t number = key.number() ^ key.what;
            const bool is_met = unmet.count(number) != 0;
            if (is_met) met.insert(number);
            is_right = is_right && is_met;
            std::uint16_t& count = is_met ? entry.met : entry.missed;
            if (count < UINT16_MAX) ++count;
        }
        for (const std::uint64_t number : met) unmet.erase(number);
        entries_.erase(std::remove_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.missed > entry.met + FORGIVEN; }), entries_.end());
        if (unmet.empty()) return is_right;
        if (entries_.size() + unmet.size() > MOST || terms_.size() > 4 * MOST) {
            entries_.clear();
            terms_.clear();
        }
        std::vector<const AccessedKey*> unknown;
        for (const AccessedKey& each : accessed)
            if (unknown.size() < MOST && unmet.count(each.number() ^ each.what)) unknown.push_back(&each);
        describe(unknown, call, state, preimages);
        return false;
    }

    std::size_t size() const { return terms_.size(); }

  private:
    static constexpr std::size_t MOST = 512;    // keys; of a call with more, so many
    static constexpr std::uint16_t FORGIVEN = 4;

    struct Entry {
        EffectKind what;
        Part part;
        std::uint16_t met, missed;
        CallTerms::Term account, slot;
    };

    static AccessedKey key_of(const Entry& entry, const std::vector<u256>& words) {
        return AccessedKey{entry.what, entry.part, address_of(words[entry.account]), entry.part == SLOT ? words[entry.slot] : u256()};
    }

    // In rounds: what a slot holds is known by its terms of the round before, so that no term is made of itself.
    void describe(const std::vector<const AccessedKey*>& unknown, const Call& call, const KnownState& state, const HashPreimages& preimages) {
        constexpr int ROUNDS = 3;
        CallDescriber describer(terms_, call, state, preimages);
        std::vector<Entry> described(unknown.size());
        for (int round = 0; round < ROUNDS; ++round) {
            describer.begin_round();
            for (std::size_t index = 0; index < unknown.size(); ++index) {
                const AccessedKey& each = *unknown[index];
                const CallTerms::Term account = describer.address(each.address);
                described[index] = Entry{each.what, each.part, 1, 0, account, each.part == SLOT ? describer.slot(each.slot) : CallTerms::NONE};
            }
            if (round + 1 == ROUNDS) break;
            for (std::size_t index = 0; index < unknown.size(); ++index)
                if (unknown[index]->part == SLOT) describer.load(*unknown[index], described[index].account, described[index].slot);
        }
        entries_.insert(entries_.end(), described.begin(), described.end());
        std::vector<CallTerms::Term*> used;
        for (Entry& entry : entries_) {
            used.push_back(&entry.account);
            if (entry.part == SLOT) used.push_back(&entry.slot);
        }
        terms_.keep(used);
    }

    std::vector<Entry> entries_;
    CallTerms terms_;
};

}  // namespace samestate::evm

#endif
