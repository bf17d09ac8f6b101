# What lies in the arena, and what each worker keeps beside it.
#
# In the arena nothing points: every reference is an offset from its start (uint64_t, 0 = none), because each process
# sees the arena at an address of its own. Fields marked "shared" are only touched through the shim's atomics; all others
# are written by one worker before the record is published by one atomic store, and never after.

from libc.stdint cimport int64_t, uint8_t, uint64_t


# Strategies and verdicts

cdef enum Strategy:
    SEQUENTIAL = 0      # no workers and no session: what a machine has for it is its own
    BLOCK_STM = 1
    LOCKS = 2
    WAVES = 3
    ACCESS_LIST = 4

# What Machine.execute returns.
cdef enum ExecutionResult:
    DONE = 0        # the machine ran to its end: an outcome, a rejection or an error, as task.verdict says
    SUSPENDED = 1   # a read met an estimate; task.blocking is the step it waits for
    STOPPED = 2     # the stop flag is up: out of memory, out of time, interrupted
    UNMERGED = 3    # a credit that the step met, or made, cannot be merged: the block ends with the step that made it

# What a read returns: READ_VALUE, or one of the others above, which the machine hands on at once.
cdef enum ReadResult:
    READ_VALUE = 0

# How an execution ended for the machine; it counts once its reads have been validated.
cdef enum Verdict:
    SUCCEEDED = 0   # there is an outcome
    REJECTED = 1    # the transaction may not be in a block on this state; the outcome says why
    FAILED = 2      # the machine itself broke (raised something that is no rejection); the outcome says how
    UNMERGEABLE = 3 # it met or made a credit that cannot be merged: there is no outcome, and the block does not pass here

# Why the stop flag is up; the first reason stays.
cdef enum StopReason:
    RUNNING = 0
    OUT_OF_MEMORY = 1
    OUT_OF_TIME = 2
    INTERRUPTED = 3
    WORKER_DIED = 4
    BROKEN = 5      # an invariant of the engine itself does not hold
    KEY_TABLE_FULL = 6


# Versions: one 64-bit word = kind (bits 0, 1), estimate (bit 2), offset of the value, a multiple of 8 below 128 GiB (bits
# 3 to 36), incarnation (27 bits from 37). No two words that a version ever holds are equal.

cdef enum VersionKind:
    SEEN = 0        # the value that the step found after a long walk, and left: later readers need not walk as far
    WRITE = 1       # the key's value after the step; value 0 = absent
    CREDIT = 2      # an amount that the step added without observing the key
    REMOVED = 3     # an earlier incarnation wrote here, the latest does not: readers pass it by

cdef enum:
    ESTIMATE = 4            # the step will be executed again, and will probably write here
    INCARNATION_SHIFT = 37
    PREDICTED = 134217727   # the incarnation of a version that an access list predicts, and no execution has written

cdef inline uint64_t version_word(uint64_t kind, uint64_t incarnation, uint64_t value) noexcept nogil:
    return kind | value | (incarnation << INCARNATION_SHIFT)

cdef inline uint64_t word_kind(uint64_t word) noexcept nogil:
    return word & 3

cdef inline uint64_t word_value(uint64_t word) noexcept nogil:
    return word & ((<uint64_t>1 << INCARNATION_SHIFT) - 8)

cdef inline uint64_t word_incarnation(uint64_t word) noexcept nogil:
    return word >> INCARNATION_SHIFT


# The arena

cdef struct Arena:
    # One process's view of the shared memory.
    char* base
    uint64_t size
    int descriptor

cdef struct ArenaHeader:
    # At offset 0.
    uint64_t magic
    uint64_t session    # offset of the SessionRecord of the block at hand
    uint64_t seed       # of the hashes of names: nobody outside can know it
    uint64_t padding[5]
    uint64_t used       # shared: the first free byte
    uint64_t padding_used[7]
    uint64_t stop       # shared: a StopReason
    uint64_t padding_stop[7]

cdef struct Value:
    # Bytes, immutable once published. The compiled toy keeps 32-byte words here; a Python machine, canonical bytes.
    uint64_t length     # and OUTSIDE, where the bytes are not here but in the state before the block
    # followed by the bytes; OUTSIDE: by their place in the memory of that state (uint64_t)

cdef enum:
    OUTSIDE_SHIFT = 63

cdef struct Content:
    # Bytes wherever they lie: in the arena, in the state before the block, in a worker's own memory. Whoever has one knows
    # for how long it lasts; nobody writes through it.
    const uint8_t* data # NULL: absent, which is not the same as no bytes
    uint64_t length
    uint64_t value      # the Value in the arena that holds them, 0 where none does


# Keys and versions

cdef struct KeyRecord:
    # 64 bytes, 64-aligned: one cache line a key.
    uint64_t versions   # shared: the Version of the highest step that has one
    uint64_t base       # Value before the block, 0 = absent; set when the record is made
    uint64_t loaded     # shared: whether somebody has waited for the base value (read latency)
    uint64_t name       # offset of the key's canonical bytes
    uint64_t length     # of the name
    uint64_t hash
    uint64_t top        # shared: what leads to the towers of a long list (a Version of no step), 0 = none yet
    uint64_t owner      # whose storage it is a slot of: the KeyRecord of that owner's wipes; 0 = nobody's

cdef struct Version:
    # What one step does to one key. Never taken out of its list within a block.
    uint64_t word       # shared
    uint64_t next       # shared: the next lower step's
    uint64_t step
    # followed by its tower: shared, levels_of(step) Versions further down (memory.py)

cdef enum:
    LEVELS = 8          # of the highest tower


# Transactions

cdef struct Execution:
    # What one finished incarnation read, wrote and said. Immutable once published.
    uint64_t incarnation
    uint64_t verdict        # Verdict
    uint64_t outcome        # offset of the machine's own record, 0 = none
    uint64_t worker
    uint64_t began          # nanoseconds (monotonic clock), and when the machine had returned
    uint64_t ended
    uint64_t read_words     # length of the read set in words
    uint64_t write_count
    # followed by read_words words: the read set; then write_count WriteEntry

# A read set is a sequence of: key offset, n, then n pairs (version offset, word), nearest step first. The last pair is
# the full write the value came from, those before it credits; no full write among them = it came from the base.

cdef struct WriteEntry:
    uint64_t key        # offset of the KeyRecord
    uint64_t kind       # WRITE, CREDIT or SEEN
    uint64_t value      # Value (0 = absent) or amount
    uint64_t version    # offset of the Version; 0 where it shows only at its commit (access-list)

cdef enum StepState:
    READY = 0
    EXECUTING = 1
    EXECUTED = 2
    ABORTING = 3

cdef struct StepRecord:
    uint64_t status         # shared: incarnation << 2 | StepState
    uint64_t waiters        # shared: transaction + 1 that came last, 0 = none, WAITERS_CLOSED once finished
    uint64_t next_waiter    # who waits for the same transaction as this one: its number + 1
    uint64_t execution      # shared: Execution of the latest finished incarnation
    uint64_t pending        # shared, locks: predecessors that have not finished
    uint64_t successors     # locks: its first Successor
    uint64_t wave           # waves: which one
    uint64_t input          # the machine's own: offset of the transaction
    uint64_t declared       # offset of DeclaredAccess, 0 = nothing known
    uint64_t executions     # how often it was begun; written by its executor
    uint64_t predicted      # access-list: its first Prediction
    uint64_t padding[5]

cdef struct Successor:
    # A transaction that waits for another, by their declarations.
    uint64_t next
    uint64_t transaction

cdef struct Prediction:
    # One entry of an access list: what a step is said to leave of a key.
    uint64_t next
    uint64_t key
    uint64_t version

cdef struct DeclaredAccess:
    # What a transaction is expected to read and to write; only a hint. Keys are any numbers equal exactly for equal keys.
    #
    # What it writes it has to itself, as under a lock. What it leaves keeps nobody waiting but those who read or write it later: in
    # versioned memory earlier ones do not see it, so a machine may say of what is written that it is left, and read where it is.
    uint64_t read_count
    uint64_t write_count
    uint64_t left_count
    # followed by read_count + write_count + left_count keys (uint64_t)


# Workers

cdef struct WorkerRecord:
    # Written by its worker alone; read by the coordinator when all workers have left.
    uint64_t executions     # begun
    uint64_t suspensions
    uint64_t validations
    uint64_t aborts         # executions thrown away by a validation
    uint64_t committed      # in-order strategies: transactions it committed
    uint64_t rerun          # in-order strategies: re-executions at commit
    uint64_t busy           # nanoseconds inside executions and validations
    uint64_t entered        # nanoseconds (monotonic clock)
    uint64_t left_at
    uint64_t chunk          # the arena chunk it allocates from: first free byte
    uint64_t chunk_end
    uint64_t events         # newest TraceChunk
    uint64_t event_chunks   # how many
    uint64_t padding[3]

cdef struct TraceEvent:
    uint64_t begin          # nanoseconds (monotonic clock)
    uint64_t end
    uint64_t transaction
    uint64_t incarnation
    uint64_t kind           # TraceKind
    uint64_t result         # execution: ExecutionResult; validation: whether valid

cdef enum TraceKind:
    TRACE_EXECUTION = 0
    TRACE_VALIDATION = 1

cdef struct TraceChunk:
    uint64_t previous
    uint64_t count
    # followed by up to TRACE_CHUNK_EVENTS events

cdef enum:
    TRACE_CHUNK_EVENTS = 64


# The block at hand

cdef struct SessionRecord:
    uint64_t transactions       # how many
    uint64_t workers            # how many
    uint64_t strategy           # Strategy
    uint64_t read_latency       # nanoseconds that the first base read of a key takes longer
    uint64_t tracing            # whether workers keep a trace
    uint64_t step_table         # StepRecord × (transactions + 2), by step
    uint64_t worker_table       # WorkerRecord × workers
    uint64_t key_table          # offsets of KeyRecords, hashed by name
    uint64_t key_capacity       # a power of two
    uint64_t input              # the machine's own: offset of the block's record
    uint64_t order              # waves: offset of the transactions by wave
    uint64_t wave_starts        # waves: offset of waves + 1 positions in it
    uint64_t waves              # how many
    uint64_t ready_table        # locks: offset of a bit for each transaction (locks.py, ready_bits)
    uint64_t padding[2]
    # shared, each on a line of its own
    uint64_t execution_index
    uint64_t padding_execution[7]
    uint64_t validation_index
    uint64_t padding_validation[7]
    uint64_t decreases
    uint64_t padding_decreases[7]
    uint64_t active
    uint64_t padding_active[7]
    uint64_t done
    uint64_t padding_done[7]
    uint64_t position           # waves, access lists: which transaction is taken next, in the order of each
    uint64_t padding_position[7]
    uint64_t finished           # waves: first executions that have ended
    uint64_t padding_finished[7]
    uint64_t commit_index
    uint64_t padding_commit[7]
    uint64_t commit_lock        # 0 = free, else worker + 1
    uint64_t padding_lock[7]
    uint64_t keys               # how many keys the table holds
    uint64_t padding_keys[7]


# A worker's own memory (not in the arena)

cdef struct Session:
    # One process's view of the block at hand.
    char* base
    SessionRecord* record
    StepRecord* steps    # by step: open, each transaction, close
    WorkerRecord* workers
    uint64_t* keys
    uint64_t key_mask
    uint64_t seed        # of the hashes of names
    Arena* arena
    const char* outside  # memory of the state before the block, as this process sees it; NULL where nothing lies there

cdef struct Reading:
    # What a read found.
    int64_t source      # step of the full write that the value came from, -1 = the state before the block
    uint64_t value      # Value at the source, 0 = absent
    uint64_t credits    # how many credits lie above it
    uint64_t* chain     # credits pairs (version offset, word), nearest first; valid until the task's next read
    uint64_t walked     # how many versions it passed on the way

cdef struct TouchSlot:
    uint64_t key
    uint64_t epoch
    uint64_t index

cdef struct Task:
    # One incarnation of one step, on one worker. Lives as long as its worker; begin_task empties it.
    Session* session
    WorkerRecord* worker
    const void* machine     # Machine (machine.pxd)
    uint64_t number         # of the worker
    uint64_t transaction
    uint64_t step           # transaction + 1; open is 0
    uint64_t incarnation
    uint64_t blocking       # set by a read that returned SUSPENDED: the step waited for
    uint64_t verdict        # set by the machine: Verdict
    uint64_t outcome        # set by the machine: offset of its own record
    uint64_t* reads
    uint64_t read_words
    uint64_t read_capacity
    WriteEntry* writes
    uint64_t write_count
    uint64_t write_capacity
    TouchSlot* touched
    uint64_t touched_mask
    uint64_t touched_count
    uint64_t epoch
    uint64_t began          # when this incarnation was begun, and when it ended (run_execution)
    uint64_t ended
    uint64_t clock          # the time now if the worker has not idled since it looked, else 0
    char* room              # memory for this step alone (room.pxd): its newest piece, and what is left of that
    char* room_next
    char* room_end
    void* local             # the machine's own scratch for this worker
