// Calls that the chain itself makes, to the contracts that keep its books (EIP-4788, EIP-2935, EIP-7002, EIP-7251, EIP-8282).

#ifndef SAMESTATE_EVM_SYSTEM_CALLS_HPP
#define SAMESTATE_EVM_SYSTEM_CALLS_HPP

#include <cstdint>

#include "samestate/optimized/evm/transaction_execution.hpp"

namespace samestate::evm {

// Gas of a system call, which nobody pays (EIP-4788); and new slots that its reservoir of state gas is for (EIP-8037).
constexpr std::int64_t SYSTEM_CALL_GAS = 30'000'000;
constexpr std::int64_t SYSTEM_CALL_SLOTS = 16;

// What became of a system call. `output` is valid until the executor runs again.
struct SystemCall {
    bool is_missing;            // there is no code, so nothing ran
    End end;
    const std::uint8_t* output;
    std::uint64_t output_length;
};

// Call a contract as the system, with this input: no value moves, no nonce, and nothing is paid for. The contract is warm; what it
// delegates to runs (EIP-7702).
inline SystemCall call_as_system(Executor& executor, const Address& contract, const std::uint8_t* input, std::uint64_t length) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    state.begin_scope();
    executor.ripemd160_touched = false;
    executor.transaction = TransactionContext{SYSTEM_ADDRESS, 0, nullptr, 0};
    Account& account = state.account(contract);
    access(executor, account);
    Callee callee = find_callee(executor, account);
    if (callee.code->size == 0) return {true, End::success, nullptr, 0};
    if (callee.delegate != nullptr) {
        access(executor, *callee.delegate);
        follow_delegation(executor, callee);
    }

    const std::int64_t reservoir = SYSTEM_CALL_SLOTS * static_cast<std::int64_t>(rules.state_gas_slot);
    Frame& frame = begin_outermost_frame(executor, SYSTEM_CALL_GAS, reservoir);
    frame.precompile = callee.precompile;
    frame.code = callee.code;
    frame.self = &account;
    frame.caller = SYSTEM_ADDRESS;
    frame.input = input;
    frame.input_length = length;
    frame.checkpoint = state.checkpoint();
    run_frames(executor);
    transaction_execution::end_scope(executor);
    return {false, frame.end, frame.output, frame.output_length};
}

}  // namespace samestate::evm

#endif
