# The rest of the compiled EVM's C++, as far as Cython handles it: what the modules need that run blocks.

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.vector cimport vector

from samestate.optimized.evm.encodings cimport DecodedBlock, DecodingError
from samestate.optimized.evm.native.precompiles cimport Libraries
from samestate.optimized.evm.seams cimport (
    Account, Address, Buffer, CodeTable, Environment, Hash, Rules, Slot, State, u256,
)

cdef extern from "samestate/optimized/evm/transaction.hpp" namespace "samestate::evm" nogil:
    cppclass Transaction:
        uint8_t type
        uint64_t nonce
        uint64_t gas_limit

cdef extern from "samestate/optimized/evm/block_input.hpp" namespace "samestate::evm" nogil:
    cppclass Sender:
        Address address
        uint8_t code() noexcept
        uint64_t known
    cppclass BlockInput:
        Environment environment
        DecodedBlock decoded
        DecodingError load(const uint8_t* bytes, size_t length) except +
        vector[Transaction] transactions
        vector[Sender] senders
        cbool in_lanes
        uint64_t counted_in_lanes() noexcept
        uint8_t add_transaction(const uint8_t* bytes, size_t length) except +
        void add_block_hash(uint64_t distance, const uint8_t* hash) except +
        void add_withdrawal(const uint8_t* address, uint64_t amount) except +
        void add_ommer(const uint8_t* address, uint64_t number) except +
        void finish() except +
    const char* name_of_rejection(uint8_t code) noexcept

cdef extern from "samestate/optimized/evm/shape.hpp" namespace "samestate::evm" nogil:
    struct BlockShape:
        uint64_t sampled
        uint64_t with_data
        uint64_t largest_sender
        uint64_t largest_kind
        uint64_t kind
        uint64_t gas_limit
        uint64_t largest_call
        uint64_t call
    BlockShape shape_of(const BlockInput& input) noexcept

cdef extern from "samestate/optimized/evm/outcome.hpp" namespace "samestate::evm" nogil:
    cppclass OutcomeFigures:
        cbool is_refusal
        uint64_t gas_paid
        uint64_t execution_gas
        uint64_t state_gas
        uint64_t gas_refunded
        uint64_t blob_gas
        u256 effective_gas_price
        cbool is_creation
        Address created
        cbool succeeded() noexcept

cdef extern from "samestate/optimized/evm/state.hpp" namespace "samestate::evm" nogil:
    cppclass Log:
        Address address
        uint32_t topic_count
        uint64_t data
        uint64_t data_length
        u256 topics[4]

cdef extern from "samestate/optimized/evm/outcome_record.hpp" namespace "samestate::evm" nogil:
    cppclass OutcomeRecord:
        OutcomeFigures figures
        Address sender
        uint8_t type
        uint64_t log_count
        uint64_t log_data_length
        uint64_t output_length
        uint64_t effect_length
        uint8_t fault_code() noexcept
        const Log* logs() noexcept
        const uint8_t* log_data() noexcept
        const uint8_t* output() noexcept
        const uint8_t* effect() noexcept
        uint64_t size() noexcept
        uint8_t fault_code() noexcept
        uint64_t overflows
    struct RecordOptions:
        cbool with_effect
        cbool with_reads
    const char* name_of_end(const OutcomeFigures* figures) noexcept

cdef extern from "samestate/optimized/evm/step_records.hpp" namespace "samestate::evm" nogil:
    cppclass StepRecords:
        vector[const OutcomeRecord*] steps
        const uint8_t* take(Buffer& bytes) except +
        void take(Buffer& bytes, const vector[uint64_t]& places) except +

cdef extern from "samestate/optimized/evm/hash_cache.hpp" namespace "samestate::evm" nogil:
    cppclass HashedMessages:
        cbool keeps
    cppclass HashCache:
        HashedMessages messages

cdef extern from "samestate/optimized/evm/executor.hpp" namespace "samestate::evm" nogil:
    cppclass Executor:
        HashCache hashes
        State state
        int (*poll)(void* itself) noexcept nogil
        void* poll_itself

cdef extern from "samestate/optimized/evm/state.hpp" namespace "samestate::evm" nogil:
    cppclass Source:
        pass

cdef extern from "samestate/optimized/evm/callbacks.hpp" namespace "samestate::evm" nogil:
    ctypedef int (*LoadAccount)(void* itself, Account* account, int part) noexcept nogil
    ctypedef int (*LoadSlot)(void* itself, Slot* slot) noexcept nogil
    ctypedef int (*AskStorageAlone)(void* itself, Account* account) noexcept nogil
    cppclass CallbackSource:
        void* itself
        LoadAccount load_account
        LoadSlot load_slot
        AskStorageAlone storage_alone
        cbool keeps

cdef extern from "samestate/optimized/evm/worker.hpp" namespace "samestate::evm" nogil:
    enum StepResult:
        STEP_DONE
        STEP_SUSPENDED
        STEP_STOPPED
        STEP_UNMERGED
        STEP_MISSING
        STEP_OUT_OF_MEMORY
        STEP_OVERFLOW
    cppclass Deposits:
        pass
    cppclass Totals:
        uint64_t paid_gas
        uint64_t execution_gas
        uint64_t state_gas
        uint64_t blob_gas
    cppclass Tracer:
        string lines
        string output
        cbool lacked_state_gas
    cppclass Worker:
        Worker() except +
        uint64_t traced
        Tracer tracer
        void trace(uint64_t transaction, cbool stack, cbool memory, cbool return_data) except +
        void profile(cbool is_wanted) except +
        string profiled() except +
        Executor executor
        CallbackSource source
        RecordOptions options
        Buffer record
        uint64_t running
        uint64_t missing_hash
        cbool prepare() noexcept
        void begin_block(const Rules* rules, BlockInput* block, CodeTable* codes, uint64_t seed, const uint64_t* stop) except +
        void begin_block(
            const Rules* rules, BlockInput* block, CodeTable* codes, uint64_t seed, const uint64_t* stop, Source* asked
        ) except +
        StepResult open_block() noexcept
        StepResult execute(uint64_t transaction) noexcept
        StepResult close_block(const Deposits& deposits) noexcept
        StepResult keep() noexcept
        uint64_t place() noexcept
        const OutcomeRecord* last() noexcept
    cppclass Settlement:
        Totals totals
        Deposits deposits
        vector[uint64_t] places
        void begin() noexcept
        cbool add(const Rules& rules, const BlockInput& input, uint64_t transaction, const OutcomeRecord& record) noexcept
        void note(uint64_t place) noexcept
        void refuse(const OutcomeRecord& record) noexcept
        void overflow() noexcept
        uint8_t code() noexcept
        const char* detail() noexcept
    void recover_senders(BlockInput& input) noexcept
    void stop_recovering(BlockInput& input) noexcept
    void set_libraries(Libraries* libraries) noexcept
    Worker* new_worker() noexcept
    void delete_worker(Worker* worker) noexcept
    uint64_t append_bytes(Buffer& buffer, const void* bytes, uint64_t length) except +

cdef extern from "samestate/optimized/evm/receipts.hpp" namespace "samestate::evm" nogil:
    cppclass Bloom:
        uint8_t bytes[256]

cdef extern from "samestate/optimized/evm/commitments.hpp" namespace "samestate::evm" nogil:
    cppclass BodyCommitments:
        Hash transactions_root
        Hash ommers_hash
        Hash withdrawals_root
    void commit_to_body(const BlockInput& input, BodyCommitments& commitments) except +
    void commit_to_receipts(
        const BlockInput& input, const StepRecords& records, Hash& root, Bloom& bloom
    ) except +

cdef extern from "samestate/optimized/evm/access_list_form.hpp" namespace "samestate::evm" nogil:
    cppclass Item "samestate::evm::rlp::Item":
        const uint8_t* payload
        size_t length() noexcept
    cppclass Malformed "samestate::evm::rlp::Malformed":
        const char* reason
        size_t position
    Malformed malformed_access_list(const uint8_t* bytes, size_t length, Item* list) noexcept
    cppclass ListedValues:
        Address address
        uint8_t part
        uint8_t slot[32]
        cbool is_new_key
        uint64_t index
        Item value
        void begin(const uint8_t* bytes, size_t length) noexcept
        void number(uint64_t* limbs) noexcept
        cbool next() noexcept
