// What reaching an account or a slot costs, and what it leaves behind: the first time in a transaction it is cold, then warm (EIP-2929).

#ifndef SAMESTATE_EVM_ACCESS_HPP
#define SAMESTATE_EVM_ACCESS_HPP

#include <cstdint>

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/memory.hpp"
#include "samestate/optimized/evm/native/prices.hpp"

namespace samestate::evm {

// Which precompiles a fork has, and what they cost.
inline PrecompilePrices prices_of(const Rules& rules) {
    return precompile_prices(rules.precompile_count, rules.has_p256, rules.modexp_since_osaka);
}

inline Precompile precompile_at(const Rules& rules, const Address& address) { return find_precompile(prices_of(rules), address); }

// Whether the transaction has reached the account before, or it is a precompile: those are warm from the start.
inline bool is_warm(const Executor& executor, const Account& account) {
    return executor.state.has_mark(account, WARM) || precompile_at(*executor.rules, account.address) != Precompile::none;
}

inline std::uint64_t access_gas(const Executor& executor, const Account& account) {
    return is_warm(executor, account) ? executor.rules->warm_gas : executor.rules->cold_account_gas;
}

inline std::uint64_t access_gas(const Executor& executor, const Slot& slot) {
    return executor.state.has_mark(slot, WARM) ? executor.rules->warm_gas : executor.rules->cold_slot_gas;
}

// The account is reached, and paid for: it is warm while its frame is not undone, and on the access record whatever becomes of that.
inline void access(Executor& executor, Account& account) {
    executor.state.mark(account, WARM);
    executor.state.access(account);
}

// Reach an account and pay for it, and `more` with it. Whether the gas suffices; if not, it was not reached, and nothing is taken.
inline bool access_account(Executor& executor, Frame& frame, Account& account, std::uint64_t more = 0) {
    if (!charge(frame, access_gas(executor, account) + more)) return false;
    access(executor, account);
    return true;
}

}  // namespace samestate::evm

#endif
