// What one transaction did, beside what it changed: plain data, for whoever settles the block and writes receipts.

#ifndef SAMESTATE_EVM_OUTCOME_HPP
#define SAMESTATE_EVM_OUTCOME_HPP

#include <cstdint>
#include <vector>

#include "samestate/optimized/evm/frame.hpp"
#include "samestate/optimized/evm/validity.hpp"

namespace samestate::evm {

// What settling a block takes of it: plain memory.
struct OutcomeFigures {
    Fault fault;                        // why it may not be in the block; nothing was executed, and what follows means nothing
    bool is_refusal;                    // that is so on this state: whether the block has room is asked before (settle.hpp)
    End end;                            // how its outermost frame ended
    std::uint64_t gas_paid;             // what the sender pays for
    std::uint64_t execution_gas;        // what the block counts of it: before EIP-8037 what is paid,
    std::uint64_t state_gas;            // and nothing
    std::uint64_t gas_refunded;         // what came off before the floor (EIP-3529)
    std::uint64_t blob_gas;
    u256 effective_gas_price;
    bool is_creation;
    Address created;                    // by a creation, or what it tried to create

    bool succeeded() const { return end == End::success; }
};

struct Outcome : OutcomeFigures {
    std::vector<std::uint8_t> output;   // of the outermost frame
};

}  // namespace samestate::evm

#endif
