// A call frame: what one piece of code runs with, and how it ended.

#ifndef SAMESTATE_EVM_FRAME_HPP
#define SAMESTATE_EVM_FRAME_HPP

#include <cstdint>

#include "samestate/optimized/evm/state.hpp"

namespace samestate::evm {

enum class Precompile : std::uint8_t;  // native/prices.hpp

constexpr std::uint64_t STACK_LIMIT = 1024;
constexpr std::uint64_t DEPTH_LIMIT = 1024;

// How many items more than all frames together can have a worker's stack has room for: the block path puts what it works with above
// the items of the running frame.
constexpr std::uint64_t STACK_SPARE = 1024;

// How a frame ended. Up to `revert` no halt: gas is left, and there may be output. The names of halts are those of results.
enum class End : std::uint8_t {
    running,
    success,                // STOP, RETURN, SELFDESTRUCT
    revert,
    out_of_gas,
    stack_underflow,
    stack_overflow,
    invalid_jump,
    undefined_instruction,  // not on this fork, and 0xfe
    invalid_immediate,      // EIP-8024
    static_violation,       // a write in a static context
    return_data_overrun,    // RETURNDATACOPY past the end
    address_collision,
    invalid_code,           // EIP-3541: begins with 0xef
    code_too_large,
    initcode_too_large,
    precompile_failed,
    nonce_exhausted,
    depth_exceeded,
    insufficient_balance,
};

// The name of an end, as results have it.
inline const char* end_name(End end) {
    static const char* const names[] = {"running", "success", "revert", "out_of_gas", "stack_underflow", "stack_overflow", "invalid_jump",
        "undefined_instruction", "invalid_immediate", "static_violation", "return_data_overrun", "address_collision", "invalid_code",
        "code_too_large", "initcode_too_large", "precompile_failed", "nonce_exhausted", "depth_exceeded", "insufficient_balance"};
    return names[static_cast<std::uint8_t>(end)];
}

struct Frame {
    // What it runs
    Precompile precompile;      // what it runs in place of code, or none
    const Code* code;           // what is executed; a delegate's where the account delegates
    Account* self;              // whose storage and balance it has
    Address caller;
    u256 value;                 // what CALLVALUE gives
    const std::uint8_t* input;  // lies in the caller's memory, the transaction, or the initcode's place; does not move meanwhile
    std::uint64_t input_length;
    std::uint32_t depth;
    bool is_static;
    bool is_creation;

    // How far it is
    std::int64_t gas;           // left
    u256* stack;                // its first item; those of all frames lie one after another
    u256* top;                  // one past its last item
    std::uint8_t* memory;       // its first byte, 32-aligned in the worker's memory; those of all frames lie one after another
    std::uint64_t memory_size;  // bytes, a multiple of 32
    std::uint64_t position;     // the interpreter's own: where to go on
    bool is_exact;              // the interpreter's own: runs instruction by instruction

    // What the last charge asked for that could not be paid. Only traces look at it, and reset it.
    std::uint64_t unpaid, unpaid_state_gas;

    // How it ended
    End end;
    const std::uint8_t* output; // in the frame's memory; success and revert
    std::uint64_t output_length;

    // calls.hpp's own
    State::Checkpoint checkpoint;               // what a failure goes back to
    std::uint64_t result_offset, result_length; // where the output of the call goes that this frame has made and waits for

    // State gas (EIP-8037), nothing of it on other forks; state_gas.hpp's own
    std::int64_t reservoir;         // what is left of it; a child gets the whole of it
    std::int64_t reservoir_at_entry;
    std::int64_t spilled;           // state gas that was taken from `gas` and not repaid yet
    std::int64_t grant;             // what was charged here for the account that the next child is to make; 0 = nothing
};

}  // namespace samestate::evm

#endif
