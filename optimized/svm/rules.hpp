// A ruleset as plain data: what `rulesets.py` says of it.

#ifndef SAMESTATE_SVM_RULES_HPP
#define SAMESTATE_SVM_RULES_HPP

#include "samestate/optimized/svm/address.hpp"

namespace samestate::svm {

struct Rules {
    bool has_version_1;             // transactions of version 1 (SIMD-0385)
    bool keeps_exempt;              // who was there before counts as rent exempt (SIMD-0392)
    uint64_t lamports_per_signature;
    uint64_t account_limit;         // cost units that may write to one account …
    uint64_t block_limit;           // … and of a block (SIMD-0286, SIMD-0306, SIMD-0525)
    uint64_t allocation_limit;      // bytes that a block may allocate
};

// The same under every ruleset here.
inline constexpr uint64_t MOST_LOCKS = 64;                  // accounts of a transaction
inline constexpr uint64_t MOST_ACCOUNTS = 256;              // static and loaded keys of a message
inline constexpr uint64_t MOST_INSTRUCTIONS = 64;           // SIMD-0160
inline constexpr uint64_t MOST_INSTRUCTION_ACCOUNTS = 255;  // SIMD-0406
inline constexpr uint64_t LONGEST_PACKET = 1232;
inline constexpr uint64_t LONGEST_VERSION_1 = 4096;         // SIMD-0385
inline constexpr uint64_t MOST_UNITS = 1400000;
inline constexpr uint64_t MOST_LOADED = 64 << 20;
inline constexpr uint64_t OLDEST_BLOCKHASH = 150;           // MAX_PROCESSING_AGE

}  // namespace samestate::svm

#endif
