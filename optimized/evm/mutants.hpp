// The seeded bugs of the compiled EVM in the test-only build, by number. See mutants.md for where each is and what it is like.

#ifndef SAMESTATE_EVM_MUTANTS_HPP
#define SAMESTATE_EVM_MUTANTS_HPP

#include "samestate/optimized/core/shim.hpp"

enum SamestateEvmMutant {
    REFUND_UNCAPPED = 101,            // the refund is as large as the counter, whatever was spent
    REFUND_OF_FAILURES = 102,         // what a failed frame has added to the refund counter stays
    SENTRY_IGNORED = 103,             // SSTORE goes on with no more gas than a stipend
    WARM_AFTER_ROLLBACK = 104,        // what a failed frame has warmed stays warm
    LOGS_AFTER_ROLLBACK = 105,        // what a failed frame has logged stays
    TRANSIENT_OUTLIVES = 106,         // transient storage lasts longer than its transaction
    COINBASE_COLD = 107,              // the coinbase is not warm at the start
    BASE_FEE_PAID = 108,              // the base fee goes to the coinbase instead of nowhere
    FEE_IS_NO_CREDIT = 109,           // who pays a fee looks at the coinbase's balance
    WIPE_FORGOTTEN = 110,             // the storage of what was destroyed stays
    WIPE_UNSEEN = 111,                // who reads a slot sees what was there before the last wipe
    OLD_ACCOUNT_DESTROYED = 112,      // SELFDESTRUCT destroys accounts of earlier transactions too
    DELEGATE_FOR_NOTHING = 113,       // the access to what an account delegates to costs nothing
    AUTHORITY_NONCE_IGNORED = 114,    // an authorization of another nonce holds
    COLLISION_OVERLOOKED = 115,       // a creation where an account lies goes ahead
    CREATOR_NONCE_STAYS = 116,        // a creation by a contract leaves its nonce
    STATIC_FORGOTTEN = 117,           // what a static frame calls may write
    ALL_GAS_FORWARDED = 118,          // a call may have all the gas that is left
    MEMORY_LINEAR = 119,              // the price of memory has no square in it
    RETURN_DATA_KEPT = 120,           // a call that cannot begin leaves the return data of the one before it
    FLOOR_IGNORED = 121,              // calldata has no floor
    STATE_GAS_OF_FAILURES = 122,      // state gas of a failed frame is gone
    SPILL_UNREPAID = 123,             // a success leaves as spilled what the reservoir could repay
    TRANSFER_UNLOGGED = 124,          // value moves without a log
    WITHDRAWAL_IN_WEI = 125,          // withdrawals are counted in wei
    SLOT_READ_UNLISTED = 126,         // the record has no read of a slot that was set afterwards
    GAS_OF_WHOLE_BLOCK = 127,         // GAS in the middle of a basic block does not count what the rest of it will cost
    BLOB_FEE_UNPAID = 128,            // blobs cost nothing
    ROOM_UNCHECKED = 129,             // a block has room for any transaction
    ORIGINAL_IS_CURRENT = 130,        // SSTORE takes the current value for the one at the start of the transaction
    CREDIT_LOST_WHEN_READ = 131,      // a balance that was looked at does not get what was credited
    PIECE_UNPROVEN = 132,             // what a piece has left is not compared with the access list
    SEEN_ACROSS_WIPE = 133,           // what was found in a slot before a wipe is left there for later readers
    CONFLICT_UNSEEN = 134,            // what a piece has only read may be written by another
};

#endif
