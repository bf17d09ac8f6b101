// What an instruction would have cost that could not be paid. Executing needs to know only that the gas does not suffice, and finds out at
// the first part that it does not suffice for; a trace says what the whole would have been, be it more than a word.

#ifndef SAMESTATE_EVM_TRACED_PRICES_HPP
#define SAMESTATE_EVM_TRACED_PRICES_HPP

#include <cstdint>

#include "samestate/optimized/evm/access.hpp"
#include "samestate/optimized/evm/arithmetic.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/memory_instructions.hpp"

namespace samestate::evm {

// Where an instruction reaches into memory, by places on the stack, 1 being the top; 0 = no such region. A length of WORD and BYTE is
// one by itself.
struct Regions {
    std::uint8_t offset, length, other_offset, other_length;
    std::uint64_t word_gas;     // for each word of the first one's length
    std::uint64_t byte_gas;
};

constexpr std::uint8_t REGION_OF_WORD = 254, REGION_OF_BYTE = 255;

inline Regions regions_of(const Rules& rules, std::uint8_t opcode) {
    switch (opcode) {
        case MLOAD: case MSTORE: return {1, REGION_OF_WORD, 0, 0, 0, 0};
        case MSTORE8: return {1, REGION_OF_BYTE, 0, 0, 0, 0};
        case CALLDATACOPY: case CODECOPY: case RETURNDATACOPY: return {1, 3, 0, 0, COPY_WORD_GAS, 0};
        case MCOPY: return {1, 3, 2, 3, COPY_WORD_GAS, 0};
        case EXTCODECOPY: return {2, 4, 0, 0, COPY_WORD_GAS, 0};
        case KECCAK256: return {1, 2, 0, 0, KECCAK_WORD_GAS, 0};
        case LOG0: case LOG0 + 1: case LOG0 + 2: case LOG0 + 3: case LOG0 + 4: return {1, 2, 0, 0, 0, 8};
        case RETURN: case REVERT: return {1, 2, 0, 0, 0, 0};
        case CREATE: return {2, 3, 0, 0, rules.initcode_word_gas, 0};
        case CREATE2: return {2, 3, 0, 0, rules.initcode_word_gas + KECCAK_WORD_GAS, 0};
        case CALL: case CALLCODE: return {4, 5, 6, 7, 0, 0};
        case DELEGATECALL: case STATICCALL: return {3, 4, 5, 6, 0, 0};
        default: return {0, 0, 0, 0, 0, 0};
    }
}

// Half a number, `times` times.
inline u512 halved(u512 number, int times) {
    for (; times > 0; --times)
        for (int limb = 0; limb < 8; ++limb) number.w[limb] = number.w[limb] >> 1 | (limb < 7 ? number.w[limb + 1] << 63 : 0);
    return number;
}

// How many words so many bytes are.
inline u256 wide_words(const u512& bytes) { return halved(bytes + u512(u256(31)), 5).low256(); }

inline u512 wide_memory_gas(const u256& words) { return halved(multiply_wide(words, words), 9) + multiply_wide(words, u256(3)); }

// Where a region ends; nowhere, if it has no length.
inline u512 wide_end(const u256* top, std::uint8_t offset, std::uint8_t length) {
    const u256 bytes = length == REGION_OF_WORD ? u256(32) : length == REGION_OF_BYTE ? u256(1) : *(top - length);
    return bytes.is_zero() ? u512(u256(0)) : u512(*(top - offset)) + u512(bytes);
}

// The price of the memory that an instruction reaches, and of what it does for each word or byte of it. `top` is one past its first
// operand. `is_payable`: whether any gas suffices.
inline u512 price_of_regions(const Frame& frame, const Regions& regions, const u256* top, bool& is_payable) {
    u512 end = wide_end(top, regions.offset, regions.length);
    if (regions.other_offset) {
        const u512 other = wide_end(top, regions.other_offset, regions.other_length);
        if (end < other) end = other;
    }
    is_payable = !(u512(u256(MEMORY_BOUND)) < end);
    u512 price = u512(u256(0));
    const u512 there = u512(u256(frame.memory_size));
    if (there < end) {
        // The difference of two prices: a sum with a complement.
        u512 paid = wide_memory_gas(u256(frame.memory_size / 32));
        for (std::uint64_t& limb : paid.w) limb = ~limb;
        price = wide_memory_gas(wide_words(end)) + paid + u512(u256(1));
    }
    if (regions.word_gas) price = price + multiply_wide(wide_words(u512(*(top - regions.length))), u256(regions.word_gas));
    if (regions.byte_gas) price = price + multiply_wide(*(top - regions.length), u256(regions.byte_gas));
    return price;
}

// What an instruction asked for in all that ran out of gas. `paid` is what it has paid of that.
inline u512 unpaid_price(Executor& executor, const Frame& frame, std::uint8_t opcode, const u256* top, std::uint64_t paid) {
    const Rules& rules = *executor.rules;
    if (opcode == EXP) return u512(u256(rules.gas[EXP] + EXPONENT_BYTE_GAS * top[-2].significant_bytes()));
    const Regions regions = regions_of(rules, opcode);
    if (regions.offset) {
        bool is_payable;
        const u512 price = price_of_regions(frame, regions, top, is_payable);
        const bool is_creation = opcode == CREATE || opcode == CREATE2;
        const bool offers_value = opcode == CALL || opcode == CALLCODE;
        const bool is_call = offers_value || opcode == DELEGATECALL || opcode == STATICCALL;
        if (!is_creation && !is_call && opcode != EXTCODECOPY) return price + u512(u256(rules.gas[opcode]));
        // Of these the rest depends on what was found: it is known how far they came, unless they did not even begin.
        if (!is_payable) {
            if (is_creation) return price + u512(u256(rules.create_gas));
            std::uint64_t more = access_gas(executor, executor.state.account(address_of(is_call ? top[-2] : top[-1])));
            if (!is_call) more += rules.code_access_gas;
            if (offers_value && !top[-3].is_zero()) more += rules.call_value_gas;
            return price + u512(u256(more));
        }
    }
    return u512(u256(paid + frame.unpaid));
}

}  // namespace samestate::evm

#endif
