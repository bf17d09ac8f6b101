// Code by its hash: one immutable value that all workers share, with what was found out about it once.

#ifndef SAMESTATE_EVM_CODE_HPP
#define SAMESTATE_EVM_CODE_HPP

#include <cstddef>
#include <cstdint>

#include "samestate/optimized/evm/address.hpp"

namespace samestate::evm {

struct Analysis;  // analysis.hpp: jump destinations, and blocks translated so far

struct Code {
    Hash hash;
    const std::uint8_t* bytes;
    std::uint64_t size;             // 0: no code at all
    // The account that a delegation designator (EIP-7702: 0xef0100 and 20 bytes, nothing more) names; told when the code is made.
    bool is_delegation;
    Address delegate;
    // Made by the first worker that runs the code, found by all others; atomic. Null: not yet, or evicted. Who makes a Code that is
    // in no table (initcode, which runs once) gives it back: `forget_analysis` (analysis.hpp), before the bytes go.
    mutable Analysis* analysis;
    bool is_shared;                 // it lies in a CodeTable, which evicts
};

}  // namespace samestate::evm

#endif
