// Instructions on accounts, storage and logs.
//
// Each gives End::running, or how it ended the frame. What is read, touched and warmed, and in which order it is paid for, shows in
// access records: an access that cannot be paid for did not happen.

#ifndef SAMESTATE_EVM_STATE_INSTRUCTIONS_HPP
#define SAMESTATE_EVM_STATE_INSTRUCTIONS_HPP

#include <cstdint>

#include "samestate/optimized/evm/access.hpp"
#include "samestate/optimized/evm/memory_instructions.hpp"
#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/state_gas.hpp"

namespace samestate::evm {

// Accounts

[[gnu::noinline]] inline End balance_of(Executor& executor, Frame& frame, const u256& address, u256& result) {
    Account& account = executor.state.account(address_of(address));
    if (!access_account(executor, frame, account)) return End::out_of_gas;
    result = executor.state.balance(account);
    return End::running;
}

// EXTCODESIZE; a delegation is not followed (EIP-7702).
[[gnu::noinline]] inline End code_size_of(Executor& executor, Frame& frame, const u256& address, u256& result) {
    Account& account = executor.state.account(address_of(address));
    if (!access_account(executor, frame, account, executor.rules->code_access_gas)) return End::out_of_gas;
    result = u256(executor.state.code(account).size);
    return End::running;
}

// EXTCODEHASH (EIP-1052): zero of what EIP-161 calls empty.
[[gnu::noinline]] inline End code_hash_of(Executor& executor, Frame& frame, const u256& address, u256& result) {
    Account& account = executor.state.account(address_of(address));
    if (!access_account(executor, frame, account)) return End::out_of_gas;
    result = executor.state.is_empty(account) ? u256(0) : u256::load_be(executor.state.code(account).hash.bytes);
    return End::running;
}

// EXTCODECOPY: access, words and memory are one price.
[[gnu::noinline]] inline End copy_code_of(Executor& executor, Frame& frame, const u256& address, const u256& target, const u256& source, const u256& length) {
    Growth growth = no_growth(frame);
    if (!reach(frame, target, length, growth)) return End::out_of_gas;
    Account& account = executor.state.account(address_of(address));
    const std::uint64_t copying = COPY_WORD_GAS * word_count(length.w[0]) + growth.gas;
    if (!access_account(executor, frame, account, executor.rules->code_access_gas + copying)) return End::out_of_gas;
    grow(executor, frame, growth);
    const Code& code = executor.state.code(account);
    if (!length.is_zero()) copy_padded(frame.memory + target.w[0], length.w[0], code.bytes, code.size, source);
    return End::running;
}

// Storage

[[gnu::noinline]] inline End load_slot(Executor& executor, Frame& frame, const u256& key, u256& result) {
    Slot& slot = executor.state.slot(*frame.self, key);
    if (!charge(frame, access_gas(executor, slot))) return End::out_of_gas;
    executor.state.mark(slot, WARM);
    result = executor.state.value(slot);
    return End::running;
}

// EIP-2200: with no more than the stipend of a call nothing is stored, and nothing is looked at.
constexpr std::int64_t STORE_SENTRY = 2300;

// SSTORE: EIP-2200 as EIP-2929 and EIP-3529 have it, and EIP-8037 with EIP-8038, whose prices are put together from the same parts.
[[gnu::noinline]] inline End store_slot(Executor& executor, Frame& frame, const u256& key, const u256& value) {
    if (frame.is_static) return End::static_violation;
    if (frame.gas <= STORE_SENTRY && !MUTANT(SENTRY_IGNORED)) return End::out_of_gas;
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    Slot& slot = state.slot(*frame.self, key);
    std::uint64_t gas = state.mark(slot, WARM) ? rules.slot_warm_gas : rules.cold_slot_gas;
    const u256 current = state.value(slot);
    const u256 original = state.original(slot);
    std::int64_t refund = 0;
    if (current == value || original != current) gas += rules.slot_unchanged_gas;
    else gas += original.is_zero() ? rules.slot_set_gas : rules.slot_change_gas;
    if (current != value) {
        if (!original.is_zero()) {
            if (current.is_zero()) refund -= static_cast<std::int64_t>(rules.slot_clear_refund);
            if (value.is_zero()) refund += static_cast<std::int64_t>(rules.slot_clear_refund);
        }
        // Back to what it was: all but the price of a write that changes nothing.
        if (original == value) {
            const std::uint64_t paid = original.is_zero() ? rules.slot_set_gas : rules.slot_change_gas;
            refund += static_cast<std::int64_t>(paid - rules.slot_unchanged_gas);
        }
    }
    // State gas comes back before anything is paid, and is paid last.
    const bool is_new = original.is_zero();
    if (is_new && !current.is_zero() && value.is_zero()) give_back_state_gas(executor, frame, rules.state_gas_slot);
    if (!charge(frame, gas)) return End::out_of_gas;
    if (is_new && current.is_zero() && !value.is_zero() && !charge_state_gas(executor, frame, rules.state_gas_slot)) return End::out_of_gas;
    state.refund += refund;
    if (current != value) state.set_value(slot, value);
    return End::running;
}

// TLOAD and TSTORE (EIP-1153).
inline u256 load_transient(Executor& executor, Frame& frame, const u256& key) {
    return executor.state.transient(executor.state.slot(*frame.self, key));
}

[[gnu::noinline]] inline End store_transient(Executor& executor, Frame& frame, const u256& key, const u256& value) {
    if (frame.is_static) return End::static_violation;
    executor.state.set_transient(executor.state.slot(*frame.self, key), value);
    return End::running;
}

// Logs

// Yellow paper, appendix G.
constexpr std::uint64_t LOG_BYTE_GAS = 8;

// LOG0 to LOG4: what is logged lies in memory; topics stand one below the other under `topics`, the first on top. A static context
// forbids it once it is paid for.
[[gnu::noinline]] inline End log(Executor& executor, Frame& frame, const u256& offset, const u256& length, const u256* topics, std::uint32_t topic_count) {
    Growth growth = no_growth(frame);
    if (!reach(frame, offset, length, growth) || !charge(frame, growth.gas + LOG_BYTE_GAS * length.w[0])) return End::out_of_gas;
    grow(executor, frame, growth);
    if (frame.is_static) return End::static_violation;
    State& state = executor.state;
    state.logs.emplace_back();
    Log& made = state.logs.back();
    made.address = frame.self->address;
    made.topic_count = topic_count;
    made.data = state.log_data.size();
    made.data_length = length.w[0];
    for (std::uint32_t topic = 0; topic < topic_count; ++topic) made.topics[topic] = *(topics - topic);
    if (made.data_length) {
        const std::uint8_t* data = frame.memory + offset.w[0];
        state.log_data.insert(state.log_data.end(), data, data + made.data_length);
    }
    return End::running;
}

}  // namespace samestate::evm

#endif
