# The C++ shim, as Cython sees it. What each function does is said in shim.hpp.

from libc.stdint cimport int64_t, uint64_t

cdef extern from "samestate/optimized/core/shim.hpp" nogil:
    uint64_t atomic_load(const uint64_t* word, const char* label) noexcept
    void atomic_store(uint64_t* word, uint64_t value, const char* label) noexcept
    uint64_t atomic_exchange(uint64_t* word, uint64_t value, const char* label) noexcept
    uint64_t atomic_add(uint64_t* word, int64_t amount, const char* label) noexcept
    bint atomic_replace(uint64_t* word, uint64_t expected, uint64_t desired, const char* label) noexcept
    void atomic_lower(uint64_t* word, uint64_t target, const char* label) noexcept
    void samestate_point(const char* label) noexcept
    bint samestate_interrupted() noexcept
    bint MUTANT(int number) noexcept
    uint64_t trailing_zeros(uint64_t bits) noexcept
    uint64_t hash_bytes(uint64_t seed, const void* bytes, uint64_t length) noexcept
    uint64_t now_nanoseconds() noexcept
    void sleep_nanoseconds(uint64_t duration) noexcept
    void wait_a_little(uint64_t rounds, const char* label) noexcept
    uint64_t peek(const uint64_t* word) noexcept
    const bint SAMESTATE_IS_EXPLORED
    const uint64_t INTERRUPTED_BY_HOOK
    const uint64_t LONG_WALK

    enum:
        SKIPPED_VALIDATION
        VALIDATION_BY_VALUE
        DROPPED_ESTIMATE
        COUNTER_AFTER_INDEX
        STALE_WAKE
        LOST_DEPENDENCY
        CREDITS_IGNORE_INCARNATION
        REMOVED_LEFT_STANDING
        NEW_LOCATION_MISSED
        DONE_CHECK_ONCE
        STATUS_BEFORE_PUBLICATION
        CREDIT_HIDES_BASE
        ESTIMATE_READ_THROUGH
        VALIDATION_INDEX_NOT_LOWERED
        BASE_READ_UNRECORDED
        WAITER_AFTER_CLOSE
        LOCKS_IGNORE_READS
        WAVE_SKIPS_PREDECESSOR
        OFFENDER_ONLY
        COMMIT_OUT_OF_ORDER
        LIST_TRUSTED
        WARM_SET_KEPT
        KEY_TAKEN_BLINDLY
        LINK_TOO_FAR
        ROLLBACK_FORGETS_MARKS
        WIPE_UNRECORDED
        LINK_TO_ITSELF

    # Raise in this worker what the hook raised; for callers that hold the GIL. Nothing in a normal build.
    int samestate_raise() except -1 with gil
