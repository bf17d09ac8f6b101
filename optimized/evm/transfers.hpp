// Value that moves: what it does to balances, the touch that goes with it (EIP-161), and its log (EIP-7708).

#ifndef SAMESTATE_EVM_TRANSFERS_HPP
#define SAMESTATE_EVM_TRANSFERS_HPP

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/mutants.hpp"

namespace samestate::evm {

// Who speaks for the chain itself: the caller of system calls (EIP-4788), and whose the logs of transfers are (EIP-7708).
constexpr Address SYSTEM_ADDRESS{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};

// The precompile that stays touched though a call to it is undone (yellow paper, appendix K.1).
constexpr Address RIPEMD160_ADDRESS{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}};

// The first topic of a transfer's log: the hash of "Transfer(address,address,uint256)".
constexpr u256 TRANSFER_EVENT{0x28f55a4df523b3ef, 0x952ba7f163c4a116, 0x69c2b068fc378daa, 0xddf252ad1be2c89b};

// Touch an account (EIP-161, d): one there that has nothing at all is no more. Whether one with storage alone goes is seen at the
// end of the transaction: it may be given value until then.
inline void touch(Executor& executor, Account& account) {
    if (executor.state.held_storage_alone(account)) executor.state.mark(account, TOUCHED);
    else executor.state.set_existence(account, NOT_HELD);
}

// Add to a balance without looking at it. Nothing at all is an access; either way it is a touch.
inline void pay(Executor& executor, Account& account, const u256& amount) {
    touch(executor, account);
    if (amount.is_zero()) executor.state.access(account);
    else executor.state.credit(account, amount);
}

// Log a transfer between two accounts as the chain itself (EIP-7708).
inline void log_transfer(Executor& executor, const Account& from, const Account& to, const u256& amount) {
    State& state = executor.state;
    Log log{};
    log.address = SYSTEM_ADDRESS;
    log.topic_count = 3;
    log.topics[0] = TRANSFER_EVENT;
    log.topics[1] = word_of(from.address);
    log.topics[2] = word_of(to.address);
    log.data = state.log_data.size();
    log.data_length = 32;
    state.log_data.resize(log.data + 32);
    amount.store_be(state.log_data.data() + log.data);
    state.logs.push_back(log);
}

// Move value that the sender is known to have. Nothing at all is a touch.
inline void move_value(Executor& executor, Account& from, Account& to, const u256& amount) {
    State& state = executor.state;
    if (!amount.is_zero()) {
        state.set_balance(from, state.balance(from) - amount);
        if (executor.rules->logs_transfers && &from != &to && !MUTANT(TRANSFER_UNLOGGED)) log_transfer(executor, from, to, amount);
    }
    pay(executor, to, amount);
}

// At the end of a transaction, a system call or a list of withdrawals: what was touched, held storage alone before the block, is
// still there, and is empty, goes, storage and all (EIP-161, d). Nothing is looked at of any other account.
inline void clear_touched(Executor& executor) {
    State& state = executor.state;
    for (Account* account : state.scope_accounts) {
        if (!state.has_mark(*account, TOUCHED)) continue;
        if (!state.holds_storage_alone(*account) || !state.is_empty(*account)) continue;
        state.set_existence(*account, NOT_HELD);
        state.wipe(*account);
    }
}

}  // namespace samestate::evm

#endif
