# What a block has done so far, step after step in block order.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from samestate.optimized.toy.interpreter cimport Access, ToyMachine, Outcome
from samestate.optimized.toy.packing cimport FlatBlock
from samestate.optimized.words.word cimport Word

cdef enum:
    # Rejections of the block beside those of OutcomeCode.
    GAS_ALLOWANCE_EXCEEDED = 16
    ACCESS_LIST_MISMATCH = 17


cdef struct Source:
    # One of the steps that contributed to a value, and the next older of them (0 = none).
    uint32_t step
    uint32_t older


cdef struct PackedReceipt:
    uint64_t code           # SUCCESS or OUT_OF_GAS
    uint64_t gas_used
    uint64_t cumulative_gas_used
    uint64_t first_log      # its index in the block
    uint64_t logs


cdef struct StepRecord:
    # Where a transaction's accesses begin among all, how many they are, and its fee.
    uint64_t first_access
    uint64_t accesses
    uint32_t fee_kind
    Word fee


cdef struct Ledger:
    Word* current           # each key's value now
    uint8_t* changed        # whether a step has written or credited it
    PackedReceipt* receipts
    uint64_t committed      # transactions
    uint64_t gas_used
    uint64_t logs
    uint8_t* digests        # of all logs, 32 bytes each: those of a transaction begin at its first_log in the packed block
    # The access record
    bint recording
    Access* accesses
    uint64_t accesses_used
    StepRecord* steps
    uint32_t* seen          # each key's sources as the last step saw them that said so in versioned memory
    uint32_t* newest        # each key's newest source, 0 = the value stems from before the block
    Source* sources
    uint64_t sources_used
    uint64_t sources_capacity
    # Why the block is invalid: an OutcomeCode or one of the above, 0 while it is not
    uint32_t rejection
    uint64_t rejected       # the transaction
    # The first wrong entry of the access list
    bint mismatch
    uint64_t wrong_step     # 0 = open
    uint32_t wrong_key      # NO_KEY: there are too few entries, or too many
    uint64_t* order         # room for sorting a step's keys


cdef enum:
    NO_KEY = 0xFFFFFFFF


# Settle the outcome of the next transaction and make its effects those of the block. `accesses` may already lie where the
# ledger will have them. False where the block ends here: rejected (ledger.rejection) or, with rejection 0, out of memory.
cdef bint commit(
    Ledger* ledger, const FlatBlock* block, Outcome* outcome, Access* accesses, bint sourced
) noexcept nogil

# The opening step, before all else. False where there is no memory.
cdef bint open_ledger(Ledger* ledger, const FlatBlock* block) noexcept nogil

# The closing step, and the judgement on the access list. False as above.
cdef bint close(Ledger* ledger, const FlatBlock* block) noexcept nogil

# A list of sources with one more step at its head; 0 where there is no memory.
cdef uint32_t add_source(Ledger* ledger, uint32_t step, uint32_t older) noexcept nogil

cdef void verify_step(Ledger* ledger, const FlatBlock* block, uint64_t step, uint64_t reads, uint64_t changes) noexcept nogil
cdef void note_mismatch(Ledger* ledger, uint64_t step, uint32_t key) noexcept nogil
