// What calls of pools of two tokens and of their routers access, after Uniswap V2 and V3.
//
// Sources: the published contracts UniswapV2Pair, UniswapV2Router02, UniswapV3Pool, SwapRouter and SwapRouter02, whose variables lie as
// Solidity lays them out.

#ifndef SAMESTATE_EVM_SWAP_PATTERNS_HPP
#define SAMESTATE_EVM_SWAP_PATTERNS_HPP

#include <cstdint>
#include <unordered_set>
#include <utility>

#include "samestate/optimized/evm/pool_layouts.hpp"
#include "samestate/optimized/evm/token_patterns.hpp"

namespace samestate::evm {

class SwapPatterns : protected TokenPatterns {
  protected:
    static constexpr std::uint64_t LONGEST_PATH = 8;    // tokens that are swapped one for the next

    // The variables of a pair of Uniswap V2.
    enum PairSlot : std::uint64_t {
        SUPPLY = 0, SHARES = 1, SHARE_ALLOWANCES = 2, FACTORY = 5, TOKEN0 = 6, TOKEN1 = 7, RESERVES = 8, PRICE0 = 9, PRICE1 = 10, LAST_PRODUCT = 11, UNLOCKED = 12,
    };
    // … of a pool of Uniswap V3.
    enum PoolSlot : std::uint64_t { STATE = 0, FEE_GROWTH0 = 1, FEE_GROWTH1 = 2, LIQUIDITY = 4, TICK_BITMAP = 6, OBSERVATIONS = 8 };

    // Pairs of Uniswap V2

    // What every swap in a pair accesses of the pair. Prices are added up by the first of a block.
    void use_pair(const Address& pair, Expected& found) {
        for (std::uint64_t slot : {TOKEN0, TOKEN1, UNLOCKED}) found.read(pair, u256(slot));
        found.change(pair, u256(RESERVES));
        if (updated_.insert(hash_bytes(0, pair.bytes, 20)).second)
            for (std::uint64_t slot : {PRICE0, PRICE1}) found.change(pair, u256(slot));
    }

    void pair_swap(const Call& call, const u256&, Expected& found, int) {
        const Address& pair = call.recipient;
        use_pair(pair, found);
        for (std::uint64_t slot : {TOKEN0, TOKEN1}) {
            const Address token = address_of(state_.slot(pair, u256(slot)));
            tokens_.expect_called(token, found);
            if (!tokens_.balances(token, pair, u256()).is_known()) continue;
            balance(token, pair, found);
            if (!call.argument(slot - TOKEN0).is_zero()) balance(token, address_of(call.argument(2)), found);
        }
    }

    void change_shares(const Address& pair, const Address& holder, Expected& found) {
        use_pair(pair, found);
        found.change(pair, u256(SUPPLY));
        found.change(pair, mapping_slot(word_of(holder), u256(SHARES)));
        found.read(pair, u256(FACTORY));
        found.read(pair, u256(LAST_PRODUCT));
        const Address factory = address_of(state_.slot(pair, u256(FACTORY)));
        found.read(CODE, factory);
        found.read(factory, u256());    // to whom fees go
    }

    void pair_mint(const Call& call, const u256&, Expected& found, int) {
        change_shares(call.recipient, address_of(call.argument(0)), found);
        read_balances(call.recipient, nullptr, found);
    }

    void pair_burn(const Call& call, const u256&, Expected& found, int) {
        const Address to = address_of(call.argument(0));
        change_shares(call.recipient, call.recipient, found);
        read_balances(call.recipient, &to, found);
    }

    // A pair's tokens, of which it asks what it has, and perhaps pays out.
    void read_balances(const Address& pair, const Address* to, Expected& found) {
        for (std::uint64_t slot : {TOKEN0, TOKEN1}) {
            const Address token = address_of(state_.slot(pair, u256(slot)));
            tokens_.expect_called(token, found);
            if (!tokens_.balances(token, pair, u256()).is_known()) continue;
            balance(token, pair, found);
            if (to != nullptr) balance(token, *to, found);
        }
    }

    // The routers of Uniswap V2

    // An array among the arguments: where its elements begin, and how many there are.
    static bool array_at(const Call& call, std::uint64_t head, std::uint64_t& first, std::uint64_t& count) {
        const u256 offset = call.bytes_at(head, 32);
        if (!offset.fits_u64() || offset.w[0] > call.length) return false;
        const u256 length = call.bytes_at(4 + offset.w[0], 32);
        if (!length.fits_u64() || length.w[0] > call.length) return false;
        first = 4 + offset.w[0] + 32;
        count = length.w[0];
        return true;
    }

    enum class Ends { TOKENS, FROM_ETHER, TO_ETHER };

    void swap_tokens(const Call& call, const u256&, Expected& found, int) { swap_along(call, 2, call.argument(0), Ends::TOKENS, found); }
    void swap_for_ether(const Call& call, const u256&, Expected& found, int) { swap_along(call, 2, call.argument(0), Ends::TO_ETHER, found); }
    void swap_ether(const Call& call, const u256&, Expected& found, int) { swap_along(call, 1, u256(), Ends::FROM_ETHER, found); }

    // `index`: of the argument that has the path. The next one is who gets what comes out.
    void swap_along(const Call& call, std::uint64_t index, const u256& amount, Ends ends, Expected& found) {
        std::uint64_t first, count;
        if (!array_at(call, 4 + 32 * index, first, count) || count < 2 || count > LONGEST_PATH) return;
        Address to = address_of(call.argument(index + 1));
        if (to == address_of(u256(1))) to = call.sender;        // SwapRouter02's names for the sender and itself
        if (ends == Ends::TO_ETHER || to == address_of(u256(2))) to = call.recipient;
        swap_path(call.recipient, ends == Ends::FROM_ETHER ? call.recipient : call.sender, to, amount,
                  [&](std::uint64_t place) { return address_of(call.bytes_at(first + 32 * place, 32)); }, count, ends != Ends::FROM_ETHER, found);
        if (ends == Ends::FROM_ETHER) wrap(address_of(call.bytes_at(first, 32)), call.recipient, found);
        if (ends == Ends::TO_ETHER) unwrap(address_of(call.bytes_at(first + 32 * (count - 1), 32)), call.recipient, address_of(call.argument(index + 1)), found);
    }

    void wrap(const Address& token, const Address& holder, Expected& found) {
        tokens_.expect_called(token, found);
        if (ether_balances(token).is_known()) balance(token, holder, found);
    }

    void unwrap(const Address& token, const Address& holder, const Address& to, Expected& found) {
        wrap(token, holder, found);
        found.change(BALANCE, token);
        found.credit(to);
    }

    template <typename TokenAt>
    void swap_path(const Address& router, const Address& payer, const Address& to, const u256& amount, TokenAt token_at, std::uint64_t count, bool is_spent, Expected& found) {
        const Code* code = state_.running_code(router);
        Address pair;
        if (code == nullptr || !pools_.pair(*code, token_at(0), token_at(1), pair)) return;
        if (is_spent) {
            spend(token_at(0), payer, router, pair, amount, found);
        } else {
            tokens_.expect_called(token_at(0), found);
            if (tokens_.balances(token_at(0), pair, u256()).is_known()) balance(token_at(0), pair, found);
        }
        for (std::uint64_t place = 0; place + 1 < count; ++place) {
            found.read(CODE, pair);
            use_pair(pair, found);
            const Address token = token_at(place + 1);
            tokens_.expect_called(token, found);
            if (tokens_.balances(token, pair, u256()).is_known()) balance(token, pair, found);
            Address next;
            const bool goes_on = place + 2 < count && pools_.pair(*code, token, token_at(place + 2), next);
            balance(token, goes_on ? next : to, found);
            if (!goes_on) return;
            pair = next;
        }
    }

    void add_liquidity(const Call& call, const u256&, Expected& found, int) {
        const Address first = address_of(call.argument(0)), second = address_of(call.argument(1));
        const Code* code = state_.running_code(call.recipient);
        Address pair;
        if (code == nullptr || !pools_.pair(*code, first, second, pair)) return;
        found.read(CODE, pair);
        spend(first, call.sender, call.recipient, pair, u256(), found);
        spend(second, call.sender, call.recipient, pair, u256(), found);
        change_shares(pair, address_of(call.argument(6)), found);
    }

    void remove_liquidity(const Call& call, const u256&, Expected& found, int) {
        const Address to = address_of(call.argument(5));
        const Code* code = state_.running_code(call.recipient);
        Address pair;
        if (code == nullptr || !pools_.pair(*code, address_of(call.argument(0)), address_of(call.argument(1)), pair)) return;
        found.read(CODE, pair);
        change_shares(pair, pair, found);
        found.change(pair, mapping_slot(word_of(call.sender), u256(SHARES)));
        found.change(pair, mapping_slot(word_of(call.recipient), mapping_slot(word_of(call.sender), u256(SHARE_ALLOWANCES))));
        read_balances(pair, &to, found);
    }

    // Pools and routers of Uniswap V3

    void use_pool(const Address& pool, const u256& fee, bool is_up, Expected& found) {
        found.read(CODE, pool);
        found.change(pool, u256(STATE));
        found.change(pool, u256(is_up ? FEE_GROWTH1 : FEE_GROWTH0));
        found.read(pool, u256(LIQUIDITY));
        const u256 state = state_.slot(pool, u256(STATE));
        // sqrtPriceX96: 160 bits, tick: 24, the index of the observation: 16, how many there are: 16.
        const std::int64_t tick = static_cast<std::int32_t>(static_cast<std::uint32_t>(shift_right(state, 160).w[0] & 0xffffff) << 8) >> 8;
        const std::uint64_t index = shift_right(state, 184).w[0] & 0xffff, many = shift_right(state, 200).w[0] & 0xffff;
        found.read(pool, u256(OBSERVATIONS + index));
        if (many > 1) found.change(pool, u256(OBSERVATIONS + (index + 1) % many));
        const std::int64_t spacing = fee == u256(100) ? 1 : fee == u256(500) ? 10 : fee == u256(10000) ? 200 : 60;
        std::int64_t compressed = tick / spacing - (tick < 0 && tick % spacing != 0);
        if (is_up) ++compressed;
        const std::int64_t word = compressed >> 8;
        const std::uint64_t sign = word < 0 ? UINT64_MAX : 0;
        found.read(pool, mapping_slot(u256{static_cast<std::uint64_t>(word), sign, sign, sign}, u256(TICK_BITMAP)));
    }

    // One swap of a path: the pool pays out first, then is paid.
    void swap_in_pool(const Address& router, const Address& payer, const Address& to, const Address& sold, const Address& bought, const u256& fee, bool is_spent, Expected& found) {
        const Code* code = state_.running_code(router);
        Address pool;
        if (code == nullptr || !pools_.pool(*code, sold, bought, fee, pool)) return;
        use_pool(pool, fee, bought < sold, found);
        for (const Address& token : {sold, bought}) {
            tokens_.expect_called(token, found);
            if (tokens_.balances(token, pool, u256()).is_known()) balance(token, pool, found);
        }
        balance(bought, to, found);
        if (is_spent) spend(sold, payer, router, pool, u256(), found);
        else balance(sold, payer, found);
    }

    Address named(const Call& call, const u256& word) const {
        if (word == u256(1)) return call.sender;
        if (word.fits_u64()) return call.recipient;
        return address_of(word);
    }

    void exact_single(const Call& call, const u256& value, Expected& found, int) {
        const Address sold = address_of(call.argument(0)), bought = address_of(call.argument(1));
        const bool is_ether = !value.is_zero();
        swap_in_pool(call.recipient, is_ether ? call.recipient : call.sender, named(call, call.argument(3)), sold, bought, call.argument(2), !is_ether, found);
        if (is_ether) wrap(sold, call.recipient, found);
    }

    void exact_path(const Call& call, const u256& value, Expected& found, int) { path_in_structure(call, value, false, found); }
    void exact_path_back(const Call& call, const u256& value, Expected& found, int) { path_in_structure(call, value, true, found); }

    void path_in_structure(const Call& call, const u256& value, bool is_backward, Expected& found) {
        const u256 offset = call.argument(0);       // of the structure
        if (!offset.fits_u64() || offset.w[0] > call.length) return;
        const std::uint64_t structure = 4 + offset.w[0];
        const u256 path = call.bytes_at(structure, 32);
        if (!path.fits_u64() || path.w[0] > call.length) return;
        const u256 length = call.bytes_at(structure + path.w[0], 32);
        if (length.fits_u64()) swap_packed(call, structure + path.w[0] + 32, length.w[0], named(call, call.bytes_at(structure + 32, 32)), is_backward, value.is_zero(), found);
    }

    // Tokens and fees by turns: twenty bytes and three.
    void swap_packed(const Call& call, std::uint64_t place, std::uint64_t length, const Address& to, bool is_backward, bool is_spent, Expected& found) {
        if (length < 43 || length > 20 + 23 * LONGEST_PATH || place + length > call.length) return;
        const std::uint64_t hops = (length - 20) / 23;
        for (std::uint64_t hop = 0; hop < hops; ++hop) {
            const std::uint64_t at = place + 23 * hop;
            Address sold = address_of(call.bytes_at(at, 20)), bought = address_of(call.bytes_at(at + 23, 20));
            const u256 fee = call.bytes_at(at + 20, 3);
            if (is_backward) std::swap(sold, bought);
            const bool is_first = hop == (is_backward ? hops - 1 : 0), is_last = hop == (is_backward ? 0 : hops - 1);
            const bool pays_sender = is_first && is_spent;
            swap_in_pool(call.recipient, pays_sender ? call.sender : call.recipient, is_last ? to : call.recipient, sold, bought, fee, pays_sender, found);
            if (is_first && !is_spent) wrap(sold, call.recipient, found);
        }
    }

    PoolFinder pools_;
    std::unordered_set<std::uint64_t> updated_;     // pairs that a transaction of the block has probably used
};

}  // namespace samestate::evm

#endif
