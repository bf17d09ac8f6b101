# What one step has seen and done so far, in memory of its worker's own. See view.py.
#
# A machine makes a View for each worker, begins it with each execution, asks for an entry for each key, and finishes it. Nothing
# of it is in the arena before `finish_view`, which hands over what is then left: one value a key.

from libc.stdint cimport int64_t, uint64_t

from samestate.optimized.core.records cimport Content, Task

# What is marked of an entry. The first two are for good, since what was seen was seen; all others are undone by a rollback.
cdef enum EntryMark:
    OBSERVED = 1        # its value from before the step is known
    ACCESSED = 2        # for the access record: it was touched
    SET = 4             # `value` is what the step gave it
    CREDITED = 8        # `credit` is what the step added, on top of whatever it holds
    WIPED = 16          # an owner, whose storage the step has wiped
    WARM = 32
    TOUCHED = 64        # as the ruleset means it
    FIRST_OWN_MARK = 256    # from here on the machine's own: created, destroyed, …

cdef enum:
    LASTING_MARKS = 3

cdef struct Entry:
    uint64_t key        # its KeyRecord
    uint64_t owner      # the entry of whose storage it is a slot of, + 1; 0 = nobody's
    uint64_t marks      # EntryMark
    uint64_t wipes      # an owner: how often the step has wiped it. A slot: how often before it was last set or credited
    int64_t since       # an owner that was observed: the last step before this one that wiped it, -1 = none
    uint64_t walked     # OBSERVED: how many versions were passed
    uint64_t logged     # where its latest undo record stands, + 1
    Content original    # OBSERVED: before the step
    Content value
    Content credit

cdef struct Undo:
    # An entry as it was.
    uint64_t entry
    uint64_t marks
    uint64_t wipes
    uint64_t logged
    Content value
    Content credit

cdef struct View:
    Task* task
    Entry* entries
    uint64_t count
    uint64_t capacity
    Undo* undo
    uint64_t undo_count
    uint64_t undo_capacity
    uint64_t mark       # the latest checkpoint, or the one last rolled back to

# A worker's view, once; -1 where there is no memory. free_view may be called twice.
cdef int make_view(View* view) noexcept nogil
cdef void free_view(View* view) noexcept nogil

# Empty it for the incarnation that `task` was begun for.
cdef void begin_view(View* view, Task* task) noexcept nogil

# The entry of a key, by number; made where the step meets it first. -1 where there is no memory.
cdef int64_t find_entry(View* view, uint64_t key) noexcept nogil

# The value of the key as the step sees it now. Lasts until the step ends, whatever is set later. READ_VALUE, SUSPENDED, STOPPED or
# UNMERGED.
cdef int get_value(View* view, uint64_t entry, Content* found) noexcept nogil

# Give it a value, which observes nothing: bytes, of which a copy is kept (NULL: make it absent); or a content that lasts as long as
# the step, and is not copied, such as one that `get_value` gave; or bytes to be filled in at once, NULL where there is no memory.
# 0, or -1 where there is no memory.
cdef int set_value(View* view, uint64_t entry, const void* data, uint64_t length) noexcept nogil
cdef int set_content(View* view, uint64_t entry, const Content* content) noexcept nogil
cdef void* set_room(View* view, uint64_t entry, uint64_t length) noexcept nogil

# Credit it, which observes nothing. READ_VALUE; UNMERGED, SUSPENDED or STOPPED as above.
cdef int add_amount(View* view, uint64_t entry, const void* data, uint64_t length) noexcept nogil

# Make every slot of the owner absent whose entry this is. 0 or -1.
cdef int wipe_storage(View* view, uint64_t entry) noexcept nogil

# Set marks; `before`: which of them were set already. 0 or -1.
cdef int set_marks(View* view, uint64_t entry, uint64_t marks, uint64_t* before) noexcept nogil

# Where the undo list is now, and back to there: marks but the lasting ones, values, credits and wipes are as they were. Checkpoints
# end in the reverse order of their beginning; one that is not rolled back ends by not being mentioned again.
cdef uint64_t checkpoint(View* view) noexcept nogil
cdef void rollback(View* view, uint64_t mark) noexcept nogil

# Hand over what the step has done to the task's write set. DONE, STOPPED or UNMERGED.
cdef int finish_view(View* view) noexcept nogil
