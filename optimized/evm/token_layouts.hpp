// Where tokens keep what, found by trying: in which mapping a holder has something, and who owns a token that is one of its kind.
//
// A contract's code says neither. But whoever sends a token has it: the mapping in whose slot for the sender there is enough is that of
// balances. Compilers count variables from 0 on (Solidity's layout of storage), contracts that are upgraded leave gaps of fifty, and
// some keep everything under a hash (EIP-7201). What was found once holds for all contracts of the same code.

#ifndef SAMESTATE_EVM_TOKEN_LAYOUTS_HPP
#define SAMESTATE_EVM_TOKEN_LAYOUTS_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "samestate/optimized/evm/call_terms.hpp"
#include "samestate/optimized/evm/expected_keys.hpp"
#include "samestate/optimized/evm/known_state.hpp"
#include "samestate/optimized/words/keccak.hpp"

namespace samestate::evm {

// How a compiler makes the slot of a key in a mapping: Solidity hashes the key first, Vyper the place.
enum class MappingOrder : std::uint8_t { UNKNOWN, KEY_FIRST, PLACE_FIRST };

// A mapping of a contract.
struct MappingPlace {
    MappingOrder order = MappingOrder::UNKNOWN;
    u256 place;
    std::uint64_t next = 0;     // the block from which on it may be looked for again
    std::uint8_t failures = 0;  // how often it was looked for in vain

    MappingPlace() = default;
    MappingPlace(MappingOrder order, const u256& place) : order(order), place(place) {}

    bool is_known() const { return order != MappingOrder::UNKNOWN; }
    u256 slot(const u256& key) const { return order == MappingOrder::KEY_FIRST ? mapping_slot(key, place) : mapping_slot(place, key); }
    u256 slot(const u256& key, const u256& second) const {
        const MappingPlace inner(order, slot(key));
        return inner.slot(second);
    }
};

// The mappings of a token. Of a fungible one (ERC-20) balances and allowances; of one of its kind (ERC-721) owners and balances.
struct TokenLayout {
    MappingPlace balances, allowances, owners;
};

class TokenLayouts {
  public:
    static constexpr std::size_t MOST = 1 << 14;

    void begin_block(const KnownState& state, std::uint64_t block) {
        state_ = state;
        block_ = block;
        implementations_.clear();
        if (layouts_.size() > MOST) layouts_.clear();
    }

    // The token's layout as far as it is known, to be completed. By the code that runs in the end, whose layout it is.
    TokenLayout& layout_of(const Address& token) { return layouts_[name_of_code(token)]; }

    // Where balances are: `holder` has at least `amount`, and something.
    const MappingPlace& balances(const Address& token, const Address& holder, const u256& amount) {
        TokenLayout& layout = layout_of(token);
        if (!layout.balances.is_known())
            find(layout.balances, [&](const MappingPlace& place) {
                const u256 held = state_.slot(token, place.slot(word_of(holder)));
                // More than that is no balance but, say, an allowance without limit.
                return !held.is_zero() && !(held < amount) && held.w[3] == 0;
            });
        return layout.balances;
    }

    // Where allowances are: `owner` lets `spender` have at least `amount`.
    const MappingPlace& allowances(const Address& token, const Address& owner, const Address& spender, const u256& amount) {
        TokenLayout& layout = layout_of(token);
        if (!layout.allowances.is_known())
            find(layout.allowances, [&](const MappingPlace& place) {
                const u256 allowed = state_.slot(token, place.slot(word_of(owner), word_of(spender)));
                return !allowed.is_zero() && !(allowed < amount);
            });
        return layout.allowances;
    }

    // Where owners are: token `number` belongs to `owner`.
    const MappingPlace& owners(const Address& token, const Address& owner, const u256& number) {
        TokenLayout& layout = layout_of(token);
        if (!layout.owners.is_known())
            find(layout.owners, [&](const MappingPlace& place) { return address_of(state_.slot(token, place.slot(number))) == owner; });
        return layout.owners;
    }

    // The code that runs when a proxy is called, and where the proxy has it from.
    struct Implementation {
        bool is_proxy = false;
        bool is_in_slot = false;
        u256 slot;
        Address address;
    };

    const Implementation& implementation_of(const Address& account) {
        const auto known = implementations_.emplace(hash_bytes(0, account.bytes, 20), Implementation{});
        if (known.second) known.first->second = find_implementation(account);
        return known.first->second;
    }

    // A name for the code that runs in the end, through at most one proxy.
    std::uint64_t name_of_code(const Address& account) {
        const Code* code = state_.running_code(account);
        if (code == nullptr) return 0;
        const std::uint64_t name = hash_bytes(0, code->hash.bytes, 32);
        const Implementation& implementation = implementation_of(account);
        const Code* behind = implementation.is_proxy ? state_.code(implementation.address) : nullptr;
        return behind == nullptr ? name : hash_bytes(name, behind->hash.bytes, 32);
    }

    // An account is called: its code is read, and that of what a proxy delegates to.
    void expect_called(const Address& account, Expected& found) {
        found.read(CODE, account);
        expect_behind(account, found);
    }

    // The same, but for its own code.
    void expect_behind(const Address& account, Expected& found) {
        const Implementation& implementation = implementation_of(account);
        if (implementation.is_in_slot) found.read(account, implementation.slot);
        if (implementation.is_proxy) found.read(CODE, implementation.address);
    }

  private:
    static constexpr std::uint64_t POSITIONS = 24;      // of variables, from the first on, that are tried
    static constexpr std::uint64_t GAP = 50;            // variables that a contract which is upgraded leaves to each it is derived from
    static constexpr std::uint8_t TRIES = 2;            // in a mapping's first block; after them it is looked for ever more seldom
    static constexpr std::uint8_t SELDOM = 6;           // … but in one of 2 to the power of this many blocks at least
    static constexpr std::uint64_t LONGEST_PROXY = 4096, LONGEST_SAFE = 256;    // bytes of code

    Implementation find_implementation(const Address& account) const {
        const Code* code = state_.running_code(account);
        if (code == nullptr) return {};
        // EIP-1167: ten bytes, the address, fifteen bytes.
        static constexpr std::uint8_t MINIMAL[] = {0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73};
        if (code->size == 45 && std::memcmp(code->bytes, MINIMAL, sizeof(MINIMAL)) == 0) {
            Implementation found{true, false, u256(), Address{}};
            std::memcpy(found.address.bytes, code->bytes + 10, 20);
            return found;
        }
        if (code->size > LONGEST_PROXY) return {};
        for (const u256& slot : proxy_slots()) {
            if (!slot.is_zero() && !names(*code, slot)) continue;
            if (slot.is_zero() && code->size > LONGEST_SAFE) continue;
            const u256 value = state_.slot(account, slot);
            const Address address = address_of(value);
            if (!value.is_zero() && word_of(address) == value && state_.code(address) != nullptr) return Implementation{true, true, slot, address};
        }
        return {};
    }

    static u256 hash_of(const char* text) {
        std::uint8_t digest[32];
        keccak256(reinterpret_cast<const std::uint8_t*>(text), std::strlen(text), digest);
        return u256::load_be(digest);
    }

    // Where a contract keeps what has such a name, if it keeps all of it together (EIP-7201).
    static u256 named_place(const char* name) {
        std::uint8_t text[32], digest[32];
        (hash_of(name) - u256(1)).store_be(text);
        keccak256(text, sizeof(text), digest);
        digest[31] = 0;
        return u256::load_be(digest);
    }

    // Where proxies keep what they delegate to: EIP-1967, OpenZeppelin's before it, and the first variable of Safe's.
    static const std::vector<u256>& proxy_slots() {
        static const std::vector<u256> slots = {
            hash_of("eip1967.proxy.implementation") - u256(1), hash_of("org.zeppelinos.proxy.implementation"), u256()};
        return slots;
    }

    static bool names(const Code& code, const u256& word) {
        std::uint8_t text[32];
        word.store_be(text);
        return memmem(code.bytes, code.size, text, sizeof(text)) != nullptr;
    }

    static const std::vector<MappingPlace>& candidates() {
        static const std::vector<MappingPlace> places = [] {
            std::vector<MappingPlace> made;
            for (std::uint64_t place = 0; place < POSITIONS; ++place) made.push_back({MappingOrder::KEY_FIRST, u256(place)});
            for (std::uint64_t place = GAP; place < 4 * GAP + 8; ++place)
                if (place % GAP < 8) made.push_back({MappingOrder::KEY_FIRST, u256(place)});
            for (const char* name : {"openzeppelin.storage.ERC20", "openzeppelin.storage.ERC721"})
                for (std::uint64_t member = 0; member < 6; ++member) made.push_back({MappingOrder::KEY_FIRST, named_place(name) + u256(member)});
            for (std::uint64_t place = 0; place < POSITIONS; ++place) made.push_back({MappingOrder::PLACE_FIRST, u256(place)});
            return made;
        }();
        return places;
    }

    template <typename Fits>
    void find(MappingPlace& place, Fits fits) {
        if (block_ < place.next) return;
        for (const MappingPlace& candidate : candidates())
            if (fits(candidate)) {
                place = candidate;
                return;
            }
        if (++place.failures < TRIES) return;
        place.next = block_ + (std::uint64_t{1} << std::min<int>(place.failures - TRIES, SELDOM));
        place.failures = std::min<int>(place.failures, TRIES + SELDOM);
    }

    KnownState state_;
    std::uint64_t block_ = 0;
    std::unordered_map<std::uint64_t, TokenLayout> layouts_;    // by code
    std::unordered_map<std::uint64_t, Implementation> implementations_;    // in the block, by account
};

}  // namespace samestate::evm

#endif
