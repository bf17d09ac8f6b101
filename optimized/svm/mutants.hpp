// The seeded bugs of Solana's compiled machine in the test-only build, by number. See mutants.md for where each is.

#ifndef SAMESTATE_SVM_MUTANTS_HPP
#define SAMESTATE_SVM_MUTANTS_HPP

#include "samestate/optimized/core/shim.hpp"

enum SamestateSvmMutant {
    FEE_OF_FAILURES_FORGOTTEN = 201,    // a transaction that fails pays nothing
    NONCE_STAYS_ON_FAILURE = 202,       // a nonce transaction that fails does not advance its nonce
    DEMOTION_FORGOTTEN = 203,           // a program of the message may be written to
    READ_LOCKS_IGNORED = 204,           // who reads an account is not held against who writes to it
    LOCKS_RELEASED_EARLY = 205,         // a transaction lets go of its accounts before it has written them
    LIMIT_BEFORE_EQUALITY = 206,        // a block that is exactly full is refused
    SEED_UNCHECKED = 207,               // an address need not come of its base, seed and owner
    DUPLICATE_PASSES = 208,             // a message may be in a block twice
    AGE_OFF_BY_ONE = 209,               // a blockhash of the greatest age has expired
    RENT_UNCHECKED = 210,               // a transaction may leave an account below its minimum balance
    WRITES_OF_FAILURES = 211,           // what a failed transaction has written stays
    PIECE_CONFLICT_UNSEEN = 212,        // pieces that share an account are taken for independent
};

#endif
