# Solana's machine in C++, as far as Cython handles it. What each thing means is said in the header that it is from.

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "samestate/optimized/svm/address.hpp" namespace "samestate::svm" nogil:
    cppclass Address:
        uint8_t bytes[32]
    enum class Known(uint8_t):
        INSTRUCTIONS
    string text_of(const Address& address) except +

cdef extern from "samestate/optimized/svm/account.hpp" namespace "samestate::svm" nogil:
    cppclass Account:
        uint64_t lamports
        const uint8_t* data
        uint64_t length
        Address owner
        uint64_t executable
    const Account ABSENT

cdef extern from "samestate/optimized/svm/rules.hpp" namespace "samestate::svm" nogil:
    cppclass Rules:
        cbool has_version_1
        cbool keeps_exempt
        uint64_t lamports_per_signature
        uint64_t account_limit
        uint64_t block_limit
        uint64_t allocation_limit

cdef extern from "samestate/optimized/svm/lattice.hpp" namespace "samestate::svm" nogil:
    cppclass Lattice:
        uint16_t element[1024]
        void checksum(uint8_t* digest)
        void subtract(const Lattice& other)

cdef extern from "samestate/optimized/svm/stop.hpp" namespace "samestate::svm" nogil:
    cppclass Stop:
        Stop()

cdef extern from "samestate/optimized/svm/bank.hpp" namespace "samestate::svm" nogil:
    cppclass QueueItem "samestate::svm::BlockhashQueue::Item":
        Address hash
        uint64_t number
        uint64_t lamports
    cppclass BlockhashQueue:
        vector[QueueItem] items
    cppclass Processed:
        Address blockhash
        Address message
    cppclass StatusCache:
        void add(vector[Processed] block) except +
    cppclass EpochSchedule:
        uint64_t slots_per_epoch
        uint64_t leader_schedule_slot_offset
        uint64_t first_normal_epoch
        uint64_t first_normal_slot
    cppclass HardFork:
        uint64_t slot
        uint64_t times
    cppclass Bank:
        uint64_t slot
        Address hash
        BlockhashQueue queue
        StatusCache processed
        vector[HardFork] hard_forks
        EpochSchedule epochs
        uint64_t lamports_per_byte
        uint64_t lamports_per_signature
        uint64_t hashes_per_tick
        uint64_t ticks_per_slot
        Lattice lattice

cdef extern from "samestate/optimized/svm/table.hpp" namespace "samestate::svm" nogil:
    cppclass TableEntry "samestate::svm::AccountTable::Entry":
        Address address
        Account account
    cppclass AccountTable:
        const Account& find(const Address& address)
        void put(const Address& address, const Account& account) except +
        const vector[TableEntry*]& entries()

cdef extern from "samestate/optimized/svm/errors.hpp" namespace "samestate::svm" nogil:
    cppclass Error:
        pass
    string text_of_error "samestate::svm::text_of"(const Error& error) except +

cdef extern from "samestate/optimized/svm/block.hpp" namespace "samestate::svm" nogil:
    cppclass Record:
        Account now
        Address address
        const Account* base
        uint64_t cost
        uint64_t key
        Known known
        uint8_t is_program
        uint8_t has_writer
        Record* data_record()
    cppclass Key:
        Record* record
        cbool is_signer
        cbool is_writable
    cppclass Message:
        uint16_t signature_count
    cppclass Transaction:
        Message message
        Key* keys
        uint16_t key_count
        uint64_t signature_fee
        uint64_t priority_fee
    cppclass Effect:
        Record* record
        Account after
    enum class Status(uint8_t):
        REFUSED
        FEES_ONLY
        FAILED
        SUCCEEDED
    cppclass Outcome:
        Status status
        Error error
        uint64_t units
        uint64_t cost
        uint32_t loaded_size
        uint32_t log_length
        const char* logs
        const Effect* effects
        uint32_t effect_count

cdef extern from "samestate/optimized/svm/room.hpp" namespace "samestate::svm" nogil:
    cppclass Plain[Thing]:
        size_t size()
        Thing& operator[](size_t index)

cdef extern from "samestate/optimized/svm/work.hpp" namespace "samestate::svm" nogil:
    cppclass Entry:
        uint64_t hashes
        Address hash
        uint32_t first
        uint32_t count
    cppclass BlockInput:
        Rules rules
        uint64_t slot
        Address leader
        int64_t unix_timestamp
        cbool has_timestamp
        cbool has_history
        Address blockhash
        vector[Entry] entries
        vector[uint8_t] wire
        vector[uint64_t] starts
        size_t count()
    cppclass State:
        State() except +
        AccountTable accounts
        Bank bank
    cppclass RecordPool:
        size_t size()
        Record& operator[](size_t index)
    cppclass Hand:
        RecordPool records
        uint64_t executed
        uint64_t busy
        uint64_t running
    cppclass Options:
        Options()
        cbool verifies
        cbool batches
        cbool versions
        cbool pieces
        cbool records
    cppclass Work:
        Options options
        const State* state
        Plain[Transaction] transactions
        Plain[Outcome] outcomes
        vector[unique_ptr[Hand]] hands
        vector[Effect] opened
        vector[Effect] closed
        vector[Record*] opening_reads
        vector[Record*] closing_reads
        uint64_t malformed

cdef extern from "samestate/optimized/svm/block_steps.hpp" namespace "samestate::svm" nogil:
    cppclass Totals:
        uint64_t signatures
        uint64_t signature_fees
        uint64_t priority_fees
        uint64_t cost
        uint64_t allocation
        uint64_t deposited
        uint64_t burnt

cdef extern from "samestate/optimized/svm/settlement.hpp" namespace "samestate::svm" nogil:
    cppclass Verdict:
        uint64_t transaction
    cppclass Settlement:
        Totals totals
        Verdict verdict

cdef extern from "samestate/optimized/svm/in_place.hpp" namespace "samestate::svm" nogil:
    enum class Order(uint64_t):
        SEQUENTIAL
        PIECES
        LOCKS
        WAVES
    enum class WayToGo "samestate::svm::Strategy"(uint64_t):
        SEQUENTIAL
        LOCKS
        WAVES
        ADAPTIVE
    cppclass InPlace:
        Settlement settlement
        Order order
        const char* fallen_back
        uint64_t pieces
        uint64_t waves
        uint64_t critical_path
        uint64_t stage_times[5]
        vector[uint64_t] began
        vector[uint64_t] ended
        void begin(Work& work, size_t workers, WayToGo strategy) except +

cdef extern from "samestate/optimized/svm/job.hpp" namespace "samestate::svm" nogil:
    cppclass Poll:
        int (*asked)(void* itself) noexcept
        void* itself
    cppclass VersionedSource:
        int (*read)(void* itself, uint64_t key, Account* account) noexcept
        void* itself
    cppclass Job:
        Job() except +
        Work work
        InPlace in_place
        string problem
        void begin(const BlockInput& input, const State& state, const Options& options, size_t workers) except +
        void check(size_t workers, const Stop& stop, cbool& was_stopped) except +
        bint run(size_t worker, const Poll& poll) noexcept
        bint conclude(const Poll& poll) noexcept
        void admit_all(size_t workers) except +
        int execute(size_t worker, size_t index, VersionedSource& source) noexcept
        cbool settle(size_t index) noexcept
        void close() except +
        cbool is_invalid()
        string code() except +
        string detail() except +
    Job* new_job() except +
    void delete_job(Job* job) noexcept
    State* new_state() except +
    void delete_state(State* state) noexcept
    void apply(State& state, const Work& work, const Address& hash, const Lattice& lattice) except +

cdef extern from "samestate/optimized/svm/commitment.hpp" namespace "samestate::svm" nogil:
    cppclass Change:
        const Address* address
        const Account* before
        const Account* after
    vector[const Record*] written_by(const Work& work) except +
    vector[Change] changes_of(const Work& work) except +
    cbool add_changes(
        Lattice& lattice, const Lattice& others, const State& state, const vector[Change]& changes, size_t workers,
        size_t rebuild_from, const Stop& stop, cbool& was_rebuilt
    ) except +
    Address bank_hash(const Bank& parent, const BlockInput& input, uint64_t signatures, const Lattice& lattice)
    cbool add_all(Lattice& lattice, const State& state, size_t workers, const Stop& stop) except +
