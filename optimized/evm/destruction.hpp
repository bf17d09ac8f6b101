// SELFDESTRUCT, and what becomes of destroyed accounts at the end of their transaction.

#ifndef SAMESTATE_EVM_DESTRUCTION_HPP
#define SAMESTATE_EVM_DESTRUCTION_HPP

#include "samestate/optimized/evm/calls.hpp"
#include "samestate/optimized/evm/mutants.hpp"

namespace samestate::evm {

// Send the balance of the running account to a beneficiary, and end. The account is destroyed with the transaction; since EIP-6780
// only if it was created by it.
inline Next self_destruct(Executor& executor, Frame& frame) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    const Address address = address_of(*--frame.top);
    if (frame.is_static) return halt(frame, End::static_violation);  // EIP-214

    // A warm beneficiary costs nothing more (EIP-2929, EIP-8038).
    Account& beneficiary = state.account(address);
    const std::uint64_t cold_gas = is_warm(executor, beneficiary) ? 0 : rules.cold_account_gas;
    if (!charge(frame, rules.destroy_gas + cold_gas)) return halt(frame, End::out_of_gas);
    access(executor, beneficiary);

    Account& self = *frame.self;
    const u256 balance = state.balance(self);
    if (!balance.is_zero() && state.is_empty(beneficiary)) {
        // EIP-161: it makes an account. Since EIP-8038 that is a write, and since EIP-8037 its bytes are paid in state gas.
        if (!charge(frame, rules.new_account_gas + rules.account_write_gas)) return halt(frame, End::out_of_gas);
        if (!charge_state_gas(executor, frame, rules.state_gas_account)) return halt(frame, End::out_of_gas);
    }

    const bool is_destroyed = !rules.destroys_only_created || state.has_mark(self, CREATED) || MUTANT(OLD_ACCOUNT_DESTROYED);
    if (&beneficiary != &self) {
        move_value(executor, self, beneficiary, balance);
    } else if (is_destroyed && !rules.keeps_balance_of_destroyed) {
        state.set_balance(self, 0);  // to itself: it is lost (until EIP-8246)
    }
    if (is_destroyed && !state.mark(self, DESTROYED)) state.refund += static_cast<std::int64_t>(rules.destroy_refund);
    frame.output_length = 0;
    return halt(frame, End::success);
}

// At the end of a transaction or system call, after fees: destroyed accounts are no more. Since EIP-8246 they keep their balance.
inline void destroy_accounts(Executor& executor) {
    const Rules& rules = *executor.rules;
    State& state = executor.state;
    bool destroys = false;
    for (Account* account : state.scope_accounts) {
        if (!state.has_mark(*account, DESTROYED)) continue;
        destroys = true;
        state.set_nonce(*account, 0);
        state.set_code(*account, executor.codes->empty());
        if (!rules.keeps_balance_of_destroyed) {
            state.set_balance(*account, 0);
            state.set_existence(*account, NOT_HELD);
        }
        if (!rules.destroys_only_created && !MUTANT(WIPE_FORGOTTEN)) state.wipe(*account);
    }
    if (!destroys || !rules.destroys_only_created) return;
    // An account that this transaction has created has no storage but what it has set.
    for (Slot* slot : state.slots)
        if (slot->set && state.has_mark(*slot->owner, DESTROYED)) state.set_value(*slot, 0);
}

}  // namespace samestate::evm

#endif
