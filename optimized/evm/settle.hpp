// What the transactions of a block use of it, one after another in block order: whether it has room for the next.

#ifndef SAMESTATE_EVM_SETTLE_HPP
#define SAMESTATE_EVM_SETTLE_HPP

#include <algorithm>
#include <cstdint>

#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/outcome.hpp"
#include "samestate/optimized/evm/validity.hpp"

namespace samestate::evm {

// What the transactions so far have used. Of gas: what was paid for, which receipts sum; and what the block counts of its limit,
// since EIP-8037 in two dimensions, before that what was paid for, and nothing.
struct Totals {
    std::uint64_t paid_gas = 0;
    std::uint64_t execution_gas = 0;
    std::uint64_t state_gas = 0;
    std::uint64_t blob_gas = 0;

    // The gas used that the header has: the larger count (EIP-8037).
    std::uint64_t gas_used() const { return std::max(execution_gas, state_gas); }
};

namespace settling {

inline Fault check_room(const Rules& rules, const Environment& environment, const Transaction& transaction, const Totals& totals) {
    const std::uint64_t limit = environment.gas_limit;
    const std::uint64_t execution_left = limit - std::min(limit, totals.execution_gas);
    const std::uint64_t execution = rules.has_state_gas ? std::min(rules.transaction_gas_limit, transaction.gas_limit) : transaction.gas_limit;
    if (execution > execution_left) return {Rejection::GAS_ALLOWANCE_EXCEEDED, execution, execution_left};
    const std::uint64_t state_left = limit - std::min(limit, totals.state_gas);
    if (rules.has_state_gas && transaction.gas_limit > state_left)
        return {Rejection::STATE_GAS_ALLOWANCE_EXCEEDED, transaction.gas_limit, state_left};
    const std::uint64_t blobs = totals.blob_gas / GAS_PER_BLOB + transaction.blob_count;
    if (blobs > rules.blob_maximum) return {Rejection::BLOB_GAS_ALLOWANCE_EXCEEDED, blobs, rules.blob_maximum};
    return {};
}

}  // namespace settling

// Add a transaction to the block, or say why it may not be in it: for what it is by itself; because the block has no room for it;
// because it was refused on the state before it.
inline Fault settle(const Rules& rules, const Environment& environment, const Transaction& transaction, const OutcomeFigures& outcome,
                    Totals& totals) {
    if (outcome.fault && !outcome.is_refusal) return outcome.fault;
    if (Fault fault = settling::check_room(rules, environment, transaction, totals); fault && !MUTANT(ROOM_UNCHECKED)) return fault;
    if (outcome.fault) return outcome.fault;
    totals.paid_gas += outcome.gas_paid;
    totals.execution_gas += outcome.execution_gas;
    totals.state_gas += outcome.state_gas;
    totals.blob_gas += outcome.blob_gas;
    return {};
}

}  // namespace samestate::evm

#endif
