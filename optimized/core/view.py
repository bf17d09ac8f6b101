"""The view of one step: what it has seen and done so far, in memory of its worker's own.

An entry stands for a key. It is numbered in the order in which the step met its keys, and found by `touch`. The value
from before the step is read from versioned memory once, when the machine first wants it, and never changes after that;
so the step sees each key with one value, and the read set has each key once.

What holds between any two calls:

- An entry's `value` and `credit` count while SET and CREDITED are marked and the owner, if there is one, has not been
  wiped since. So a wipe touches one entry, however many slots there are, and undoing it brings back what was there.
- Whatever changes an entry first puts it on the undo list as it was, unless a record of it stands there since the
  latest checkpoint. Rolling back goes through the list in reverse, so the oldest record since the mark is what stays.
- OBSERVED and ACCESSED are never taken back: what a reverted frame has read decides what it did, and has to be
  validated.
- Contents are never written to. They lie in the task's room, in the arena or in the state before the block, and all of
  these last until the step ends; so nothing is copied but what comes from outside.
- A credit stays one until the key is read. If the value from before is known in the end, credits make a write of it.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc, realloc
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.arena import (
    is_same_content,
    make_absent,
    stop,
    store_content,
    store_value,
)
from cython.cimports.samestate.optimized.core.keys import key_record
from cython.cimports.samestate.optimized.core.machine import Machine, machine_of
from cython.cimports.samestate.optimized.core.memory import credit, leave_seen, write
from cython.cimports.samestate.optimized.core.observing import last_wipe, observe
from cython.cimports.samestate.optimized.core.records import DONE, OUT_OF_MEMORY, READ_VALUE, STOPPED, Content, Task
from cython.cimports.samestate.optimized.core.room import take_room
from cython.cimports.samestate.optimized.core.shim import LONG_WALK, MUTANT, ROLLBACK_FORGETS_MARKS, WIPE_UNRECORDED
from cython.cimports.samestate.optimized.core.touched import touch

FIRST_ENTRIES = cython.declare(uint64_t, 64)


def make_view(view: cython.pointer(View)) -> cython.int:
    """Make a worker's view. -1 where there is no memory.

    Its lists are as long as the largest step met so far.
    """
    memset(view, 0, cython.sizeof(View))
    view.capacity = FIRST_ENTRIES
    view.undo_capacity = FIRST_ENTRIES
    view.entries = cython.cast(cython.pointer(Entry), malloc(FIRST_ENTRIES * cython.sizeof(Entry)))
    view.undo = cython.cast(cython.pointer(Undo), malloc(FIRST_ENTRIES * cython.sizeof(Undo)))
    if view.entries == cython.NULL or view.undo == cython.NULL:
        free_view(view)
        return -1
    return 0


def free_view(view: cython.pointer(View)) -> cython.void:
    """Give its memory back.

    What it points to is not its own.
    """
    free(view.entries)
    free(view.undo)
    view.entries = cython.NULL
    view.undo = cython.NULL


def begin_view(view: cython.pointer(View), task: cython.pointer(Task)) -> cython.void:
    """Empty the view for the incarnation that ``task`` was begun for.

    Nothing of an earlier incarnation is left but the room for its lists.
    """
    view.task = task
    view.count = 0
    view.undo_count = 0
    view.mark = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fail(view: cython.pointer(View)) -> cython.int:
    """There is no memory."""
    stop(view.task.session.arena, OUT_OF_MEMORY)
    return -1


def find_entry(view: cython.pointer(View), key: uint64_t) -> int64_t:
    """Give the number of a key's entry, made where the step meets it first. -1 where there is no memory.

    The owner's entry comes first, so that it has a number.
    """
    task: cython.pointer(Task) = view.task
    owner: uint64_t = key_record(task.session, key).owner
    owner_entry: int64_t = -1
    if owner:
        owner_entry = find_entry(view, owner)
        if owner_entry < 0:
            return -1
    number: int64_t = touch(task, key)
    if number != cython.cast(int64_t, view.count):
        return number
    if view.count == view.capacity:
        grown: cython.p_void = realloc(view.entries, 2 * view.capacity * cython.sizeof(Entry))
        if grown == cython.NULL:
            return fail(view)
        view.entries = cython.cast(cython.pointer(Entry), grown)
        view.capacity *= 2
    view.count += 1
    entry: cython.pointer(Entry) = view.entries + number
    entry.key = key
    entry.owner = cython.cast(uint64_t, owner_entry + 1)
    entry.marks = 0
    entry.wipes = 0
    entry.since = -1
    entry.walked = 0
    entry.logged = 0
    return number


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def wipes_of_owner(view: cython.pointer(View), entry: cython.pointer(Entry)) -> uint64_t:
    """How often the step has wiped the storage that the key is part of."""
    return view.entries[entry.owner - 1].wipes if entry.owner else entry.wipes


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def is_wiped(view: cython.pointer(View), entry: cython.pointer(Entry)) -> cython.bint:
    """Whether it has at all, so that what was before the step is hidden."""
    return entry.owner != 0 and view.entries[entry.owner - 1].wipes != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def standing(view: cython.pointer(View), entry: cython.pointer(Entry)) -> uint64_t:
    """Which of SET and CREDITED count."""
    return entry.marks & (SET | CREDITED) if entry.wipes == wipes_of_owner(view, entry) else 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def remember(view: cython.pointer(View), number: uint64_t) -> cython.int:
    """Put the entry on the undo list before it changes, unless it stands there since the latest checkpoint. 0 or -1."""
    entry: cython.pointer(Entry) = view.entries + number
    if entry.logged > view.mark:
        return 0
    if view.undo_count == view.undo_capacity:
        grown: cython.p_void = realloc(view.undo, 2 * view.undo_capacity * cython.sizeof(Undo))
        if grown == cython.NULL:
            return fail(view)
        view.undo = cython.cast(cython.pointer(Undo), grown)
        view.undo_capacity *= 2
    undo: cython.pointer(Undo) = view.undo + view.undo_count
    undo.entry = number
    undo.marks = entry.marks
    undo.wipes = entry.wipes
    undo.logged = entry.logged
    undo.value = entry.value
    undo.credit = entry.credit
    view.undo_count += 1
    entry.logged = view.undo_count
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def observe_entry(view: cython.pointer(View), entry: cython.pointer(Entry)) -> cython.int:
    """Read the value from before the step; of a slot, ask for the last wipe first, once an owner."""
    since: int64_t = -1
    result: cython.int
    if entry.owner:
        owner: cython.pointer(Entry) = view.entries + (entry.owner - 1)
        if not owner.marks & OBSERVED:
            words_before: uint64_t = view.task.read_words
            result = last_wipe(view.task, owner.key, cython.address(owner.since))
            if MUTANT(WIPE_UNRECORDED):
                view.task.read_words = words_before
            if result != READ_VALUE:
                return result
            owner.marks |= OBSERVED
        since = owner.since
    result = observe(view.task, entry.key, since, cython.address(entry.original), cython.address(entry.walked))
    if result == READ_VALUE:
        entry.marks |= OBSERVED
    return result


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def merged(
    view: cython.pointer(View),
    entry: cython.pointer(Entry),
    value: cython.pointer(cython.const[Content]),
    found: cython.pointer(Content),
) -> cython.int:
    """What the entry's credit makes of a value."""
    machine: cython.pointer(cython.const[Machine]) = machine_of(view.task)
    sum: Content
    sum.value = 0
    result: cython.int = machine.merge(
        machine.itself, view.task, entry.key, value, cython.address(entry.credit), cython.address(sum)
    )
    found[0] = sum
    return result


def get_value(view: cython.pointer(View), entry: uint64_t, found: cython.pointer(Content)) -> cython.int:
    """Give the key's value as the step sees it now. READ_VALUE, SUSPENDED, STOPPED or UNMERGED.

    What the step itself gave the key, else what a wipe of its own has left, else what was before it.
    """
    place: cython.pointer(Entry) = view.entries + entry
    stands: uint64_t = standing(view, place)
    base: Content
    if stands & SET:
        base = place.value
    elif is_wiped(view, place):
        make_absent(cython.address(base))
    else:
        if not place.marks & OBSERVED:
            result: cython.int = observe_entry(view, place)
            if result != READ_VALUE:
                return result
        base = place.original
    if stands & CREDITED:
        return merged(view, place, cython.address(base), found)
    found[0] = base
    return READ_VALUE


def set_value(view: cython.pointer(View), entry: uint64_t, data: cython.p_const_void, length: uint64_t) -> cython.int:
    """Give the key a value of these bytes, NULL to make it absent. 0, or -1 where there is no memory.

    A copy, unless there is nothing to copy.
    """
    content: Content
    if data == cython.NULL:
        make_absent(cython.address(content))
        return set_content(view, entry, cython.address(content))
    place: cython.p_void = set_room(view, entry, length)
    if place == cython.NULL:
        return -1
    memcpy(place, data, length)
    return 0


def set_content(
    view: cython.pointer(View), entry: uint64_t, content: cython.pointer(cython.const[Content])
) -> cython.int:
    """Give the key a content that lasts as long as the step, uncopied. 0, or -1 where there is no memory.

    What was credited is gone.
    """
    if remember(view, entry):
        return -1
    place: cython.pointer(Entry) = view.entries + entry
    place.wipes = wipes_of_owner(view, place)
    place.marks = (place.marks & ~cython.cast(uint64_t, CREDITED)) | SET
    place.value = content[0]
    return 0


def set_room(view: cython.pointer(View), entry: uint64_t, length: uint64_t) -> cython.p_void:
    """Give the key a value of so many bytes, to be filled in at once. NULL where there is no memory.

    Fresh bytes each time: an earlier value may have to come back.
    """
    content: Content
    content.data = cython.cast(cython.p_const_uchar, take_room(view.task, length + 1))
    content.length = length
    content.value = 0
    if content.data == cython.NULL or set_content(view, entry, cython.address(content)):
        return cython.NULL
    return cython.cast(cython.p_void, content.data)


def add_amount(view: cython.pointer(View), entry: uint64_t, data: cython.p_const_void, length: uint64_t) -> cython.int:
    """Credit the key, whatever it holds. READ_VALUE, SUSPENDED, STOPPED or UNMERGED.

    Amounts are added up by the machine's own merge.
    """
    if remember(view, entry):
        return STOPPED
    place: cython.pointer(Entry) = view.entries + entry
    stands: uint64_t = standing(view, place)
    amount: Content
    before: Content
    copied: cython.p_void = take_room(view.task, length + 1)
    if copied == cython.NULL:
        return STOPPED
    memcpy(copied, data, length)
    amount.data = cython.cast(cython.p_const_uchar, copied)
    amount.length = length
    amount.value = 0
    before = place.credit
    place.credit = amount
    place.wipes = wipes_of_owner(view, place)
    place.marks = (place.marks & ~cython.cast(uint64_t, SET | CREDITED)) | stands | CREDITED
    if stands & CREDITED:
        return merged(view, place, cython.address(before), cython.address(place.credit))
    return READ_VALUE


def wipe_storage(view: cython.pointer(View), entry: uint64_t) -> cython.int:
    """Make every slot of the owner absent. 0, or -1 where there is no memory.

    Slots that were set or credited before count no longer, since their number is an older one.
    """
    if remember(view, entry):
        return -1
    view.entries[entry].wipes += 1
    view.entries[entry].marks |= WIPED
    return 0


def set_marks(
    view: cython.pointer(View), entry: uint64_t, marks: uint64_t, before: cython.pointer(uint64_t)
) -> cython.int:
    """Set marks of an entry; ``before`` says which were set already. 0, or -1 where there is no memory.

    Nothing to be undone where all were set, or where only such are that last.
    """
    place: cython.pointer(Entry) = view.entries + entry
    before[0] = place.marks & marks
    if before[0] != marks:
        if marks & ~cython.cast(uint64_t, LASTING_MARKS) and remember(view, entry):
            return -1
        place.marks |= marks
    return 0


def checkpoint(view: cython.pointer(View)) -> uint64_t:
    """Give where the undo list is now, for :func:`rollback`.

    From here on each entry is remembered anew when it first changes.
    """
    view.mark = view.undo_count
    return view.mark


def rollback(view: cython.pointer(View), mark: uint64_t) -> cython.void:
    """Take back values, credits, wipes and marks, but the lasting ones, since a checkpoint.

    Newest first.
    """
    while view.undo_count > mark:
        view.undo_count -= 1
        undo: cython.pointer(Undo) = view.undo + view.undo_count
        entry: cython.pointer(Entry) = view.entries + undo.entry
        lasting: uint64_t = entry.marks & LASTING_MARKS
        if MUTANT(ROLLBACK_FORGETS_MARKS):
            lasting |= entry.marks & ~cython.cast(uint64_t, SET | CREDITED | WIPED)
        entry.marks = (undo.marks & ~cython.cast(uint64_t, LASTING_MARKS)) | lasting
        entry.wipes = undo.wipes
        entry.logged = undo.logged
        entry.value = undo.value
        entry.credit = undo.credit
    view.mark = mark


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def finish_entry(view: cython.pointer(View), entry: cython.pointer(Entry)) -> cython.int:
    """What is left of one key: a write where its value is another or nobody knows, a credit, or nothing."""
    stands: uint64_t = standing(view, entry)
    wiped: cython.bint = is_wiped(view, entry)
    known: cython.bint = entry.marks & OBSERVED and not wiped
    after: Content
    stored: uint64_t
    number: uint64_t
    result: cython.int = READ_VALUE
    if entry.marks & WIPED and entry.wipes:
        # Whose wipe it is, so that a second one is another value: where values are compared, equal ones change nothing.
        number = view.task.step + 1
        stored = store_value(view.task, cython.address(number), cython.sizeof(uint64_t))
        return DONE if stored and write(view.task, entry.key, stored) == 0 else STOPPED
    if stands == CREDITED and not known and not wiped:
        if not store_content(view.task, cython.address(entry.credit), cython.address(stored)):
            return STOPPED
        return DONE if credit(view.task, entry.key, stored) == 0 else STOPPED
    if stands:
        result = get_value(view, cython.cast(uint64_t, entry - view.entries), cython.address(after))
        if result != READ_VALUE:
            return result
    if stands and not (known and is_same_content(cython.address(after), cython.address(entry.original))):
        if not store_content(view.task, cython.address(after), cython.address(stored)):
            return STOPPED
        return DONE if write(view.task, entry.key, stored) == 0 else STOPPED
    if known and entry.walked > LONG_WALK:
        if not store_content(view.task, cython.address(entry.original), cython.address(stored)):
            return STOPPED
        return DONE if leave_seen(view.task, entry.key, stored) == 0 else STOPPED
    return DONE


def finish_view(view: cython.pointer(View)) -> cython.int:
    """Hand over what the step has done to the task's write set. DONE, STOPPED or UNMERGED.

    In the order in which the keys were met.
    """
    number: uint64_t
    for number in range(view.count):
        result: cython.int = finish_entry(view, view.entries + number)
        if result != DONE:
            return result
    return DONE
