// What calls of well-known functions access, from the function, its arguments and where contracts of the kind keep what.
//
// Functions are known by their selectors. Those that make several calls of their own contract, and the commands of UniversalRouter, which
// moves tokens by Permit2, are taken apart.

#ifndef SAMESTATE_EVM_CALL_PATTERNS_HPP
#define SAMESTATE_EVM_CALL_PATTERNS_HPP

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "samestate/optimized/evm/swap_patterns.hpp"

namespace samestate::evm {

class CallPatterns : SwapPatterns {
  public:
    void begin_block(const KnownState& state, std::uint64_t block) {
        state_ = state;
        tokens_.begin_block(state, block);
        pools_.begin_block(state);
        updated_.clear();
    }

    TokenLayouts& tokens() { return tokens_; }

    // What a call of a function that is known accesses beyond its recipient's code. Whether it is.
    bool expect(const Call& call, const u256& value, Expected& found) { return expect(call, value, found, 0); }

  private:
    using Pattern = void (CallPatterns::*)(const Call& call, const u256& value, Expected& found, int depth);
    using Patterns = std::unordered_map<std::uint32_t, Pattern>;

    static constexpr std::uint64_t MOST_CALLS = 16;     // in a call that makes several, …
    static constexpr int DEEPEST = 2;                   // … and within one another

    static const Patterns& patterns() {
        static const Patterns known = {
            {selector("transfer(address,uint256)"), &CallPatterns::transfer},
            {selector("transferFrom(address,address,uint256)"), &CallPatterns::transfer_from},
            {selector("approve(address,uint256)"), &CallPatterns::approve},
            {selector("increaseAllowance(address,uint256)"), &CallPatterns::approve},
            {selector("decreaseAllowance(address,uint256)"), &CallPatterns::approve},
            {selector("safeTransferFrom(address,address,uint256)"), &CallPatterns::transfer_from},
            {selector("safeTransferFrom(address,address,uint256,bytes)"), &CallPatterns::transfer_from},
            {selector("deposit()"), &CallPatterns::deposit},
            {selector("withdraw(uint256)"), &CallPatterns::withdraw},
            {selector("swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_tokens},
            {selector("swapTokensForExactTokens(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_tokens},
            {selector("swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_tokens},
            {selector("swapExactTokensForTokens(uint256,uint256,address[],address)"), &CallPatterns::swap_tokens},
            {selector("swapTokensForExactTokens(uint256,uint256,address[],address)"), &CallPatterns::swap_tokens},
            {selector("swapExactTokensForETH(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_for_ether},
            {selector("swapTokensForExactETH(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_for_ether},
            {selector("swapExactTokensForETHSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)"), &CallPatterns::swap_for_ether},
            {selector("swapExactETHForTokens(uint256,address[],address,uint256)"), &CallPatterns::swap_ether},
            {selector("swapETHForExactTokens(uint256,address[],address,uint256)"), &CallPatterns::swap_ether},
            {selector("swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)"), &CallPatterns::swap_ether},
            {selector("addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"), &CallPatterns::add_liquidity},
            {selector("removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)"), &CallPatterns::remove_liquidity},
            {selector("swap(uint256,uint256,address,bytes)"), &CallPatterns::pair_swap},
            {selector("mint(address)"), &CallPatterns::pair_mint},
            {selector("burn(address)"), &CallPatterns::pair_burn},
            {selector("exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"), &CallPatterns::exact_single},
            {selector("exactOutputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"), &CallPatterns::exact_single},
            {selector("exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"), &CallPatterns::exact_single},
            {selector("exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))"), &CallPatterns::exact_single},
            {selector("exactInput((bytes,address,uint256,uint256,uint256))"), &CallPatterns::exact_path},
            {selector("exactInput((bytes,address,uint256,uint256))"), &CallPatterns::exact_path},
            {selector("exactOutput((bytes,address,uint256,uint256,uint256))"), &CallPatterns::exact_path_back},
            {selector("exactOutput((bytes,address,uint256,uint256))"), &CallPatterns::exact_path_back},
            {selector("multicall(bytes[])"), &CallPatterns::several},
            {selector("multicall(uint256,bytes[])"), &CallPatterns::several_until},
            {selector("execute(bytes,bytes[],uint256)"), &CallPatterns::commands},
            {selector("execute(bytes,bytes[])"), &CallPatterns::commands},
        };
        return known;
    }

    bool expect(const Call& call, const u256& value, Expected& found, int depth) {
        if (call.length < 4) {
            if (!value.is_zero() && keeps_ether(call.recipient)) deposit(call, value, found, depth);
            return false;
        }
        const auto known = patterns().find(selector_at(call.data));
        if (known == patterns().end()) return false;
        if (depth == 0) tokens_.expect_behind(call.recipient, found);
        (this->*known->second)(call, value, found, depth);
        return true;
    }

    // Several calls of the contract by itself.
    void several(const Call& call, const u256& value, Expected& found, int depth) { call_each(call, 4, value, found, depth); }
    void several_until(const Call& call, const u256& value, Expected& found, int depth) { call_each(call, 36, value, found, depth); }

    void call_each(const Call& call, std::uint64_t head, const u256& value, Expected& found, int depth) {
        std::uint64_t first, count;
        if (depth >= DEEPEST || !array_at(call, head, first, count)) return;
        for (std::uint64_t index = 0; index < std::min(count, MOST_CALLS); ++index) {
            std::uint64_t place, length;
            if (!bytes_in(call, first, index, place, length)) return;
            expect(Call{call.sender, call.recipient, call.data + place, length}, value, found, depth + 1);
        }
    }

    // An element of an array of bytes.
    static bool bytes_in(const Call& call, std::uint64_t first, std::uint64_t index, std::uint64_t& place, std::uint64_t& length) {
        const u256 offset = call.bytes_at(first + 32 * index, 32);
        if (!offset.fits_u64() || offset.w[0] > call.length) return false;
        const u256 size = call.bytes_at(first + offset.w[0], 32);
        place = first + offset.w[0] + 32;
        if (!size.fits_u64() || size.w[0] > call.length || place + size.w[0] > call.length) return false;
        length = size.w[0];
        return true;
    }

    // The universal router: a byte each says what is to be done, with bytes of arguments.
    void commands(const Call& call, const u256&, Expected& found, int) {
        enum Command : std::uint8_t { V3_IN = 0x00, V3_OUT = 0x01, V2_IN = 0x08, V2_OUT = 0x09, WRAP = 0x0b, UNWRAP = 0x0c };
        constexpr std::uint8_t NUMBER = 0x3f;
        std::uint64_t names, how_many, first, count;
        if (!array_at(call, 4, names, how_many) || !array_at(call, 36, first, count) || names + how_many > call.length) return;
        for (std::uint64_t index = 0; index < std::min({count, how_many, MOST_CALLS}); ++index) {
            std::uint64_t place, length;
            if (!bytes_in(call, first, index, place, length)) return;
            // Four bytes before the arguments, where a selector would be.
            const Call inner{call.sender, call.recipient, call.data + place - 4, length + 4};
            const Address to = named(call, inner.argument(0));
            std::uint64_t path, tokens;
            switch (call.data[names + index] & NUMBER) {
                case V3_IN:
                case V3_OUT:
                    if (array_at(inner, 4 + 32 * 3, path, tokens))
                        swap_commanded(inner, path, tokens, to, (call.data[names + index] & NUMBER) == V3_OUT, !inner.argument(4).is_zero(), found);
                    break;
                case V2_IN:
                case V2_OUT:
                    if (array_at(inner, 4 + 32 * 3, path, tokens) && tokens >= 2 && tokens <= LONGEST_PATH)
                        swap_commanded_pairs(inner, path, tokens, to, !inner.argument(4).is_zero(), found);
                    break;
                case WRAP: wrap(ether_of(call), to, found); break;
                case UNWRAP: unwrap(ether_of(call), call.recipient, to, found); break;
                default: break;
            }
        }
    }

    void swap_commanded(const Call& call, std::uint64_t path, std::uint64_t length, const Address& to, bool is_backward, bool is_spent, Expected& found) {
        swap_packed(call, path, length, to, is_backward, false, found);
        if (is_spent && length >= 20 && path + length <= call.length) permit(call, address_of(call.bytes_at(is_backward ? path + length - 20 : path, 20)), found);
    }

    void swap_commanded_pairs(const Call& call, std::uint64_t path, std::uint64_t count, const Address& to, bool is_spent, Expected& found) {
        const auto token_at = [&](std::uint64_t place) { return address_of(call.bytes_at(path + 32 * place, 32)); };
        swap_path(call.recipient, call.recipient, to, u256(), token_at, count, false, found);
        if (is_spent) permit(call, token_at(0), found);
    }

    // Permit2 moves the sender's tokens: the router is allowed to, and Permit2 by the token.
    void permit(const Call& call, const Address& token, Expected& found) {
        static constexpr Address PERMIT2{{0x00, 0x00, 0x00, 0x00, 0x00, 0x22, 0xd4, 0x73, 0x03, 0x0f, 0x11, 0x6d, 0xde, 0xe9, 0xf6, 0xb4, 0x3a, 0xc7, 0x8b, 0xa3}};
        found.read(CODE, PERMIT2);
        // allowance: owner, token, spender
        const u256 slot = mapping_slot(word_of(call.recipient), mapping_slot(word_of(token), mapping_slot(word_of(call.sender), u256(1))));
        found.change(PERMIT2, slot);
        if (tokens_.balances(token, call.sender, u256()).is_known()) balance(token, call.sender, found);
        const MappingPlace& allowances = tokens_.allowances(token, call.sender, PERMIT2, u256());
        if (allowances.is_known()) found.read(token, allowances.slot(word_of(call.sender), word_of(PERMIT2)));
    }

    // Which token of ether a contract works with: one that its code names.
    Address ether_of(const Call& call) {
        const Code* code = state_.running_code(call.recipient);
        if (code == nullptr) return Address{};
        Address& known = ether_[hash_bytes(0, code->hash.bytes, 32)];
        if (known != Address{}) return known;
        for (const Address& named : PoolConstants(*code).factories)
            if (keeps_ether(named)) return known = named;
        return Address{};
    }

    std::unordered_map<std::uint64_t, Address> ether_;
};

}  // namespace samestate::evm

#endif
