// The seeded bugs of the test-only build, by number. See optimized/core/mutants.md for what each does.

#ifndef SAMESTATE_MUTANTS_HPP
#define SAMESTATE_MUTANTS_HPP

enum SamestateMutant {
    NO_MUTANT = 0,
    SKIPPED_VALIDATION = 1,           // validation always says yes
    VALIDATION_BY_VALUE = 2,          // compares the value a version holds, not the version
    DROPPED_ESTIMATE = 3,             // an aborted incarnation's writes are not marked
    COUNTER_AFTER_INDEX = 4,          // the count of active tasks is raised after the index is taken
    STALE_WAKE = 5,                   // a waiter becomes ready before the writes are marked as estimates
    LOST_DEPENDENCY = 6,              // finishing forgets to wake all but the first waiter
    CREDITS_IGNORE_INCARNATION = 7,   // a credit in a chain is compared by its step alone
    REMOVED_LEFT_STANDING = 8,        // what the new incarnation no longer writes stays visible
    NEW_LOCATION_MISSED = 9,          // a write to a new key does not cause higher readers to be validated again
    DONE_CHECK_ONCE = 10,             // the decrease counter is not read a second time
    STATUS_BEFORE_PUBLICATION = 11,   // a transaction counts as executed before its writes are visible
    CREDIT_HIDES_BASE = 12,           // a credit ends the walk as if it were a full write
    ESTIMATE_READ_THROUGH = 13,       // an estimate below a credit is skipped
    VALIDATION_INDEX_NOT_LOWERED = 14,// after an abort higher transactions are not validated again
    BASE_READ_UNRECORDED = 15,        // a read that found only the value from before the block is not in the read set
    WAITER_AFTER_CLOSE = 16,          // a waiter is added to a list that has already been emptied
    LOCKS_IGNORE_READS = 17,          // locks order writers only
    WAVE_SKIPS_PREDECESSOR = 18,      // a wave tests conflicts only against its own members
    OFFENDER_ONLY = 19,               // after an undeclared access only the offender is run again
    COMMIT_OUT_OF_ORDER = 20,         // the commit index is not waited for
    LIST_TRUSTED = 21,                // a predicted value is not compared with the real effect
    WARM_SET_KEPT = 22,               // toy: keys stay warm across incarnations
    KEY_TAKEN_BLINDLY = 23,           // a slot of the key table is taken without looking whether somebody was faster
    LINK_TOO_FAR = 24,                // a link of a tower is followed to the very step that is sought
    ROLLBACK_FORGETS_MARKS = 25,      // a rollback leaves what was marked since: warm, touched
    WIPE_UNRECORDED = 26,             // that a slot's reader has asked for the last wipe is not in the read set
    LINK_TO_ITSELF = 27,              // a version that the towers lead to already is linked into them once more
};

#endif
