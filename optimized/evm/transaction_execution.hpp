// Executing one transaction: judge it, buy gas, delegate, run the outermost frame, give back what is left, pay the coinbase.

#ifndef SAMESTATE_EVM_TRANSACTION_EXECUTION_HPP
#define SAMESTATE_EVM_TRANSACTION_EXECUTION_HPP

#include <algorithm>
#include <cstdint>

#include "samestate/optimized/evm/authorizations.hpp"
#include "samestate/optimized/evm/destruction.hpp"
#include "samestate/optimized/evm/execution.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/outcome.hpp"
#include "samestate/optimized/evm/validity.hpp"

namespace samestate::evm {

// No block has a higher gas limit.
constexpr std::uint64_t GAS_LIMIT_OF_BLOCKS = INT64_MAX;

namespace transaction_execution {

// Take the price of all the gas, and of the blobs (EIP-4844), from the sender, who is known to have it.
inline void buy_gas(Executor& executor, Account& sender, const Transaction& transaction, const u256& price) {
    State& state = executor.state;
    const u256 cost = u256(transaction.gas_limit) * price + u256(MUTANT(BLOB_FEE_UNPAID) ? 0 : blob_gas(transaction)) * executor.environment->blob_base_fee;
    state.set_balance(sender, state.balance(sender) - cost);
    state.set_nonce(sender, transaction.nonce + 1);
}

// What is warm before the first instruction: sender, recipient, the coinbase (EIP-3651), what the access list names (EIP-2930).
// Declaring is not accessing. Precompiles are always warm (access.hpp).
inline void warm_up(Executor& executor, Account& sender, const Transaction& transaction) {
    State& state = executor.state;
    state.mark(sender, WARM);
    if (transaction.has_to) state.mark(state.account(transaction.to), WARM);
    if (executor.rules->warms_coinbase && !MUTANT(COINBASE_COLD)) state.mark(state.account(executor.environment->coinbase), WARM);
    for (std::size_t i = 0; i < transaction.access_list_length; ++i) {
        const AccessListEntry& entry = transaction.access_list[i];
        Account& account = state.account(entry.address);
        state.mark(account, WARM);
        for (std::uint32_t j = 0; j < entry.slot_count; ++j) state.mark(state.slot(account, transaction.slots[entry.first_slot + j]), WARM);
    }
}

// Pay for what the state asks for in the outermost frame before its code runs (EIP-2780, EIP-8037): the account that value makes,
// or a creation; the access to what the recipient delegates to. Nothing of it before Amsterdam, where a delegation is followed for
// nothing. `target` is the recipient, or the address of the creation. The frame knows afterwards what it runs. False: it has halted.
inline bool prepare(Executor& executor, Frame& frame, Account& target, const Transaction& transaction) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    if (frame.is_creation) {
        access(executor, target);
        frame.end = End::address_collision;  // EIP-684
        if (is_taken(executor, target)) return false;
    } else {
        state.access(target);
    }
    frame.end = End::out_of_gas;
    const bool may_make_account = rules.has_state_gas && (frame.is_creation || !transaction.value.is_zero());
    if (may_make_account && state.is_empty(target) && !charge_state_gas(executor, frame, rules.state_gas_account)) return false;
    if (frame.is_creation) {
        frame.precompile = Precompile::none;
        frame.code = &executor.initcode.make(0, transaction.data, transaction.data_length);
    } else {
        Callee callee = find_callee(executor, target);
        if (callee.delegate != nullptr) {
            if (rules.has_state_gas && !charge(frame, access_gas(executor, *callee.delegate))) return false;
            access(executor, *callee.delegate);
            follow_delegation(executor, callee);
        }
        frame.precompile = callee.precompile;
        frame.code = callee.code;
    }
    frame.end = End::running;
    return true;
}

// Run the outermost frame: delegations first, which outlast a failure of the code, then what the state asks for, then the code.
// Gives the state gas that was used.
inline std::int64_t run_transaction(Executor& executor, Account& sender, const Transaction& transaction, const IntrinsicGas& intrinsic) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    const std::uint64_t left = transaction.gas_limit - intrinsic.gas;
    // EIP-8037: the cap is on execution gas, and what is over is for state alone. Before, no transaction was over the cap.
    const std::uint64_t gas = rules.has_state_gas ? std::min(left, rules.transaction_gas_limit - intrinsic.gas) : left;
    const std::int64_t given = static_cast<std::int64_t>(left - gas);
    Frame& frame = begin_outermost_frame(executor, static_cast<std::int64_t>(gas), given);
    frame.is_creation = !transaction.has_to;
    Account& target = state.account(frame.is_creation ? created_address(sender.address, transaction.nonce) : transaction.to);
    frame.self = &target;
    frame.caller = sender.address;
    frame.value = transaction.value;
    frame.input = frame.is_creation ? nullptr : transaction.data;
    frame.input_length = frame.is_creation ? 0 : transaction.data_length;

    if (executor.tracer) executor.tracer->start(frame);
    frame.checkpoint = state.checkpoint();
    bool begins = true;
    std::int64_t kept = 0;  // state gas of delegations that was taken from gas: they stay, and so does that
    if (!rules.has_state_gas) {
        delegate_with_refund(executor, transaction);
        frame.checkpoint = state.checkpoint();
        begins = prepare(executor, frame, target, transaction);
    } else {
        begins = delegate_with_state_gas(executor, frame, transaction, sender);
        if (begins) {
            kept = frame.spilled;
            frame.spilled = 0;
            frame.reservoir_at_entry = frame.reservoir;
            begins = prepare(executor, frame, target, transaction);
        } else {
            frame.end = End::out_of_gas;
        }
        if (!begins) {  // delegations are undone too
            frame.spilled += kept;
            frame.reservoir_at_entry = given;
            kept = 0;
        }
    }
    if (!begins) {
        fail(executor, frame, frame.end);
    } else {
        frame.checkpoint = state.checkpoint();
        if (frame.is_creation) begin_account(executor, sender, target, transaction.value);
        else move_value(executor, sender, target, transaction.value);
        if (frame.precompile == Precompile::ripemd160) executor.ripemd160_touched = true;
        // A transfer to where no code is runs nothing.
        const bool runs_nothing = frame.precompile == Precompile::none && frame.code->size == 0 && !frame.is_creation;
        if (runs_nothing && executor.tracer == nullptr) frame.end = End::success;
        else run_frames(executor);
    }
    if (frame.is_creation) executor.initcode.forget(0);
    return given - frame.reservoir + frame.spilled + kept;
}

// What was spent: what is not left, less the refund (EIP-3529), but no less than the floor (EIP-7623). Since EIP-8037 the block counts
// what came before the refund (EIP-7778), state gas apart.
inline void spend(const Rules& rules, const Transaction& transaction, const IntrinsicGas& intrinsic, const Frame& frame,
                  std::int64_t refund_counter, std::int64_t state_gas_used, Outcome& outcome) {
    const std::uint64_t spent = transaction.gas_limit - static_cast<std::uint64_t>(frame.gas + frame.reservoir);
    outcome.gas_refunded = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(0, refund_counter)), MUTANT(REFUND_UNCAPPED) ? spent : spent / rules.refund_quotient);
    outcome.gas_paid = std::max(spent - outcome.gas_refunded, MUTANT(FLOOR_IGNORED) ? 0 : intrinsic.floor);
    outcome.execution_gas = outcome.gas_paid;
    outcome.state_gas = 0;
    if (rules.has_state_gas) {
        outcome.state_gas = static_cast<std::uint64_t>(std::max<std::int64_t>(0, state_gas_used));
        outcome.execution_gas = std::max(spent - outcome.state_gas, intrinsic.floor);
    }
}

// What the end of a transaction or system call does to accounts: those destroyed go, those touched and empty too (EIP-161).
inline void end_scope(Executor& executor) {
    destroy_accounts(executor);
    if (executor.ripemd160_touched) touch(executor, executor.state.account(RIPEMD160_ADDRESS));
    clear_touched(executor);
}

}  // namespace transaction_execution

// Execute a transaction on the state that the executor's step sees, which has begun. `sender` is who signed it, null where nobody
// did. A transaction with a fault changes nothing. Throws Interrupted where what it needs cannot be had now.
inline void execute_transaction(Executor& executor, const Transaction& transaction, const Address* sender, Outcome& outcome) {
    using namespace transaction_execution;
    const Rules& rules = *executor.rules;
    const Environment& environment = *executor.environment;
    State& state = executor.state;
    IntrinsicGas intrinsic{};
    outcome.is_refusal = false;
    outcome.fault = check_alone(rules, environment, transaction, sender, intrinsic);
    if (outcome.fault) return;

    Account& sender_account = state.account(*sender);
    outcome.is_refusal = true;
    outcome.fault = check_sender(rules, environment, state, sender_account, transaction);
    // More than the block has room for in any case, as settling will say; and than a frame can count.
    if (!outcome.fault && transaction.gas_limit > std::min(environment.gas_limit, GAS_LIMIT_OF_BLOCKS))
        outcome.fault = {Rejection::GAS_ALLOWANCE_EXCEEDED, transaction.gas_limit, environment.gas_limit};
    if (outcome.fault) return;
    outcome.is_refusal = false;

    const u256 price = effective_gas_price(environment, transaction);
    buy_gas(executor, sender_account, transaction, price);
    warm_up(executor, sender_account, transaction);
    executor.ripemd160_touched = false;
    executor.transaction = TransactionContext{*sender, price, transaction.blob_versioned_hashes, transaction.blob_count};
    const std::int64_t state_gas_used = run_transaction(executor, sender_account, transaction, intrinsic);

    const Frame& frame = executor.frames[0];
    spend(rules, transaction, intrinsic, frame, state.refund, state_gas_used, outcome);
    const std::uint64_t unspent = transaction.gas_limit - outcome.gas_paid;
    if (unspent) state.credit(sender_account, u256(unspent) * price);
    // EIP-1559: the base fee is burnt.
    if (MUTANT(FEE_IS_NO_CREDIT)) state.balance(state.account(environment.coinbase));
    const u256 burnt = MUTANT(BASE_FEE_PAID) ? u256() : environment.base_fee;
    pay(executor, state.account(environment.coinbase), (price - burnt) * u256(outcome.gas_paid));
    end_scope(executor);

    outcome.end = frame.end;
    outcome.blob_gas = blob_gas(transaction);
    outcome.effective_gas_price = price;
    outcome.is_creation = frame.is_creation;
    outcome.created = frame.is_creation ? frame.self->address : Address{};
    outcome.output.assign(frame.output, frame.output + frame.output_length);
}

}  // namespace samestate::evm

#endif
