// CALL, CALLCODE, DELEGATECALL and STATICCALL: what is paid, what is reached, and the frame that begins.
//
// The order is that of EIP-2929, EIP-150, EIP-7702 and EIP-7928, since the access record shows it: a static context is asked first;
// an account is reached once memory, access and value can be paid for, and what it delegates to once that access can be paid for too;
// a new account is paid for after these; depth and means are looked at last, when everything was reached.

#ifndef SAMESTATE_EVM_CALLS_HPP
#define SAMESTATE_EVM_CALLS_HPP

#include <algorithm>
#include <cstdint>

#include "samestate/optimized/evm/access.hpp"
#include "samestate/optimized/evm/code_table.hpp"
#include "samestate/optimized/evm/instructions.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/native/precompiles.hpp"
#include "samestate/optimized/evm/state_gas.hpp"
#include "samestate/optimized/evm/transfers.hpp"

namespace samestate::evm {

// Gas that a call with value gives its callee, whatever it was offered (yellow paper, appendix G).
constexpr std::uint64_t CALL_STIPEND = 2300;

inline Next halt(Frame& frame, End end) {
    frame.end = end;
    return Next::end;
}

// Push the result of a call or a creation, and go on.
inline Next answer(Frame& frame, const u256& result) {
    *frame.top++ = result;
    return Next::proceed;
}

// All but a 64th of what the frame has left (EIP-150).
inline std::uint64_t gas_to_forward(const Frame& frame) { return static_cast<std::uint64_t>(frame.gas - (MUTANT(ALL_GAS_FORWARDED) ? 0 : frame.gas / 64)); }

// What a call ran, apart from precompiles.
struct Callee {
    Precompile precompile = Precompile::none;
    const Code* code = nullptr;         // never null once found; of a precompile the empty one
    Account* delegate = nullptr;        // whose code that is, where the account has delegated it (EIP-7702)
};

// What an account runs when it is called, apart from what it has delegated to. Observes its code, unless it is a precompile.
inline Callee find_callee(Executor& executor, Account& account) {
    Callee callee;
    callee.precompile = precompile_at(*executor.rules, account.address);
    callee.code = callee.precompile == Precompile::none ? &executor.state.code(account) : &executor.codes->empty();
    if (executor.rules->delegates && callee.code->is_delegation) callee.delegate = &executor.state.account(callee.code->delegate);
    return callee;
}

// The code of the account that a callee delegates to, which was reached. That of a precompile is no code, and a delegation of
// the delegate's own is not followed (EIP-7702).
inline void follow_delegation(Executor& executor, Callee& callee) {
    const bool is_precompile = precompile_at(*executor.rules, callee.delegate->address) != Precompile::none;
    callee.code = is_precompile ? &executor.codes->empty() : &executor.state.code(*callee.delegate);
}

// A new frame on top of the others, where the caller's stack and memory end. What it runs, with what and for whom is not said yet.
inline Frame& push_frame(Executor& executor, Frame& caller) {
    Frame& frame = executor.frames[executor.frame_count++];
    frame.depth = caller.depth + 1;
    frame.stack = frame.top = caller.top;
    frame.memory = memory_of_child(caller);
    frame.memory_size = 0;
    frame.position = 0;
    frame.is_exact = false;
    frame.end = End::running;
    frame.output = nullptr;
    frame.output_length = 0;
    frame.checkpoint = executor.state.checkpoint();
    hand_over_reservoir(caller, frame);
    return frame;
}

// Run a precompile with so much gas, from which what it takes is deducted. Whether it succeeded; if not, there is no gas and no
// output. The output is in the executor's.
inline End run_precompile_for(Executor& executor, Precompile precompile, const std::uint8_t* input, std::uint64_t length, std::uint64_t& gas) {
    const PrecompilePrices prices = prices_of(*executor.rules);
    const std::uint64_t price = precompile_gas(precompile, prices, input, length);
    End end = End::out_of_gas;
    if (price <= gas) {
        gas -= price;
        if (run_precompile(precompile, prices, input, length, executor.precompile_output)) return End::success;
        end = End::precompile_failed;
    }
    gas = 0;
    executor.precompile_output.clear();
    return end;
}

// Bytes that a call has returned: RETURNDATA has all of them, the caller's memory as many as it has asked for.
inline void take_output(Executor& executor, Frame& caller, const std::uint8_t* output, std::uint64_t length) {
    executor.return_data.assign(output, output + length);
    const std::uint64_t copied = std::min(length, caller.result_length);
    if (copied > 0) std::memcpy(caller.memory + caller.result_offset, output, copied);
}

// Start a call: its operands are on the frame's stack, and nothing is paid yet.
inline Next start_call(Executor& executor, Frame& frame, std::uint8_t opcode) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;

    // Operands, from the top: gas, account, perhaps value, where the input is and how long, where the output goes and how long.
    const bool offers_value = opcode == CALL || opcode == CALLCODE;
    u256* const top = frame.top;
    u256* const regions = top - (offers_value ? 4 : 3);
    const u256 asked_gas = top[-1];
    const u256 value = offers_value ? top[-3] : u256(0);
    const u256 input_offset = regions[0], input_length = regions[-1], output_offset = regions[-2], output_length = regions[-3];
    Account& callee_account = state.account(address_of(top[-2]));
    frame.top = regions - 3;

    // EIP-214: only CALL moves value.
    if (opcode == CALL && frame.is_static && !value.is_zero()) return halt(frame, End::static_violation);

    Growth growth = no_growth(frame);
    if (!reach(frame, input_offset, input_length, growth) || !reach(frame, output_offset, output_length, growth))
        return halt(frame, End::out_of_gas);
    const std::uint64_t value_gas = value.is_zero() ? 0 : rules.call_value_gas;
    if (!access_account(executor, frame, callee_account, growth.gas + value_gas)) return halt(frame, End::out_of_gas);

    Callee callee = find_callee(executor, callee_account);
    if (callee.delegate != nullptr) {
        if (MUTANT(DELEGATE_FOR_NOTHING)) access(executor, *callee.delegate);
        else if (!access_account(executor, frame, *callee.delegate)) return halt(frame, End::out_of_gas);
        follow_delegation(executor, callee);
    }

    // EIP-161, EIP-8037: value to where no account is alive makes one.
    frame.grant = 0;
    if (opcode == CALL && !value.is_zero() && state.is_empty(callee_account)) {
        if (!charge(frame, rules.new_account_gas)) return halt(frame, End::out_of_gas);
        if (!charge_state_gas(executor, frame, rules.state_gas_account)) return halt(frame, End::out_of_gas);
        frame.grant = static_cast<std::int64_t>(rules.state_gas_account);
    }

    std::uint64_t gas = std::min(asked_gas.saturated64(), gas_to_forward(frame));
    frame.gas -= static_cast<std::int64_t>(gas);
    if (!value.is_zero()) gas += CALL_STIPEND;
    grow(executor, frame, growth);
    if (!MUTANT(RETURN_DATA_KEPT)) executor.return_data.clear();

    // The means are looked at whatever the depth is: what a call reads hangs on nothing else.
    const bool has_means = value.is_zero() || state.balance(*frame.self) >= value;
    if (!has_means || frame.depth + 1 > DEPTH_LIMIT) {
        frame.gas += static_cast<std::int64_t>(gas);
        give_back_state_gas(executor, frame, static_cast<std::uint64_t>(frame.grant));
        return answer(frame, 0);
    }

    // A length of zero reaches nowhere, so its offset may be any number.
    const std::uint8_t* const input = input_length.is_zero() ? frame.memory : frame.memory + input_offset.w[0];
    frame.result_offset = output_length.is_zero() ? 0 : output_offset.w[0];
    frame.result_length = output_length.w[0];
    // Of the four only these two have the callee itself run; a static one moves a value of zero, which is a touch.
    const bool runs_callee = opcode == CALL || opcode == STATICCALL;
    if (callee.precompile == Precompile::ripemd160 && runs_callee) executor.ripemd160_touched = true;

    // Without code to run there need be no frame, unless somebody watches frames.
    const bool is_precompile = callee.precompile != Precompile::none;
    if (executor.tracer == nullptr && (is_precompile || callee.code->size == 0)) {
        const State::Checkpoint checkpoint = state.checkpoint();
        if (runs_callee) move_value(executor, *frame.self, callee_account, value);
        bool succeeded = true;
        if (is_precompile) {
            succeeded = run_precompile_for(executor, callee.precompile, input, input_length.w[0], gas) == End::success;
            take_output(executor, frame, executor.precompile_output.data, executor.precompile_output.length);
        }
        frame.gas += static_cast<std::int64_t>(gas);
        if (!succeeded) {
            state.rollback(checkpoint);
            give_back_state_gas(executor, frame, static_cast<std::uint64_t>(frame.grant));
        }
        return answer(frame, succeeded ? 1 : 0);
    }

    Frame& child = push_frame(executor, frame);
    child.precompile = callee.precompile;
    child.code = callee.code;
    child.self = runs_callee ? &callee_account : frame.self;
    child.caller = opcode == DELEGATECALL ? frame.caller : frame.self->address;
    child.value = opcode == DELEGATECALL ? frame.value : value;
    child.input = input;
    child.input_length = input_length.w[0];
    child.is_static = (frame.is_static && !MUTANT(STATIC_FORGOTTEN)) || opcode == STATICCALL;
    child.is_creation = false;
    child.gas = static_cast<std::int64_t>(gas);
    if (runs_callee) move_value(executor, *frame.self, callee_account, value);
    return Next::enter;
}

}  // namespace samestate::evm

#endif
