// State gas (EIP-8037): what new state costs, paid by the byte from a reservoir of its own.
//
// A transaction may ask for more gas than it may execute with; what is over is its reservoir, which buys new state alone. There is
// one, and it lies with the frame that runs: a child takes all of it along (no 63/64) and brings home what is left. What the reservoir
// lacks is taken from the gas of the frame: it is spilled, and comes back to just that gas.
//
// What holds of every frame at every moment:
// - the state gas that it and its children have used is reservoir_at_entry - reservoir + spilled; gas is neither made nor lost;
// - a frame that failed has used none;
// - a frame that has just taken a successful child back has nothing spilled or nothing in the reservoir.
//
// On forks without state gas all of these are zero and stay so.

#ifndef SAMESTATE_EVM_STATE_GAS_HPP
#define SAMESTATE_EVM_STATE_GAS_HPP

#include <algorithm>
#include <cstdint>

#include "samestate/optimized/evm/executor.hpp"
#include "samestate/optimized/evm/mutants.hpp"

namespace samestate::evm {

// Pay for new state: from the reservoir, and what that lacks from the gas that is left. False: both do not suffice, and nothing was
// taken; the frame is out of gas.
inline bool charge_state_gas(Executor&, Frame& frame, std::uint64_t amount) {
    const std::int64_t price = static_cast<std::int64_t>(amount);
    const std::int64_t spill = price - frame.reservoir;
    if (spill <= 0) {
        frame.reservoir -= price;
        return true;
    }
    if (spill > frame.gas) {
        frame.unpaid_state_gas = amount;
        return false;
    }
    frame.reservoir = 0;
    frame.gas -= spill;
    frame.spilled += spill;
    return true;
}

// State that was paid for is not there after all: first what was spilled is gas again, the rest fills the reservoir.
inline void give_back_state_gas(Executor&, Frame& frame, std::uint64_t amount) {
    const std::int64_t repaid = std::min(static_cast<std::int64_t>(amount), frame.spilled);
    frame.gas += repaid;
    frame.spilled -= repaid;
    frame.reservoir += static_cast<std::int64_t>(amount) - repaid;
}

// A frame begins with a reservoir: the outermost one with the transaction's, any other with the whole of its caller's.
inline void begin_with_reservoir(Frame& frame, std::int64_t reservoir) {
    frame.reservoir = frame.reservoir_at_entry = reservoir;
    frame.spilled = 0;
    frame.grant = 0;
}
inline void hand_over_reservoir(Frame& caller, Frame& callee) {
    begin_with_reservoir(callee, caller.reservoir);
    caller.reservoir = 0;
}

// The frame has reverted or halted: there is no new state, so nothing was paid for it. (A halt burns the frame's gas afterwards.)
inline void undo_state_gas(Frame& frame) {
    if (!MUTANT(STATE_GAS_OF_FAILURES)) frame.gas += frame.spilled;
    frame.spilled = 0;
    if (!MUTANT(STATE_GAS_OF_FAILURES)) frame.reservoir = frame.reservoir_at_entry;
}

// A frame has ended, and its caller goes on: the reservoir comes home. Of a success the spill is the caller's now, and is repaid
// from the reservoir as far as that reaches; of a failure what was paid for the account that it was to make comes back.
inline void take_reservoir_back(Executor& executor, Frame& caller, const Frame& ended, bool succeeded) {
    caller.reservoir += ended.reservoir;
    if (succeeded) {
        caller.spilled += ended.spilled;
        const std::int64_t repaid = MUTANT(SPILL_UNREPAID) ? 0 : std::min(caller.reservoir, caller.spilled);
        caller.gas += repaid;
        caller.reservoir -= repaid;
        caller.spilled -= repaid;
    } else {
        give_back_state_gas(executor, caller, static_cast<std::uint64_t>(caller.grant));
    }
}

}  // namespace samestate::evm

#endif
