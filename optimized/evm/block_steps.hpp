// What a block does before its first and after its last transaction.

#ifndef SAMESTATE_EVM_BLOCK_STEPS_HPP
#define SAMESTATE_EVM_BLOCK_STEPS_HPP

#include <cstdint>

#include "samestate/optimized/evm/mutants.hpp"
#include "samestate/optimized/evm/requests.hpp"
#include "samestate/optimized/evm/system_calls.hpp"

namespace samestate::evm {

constexpr Address BEACON_ROOTS{{0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
                                0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};     // EIP-4788
constexpr Address BLOCK_HASHES{{0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb,
                                0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35}};     // EIP-2935

constexpr std::uint64_t WEI_PER_GWEI = 1'000'000'000;

// An ommer earns as many eighths of the reward, less one for each block that it came before the one that lists it; the miner earns
// a 32nd for each ommer that is listed (yellow paper in its Berlin version, section 11.3).
constexpr std::uint64_t OMMER_EIGHTHS = 8;
constexpr std::uint64_t NEPHEW_SHARE = 32;

// Before the first transaction: the beacon root and the parent's hash are stored. That a contract is missing or fails has no
// consequence. The executor's step has begun.
inline void open_block(Executor& executor) {
    const Environment& environment = *executor.environment;
    if (environment.is_bare) return;
    if (executor.rules->has_beacon_root_call) call_as_system(executor, BEACON_ROOTS, environment.parent_beacon_block_root.bytes, 32);
    if (executor.rules->has_history_call) call_as_system(executor, BLOCK_HASHES, environment.parent_hash.bytes, 32);
}

// The rewards of the miner and of those of the ommers, before Paris. None is zero.
inline void pay_rewards(Executor& executor) {
    const Environment& environment = *executor.environment;
    State& state = executor.state;
    const std::uint64_t reward = executor.rules->block_reward;
    if (reward == 0) return;
    state.begin_scope();
    pay(executor, state.account(environment.coinbase), reward + environment.ommer_count * (reward / NEPHEW_SHARE));
    for (std::uint64_t i = 0; i < environment.ommer_count; ++i) {
        const OmmerMiner& ommer = environment.ommers[i];
        pay(executor, state.account(ommer.address), u256((OMMER_EIGHTHS + ommer.number - environment.number) * (reward / OMMER_EIGHTHS)));
    }
}

// What the consensus layer pays out (EIP-4895). Nothing is a touch.
inline void pay_withdrawals(Executor& executor) {
    const Environment& environment = *executor.environment;
    State& state = executor.state;
    state.begin_scope();
    for (std::uint64_t i = 0; i < environment.withdrawal_count; ++i) {
        const Withdrawal& withdrawal = environment.withdrawals[i];
        pay(executor, state.account(withdrawal.address), u256(withdrawal.amount) * u256(MUTANT(WITHDRAWAL_IN_WEI) ? 1 : WEI_PER_GWEI));
    }
    clear_touched(executor);
}

// After the last transaction: rewards or withdrawals, then requests. Gives why the block is invalid, or nothing. The executor's step
// has begun.
inline Rejection close_block(Executor& executor, const Deposits& deposits, Requests& requests) {
    if (executor.environment->is_bare) return Rejection::NONE;
    pay_rewards(executor);
    pay_withdrawals(executor);
    return executor.rules->has_requests ? collect_requests(executor, deposits, requests) : Rejection::NONE;
}

}  // namespace samestate::evm

#endif
