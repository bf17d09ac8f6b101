// Instructions whose result their operands alone decide: arithmetic, comparison and bits (yellow paper, appendix H, 0x01 to 0x1e).

#ifndef SAMESTATE_EVM_ARITHMETIC_HPP
#define SAMESTATE_EVM_ARITHMETIC_HPP

#include <cstdint>

#include "samestate/optimized/evm/frame.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/memory.hpp"
#include "samestate/optimized/words/u256.hpp"

namespace samestate::evm {

// Copy a word limb by limb. A copy by halves of a word that was just written by limbs has to wait until those have left the processor's
// store buffer.
[[gnu::always_inline]] inline void put(u256& target, const u256& value) {
    const std::uint64_t w0 = value.w[0], w1 = value.w[1], w2 = value.w[2], w3 = value.w[3];
    target.w[0] = w0;
    target.w[1] = w1;
    target.w[2] = w2;
    target.w[3] = w3;
}

inline u256 truth(bool holds) { return u256(holds); }

// One row an instruction of two operands: its name, and its result of `a`, which was on top, and `b`. EXP, whose price depends on
// what it is given, stands apart.
#define SAMESTATE_EVM_BINARY(ROW)                    \
    ROW(ADD, a + b)                                  \
    ROW(MUL, a * b)                                  \
    ROW(SUB, a - b)                                  \
    ROW(DIV, divide(a, b))                           \
    ROW(SDIV, signed_divide(a, b))                   \
    ROW(MOD, modulo(a, b))                           \
    ROW(SMOD, signed_modulo(a, b))                   \
    ROW(SIGNEXTEND, sign_extend(b, a))               \
    ROW(LT, truth(a < b))                            \
    ROW(GT, truth(b < a))                            \
    ROW(SLT, truth(signed_less(a, b)))               \
    ROW(SGT, truth(signed_less(b, a)))               \
    ROW(EQ, truth(a == b))                           \
    ROW(AND, a & b)                                  \
    ROW(OR, a | b)                                   \
    ROW(XOR, a ^ b)                                  \
    ROW(BYTE, byte_at(b, a))                         \
    ROW(SHL, shift_left(b, a))                       \
    ROW(SHR, shift_right(b, a))                      \
    ROW(SAR, shift_right_arithmetic(b, a))

#define SAMESTATE_EVM_UNARY(ROW)                                                 \
    ROW(ISZERO, truth(a.is_zero()))                                              \
    ROW(NOT, ~a)                                                                 \
    ROW(CLZ, u256(static_cast<std::uint64_t>(count_leading_zeros(a))))

#define SAMESTATE_EVM_TERNARY(ROW)              \
    ROW(ADDMOD, add_modulo(a, b, c))            \
    ROW(MULMOD, multiply_modulo(a, b, c))

// By opcode, where how long it takes matters more than how it is found. All of two operands, and the two of three.
[[gnu::noinline]] inline void compute(std::uint8_t opcode, const u256& a, const u256& b, u256& result) {
    switch (opcode) {
#define SAMESTATE_EVM_ROW(name, value)  \
    case name: put(result, value); return;
        SAMESTATE_EVM_BINARY(SAMESTATE_EVM_ROW)
#undef SAMESTATE_EVM_ROW
    }
}

[[gnu::noinline]] inline void compute(std::uint8_t opcode, const u256& a, const u256& b, const u256& c, u256& result) {
    put(result, opcode == ADDMOD ? add_modulo(a, b, c) : multiply_modulo(a, b, c));
}

// EIP-160: for each byte of the exponent, on top of the price that EXP has whatever it is.
constexpr std::uint64_t EXPONENT_BYTE_GAS = 50;

// EXP. As those of memory_instructions.hpp.
[[gnu::noinline]] inline End exponentiate(Frame& frame, const u256& base, const u256& exponent, u256& result) {
    if (!charge(frame, EXPONENT_BYTE_GAS * exponent.significant_bytes())) return End::out_of_gas;
    result = power(base, exponent);
    return End::running;
}

}  // namespace samestate::evm

#endif
