// Random programs: every instruction, operands that mostly make sense, jumps forward and back, calls of one another, creations.

#ifndef PROGRAM_HPP
#define PROGRAM_HPP

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/rules.hpp"

using samestate::evm::Rules;
using samestate::evm::STACK_USES;
namespace op = samestate::evm;

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }
template <typename Item>
Item one_of(Random& random, std::initializer_list<Item> items) { return items.begin()[below(random, items.size())]; }

class Program {
  public:
    Program(Random& random, const Rules& rules) : random_(random), rules_(rules) {}

    // So many pieces, with so many places to jump to among them; then the top of the stack is stored and returned.
    std::vector<std::uint8_t> make(std::uint64_t pieces, std::uint64_t destinations) {
        destinations_.assign(destinations, 0);
        std::uint64_t placed = 0;
        for (std::uint64_t piece = 0; piece < pieces; ++piece) {
            if (placed < destinations && piece >= pieces * (placed + 1) / (destinations + 1)) destination(placed++);
            if (depth_ > 40 && chance(2)) instruction(op::POP);
            add_piece();
        }
        while (placed < destinations) destination(placed++);
        const int stored = std::min(depth_, 12);
        for (int word = 0; word < stored; ++word) {
            push(32 * static_cast<std::uint64_t>(word));
            instruction(op::MSTORE);
        }
        push(32 * static_cast<std::uint64_t>(stored) + 32);
        push(0);
        instruction(op::RETURN);
        for (const auto& [place, number] : jumps_) {  // seldom to anywhere at all
            const std::uint64_t target = chance(60) ? below(random_, code_.size()) : destinations_[number];
            code_[place] = static_cast<std::uint8_t>(target >> 8);
            code_[place + 1] = static_cast<std::uint8_t>(target);
        }
        return code_;
    }

  private:
    bool chance(std::uint64_t one_in) { return below(random_, one_in) == 0; }
    void byte(std::uint64_t value) { code_.push_back(static_cast<std::uint8_t>(value)); }

    void push(std::uint64_t value) {
        ++depth_;
        if (value == 0 && rules_.defined[op::PUSH0] && chance(2)) return byte(op::PUSH0);
        int length = 1;
        while (length < 8 && value >> (8 * length)) ++length;
        byte(op::PUSH1 + length - 1);
        while (length--) byte(value >> (8 * length));
    }

    void push_anything() {
        switch (below(random_, 6)) {
            case 0: return push(below(random_, 4));
            case 1: return push(below(random_, 256));
            case 2: return push(random_());
            case 3: return push(32 * below(random_, 8));
            case 4: return push(0x1000 * (1 + below(random_, 4)));
            default: {
                const std::uint64_t length = 1 + below(random_, 32);
                byte(op::PUSH1 + length - 1);
                for (std::uint64_t place = 0; place < length; ++place) byte(one_of<std::uint64_t>(random_, {0, 0xff, random_()}));
                ++depth_;
            }
        }
    }

    // An offset, a length, a slot.
    void push_small() {
        if (chance(12)) return push_anything();
        if (depth_ == 0 || !chance(3)) return push(below(random_, 200));
        duplicate();
        push(0xff);
        instruction(op::AND);
    }

    void duplicate() {
        byte(op::DUP1 + below(random_, static_cast<std::uint64_t>(std::min(depth_, 16))));
        ++depth_;
    }

    // An instruction, with what its operands lack; seldom without.
    void instruction(std::uint8_t opcode) {
        const bool lacks = chance(300);
        while (depth_ < STACK_USES[opcode].takes && !lacks) push_anything();
        byte(opcode);
        depth_ = std::max(0, depth_ + STACK_USES[opcode].leaves - STACK_USES[opcode].takes);
    }

    void destination(std::uint64_t number) {
        destinations_[number] = code_.size();
        byte(op::JUMPDEST);
        depth_ = 0;  // who jumps here may have left nothing
    }

    void jump(std::uint8_t opcode) {
        if (destinations_.empty()) return;
        if (opcode == op::JUMPI && depth_ < 1) push_anything();
        byte(op::PUSH1 + 1);
        jumps_.emplace_back(code_.size(), below(random_, destinations_.size()));
        byte(0);
        byte(0);
        if (chance(6)) {  // where to, only the run knows
            byte(op::PUSH1), byte(0x40), byte(op::MSTORE), byte(op::PUSH1), byte(0x40), byte(op::MLOAD);
        }
        byte(opcode);
        depth_ = std::max(0, depth_ - (opcode == op::JUMPI));
    }

    void add_piece() {
        const std::uint64_t kind = below(random_, 100);
        if (kind < 18) return push_anything();
        if (kind < 30) return depth_ > 0 ? duplicate() : push_anything();
        if (kind < 44) {
            if (depth_ > 1) byte(op::SWAP1 + below(random_, static_cast<std::uint64_t>(std::min(depth_ - 1, 16))));
            return;
        }
        if (kind < 48) return depth_ > 0 ? instruction(op::POP) : void();
        if (kind < 66) {
            return instruction(one_of<std::uint8_t>(random_, {op::ADD, op::MUL, op::SUB, op::DIV, op::SDIV, op::MOD, op::SMOD, op::ADDMOD,
                op::MULMOD, op::SIGNEXTEND, op::LT, op::GT, op::SLT, op::SGT, op::EQ, op::ISZERO, op::AND, op::OR, op::XOR, op::NOT,
                op::BYTE, op::SHL, op::SHR, op::SAR, op::CLZ}));
        }
        if (kind < 71) {
            instruction(one_of<std::uint8_t>(random_, {op::LT, op::GT, op::SLT, op::SGT, op::EQ, op::ISZERO}));
            while (chance(2)) byte(op::ISZERO);
            if (chance(6) && depth_ > 1) duplicate(), byte(op::SWAP1 + 1);
            return jump(op::JUMPI);
        }
        if (kind < 73) return jump(chance(12) ? op::JUMP : op::JUMPI);
        if (kind < 76) {
            return instruction(one_of<std::uint8_t>(random_, {op::ADDRESS, op::ORIGIN, op::CALLER, op::CALLVALUE, op::CALLDATASIZE, op::CODESIZE,
                op::GASPRICE, op::RETURNDATASIZE, op::COINBASE, op::TIMESTAMP, op::NUMBER, op::PREVRANDAO, op::GASLIMIT, op::CHAINID,
                op::SELFBALANCE, op::BASEFEE, op::BLOBBASEFEE, op::SLOTNUM, op::PC, op::MSIZE, op::GAS, op::GAS}));
        }
        push_small();
        if (kind < 78) {
            return instruction(one_of<std::uint8_t>(random_, {op::CALLDATALOAD, op::BLOCKHASH, op::BLOBHASH, op::TLOAD, op::BALANCE_OF,
                op::EXTCODESIZE, op::EXTCODEHASH}));
        }
        if (kind < 84) return instruction(one_of<std::uint8_t>(random_, {op::MSTORE, op::MLOAD, op::MSTORE8}));
        if (kind < 87) return push_small(), instruction(op::KECCAK256);
        if (kind < 89) {
            push_small(), push_small();
            return instruction(one_of<std::uint8_t>(random_, {op::CALLDATACOPY, op::CODECOPY, op::RETURNDATACOPY, op::MCOPY, op::EXTCODECOPY}));
        }
        if (kind < 92) return instruction(op::SLOAD);
        if (kind < 95) return instruction(chance(3) ? op::TSTORE : op::SSTORE);
        if (kind < 96) return push_small(), instruction(static_cast<std::uint8_t>(op::LOG0 + below(random_, 5)));
        if (kind < 97) return instruction(op::EXP);
        if (kind < 98) return reach_deep();
        if (kind < 99) return chance(3) ? create() : call();
        if (chance(8)) instruction(one_of<std::uint8_t>(random_, {op::STOP, op::RETURN, op::REVERT, op::SELFDESTRUCT, 0xfe, 0x0c}));
    }

    void reach_deep() {
        const auto opcode = static_cast<std::uint8_t>(op::DUPN + below(random_, 3));
        if (!rules_.defined[opcode] && !chance(20)) return;
        while (depth_ < 20) push_anything();
        byte(opcode);
        byte(chance(3) ? random_() : one_of<std::uint64_t>(random_, {128, 129, 0x8e, 0x8f, 0x9f, 0, 90}));
        depth_ += opcode == op::DUPN;
    }

    void create() {
        const std::uint8_t opcode = one_of<std::uint8_t>(random_, {op::CREATE, op::CREATE2});
        if (opcode == op::CREATE2) push_anything();
        push(below(random_, 100)), push(below(random_, 64)), push(below(random_, 3));
        instruction(opcode);
    }

    void call() {
        const std::uint8_t opcode = one_of<std::uint8_t>(random_, {op::CALL, op::CALLCODE, op::DELEGATECALL, op::STATICCALL});
        for (int operand = 0; operand < 4; ++operand) push(below(random_, 64));
        if (opcode == op::CALL || opcode == op::CALLCODE) push(chance(4) ? below(random_, 10) : 0);
        push(chance(4) ? one_of<std::uint64_t>(random_, {0, 2, 4, 0x77, 0x1234}) : 0x1000 * (1 + below(random_, 4)));
        if (chance(2)) push(below(random_, 50'000));
        else instruction(op::GAS);
        instruction(opcode);
    }

    Random& random_;
    const Rules& rules_;
    std::vector<std::uint8_t> code_;
    std::vector<std::size_t> destinations_;
    std::vector<std::pair<std::size_t, std::uint64_t>> jumps_;
    int depth_ = 0;
};

#endif
