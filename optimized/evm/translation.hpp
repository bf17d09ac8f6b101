// Translating basic blocks into steps.
//
// A stack machine spends most of its time on moving words: PUSH, DUP, SWAP and POP are more than half of what compilers emit. Here
// they happen once, when a block is translated: the stack is followed symbolically (symbolic_stack.hpp), and only what computes
// something becomes a step, which names the slots of its operands and of its result.
//
// The translation of the same code is always the same, so when a block has to be left in the middle, it is followed once more up to
// there, and what its items mean then says how to put the stack right (restore_stack).

#ifndef SAMESTATE_EVM_TRANSLATION_HPP
#define SAMESTATE_EVM_TRANSLATION_HPP

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "samestate/optimized/evm/address.hpp"
#include "samestate/optimized/evm/analysis.hpp"
#include "samestate/optimized/evm/arithmetic.hpp"
#include "samestate/optimized/evm/frame.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/rules.hpp"
#include "samestate/optimized/evm/steps.hpp"
#include "samestate/optimized/evm/symbolic_stack.hpp"

namespace samestate::evm {

class Translation : public SymbolicStack {
  public:
    Translation(const Code& code, const Rules& rules, const Analysis& analysis) : code_(code), rules_(rules), analysis_(analysis) {}

    // Follow the block that begins at a position to its end.
    void follow(std::uint64_t begin) {
        work_limit_ = WORK_OF_BLOCK + BLOCK_LIMIT * WORK_OF_INSTRUCTION;
        const std::uint64_t count = follow(begin, UINT64_MAX);
        if (work_ > WORK_OF_BLOCK + count * WORK_OF_INSTRUCTION) give_up();
    }

    // Follow the block that begins at `begin`, up to its end or to `stop`, whichever is first. How many instructions these are.
    std::uint64_t follow(std::uint64_t begin, std::uint64_t stop) {
        begin_ = begin;
        std::uint64_t position = begin;
        for (std::uint64_t count = 0;; ++count) {
            if (position == stop) return count;
            const std::uint8_t opcode = position < code_.size ? code_.bytes[position] : static_cast<std::uint8_t>(STOP);
            if (count == BLOCK_LIMIT || (opcode == JUMPDEST && count > 0)) {
                settle_all();
                go(position);
                return count;
            }
            if (!rules_.defined[opcode] || !has_reach(opcode, position)) {
                leave(position);
                return count;
            }
            gas_ += rules_.gas[opcode];
            if (translate(opcode, position)) return count + 1;
            position += 1 + (opcode >= DUPN && opcode <= EXCHANGE ? 1 : immediate_length(opcode));
        }
    }

    // The block that was followed to its end, with `handlers` by kind, and its size in bytes; null: there is no room. It
    // goes by std::free.
    BasicBlock* finish(const void* const* handlers, std::size_t& size) {
        size = sizeof(BasicBlock) + steps_.size() * sizeof(Step) + pool_.size() * sizeof(u256);
        auto* block = static_cast<BasicBlock*>(std::malloc(size));
        if (block == nullptr) return nullptr;
        block->gas = gas_;
        block->need = static_cast<std::uint64_t>(-low_) * sizeof(u256);
        block->room = (STACK_LIMIT - static_cast<std::uint64_t>(highest_ - low_)) * sizeof(u256);
        block->position = static_cast<std::uint32_t>(begin_);
        block->step_count = static_cast<std::uint32_t>(steps_.size());
        if (highest_ - low_ > static_cast<int>(STACK_LIMIT)) {  // no stack allows it
            block->need = UINT64_MAX / 2;
            block->room = 0;
        }
        auto* step = reinterpret_cast<Step*>(block + 1);
        for (std::size_t index = 0; index < steps_.size(); ++index, ++step) {
            *step = steps_[index];
            const Shape shape = shapes_[index];
            const std::int64_t distance = static_cast<std::int64_t>((steps_.size() - index) * sizeof(Step));
            if (shape.constants & 1) step->result += static_cast<std::int32_t>(distance);
            if (shape.constants & 2) step->first += static_cast<std::int32_t>(distance);
            if (shape.constants & 4) step->second += static_cast<std::int32_t>(distance);
            if (shape.constants & 8) step->detail += static_cast<std::uint32_t>(distance);
            if (shape.has_rest) step->rest = static_cast<std::uint32_t>(gas_ - shape.paid);
            if (handlers) step->handler = handlers[step->kind];
        }
        if (!pool_.empty()) std::memcpy(static_cast<void*>(step), pool_.data(), pool_.size() * sizeof(u256));
        return block;
    }

  private:
    // How much settling is worth it. Code can be written so that it takes the square of its length; it is left to the exact path, so
    // that translating never takes much longer than running a few times what is translated.
    static constexpr std::uint64_t WORK_OF_BLOCK = 1024;
    static constexpr std::uint64_t WORK_OF_INSTRUCTION = 32;

    // Instead of what was followed, a block that leaves at once.
    void give_up() {
        steps_.clear();
        shapes_.clear();
        pool_.clear();
        height_ = low_ = highest_ = 0;
        gas_ = 0;
        leave(begin_);
    }

    // Whether an instruction reaches no deeper than is followed, and its immediate means something.
    bool has_reach(std::uint8_t opcode, std::uint64_t position) const {
        int depth = STACK_USES[opcode].takes;
        if (opcode >= DUPN && opcode <= EXCHANGE) {
            const std::uint8_t immediate = position + 1 < code_.size ? code_.bytes[position + 1] : 0;
            if (opcode == EXCHANGE ? !is_exchange_immediate(immediate) : !is_depth_immediate(immediate)) return false;
            const Exchanged exchanged = exchanged_by_immediate(immediate);
            depth = 1 + static_cast<int>(opcode == EXCHANGE ? std::max(exchanged.first, exchanged.second) : depth_of_immediate(immediate));
        }
        return height_ - depth >= -BELOW;
    }

    // The last step may run out of gas, and the rest of the block after it: where to go on then.
    void can_run_out(std::uint64_t next_position) {
        steps_.back().position = static_cast<std::uint32_t>(next_position);
        shapes_.back().has_rest = true;
    }

    // Of a position; what lies past the end of the code is its end.
    BasicBlock** place_of(std::uint64_t position) const { return analysis_.published_blocks() + std::min(position, code_.size); }

    Step& end(StepKind kind) {
        Step& step = emit(kind);
        step.result = at(height_);
        return step;
    }

    // Hand over to the exact path before the instruction at `position`, none of which is paid.
    void leave(std::uint64_t position) {
        settle_all();
        end(StepKind::LEAVE).number = position;
    }

    // A step with operands from the stack, at most three, that may each be a constant.
    void take(StepKind kind, int operands, bool has_result) {
        const Item first = pop();
        const Item second = operands > 1 ? pop() : first;
        const Item third = operands > 2 ? pop() : first;
        emit(kind);
        operand(1, first, true);
        if (operands > 1) operand(2, second, true);
        if (operands > 2) operand(has_result ? 3 : 0, third, true);
        if (has_result) push_result(first, second);
    }

    // The same for what can run out of gas.
    void take_and_pay(StepKind kind, int operands, bool has_result, std::uint64_t next_position) {
        take(kind, operands, has_result);
        can_run_out(next_position);
    }

    // A step whose operands lie below one another where the stack has them.
    void take_in_place(StepKind kind, int operands, std::uint64_t next_position) {
        reach(operands);
        settle(height_ - operands, height_);
        emit(kind);
        steps_.back().first = at(height_);
        can_run_out(next_position);
        for (int count = 0; count < operands; ++count) pop();
    }

    // A fast step of two operands, of the first kind if both are slots, the second if `b` is a constant. `a` is a slot.
    void fast(StepKind slots, StepKind slot_and_constant, Item a, Item b) {
        emit(is_constant(b) ? slot_and_constant : slots);
        operand(1, a, false);
        operand(2, b, false);
        push_result(a, b);
    }

    void unary(StepKind kind, const u256& folded) {
        const Item a = pop();
        if (is_constant(a)) return push_constant(folded);
        emit(kind);
        operand(1, a, false);
        push_result(a, a);
    }

    u256 top_constant() { return is_constant(item(height_ - 1)) ? value(item(height_ - 1)) : u256(0); }

    void binary(std::uint8_t opcode) {
        const Item a = pop(), b = pop();
        if (is_constant(a) && is_constant(b)) {
            u256 folded;
            compute(opcode, value(a), value(b), folded);
            return push_constant(folded);
        }
        const bool is_first_constant = is_constant(a);
        const Item one = is_first_constant ? b : a;     // a slot
        const Item other = is_first_constant ? a : b;
        switch (opcode) {
            case ADD: return fast(StepKind::ADD_SS, StepKind::ADD_SC, one, other);
            case MUL: return fast(StepKind::MUL_SS, StepKind::MUL_SC, one, other);
            case AND: return fast(StepKind::AND_SS, StepKind::AND_SC, one, other);
            case OR: return fast(StepKind::OR_SS, StepKind::OR_SC, one, other);
            case XOR: return fast(StepKind::XOR_SS, StepKind::XOR_SC, one, other);
            case EQ: return fast(StepKind::EQ_SS, StepKind::EQ_SC, one, other);
            case SUB: return fast(StepKind::SUB_SS, is_first_constant ? StepKind::SUB_CS : StepKind::SUB_SC, one, other);
            // What is compared the other way round is the other comparison.
            case LT: return fast(StepKind::LT_SS, is_first_constant ? StepKind::GT_SC : StepKind::LT_SC, one, other);
            case SLT: return fast(StepKind::SLT_SS, is_first_constant ? StepKind::SGT_SC : StepKind::SLT_SC, one, other);
            case GT:
                if (!is_constant(other)) return fast(StepKind::LT_SS, StepKind::LT_SS, b, a);
                return fast(StepKind::LT_SS, is_first_constant ? StepKind::LT_SC : StepKind::GT_SC, one, other);
            case SGT:
                if (!is_constant(other)) return fast(StepKind::SLT_SS, StepKind::SLT_SS, b, a);
                return fast(StepKind::SLT_SS, is_first_constant ? StepKind::SLT_SC : StepKind::SGT_SC, one, other);
            // Shifts take how far first. Of a constant shifted there is no fast kind.
            case SHL:
                if (is_first_constant || !is_constant(other)) return fast(StepKind::SHL_SS, StepKind::SHL_CS, one, other);
                break;
            case SHR:
                if (is_first_constant || !is_constant(other)) return fast(StepKind::SHR_SS, StepKind::SHR_CS, one, other);
                break;
            case SAR:
                if (is_first_constant || !is_constant(other)) return fast(StepKind::SAR_SS, StepKind::SAR_CS, one, other);
                break;
            default: break;
        }
        emit(StepKind::BINARY).detail = opcode;
        operand(1, a, true);
        operand(2, b, true);
        push_result(a, b);
    }

    // Whether an item is a constant that fits 31 bits: an offset that a step says itself.
    bool is_short(Item item) const { return is_constant(item) && value(item).fits_u64() && value(item).w[0] < (std::uint64_t{1} << 31); }

    void load(std::uint64_t next_position) {
        const Item offset = pop();
        if (is_short(offset)) {
            emit(StepKind::LOAD_C).first = static_cast<std::int32_t>(value(offset).w[0]);
        } else {
            emit(StepKind::LOAD_S);
            operand(1, offset, true);
        }
        push_result(offset, offset);
        can_run_out(next_position);
    }

    void store(std::uint64_t next_position) {
        const Item offset = pop(), stored = pop();
        if (is_short(offset)) {
            emit(StepKind::STORE_C).first = static_cast<std::int32_t>(value(offset).w[0]);
        } else {
            emit(StepKind::STORE_S);
            operand(1, offset, true);
        }
        operand(2, stored, true);
        can_run_out(next_position);
    }

    void give_value(StepKind kind, std::uint8_t opcode, std::uint64_t position) {
        Step& step = emit(kind);
        step.position = static_cast<std::uint32_t>(position);
        step.detail = opcode;
        shapes_.back().has_rest = true;
        const Item slot = uses(height_) == 0 ? height_ : free_slot();
        steps_.back().result = at(slot);
        push(slot);
    }

    // The constant that an item is as the target of a jump, or the size of the code, to which nothing jumps.
    std::uint64_t target_of(Item item) const {
        if (!is_constant(item) || !value(item).fits_u64() || !analysis_.can_jump_to(value(item).w[0])) return code_.size;
        return value(item).w[0];
    }

    void go(std::uint64_t position) { end(StepKind::GO).next = place_of(position); }

    bool jump(std::uint64_t position) {
        reach(1);
        const Item target = item(height_ - 1);
        if (is_constant(target)) {
            const std::uint64_t destination = target_of(target);
            if (destination == code_.size) return leave_unpaid(position);
            pop();
            settle_all();
            go(destination);
            return true;
        }
        settle(low_, height_ - 1);
        emit(StepKind::JUMP_TO_S);
        operand(1, item(height_ - 1), false);
        pop();
        steps_.back().result = at(height_);
        return true;
    }

    bool branch(std::uint64_t position) {
        reach(2);
        const std::uint64_t destination = target_of(item(height_ - 1));
        if (destination == code_.size) return leave_unpaid(position);
        pop();
        if (is_constant(item(height_ - 1))) {
            const bool jumps = !value(pop()).is_zero();
            settle_all();
            go(jumps ? destination : position + 1);
            return true;
        }
        const std::size_t settled_from = steps_.size();
        const Item computed = item(height_ - 1);
        settle(low_, height_ - 1);  // the condition stays where it is, for the step to come
        Condition condition{StepKind::IF_S, StepKind::UNLESS_S, at(item(height_ - 1)), 0, 0};
        const bool is_unmoved = pop() == computed;
        const bool is_negated = is_unmoved && fuse(condition, settled_from, computed);
        emit(is_negated ? condition.negated : condition.kind);
        Step& step = steps_.back();
        step.result = at(height_);
        step.first = condition.first;
        step.second = condition.second;
        shapes_.back().constants = condition.constants;
        step.next = place_of(destination);
        step.rest = static_cast<std::uint32_t>(position + 1 - destination);
        return true;
    }

    // What a branch asks for: a slot that is not zero, or a comparison.
    struct Condition {
        StepKind kind, negated;
        std::int32_t first, second;
        std::uint8_t constants;
    };

    // Let the branch make the comparison itself, or look at what ISZERO was given, if that has made the condition and nothing else
    // needs it. Steps from `settled_from` on have only moved items since. Whether the condition is to be negated.
    bool fuse(Condition& condition, std::size_t settled_from, Item computed) {
        bool is_negated = false;
        while (settled_from > 0 && uses(computed) == 0) {
            const std::size_t last = settled_from - 1;
            const Step step = steps_[last];
            const auto kind = static_cast<StepKind>(step.kind);
            const bool is_comparison = kind >= StepKind::LT_SS && kind <= StepKind::EQ_SC;
            const bool has_constant = shapes_[last].constants != 0;
            if (step.result != at(computed) || (!is_comparison && kind != StepKind::ISZERO_S)) break;
            if (is_read(step.result, settled_from) || is_written(step.first, settled_from)) break;
            if (is_comparison && !has_constant && is_written(step.second, settled_from)) break;
            if (is_comparison) {
                const auto number = static_cast<std::uint32_t>(kind) - static_cast<std::uint32_t>(StepKind::LT_SS);
                condition.kind = static_cast<StepKind>(static_cast<std::uint32_t>(StepKind::IF_LT_SS) + number);
                condition.negated = static_cast<StepKind>(static_cast<std::uint32_t>(StepKind::UNLESS_LT_SS) + number);
                condition.second = step.second;
                condition.constants = shapes_[last].constants;
            } else {
                is_negated = !is_negated;
            }
            condition.first = step.first;
            computed = step.first / static_cast<std::int32_t>(sizeof(u256));
            steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(last));
            shapes_.erase(shapes_.begin() + static_cast<std::ptrdiff_t>(last));
            settled_from = last;
            if (is_comparison) break;
        }
        return is_negated;
    }

    // Whether one of the steps from there on, which only move, changes a slot.
    bool is_written(std::int32_t slot, std::size_t from) const {
        for (std::size_t index = from; index < steps_.size(); ++index) {
            const bool is_exchange = steps_[index].kind == static_cast<std::uint64_t>(StepKind::EXCHANGE);
            if (steps_[index].result == slot || (is_exchange && steps_[index].first == slot)) return true;
        }
        return false;
    }

    bool is_read(std::int32_t slot, std::size_t from) const {
        for (std::size_t index = from; index < steps_.size(); ++index) {
            const bool is_constant = steps_[index].kind == static_cast<std::uint64_t>(StepKind::CONSTANT);
            const bool is_exchange = steps_[index].kind == static_cast<std::uint64_t>(StepKind::EXCHANGE);
            if ((!is_constant && steps_[index].first == slot) || (is_exchange && steps_[index].result == slot)) return true;
        }
        return false;
    }

    bool leave_unpaid(std::uint64_t position) {
        gas_ -= rules_.gas[code_.bytes[position]];
        leave(position);
        return true;
    }

    // One instruction. Whether it ends the block.
    bool translate(std::uint8_t opcode, std::uint64_t position) {
        const std::uint64_t next = position + 1;
        switch (opcode) {
            case STOP: emit(StepKind::HALT); return true;
            case ADD: case MUL: case SUB: case DIV: case SDIV: case MOD: case SMOD: case SIGNEXTEND:
            case LT: case GT: case SLT: case SGT: case EQ: case AND: case OR: case XOR: case BYTE: case SHL: case SHR: case SAR:
                binary(opcode);
                return false;
            case ADDMOD: case MULMOD:
                take(StepKind::TERNARY, 3, true);
                steps_.back().position = opcode;
                return false;
            case EXP: take_and_pay(StepKind::EXPONENT, 2, true, next); return false;
            case ISZERO: reach(1); unary(StepKind::ISZERO_S, truth(top_constant().is_zero())); return false;
            case NOT: reach(1); unary(StepKind::NOT_S, ~top_constant()); return false;
            case CLZ: reach(1); unary(StepKind::CLZ_S, u256(static_cast<std::uint64_t>(count_leading_zeros(top_constant())))); return false;
            case KECCAK256: take_and_pay(StepKind::HASH, 2, true, next); return false;

            case BALANCE_OF: take_and_pay(StepKind::BALANCE_AT, 1, true, next); return false;
            case EXTCODESIZE: take_and_pay(StepKind::CODE_SIZE_AT, 1, true, next); return false;
            case EXTCODEHASH: take_and_pay(StepKind::CODE_HASH_AT, 1, true, next); return false;
            case EXTCODECOPY: take_in_place(StepKind::COPY_CODE_OF, 4, next); return false;
            case CALLDATALOAD: take(StepKind::CALL_DATA_WORD, 1, true); return false;
            case CALLDATACOPY: take_and_pay(StepKind::COPY_CALL_DATA, 3, false, next); return false;
            case CODECOPY: take_and_pay(StepKind::COPY_CODE, 3, false, next); return false;
            case RETURNDATACOPY: take_and_pay(StepKind::COPY_RETURN_DATA, 3, false, next); return false;
            case BLOCKHASH: take(StepKind::BLOCK_HASH, 1, true); return false;
            case BLOBHASH: take(StepKind::BLOB_HASH, 1, true); return false;
            case GAS: give_value(StepKind::GAS_LEFT, opcode, position); return false;
            case CALLVALUE: give_value(StepKind::CALL_VALUE, opcode, position); return false;
            case CALLDATASIZE: give_value(StepKind::CALL_DATA_SIZE, opcode, position); return false;
            case ADDRESS: case ORIGIN: case CALLER: case GASPRICE: case RETURNDATASIZE: case COINBASE: case TIMESTAMP: case NUMBER:
            case PREVRANDAO: case GASLIMIT: case CHAINID: case SELFBALANCE: case BASEFEE: case BLOBBASEFEE: case SLOTNUM: case MSIZE:
                give_value(StepKind::VALUE, opcode, position);
                return false;
            case CODESIZE: push_constant(u256(code_.size)); return false;
            case PC: push_constant(u256(position)); return false;
            case PUSH0: push_constant(u256(0)); return false;

            case POP: pop(); return false;
            case MLOAD: load(next); return false;
            case MSTORE: store(next); return false;
            case MSTORE8: take_and_pay(StepKind::STORE_BYTE, 2, false, next); return false;
            case MCOPY: take_and_pay(StepKind::COPY_MEMORY, 3, false, next); return false;
            case SLOAD: take_and_pay(StepKind::LOAD_SLOT, 1, true, next); return false;
            case SSTORE: take_and_pay(StepKind::STORE_SLOT, 2, false, next); return false;
            case TLOAD: take(StepKind::LOAD_TRANSIENT, 1, true); return false;
            case TSTORE: take_and_pay(StepKind::STORE_TRANSIENT, 2, false, next); return false;
            case LOG0: case LOG0 + 1: case LOG0 + 2: case LOG0 + 3: case LOG0 + 4:
                take_in_place(StepKind::WRITE_LOG, STACK_USES[opcode].takes, next);
                steps_.back().detail = opcode - LOG0;
                return false;

            case JUMP: return jump(position);
            case JUMPI: return branch(position);
            case JUMPDEST: return false;

            case DUPN: duplicate(static_cast<int>(depth_of_immediate(immediate(position)))); return false;
            case SWAPN: swap(1, 1 + static_cast<int>(depth_of_immediate(immediate(position)))); return false;
            case EXCHANGE: {
                const Exchanged exchanged = exchanged_by_immediate(immediate(position));
                swap(1 + static_cast<int>(exchanged.first), 1 + static_cast<int>(exchanged.second));
                return false;
            }

            case CREATE: case CREATE2: case CALL: case CALLCODE: case DELEGATECALL: case STATICCALL: case SELFDESTRUCT:
                reach(STACK_USES[opcode].takes);
                settle_all();
                end(StepKind::START).next = place_of(next);
                steps_.back().first = opcode;
                return true;
            case RETURN: case REVERT:
                take(StepKind::GIVE, 2, false);
                steps_.back().detail = opcode;
                return true;

            default:
                if (opcode >= DUP1 && opcode <= DUP16) {
                    duplicate(opcode - DUP1 + 1);
                } else if (opcode >= SWAP1 && opcode <= SWAP16) {
                    swap(1, opcode - SWAP1 + 2);
                } else {
                    const std::uint64_t length = immediate_length(opcode);
                    const std::uint64_t there = std::min(length, code_.size - position - 1);
                    std::uint8_t padded[32] = {};
                    std::memcpy(padded + 32 - length, code_.bytes + position + 1, there);
                    push_constant(u256::load_be(padded));
                }
                return false;
        }
    }

    std::uint8_t immediate(std::uint64_t position) const { return position + 1 < code_.size ? code_.bytes[position + 1] : 0; }

    void duplicate(int depth) {
        reach(depth);
        push(item(height_ - depth));
    }

    void swap(int one, int other) {
        reach(std::max(one, other));
        std::swap(item(height_ - one), item(height_ - other));
    }

    const Code& code_;
    const Rules& rules_;
    const Analysis& analysis_;
    std::uint64_t begin_ = 0;
};

}  // namespace samestate::evm

#endif
