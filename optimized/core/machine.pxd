# What a machine gives to be compiled against this core. Strategies know of it what stands on this page, and no more.
#
# A block goes like this (block.pxd): lay_out; open, which is the step 0; then workers call execute, as often as their strategy
# wants it, base and merge meanwhile, and idle when they have nothing to do; when all have left, settle for each transaction in
# the order of the block, until one is refused; close, which is the step after the last transaction.
#
# Who calls: lay_out, open, settle and close are the coordinator's, who is alone then. execute, base, merge and idle are called
# by any worker at any time; what two of them share has to bear that. None is called with the GIL held, but in the test-only
# build. A machine keeps nothing from one execution to the next but in memory of its own that no result depends on.

from libc.stdint cimport uint64_t

from samestate.optimized.core.records cimport Content, Execution, Task

# Put the block in the arena: keys, or nothing where they are met by name; inputs, by step; what is declared of accesses and
# what an access list predicts. False where the arena is full.
ctypedef bint (*LayOut)(void* itself, Task* coordinator) noexcept nogil

# The value before the block of a key that nobody has met yet, by its name. The content has to last as long as the block. DONE,
# or STOPPED. Two workers may ask for one key at once; either answer is taken. Only for keys met by `meet_key`; for those that
# are met together (`meet_keys`) as many values, one after another.
ctypedef int (*Base)(void* itself, Task* task, const void* name, uint64_t length, Content* found) noexcept nogil

# A step: read, write and credit through samestate.optimized.core.memory, or through a view (view.pxd), at most once a key in the end;
# set task.verdict and task.outcome; return an ExecutionResult. `execute` runs task.transaction, and has to bear values that
# the transaction would not see in its turn. `open` and `close` find everything final, and never suspend.
ctypedef int (*Step)(void* itself, Task* task) noexcept nogil

# What `key` holds once `amount` has been credited to `value` (absent where data is NULL): equal values, equal bytes. An amount
# has the form of a value, namely of the one that it makes of nothing, so that amounts are added by the same function. The sum
# lies in the task's room (room.pxd) or in either argument. DONE; UNMERGED where there is no such value, with which the block
# ends when its turn comes; or STOPPED.
ctypedef int (*Merge)(
    void* itself, Task* task, uint64_t key, const Content* value, const Content* amount, Content* sum
) noexcept nogil

# The transaction's outcome is final, and it is its turn: check what depends on the totals of the block, give the receipt. DONE,
# REFUSED where the block may not have it, or STOPPED. Its read set and write set say what it really saw and did.
ctypedef int (*Settle)(void* itself, Task* coordinator, uint64_t transaction, const Execution* execution) noexcept nogil

cdef enum:
    REFUSED = 4         # what `settle` returns beside an ExecutionResult

# A worker has nothing to do, or is long at something: look up, at the clock or for a signal.
ctypedef void (*Idle)(void* itself, Task* task) noexcept nogil

cdef struct Machine:
    void* itself        # given to each function
    LayOut lay_out
    Base base           # may be null: what is met by name is absent before the block
    Step open           # may be null: the step does nothing
    Step execute
    Merge merge         # may be null where nothing is ever credited
    Settle settle
    Step close          # may be null
    Idle idle           # may be null
    bint knows_totals   # `settle` knows the total of each credited key by itself, and that it can be merged


cdef inline const Machine* machine_of(const Task* task) noexcept nogil:
    return <const Machine*>task.machine
