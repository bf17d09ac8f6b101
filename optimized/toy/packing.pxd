# A block of the toy machine as flat arrays. Keys are dense numbers in the order of their canonical bytes.

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from samestate.optimized.toy.verification cimport PublicKey, SignatureJob
from samestate.optimized.words.word cimport Word

cdef enum OperationKind:
    SLOAD = 0
    SSTORE = 1
    SSTORE_ACCUMULATOR = 2
    ADD = 3
    SUB = 4
    KECCAK = 5
    NOOP = 6


cdef struct Operation:
    uint32_t kind
    uint32_t key            # SLOAD, SSTORE
    uint64_t argument       # SSTORE, ADD, SUB: position in words; KECCAK: position in data
    uint64_t length         # KECCAK: of its data


cdef struct PackedTransaction:
    # 64 bytes.
    uint32_t sender_nonce   # key
    uint32_t sender_balance # key
    uint64_t nonce
    uint64_t gas_limit
    uint64_t gas_price
    uint64_t first_operation
    uint64_t operations
    uint64_t keys           # an upper bound of how many it accesses
    uint64_t first_log      # how many logs those before it write at most: its own have their place behind these


cdef struct SignedTransaction:
    # What a transaction has beside, under the ruleset `signed`.
    uint32_t code           # why it may not be in any block, whatever the state: an OutcomeCode, 0 = nothing is wrong
    uint32_t scheme         # that its signature is said to be of
    uint32_t signing        # the key of the state under which its public key stands
    # The registration, if any
    uint32_t registered     # the key of the state that it changes; NOT_REGISTERED
    uint32_t entry          # the number of the public key that it brings
    bint is_foreign         # it is of another account than the sender's
    bint is_first           # it is of an account's first key
    bint is_of_address      # the account's address is made from the public key
    uint64_t gas


cdef enum:
    NOT_REGISTERED = 0xFFFFFFFF


cdef struct PackedWithdrawal:
    uint32_t balance        # key
    uint64_t amount


cdef struct PackedSlot:
    uint32_t key
    Word value


cdef struct ListedChange:
    uint32_t key
    bint word_sized         # false: the value is not the canonical form of a word, so no step can have left it
    Word value


cdef struct ListedStep:
    # One entry of the access list: where its reads and changes begin. They end where the next step's begin.
    uint64_t first_read
    uint64_t first_change


cdef struct DeclaredKeys:
    # reads, then writes, from a position in declared_keys
    uint64_t first
    uint32_t reads
    uint32_t writes


cdef struct FlatBlock:
    # What the machine reads; nobody changes it while a block runs. Keys are numbers: their positions among all names.
    uint32_t key_count
    Word* base              # each key's value before the block
    # Transactions
    uint64_t transactions_length
    PackedTransaction* transactions
    Operation* operations
    uint64_t operations_length
    Word* words
    uint8_t* data
    DeclaredKeys* declared
    uint32_t* declared_keys
    uint64_t most_keys
    uint64_t all_keys
    uint64_t all_logs
    # Under the ruleset `signed`. A word that stands for a registered key is the number of its public key, from 1.
    bint is_signed
    SignedTransaction* signed_transactions
    SignatureJob* jobs          # two for each transaction
    PublicKey* public_keys
    uint64_t public_keys_length
    # Environment
    uint32_t coinbase_balance
    uint64_t gas_limit
    PackedWithdrawal* withdrawals
    uint64_t withdrawals_length
    PackedSlot* opening     # what the opening step stores, in the order of the keys
    uint64_t opening_length
    # The block's access list, if any: listed_steps + 1 entries of listed
    bint has_access_list
    uint64_t listed_steps
    ListedStep* listed
    uint32_t* listed_reads
    ListedChange* listed_changes


cdef class PackedBlock:
    cdef FlatBlock flat
    cdef readonly list names    # the canonical bytes of the keys, in order
    cdef readonly list plain_transactions
    cdef readonly list registered   # the canonical bytes of the public keys, by number; None for 0
    cdef list _kept                 # what jobs and public keys point into
    cdef readonly object transaction_count
    cdef readonly bytes coinbase
    cdef readonly bint has_access_list
    cdef readonly bint is_signed

    cdef void* _array(self, uint64_t count, uint64_t size) except NULL
    cdef void* _allocated
