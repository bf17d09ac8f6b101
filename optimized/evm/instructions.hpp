// The instructions by opcode: names of those that code here speaks of, and what each takes from the stack and leaves there.
//
// Whether a fork has an instruction and what it costs is the fork's (rules.hpp); what is here holds on every fork.

#ifndef SAMESTATE_EVM_INSTRUCTIONS_HPP
#define SAMESTATE_EVM_INSTRUCTIONS_HPP

#include <array>
#include <cstdint>

namespace samestate::evm {

// One row an instruction: opcode, name, items that it takes, items that it leaves (yellow paper, appendix H, and the EIPs that
// forks.py names). BALANCE has another name, since a part of an account has that one (state.hpp).
#define SAMESTATE_EVM_INSTRUCTIONS(ROW)                                                                                      \
    ROW(0x00, STOP, 0, 0)                                                                                                    \
    ROW(0x01, ADD, 2, 1) ROW(0x02, MUL, 2, 1) ROW(0x03, SUB, 2, 1) ROW(0x04, DIV, 2, 1) ROW(0x05, SDIV, 2, 1)                \
    ROW(0x06, MOD, 2, 1) ROW(0x07, SMOD, 2, 1) ROW(0x08, ADDMOD, 3, 1) ROW(0x09, MULMOD, 3, 1) ROW(0x0a, EXP, 2, 1)          \
    ROW(0x0b, SIGNEXTEND, 2, 1)                                                                                              \
    ROW(0x10, LT, 2, 1) ROW(0x11, GT, 2, 1) ROW(0x12, SLT, 2, 1) ROW(0x13, SGT, 2, 1) ROW(0x14, EQ, 2, 1)                    \
    ROW(0x15, ISZERO, 1, 1) ROW(0x16, AND, 2, 1) ROW(0x17, OR, 2, 1) ROW(0x18, XOR, 2, 1) ROW(0x19, NOT, 1, 1)               \
    ROW(0x1a, BYTE, 2, 1) ROW(0x1b, SHL, 2, 1) ROW(0x1c, SHR, 2, 1) ROW(0x1d, SAR, 2, 1) ROW(0x1e, CLZ, 1, 1)                \
    ROW(0x20, KECCAK256, 2, 1)                                                                                               \
    ROW(0x30, ADDRESS, 0, 1) ROW(0x31, BALANCE_OF, 1, 1) ROW(0x32, ORIGIN, 0, 1) ROW(0x33, CALLER, 0, 1)                     \
    ROW(0x34, CALLVALUE, 0, 1) ROW(0x35, CALLDATALOAD, 1, 1) ROW(0x36, CALLDATASIZE, 0, 1) ROW(0x37, CALLDATACOPY, 3, 0)     \
    ROW(0x38, CODESIZE, 0, 1) ROW(0x39, CODECOPY, 3, 0) ROW(0x3a, GASPRICE, 0, 1) ROW(0x3b, EXTCODESIZE, 1, 1)               \
    ROW(0x3c, EXTCODECOPY, 4, 0) ROW(0x3d, RETURNDATASIZE, 0, 1) ROW(0x3e, RETURNDATACOPY, 3, 0) ROW(0x3f, EXTCODEHASH, 1, 1)\
    ROW(0x40, BLOCKHASH, 1, 1) ROW(0x41, COINBASE, 0, 1) ROW(0x42, TIMESTAMP, 0, 1) ROW(0x43, NUMBER, 0, 1)                  \
    ROW(0x44, PREVRANDAO, 0, 1) ROW(0x45, GASLIMIT, 0, 1) ROW(0x46, CHAINID, 0, 1) ROW(0x47, SELFBALANCE, 0, 1)              \
    ROW(0x48, BASEFEE, 0, 1) ROW(0x49, BLOBHASH, 1, 1) ROW(0x4a, BLOBBASEFEE, 0, 1) ROW(0x4b, SLOTNUM, 0, 1)                 \
    ROW(0x50, POP, 1, 0) ROW(0x51, MLOAD, 1, 1) ROW(0x52, MSTORE, 2, 0) ROW(0x53, MSTORE8, 2, 0) ROW(0x54, SLOAD, 1, 1)      \
    ROW(0x55, SSTORE, 2, 0) ROW(0x56, JUMP, 1, 0) ROW(0x57, JUMPI, 2, 0) ROW(0x58, PC, 0, 1) ROW(0x59, MSIZE, 0, 1)          \
    ROW(0x5a, GAS, 0, 1) ROW(0x5b, JUMPDEST, 0, 0) ROW(0x5c, TLOAD, 1, 1) ROW(0x5d, TSTORE, 2, 0) ROW(0x5e, MCOPY, 3, 0)     \
    ROW(0x5f, PUSH0, 0, 1)                                                                                                   \
    ROW(0xa0, LOG0, 2, 0) ROW(0xa1, LOG1, 3, 0) ROW(0xa2, LOG2, 4, 0) ROW(0xa3, LOG3, 5, 0) ROW(0xa4, LOG4, 6, 0)            \
    ROW(0xf0, CREATE, 3, 1) ROW(0xf1, CALL, 7, 1) ROW(0xf2, CALLCODE, 7, 1) ROW(0xf3, RETURN, 2, 0)                          \
    ROW(0xf4, DELEGATECALL, 6, 1) ROW(0xf5, CREATE2, 4, 1) ROW(0xfa, STATICCALL, 6, 1) ROW(0xfd, REVERT, 2, 0)               \
    ROW(0xff, SELFDESTRUCT, 1, 0)

enum Opcode : std::uint8_t {
#define SAMESTATE_EVM_NAME(opcode, name, takes, leaves) name = opcode,
    SAMESTATE_EVM_INSTRUCTIONS(SAMESTATE_EVM_NAME)
#undef SAMESTATE_EVM_NAME
    PUSH1 = 0x60,
    PUSH32 = 0x7f,
    DUP1 = 0x80,
    DUP16 = 0x8f,
    SWAP1 = 0x90,
    SWAP16 = 0x9f,
    DUPN = 0xe6,        // EIP-8024: these three have an immediate of one byte, and reach by it; what they need is checked there
    SWAPN = 0xe7,
    EXCHANGE = 0xe8,
};

struct StackUse {
    std::uint8_t takes, leaves;
};

constexpr std::array<StackUse, 256> make_stack_uses() {
    std::array<StackUse, 256> uses{};
#define SAMESTATE_EVM_USE(opcode, name, takes, leaves) uses[opcode] = StackUse{takes, leaves};
    SAMESTATE_EVM_INSTRUCTIONS(SAMESTATE_EVM_USE)
#undef SAMESTATE_EVM_USE
    for (std::uint8_t n = 0; n < 32; ++n) uses[PUSH1 + n] = StackUse{0, 1};
    for (std::uint8_t n = 1; n <= 16; ++n) uses[DUP1 + n - 1] = StackUse{n, static_cast<std::uint8_t>(n + 1)};
    for (std::uint8_t n = 1; n <= 16; ++n) {
        std::uint8_t reach = static_cast<std::uint8_t>(n + 1);
        uses[SWAP1 + n - 1] = StackUse{reach, reach};
    }
    uses[DUPN] = StackUse{0, 1};
    return uses;
}

// By opcode; nothing for what no fork has. DUPn and SWAPn are said to take all that they reach.
constexpr std::array<StackUse, 256> STACK_USES = make_stack_uses();

// How many bytes of code behind the opcode belong to the instruction, and are skipped by it. Jump destinations are found without
// the immediates of EIP-8024, which leaves them as they were.
constexpr std::uint64_t immediate_length(std::uint8_t opcode) {
    return opcode >= PUSH1 && opcode <= PUSH32 ? opcode - PUSH1 + 1u : 0;
}

// What the immediates of EIP-8024 mean. Both decodings are of one byte; 0 where code has ended.

struct Exchanged {
    std::uint32_t first, second;    // which items below the top: 1 is the one right below it
};

constexpr bool is_depth_immediate(std::uint8_t immediate) { return immediate <= 90 || immediate >= 128; }
constexpr std::uint32_t depth_of_immediate(std::uint8_t immediate) { return (immediate + 145u) % 256; }

constexpr bool is_exchange_immediate(std::uint8_t immediate) { return immediate <= 81 || immediate >= 128; }
constexpr Exchanged exchanged_by_immediate(std::uint8_t immediate) {
    const std::uint32_t k = immediate ^ 143u;
    const std::uint32_t q = k / 16, r = k % 16;
    return q < r ? Exchanged{q + 1, r + 1} : Exchanged{r + 1, 29 - q};
}

}  // namespace samestate::evm

#endif
