# One transaction on a state: what it reads from, what it leaves behind.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from samestate.optimized.core.records cimport Task
from samestate.optimized.core.watching cimport Listener, Watch
from samestate.optimized.toy.packing cimport FlatBlock, Operation, PackedTransaction, SignedTransaction
from samestate.optimized.toy.verification cimport PublicKey, Verification
from samestate.optimized.words.word cimport Word

cdef enum OutcomeCode:
    SUCCESS = 0
    OUT_OF_GAS = 1
    # From here on: the transaction may not be in a block on this state.
    NONCE_TOO_LOW = 2
    NONCE_TOO_HIGH = 3
    NONCE_IS_MAX = 4
    INSUFFICIENT_BALANCE = 5
    # Under the ruleset `signed`
    SIGNATURE_LENGTH = 6
    HYBRID_HALF_MISSING = 7
    SIGNATURE_MALFORMED = 8
    KEY_LENGTH = 9
    KEY_UNKNOWN = 10
    SCHEME_MISMATCH = 11
    SIGNATURE_INVALID = 12
    REGISTRATION_FOREIGN = 13
    ADDRESS_MISMATCH = 14
    POSSESSION_INVALID = 15


cdef enum FeeKind:
    NO_FEE = 0          # none was paid, or the sender is the coinbase, whose credit is part of what it wrote
    FEE_CREDITED = 1
    FEE_TOUCHED = 2


cdef struct Access:
    # A key that the transaction observed: its value from before, and the one it leaves. Equal: it wrote nothing.
    uint32_t key
    uint32_t source     # the record's: newest of the steps that contributed to the value from before, 0 = none
    Word original
    Word value


cdef struct Outcome:
    uint32_t code
    uint32_t fee_kind
    uint64_t gas_used
    uint64_t accesses
    uint64_t logs
    Word fee
    # In the arena it is followed by its accesses. The logs lie where the result of the block has them.


cdef enum:
    # How much is done between two looks at the clock: an operation counts as one, and so do so many bytes hashed.
    EFFORT = 256
    BYTES_OF_AN_EFFORT = 64
    # Within a long hash, so many blocks of its data.
    BLOCK = 136
    BLOCKS_AT_ONCE = 256
    LONG_HASH = 34816       # bytes: so many blocks
    NAP = 10000000          # nanoseconds, in a longer wait


cdef enum Hints:
    # What locks and waves are told of accesses when the block is laid out.
    NO_HINTS = 0
    DECLARED_HINTS = 1
    STATIC_HINTS = 2


cdef struct ToyMachine:
    # What all workers share, and none of them changes but for what lies behind pointers.
    const FlatBlock* block
    void* ledger            # versioned: the Ledger in which the block is settled
    uint32_t hints          # versioned
    const PackedTransaction* transactions
    const Operation* operations
    const Word* words
    const uint8_t* data
    uint32_t coinbase_balance
    const Watch* watch
    uint64_t* places        # versioned: where the record of each key lies in the arena
    Word* current           # direct: the value of each key now
    uint8_t* loaded         # direct: whether somebody has waited for the base value
    uint64_t read_latency   # nanoseconds that the first read of a key from the state before the block waits
    uint8_t* digests        # the logs of all transactions, 32 bytes each: those of one begin at its first_log
    uint64_t* began         # when each transaction was first begun, 0 = not yet
    const SignedTransaction* signed_transactions    # NULL under the ruleset `toy`
    const PublicKey* public_keys
    Verification* verification
    uint32_t* kept_warm     # test-only build: the transaction that last touched each key, + 1, for the mutant WARM_SET_KEPT


cdef struct Scratch:
    # One worker's own memory. marks: per key, epoch << 32 | position in accesses; an older epoch is no mark.
    uint64_t* marks
    uint64_t epoch
    Access* accesses
    Listener listener
    uint64_t version_reads  # values that came from an earlier step
    uint64_t base_reads     # and from the state before the block
    uint64_t running        # the transaction being executed, + 1; stays when it is stopped
    uint64_t padding[8]     # so that no two workers write to the same cache line


# Whoever works for long calls it every few microseconds, with the time.
cdef bint poll(const ToyMachine* machine, Scratch* scratch, uint64_t now) noexcept nogil
cdef bint wait(const ToyMachine* machine, Scratch* scratch) noexcept nogil
cdef bint wait_for_base(const ToyMachine* machine, Scratch* scratch, Task* task, uint32_t key) noexcept nogil
cdef bint hash_long(
    const ToyMachine* machine, Scratch* scratch, uint8_t* digest, const uint8_t* data, uint64_t length
) noexcept nogil
cdef int run_transaction(
    const ToyMachine* machine, Scratch* scratch, Task* task, uint64_t transaction, Outcome* outcome
) noexcept nogil
cdef int check_signature(
    const ToyMachine* machine, Scratch* scratch, Task* task, uint64_t transaction, Outcome* outcome
) noexcept nogil
cdef int check_registration(
    const ToyMachine* machine, Scratch* scratch, Task* task, uint64_t transaction, Outcome* outcome
) noexcept nogil
cdef int run_operations(
    const ToyMachine* machine, Scratch* scratch, Task* task, uint64_t transaction, Outcome* outcome
) noexcept nogil
cdef Access* observe(
    const ToyMachine* machine, Scratch* scratch, Task* task, uint32_t key, uint64_t accesses, int* result
) noexcept nogil
cdef bint kept_warm(const ToyMachine* machine, uint32_t key, uint64_t transaction) noexcept nogil
cdef void keep_warm(const ToyMachine* machine, uint32_t key, uint64_t transaction) noexcept nogil
