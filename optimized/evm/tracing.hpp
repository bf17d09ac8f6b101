// Traces (EIP-3155): a line of JSON for each instruction, from the exact path alone and from an instantiation of its own, so that whoever
// wants none pays nothing.
//
// The fields are those of docs/decisions/0017; where EIP-3155 leaves a choice, they are as conformance/tracing/trace.py says. The last
// line, about the transaction, is not written here.

#ifndef SAMESTATE_EVM_TRACING_HPP
#define SAMESTATE_EVM_TRACING_HPP

#include <algorithm>
#include <cstdint>
#include <string>

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/memory.hpp"
#include "samestate/optimized/evm/profiling.hpp"
#include "samestate/optimized/evm/traced_prices.hpp"

namespace samestate::evm {

// Who wants lines, and how they look; or, with a profiler, what all comes to and no line.
struct Tracer {
    Profiler* profiler = nullptr;
    bool shows_stack = true;
    bool shows_memory = false;
    bool shows_return_data = true;
    std::string lines;
    std::string output;     // what the code of the outermost frame returned: of a creation the code to be deployed
    bool lacked_state_gas = false;      // whether that ran out of gas for new state

    void begin(bool stack, bool memory, bool return_data) {
        *this = Tracer();
        shows_stack = stack;
        shows_memory = memory;
        shows_return_data = return_data;
    }

    // The outermost frame has its gas, and nothing has happened.
    void start(const Frame& frame) {
        if (profiler) profiler->start(frame);
    }

    // An instruction is about to be executed: nothing of it is checked or paid. What was before it in its frame has ended.
    void step(const Executor& executor, Frame& frame, std::uint8_t opcode) {
        if (profiler) return profiler->step(frame, opcode);
        if (is_open_) finish(executor, cost_of_ended(*executor.rules, *frame_), nullptr, state_gas_used(*frame_) - state_gas_);
        if (frame.code->size == 0) return;
        is_open_ = true;
        frame_ = &frame;
        opcode_ = opcode;
        gas_ = frame.gas;
        top_ = frame.top;
        memory_size_ = frame.memory_size;
        state_gas_ = state_gas_used(frame);
        spilled_ = frame.spilled;
        frame.unpaid = frame.unpaid_state_gas = 0;
        const bool has_operands = frame.top - frame.stack >= STACK_USES[opcode].takes;
        const bool offers_value = opcode == CALL || opcode == CALLCODE;
        requested_ = has_operands && is_call() ? frame.top[-1] : u256(0);
        initcode_size_ = has_operands && is_creation() ? frame.top[-3].w[0] : 0;
        has_value_ = has_operands && offers_value && !frame.top[-3].is_zero();
        describe(executor, frame);
    }

    // A frame is about to begin that the instruction calls, which has paid for it.
    void enter(const Executor& executor, const Frame& caller, const Frame& callee) {
        if (profiler) return profiler->enter(caller, callee);
        if (!is_open_) return;
        const std::int64_t along = callee.is_creation ? callee.gas : 0;
        finish(executor, u512(u256(static_cast<std::uint64_t>(gas_ - caller.gas - along - spill(caller)))), nullptr,
               state_gas_used(caller) - callee.reservoir - state_gas_);
    }

    // The frame's last instruction has ended it. What it did is not undone yet.
    void leave(Executor& executor, const Frame& frame) {
        if (profiler) return profiler->leave(frame);
        const bool has_output = frame.end == End::success || frame.end == End::revert;
        if (frame.depth == 0 && has_output && frame.output_length) output.assign(reinterpret_cast<const char*>(frame.output), frame.output_length);
        if (!is_open_ || frame_ != &frame) return;
        if (frame.end == End::success) {
            finish(executor, cost_of_ended(*executor.rules, frame), nullptr, state_gas_used(frame) - state_gas_);
        } else if (frame.end == End::revert) {
            finish(executor, cost_of_ended(*executor.rules, frame), name_of(frame.end), 0);
        } else if (frame.end == End::out_of_gas && frame.unpaid_state_gas) {
            finish(executor, all_gas(), "OutOfStateGas", static_cast<std::int64_t>(frame.unpaid_state_gas));
        } else {
            finish(executor, frame.end == End::out_of_gas ? price(executor, frame) : all_gas(), name_of(frame.end), 0);
        }
    }

    // The transaction has been executed.
    void conclude(const Frame& outermost) {
        if (profiler) return profiler->conclude(outermost);
        lacked_state_gas = outermost.end == End::out_of_gas && outermost.unpaid_state_gas;
    }

    // What the end of a frame is called.
    static const char* name_of(End end) {
        switch (end) {
            case End::revert: return "Reverted";
            case End::out_of_gas: return "OutOfGas";
            case End::stack_underflow: return "StackUnderflow";
            case End::stack_overflow: return "StackOverflow";
            case End::invalid_jump: return "InvalidJump";
            case End::undefined_instruction: return "InvalidOpcode";
            case End::invalid_immediate: return "InvalidImmediate";
            case End::static_violation: return "WriteInStaticContext";
            case End::return_data_overrun: return "ReturnDataOutOfBounds";
            case End::address_collision: return "AddressCollision";
            case End::invalid_code: return "InvalidContractPrefix";
            case End::code_too_large: return "CodeTooLarge";
            case End::initcode_too_large: return "InitcodeTooLarge";
            case End::precompile_failed: return "PrecompileFailed";
            default: return "";
        }
    }

    // What an instruction is called.
    static std::string mnemonic(const Rules& rules, std::uint8_t opcode) {
        if (!rules.defined[opcode]) return "INVALID";
        if (opcode == PREVRANDAO && !rules.prevrandao) return "DIFFICULTY";
        if (opcode == BALANCE_OF) return "BALANCE";
        if (opcode >= PUSH1 && opcode <= PUSH32) return "PUSH" + std::to_string(opcode - PUSH1 + 1);
        if (opcode >= DUP1 && opcode <= DUP16) return "DUP" + std::to_string(opcode - DUP1 + 1);
        if (opcode >= SWAP1 && opcode <= SWAP16) return "SWAP" + std::to_string(opcode - SWAP1 + 1);
        switch (opcode) {
#define SAMESTATE_EVM_ROW(number, name, takes, leaves) \
    case number: return #name;
            SAMESTATE_EVM_INSTRUCTIONS(SAMESTATE_EVM_ROW)
#undef SAMESTATE_EVM_ROW
            case DUPN: return "DUPN";
            case SWAPN: return "SWAPN";
            default: return "EXCHANGE";
        }
    }

  private:
    bool is_call() const { return opcode_ == CALL || opcode_ == CALLCODE || opcode_ == DELEGATECALL || opcode_ == STATICCALL; }
    bool is_creation() const { return opcode_ == CREATE || opcode_ == CREATE2; }
    u512 all_gas() const { return u512(u256(static_cast<std::uint64_t>(gas_))); }

    // The state gas that a frame and those that it called have used so far (EIP-8037).
    static std::int64_t state_gas_used(const Frame& frame) { return frame.reservoir_at_entry - frame.reservoir + frame.spilled; }

    // How much of its state gas the instruction has taken from the gas that is left; negative where that came back.
    std::int64_t spill(const Frame& frame) const { return frame.spilled - spilled_; }

    // What an instruction cost that called no frame. A call that could not begin has got back what was to go along, with the stipend,
    // and its cost counts what was to go along all the same, as that of a call that began; a creation that met an account has lost what
    // was to go along, and its cost does not count it, as that of a creation that began.
    u512 cost_of_ended(const Rules& rules, const Frame& frame) const {
        std::int64_t cost = gas_ - frame.gas - spill(frame);
        if (is_call()) {
            if (has_value_) cost += 2300;
            const std::int64_t spilled = std::max<std::int64_t>(0, frame.grant - frame.reservoir);
            const std::int64_t left = gas_ - cost - spilled;
            const std::int64_t most = left - left / 64;
            cost += requested_ < u256(static_cast<std::uint64_t>(most)) ? static_cast<std::int64_t>(requested_.w[0]) : most;
        } else if (is_creation()) {
            const std::uint64_t words = word_count(initcode_size_);     // the answer lies where the size did
            const std::uint64_t word_gas = regions_of(rules, opcode_).word_gas;
            cost = static_cast<std::int64_t>(rules.create_gas + word_gas * words + memory_gas(frame.memory_size / 32) - memory_gas(memory_size_ / 32));
        }
        return u512(u256(static_cast<std::uint64_t>(cost)));
    }

    // The price that could not be paid, as a whole. Of SSTORE, which with no more than a stipend does not even ask, all gas, and since
    // EIP-8038 one more than that.
    u512 price(Executor& executor, const Frame& frame) const {
        if (opcode_ == SSTORE && frame.unpaid == 0) return executor.rules->has_state_gas ? u512(u256(2301)) : all_gas();
        return unpaid_price(executor, frame, opcode_, top_, static_cast<std::uint64_t>(gas_ - frame.gas - spill(frame)));
    }

    static void add_hex(std::string& line, const std::uint64_t* limbs, int count) {
        static const char digits[] = "0123456789abcdef";
        line += "0x";
        bool begun = false;
        for (int nibble = 16 * count - 1; nibble >= 0; --nibble) {
            const unsigned digit = limbs[nibble / 16] >> (4 * (nibble % 16)) & 15;
            begun = begun || digit || nibble == 0;
            if (begun) line += digits[digit];
        }
    }

    static void add_bytes(std::string& line, const std::uint8_t* bytes, std::size_t length) {
        static const char digits[] = "0123456789abcdef";
        line += "\"0x";
        for (std::size_t place = 0; place < length; ++place) {
            line += digits[bytes[place] >> 4];
            line += digits[bytes[place] & 15];
        }
        line += '"';
    }

    // What is known of the instruction before it is executed, in the order of the proposal: `before_`, then the price, `between_`, the
    // refund counter, `after_`.
    void describe(const Executor& executor, const Frame& frame) {
        const std::uint64_t gas = static_cast<std::uint64_t>(frame.gas);
        before_ = "{\"pc\":" + std::to_string(frame.position) + ",\"op\":" + std::to_string(opcode_) + ",\"gas\":\"";
        add_hex(before_, &gas, 1);
        before_ += "\",\"gasCost\":\"";
        between_.clear();
        if (executor.rules->has_state_gas) between_ += ",\"stateGasReservoir\":" + std::to_string(frame.reservoir);
        if (shows_stack) {
            between_ += ",\"stack\":[";
            for (const u256* item = frame.stack; item < frame.top; ++item) {
                between_ += item == frame.stack ? "\"" : ",\"";
                add_hex(between_, item->w, 4);
                between_ += '"';
            }
            between_ += ']';
        }
        between_ += ",\"depth\":" + std::to_string(frame.depth + 1);
        if (shows_return_data) {
            between_ += ",\"returnData\":";
            add_bytes(between_, executor.return_data.data(), executor.return_data.size());
        }
        between_ += ",\"refund\":";
        after_ = ",\"memSize\":" + std::to_string(frame.memory_size) + ",\"opName\":\"" + mnemonic(*executor.rules, opcode_) + '"';
        if (shows_memory) {
            after_ += ",\"memory\":";
            add_bytes(after_, frame.memory, frame.memory_size);
        }
    }

    void finish(const Executor& executor, const u512& cost, const char* error, std::int64_t state_gas) {
        is_open_ = false;
        lines += before_;
        add_hex(lines, cost.w, 8);
        lines += '"';
        if (executor.rules->has_state_gas) lines += ",\"stateGasCost\":" + std::to_string(state_gas);
        lines += between_;
        lines += std::to_string(executor.state.refund);
        lines += after_;
        if (error) {
            lines += ",\"error\":\"";
            lines += error;
            lines += '"';
        }
        lines += "}\n";
    }

    // The instruction whose line is not finished, since its price is not known until its gas is paid.
    bool is_open_ = false;
    const Frame* frame_ = nullptr;
    std::uint8_t opcode_ = 0;
    std::int64_t gas_ = 0;
    const u256* top_ = nullptr;
    std::uint64_t memory_size_ = 0;
    u256 requested_;                    // the gas that a call asks for
    std::uint64_t initcode_size_ = 0;
    bool has_value_ = false;
    std::int64_t state_gas_ = 0, spilled_ = 0;
    std::string before_, between_, after_;
};

}  // namespace samestate::evm

#endif
