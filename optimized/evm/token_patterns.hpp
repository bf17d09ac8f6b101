// What calls of tokens access: ERC-20, ERC-721, and the token of ether.
//
// Sources: the interfaces of EIP-20 and EIP-721; the published contracts ERC20 and ERC721 of OpenZeppelin, and WETH9.

#ifndef SAMESTATE_EVM_TOKEN_PATTERNS_HPP
#define SAMESTATE_EVM_TOKEN_PATTERNS_HPP

#include <cstdint>
#include <cstring>

#include "samestate/optimized/evm/token_layouts.hpp"

namespace samestate::evm {

class TokenPatterns {
  protected:
    explicit TokenPatterns() = default;

    static std::uint32_t selector(const char* signature) {
        std::uint8_t digest[32];
        keccak256(reinterpret_cast<const std::uint8_t*>(signature), std::strlen(signature), digest);
        return selector_at(digest);
    }

    static std::uint32_t selector_at(const std::uint8_t* bytes) {
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
    }

    // What somebody has of a token changes.
    void balance(const Address& token, const Address& holder, Expected& found) {
        const MappingPlace& balances = tokens_.layout_of(token).balances;
        if (balances.is_known()) found.change(token, balances.slot(word_of(holder)));
    }

    // Tokens move: `from` has so many.
    void move(const Address& token, const Address& from, const Address& to, const u256& amount, Expected& found) {
        if (!tokens_.balances(token, from, amount).is_known()) return;
        balance(token, from, found);
        balance(token, to, found);
    }

    // A contract moves somebody's tokens that it may spend.
    void spend(const Address& token, const Address& owner, const Address& spender, const Address& to, const u256& amount, Expected& found) {
        tokens_.expect_called(token, found);
        move(token, owner, to, amount, found);
        const MappingPlace& allowances = tokens_.allowances(token, owner, spender, amount);
        if (!allowances.is_known()) return;
        const u256 slot = allowances.slot(word_of(owner), word_of(spender));
        // An allowance without limit stays as it is, in most tokens.
        if (state_.slot(token, slot).w[3] == UINT64_MAX) found.read(token, slot);
        else found.change(token, slot);
    }

    void transfer(const Call& call, const u256&, Expected& found, int) {
        move(call.recipient, call.sender, address_of(call.argument(0)), call.argument(1), found);
    }

    // Of tokens of a kind, or of one of its kind: which, says who owns what.
    void transfer_from(const Call& call, const u256&, Expected& found, int) {
        const Address from = address_of(call.argument(0)), to = address_of(call.argument(1));
        const u256 number = call.argument(2);
        const Address& token = call.recipient;
        if (!tokens_.layout_of(token).balances.is_known() && tokens_.owners(token, from, number).is_known()) {
            const MappingPlace& owners = tokens_.layout_of(token).owners;
            found.change(token, owners.slot(number));
            // Balances, then approvals, are declared after the owners (OpenZeppelin's ERC721).
            const MappingPlace balances(owners.order, owners.place + u256(1)), approvals(owners.order, owners.place + u256(2));
            found.change(token, balances.slot(word_of(from)));
            found.change(token, balances.slot(word_of(to)));
            found.change(token, approvals.slot(number));
            return;
        }
        const MappingPlace& allowances = tokens_.allowances(token, from, call.sender, number);
        if (allowances.is_known()) found.change(token, allowances.slot(word_of(from), word_of(call.sender)));
        move(token, from, to, number, found);
    }

    void approve(const Call& call, const u256&, Expected& found, int) {
        TokenLayout& layout = tokens_.layout_of(call.recipient);
        MappingPlace allowances = layout.allowances;
        if (!allowances.is_known()) {
            // Next to the balances in what most tokens are made from; there is nothing to see by, as nothing is allowed yet.
            const MappingPlace& balances = tokens_.balances(call.recipient, call.sender, u256());
            if (!balances.is_known()) return;
            allowances = MappingPlace(balances.order, balances.place + u256(1));
        }
        found.change(call.recipient, allowances.slot(word_of(call.sender), call.argument(0)));
    }

    // WETH9: balances of ether.
    bool keeps_ether(const Address& account) {
        const Code* code = state_.running_code(account);
        return code != nullptr && code->size < 8192 && pushes(*code, selector("deposit()")) && pushes(*code, selector("withdraw(uint256)"));
    }

    static bool pushes(const Code& code, std::uint32_t selector) {
        const std::uint8_t text[] = {0x63, static_cast<std::uint8_t>(selector >> 24), static_cast<std::uint8_t>(selector >> 16),
                                     static_cast<std::uint8_t>(selector >> 8), static_cast<std::uint8_t>(selector)};
        return memmem(code.bytes, code.size, text, sizeof(text)) != nullptr;
    }

    const MappingPlace& ether_balances(const Address& token) {
        MappingPlace& balances = tokens_.layout_of(token).balances;
        if (!balances.is_known() && keeps_ether(token)) balances = MappingPlace(MappingOrder::KEY_FIRST, u256(3));   // WETH9's
        return balances;
    }

    void deposit(const Call& call, const u256&, Expected& found, int) {
        if (ether_balances(call.recipient).is_known()) balance(call.recipient, call.sender, found);
    }

    void withdraw(const Call& call, const u256&, Expected& found, int) {
        if (!ether_balances(call.recipient).is_known()) return;
        balance(call.recipient, call.sender, found);
        found.change(BALANCE, call.recipient);
    }

    KnownState state_;
    TokenLayouts tokens_;
};

}  // namespace samestate::evm

#endif
