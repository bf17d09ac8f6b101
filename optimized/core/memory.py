"""Versioned memory: what each step did to each key.

A key has one list of versions in descending order of step. A version is put in once, by compare-and-swap, and never
taken out within the block; what its step does to the key is one atomic word, so that a publication is one store and a
killed worker leaves nothing half-made. A reader walks from the nearest lower step down, gathers credits, and ends at
the first full write or at the value before the block. It suspends at an estimate: that step will be executed again.

A reader that has walked far says what it found in a version of its own (SEEN), so that thousands who read a key of
thousands of credits, or one that nobody writes after all, each walk a little way and not all of it. To readers it is a
full write; to the access record it is none, since it changes nothing.

A read set holds the versions seen, as words. Validation walks again and compares the words; since a word never comes
back, equal words mean that nothing has happened to what was read, whatever the values are.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdlib import realloc
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.arena import allocate, content_of, is_same_content, reserve_if_room, stop
from cython.cimports.samestate.optimized.core.keys import key_record
from cython.cimports.samestate.optimized.core.records import (
    CREDIT,
    ESTIMATE,
    LEVELS,
    OUT_OF_MEMORY,
    READ_VALUE,
    REMOVED,
    SEEN,
    STOPPED,
    SUSPENDED,
    WRITE,
    Content,
    Execution,
    KeyRecord,
    Version,
    WriteEntry,
    version_word,
    word_incarnation,
    word_kind,
    word_value,
)
from cython.cimports.samestate.optimized.core.shim import (
    BASE_READ_UNRECORDED,
    CREDIT_HIDES_BASE,
    CREDITS_IGNORE_INCARNATION,
    DROPPED_ESTIMATE,
    ESTIMATE_READ_THROUGH,
    LINK_TO_ITSELF,
    LINK_TOO_FAR,
    MUTANT,
    NEW_LOCATION_MISSED,
    REMOVED_LEFT_STANDING,
    SAMESTATE_IS_EXPLORED,
    SKIPPED_VALIDATION,
    VALIDATION_BY_VALUE,
    atomic_load,
    atomic_replace,
    atomic_store,
    peek,
    sleep_nanoseconds,
    trailing_zeros,
)

# How many versions a walk passes before it makes use of towers: few under the explorer, whose lists are short.
PATIENCE = cython.declare(uint64_t, 1 if SAMESTATE_IS_EXPLORED else 8)
MIX = cython.declare(uint64_t, 0x9E3779B97F4A7C15)


# The list of a key
#
# Most keys have few versions, or are met near the head of their list. A key that everybody writes (the fees) has a
# version for each transaction, so above a long list stands a skip list: towers of links, a level of it through those
# versions that have the level. All of it is hints, and no more. A version is never taken out of the list and all steps
# descend, so whatever was put in since a link was set, one whose target lies above the step sought leaves out only what
# does too.


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def version_at(session: cython.pointer(Session), offset: uint64_t) -> cython.pointer(Version):
    """A version by its offset."""
    return cython.cast(cython.pointer(Version), session.base + offset)


def levels_of(step: uint64_t) -> uint64_t:
    """Say how high the tower of a step's versions is, as by lot: a quarter have a level, a sixteenth two, and so on.

    Under the explorer every version has one.
    """
    if SAMESTATE_IS_EXPLORED:
        return 1 + (step & 1)
    return trailing_zeros((step * MIX >> 32) | (cython.cast(uint64_t, 1) << 2 * LEVELS)) >> 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def seek(
    session: cython.pointer(Session),
    record: cython.pointer(KeyRecord),
    step: uint64_t,
    link: cython.pointer(cython.pointer(uint64_t)),
) -> uint64_t:
    """The highest version at ``step`` or below, 0 where there is none, and the link that leads to it."""
    walked: uint64_t = 0
    link[0] = cython.address(record.versions)
    offset: uint64_t = atomic_load(link[0], b"memory.list.load")
    while offset and version_at(session, offset).step > step:
        if walked == PATIENCE:
            near: uint64_t = known_above(session, record, step)
            if near and version_at(session, near).step < version_at(session, offset).step:
                offset = near
        walked += 1
        link[0] = cython.address(version_at(session, offset).next)
        offset = atomic_load(link[0], b"memory.list.load")
    return offset


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def is_beyond(target: uint64_t, step: uint64_t) -> cython.bint:
    """Whether a link may be followed by whoever seeks that step."""
    return target > step or (MUTANT(LINK_TOO_FAR) and target == step)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def known_above(session: cython.pointer(Session), record: cython.pointer(KeyRecord), step: uint64_t) -> uint64_t:
    """The lowest version above ``step`` that the towers know, 0 = none."""
    top: uint64_t = peek(cython.address(record.top))
    if top == 0:
        top = build_towers(session, record)
        if top == 0:
            return 0
    found: uint64_t = top
    level: uint64_t = LEVELS
    while level:
        level -= 1
        following: uint64_t = peek(tower_of(version_at(session, found)) + level)
        while following and is_beyond(version_at(session, following).step, step):
            found = following
            following = peek(tower_of(version_at(session, found)) + level)
    return 0 if found == top else found


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def build_towers(session: cython.pointer(Session), record: cython.pointer(KeyRecord)) -> uint64_t:
    """Link all that are in the list by now, then put a top in place. 0 where the arena is full, which stops nobody.

    Two workers may be at it at once: what either links is right.
    """
    top: uint64_t = reserve_if_room(session.arena, cython.sizeof(Version) + 8 * LEVELS)
    if top == 0:
        return 0
    last: uint64_t[LEVELS]
    level: uint64_t
    memset(session.base + top, 0, cython.sizeof(Version) + 8 * LEVELS)
    for level in range(LEVELS):
        last[level] = top
    offset: uint64_t = atomic_load(cython.address(record.versions), b"memory.list.load")
    while offset:
        for level in range(levels_of(version_at(session, offset).step)):
            atomic_store(tower_of(version_at(session, last[level])) + level, offset, b"memory.tower.build")
            last[level] = offset
        offset = atomic_load(cython.address(version_at(session, offset).next), b"memory.list.load")
    if atomic_replace(cython.address(record.top), 0, top, b"memory.tower.top"):
        return top
    return peek(cython.address(record.top))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def link_tower(session: cython.pointer(Session), top: uint64_t, made: uint64_t, levels: uint64_t) -> cython.void:
    """Make a version known that has been put into the list. Where somebody else is faster, it stays unknown there.

    Or it is known there already: who built the towers has met it in the list. A link from it to itself would never end.
    """
    step: uint64_t = version_at(session, made).step
    found: uint64_t = top
    level: uint64_t = LEVELS
    while level:
        level -= 1
        link: cython.pointer(uint64_t) = tower_of(version_at(session, found)) + level
        following: uint64_t = atomic_load(link, b"memory.tower.follow")
        while following and version_at(session, following).step > step:
            found = following
            link = tower_of(version_at(session, found)) + level
            following = atomic_load(link, b"memory.tower.follow")
        if level < levels and (following != made or MUTANT(LINK_TO_ITSELF)):
            atomic_store(tower_of(version_at(session, made)) + level, following, b"memory.tower.next")
            atomic_replace(link, following, made, b"memory.tower.link")


# What a step does


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def has_read_room(task: cython.pointer(Task), words: uint64_t) -> cython.bint:
    """Room for so many more words in the read set, or the stop flag."""
    needed: uint64_t = task.read_words + words
    if needed <= task.read_capacity:
        return True
    capacity: uint64_t = needed * 2
    grown: cython.p_void = realloc(task.reads, 8 * capacity)
    if grown == cython.NULL:
        stop(task.session.arena, OUT_OF_MEMORY)
        return False
    task.reads = cython.cast(cython.pointer(uint64_t), grown)
    task.read_capacity = capacity
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def wait_for_base(task: cython.pointer(Task), record: cython.pointer(KeyRecord)) -> cython.void:
    """State is slow: whoever first needs a key's value from before the block waits for it."""
    if peek(cython.address(record.loaded)):
        return
    sleep_nanoseconds(task.session.record.read_latency)
    atomic_store(cython.address(record.loaded), 1, b"memory.base.loaded")


def read(task: cython.pointer(Task), key: uint64_t, reading: cython.pointer(Reading)) -> cython.int:
    """Find what ``key`` held before the step, and note what was met. READ_VALUE, SUSPENDED or STOPPED.

    Nothing but words and versions enters the read set; the caller turns values and credits into what they mean.
    """
    session: cython.pointer(Session) = task.session
    record: cython.pointer(KeyRecord) = key_record(session, key)
    start: uint64_t = task.read_words
    if not has_read_room(task, 4):
        return STOPPED
    task.reads[start] = key
    reading.source = -1
    reading.credits = 0
    reading.chain = cython.NULL
    reading.walked = 0
    count: uint64_t = 0
    full: cython.bint = False
    link: cython.pointer(uint64_t) = cython.NULL
    offset: uint64_t = 0
    if task.step:  # nothing is below the opening step
        offset = seek(session, record, task.step - 1, cython.address(link))
    while offset:
        version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + offset)
        word: uint64_t = atomic_load(cython.address(version.word), b"memory.read.version")
        # rule: block-stm.read.estimate-suspends
        if word & ESTIMATE and not (MUTANT(ESTIMATE_READ_THROUGH) and count):
            task.blocking = version.step
            return SUSPENDED
        kind: uint64_t = word_kind(word)
        reading.walked += 1
        if kind != REMOVED:
            if start + 4 + 2 * count > task.read_capacity and not has_read_room(task, 4 + 2 * count):
                return STOPPED
            task.reads[start + 2 + 2 * count] = offset
            task.reads[start + 3 + 2 * count] = word
            count += 1
            if kind != CREDIT or MUTANT(CREDIT_HIDES_BASE):
                full = True
                # rule: block-stm.read.nearest-lower-write
                reading.source = cython.cast(int64_t, version.step)
                reading.value = word_value(word)
                break
        offset = atomic_load(cython.address(version.next), b"memory.read.next")
    task.reads[start + 1] = count
    # rule: block-stm.read.nothing-found-is-a-read
    if not (MUTANT(BASE_READ_UNRECORDED) and count == 0):
        task.read_words = start + 2 + 2 * count
    if not full:
        reading.value = record.base
        if session.record.read_latency:
            wait_for_base(task, record)
    # rule: block-stm.credit.gathered-down-to-the-last-write
    reading.credits = count - full
    reading.chain = task.reads + start + 2
    return READ_VALUE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def next_write(task: cython.pointer(Task)) -> cython.pointer(WriteEntry):
    """An empty entry at the end of the write set, or NULL and the stop flag."""
    if task.write_count == task.write_capacity:
        capacity: uint64_t = task.write_capacity * 2
        grown: cython.p_void = realloc(task.writes, cython.sizeof(WriteEntry) * capacity)
        if grown == cython.NULL:
            stop(task.session.arena, OUT_OF_MEMORY)
            return cython.NULL
        task.writes = cython.cast(cython.pointer(WriteEntry), grown)
        task.write_capacity = capacity
    entry: cython.pointer(WriteEntry) = task.writes + task.write_count
    task.write_count += 1
    entry.version = 0
    return entry


def write(task: cython.pointer(Task), key: uint64_t, value: uint64_t) -> cython.int:
    """Leave ``key`` with this value, 0 for absent. 0, or -1 where there is no memory.

    Private until published.
    """
    entry: cython.pointer(WriteEntry) = next_write(task)
    if entry == cython.NULL:
        return -1
    entry.key = key
    entry.kind = WRITE
    entry.value = value
    return 0


def credit(task: cython.pointer(Task), key: uint64_t, amount: uint64_t) -> cython.int:
    """Add ``amount`` to ``key``, whatever it holds. 0, or -1 where there is no memory.

    Private until published.
    """
    entry: cython.pointer(WriteEntry) = next_write(task)
    if entry == cython.NULL:
        return -1
    entry.key = key
    entry.kind = CREDIT
    entry.value = amount
    return 0


def leave_seen(task: cython.pointer(Task), key: uint64_t, value: uint64_t) -> cython.int:
    """Leave a value that took a long walk to find where later readers find it. 0, or -1 where there is no memory.

    Private until published.
    """
    entry: cython.pointer(WriteEntry) = next_write(task)
    if entry == cython.NULL:
        return -1
    entry.key = key
    entry.kind = SEEN
    entry.value = value
    return 0


# What the engine does with it


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def version_of(task: cython.pointer(Task), key: uint64_t, word: uint64_t, fresh: cython.p_bint) -> uint64_t:
    """The step's version of the key, put into the list with ``word`` where it is not there yet; 0 when stopped.

    Only this worker executes the step, so nobody else puts in the same version.
    """
    session: cython.pointer(Session) = task.session
    record: cython.pointer(KeyRecord) = key_record(session, key)
    step: uint64_t = task.step
    link: cython.pointer(uint64_t) = cython.NULL
    made: uint64_t = 0
    levels: uint64_t = 0
    fresh[0] = False
    while True:
        offset: uint64_t = seek(session, record, step, cython.address(link))
        if offset and version_at(session, offset).step == step:
            return offset
        if made == 0:
            levels = levels_of(step)
            made = allocate(task, cython.sizeof(Version) + 8 * levels)
            if made == 0:
                return 0
            if levels:
                memset(tower_of(version_at(session, made)), 0, 8 * levels)
            version_at(session, made).step = step
            version_at(session, made).word = word
        version_at(session, made).next = offset
        if atomic_replace(link, offset, made, b"memory.publish.insert"):
            top: uint64_t = atomic_load(cython.address(record.top), b"memory.tower.look") if levels else 0
            if top:
                link_tower(session, top, made, levels)
            fresh[0] = True
            return made


def publish(task: cython.pointer(Task)) -> cython.int:
    """Show everybody what the incarnation did. 1 where it wrote to a place that is new, 0 where not, -1 when stopped.

    First the versions, then the record of the execution; the caller says in the status that both are there.
    """
    wrote_new_location: cython.int = publish_versions(task)
    if wrote_new_location < 0 or not publish_execution(task):
        return -1
    return wrote_new_location


def publish_versions(task: cython.pointer(Task)) -> cython.int:
    """Put what the incarnation wrote where readers find it. 1, 0 or -1 as in :func:`publish`.

    The new words, each by one store; then what the last incarnation wrote and this one does not.
    """
    session: cython.pointer(Session) = task.session
    before: cython.pointer(Execution) = latest_execution(session, task.step)
    wrote_new_location: cython.bint = False
    i: uint64_t
    # rule: block-stm.publish.every-effect
    for i in range(task.write_count):
        entry: cython.pointer(WriteEntry) = task.writes + i
        word: uint64_t = version_word(entry.kind, task.incarnation, entry.value)
        fresh: cython.bint = False
        if before != cython.NULL and i < before.write_count and write_set(before)[i].key == entry.key:
            entry.version = write_set(before)[i].version
        else:
            entry.version = version_of(task, entry.key, word, cython.address(fresh))
            if entry.version == 0:
                return -1
        if fresh:
            wrote_new_location = True
            continue
        version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + entry.version)
        # rule: block-stm.publish.tells-of-new-places
        if word_kind(peek(cython.address(version.word))) == REMOVED:
            wrote_new_location = True
        atomic_store(cython.address(version.word), word, b"memory.publish.write")
    # rule: block-stm.publish.removes-what-is-no-longer-written
    if before != cython.NULL:
        remove_unwritten(task, before)
    return wrote_new_location and not MUTANT(NEW_LOCATION_MISSED)


def publish_execution(task: cython.pointer(Task)) -> cython.bint:
    """Make what the incarnation read and wrote the step's latest execution. False where there is no memory.

    A record of its own for each incarnation, put in place by one store.
    """
    offset: uint64_t = allocate(
        task,
        cython.sizeof(Execution) + 8 * task.read_words + cython.sizeof(WriteEntry) * task.write_count,
    )
    if offset == 0:
        return False
    execution: cython.pointer(Execution) = cython.cast(cython.pointer(Execution), task.session.base + offset)
    execution.incarnation = task.incarnation
    execution.verdict = task.verdict
    execution.outcome = task.outcome
    execution.worker = task.number
    execution.began = task.began
    execution.ended = task.ended
    execution.read_words = task.read_words
    execution.write_count = task.write_count
    memcpy(read_set(execution), task.reads, 8 * task.read_words)
    memcpy(write_set(execution), task.writes, cython.sizeof(WriteEntry) * task.write_count)
    # rule: block-stm.publish.last-incarnation-counts
    atomic_store(cython.address(task.session.steps[task.step].execution), offset, b"memory.publish.execution")
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def remove_unwritten(task: cython.pointer(Task), before: cython.pointer(Execution)) -> cython.void:
    """What the last incarnation wrote and this one does not is passed by from now on."""
    i: uint64_t
    for i in range(before.write_count):
        version: cython.pointer(Version) = cython.cast(
            cython.pointer(Version), task.session.base + write_set(before)[i].version
        )
        word: uint64_t = version_word(REMOVED, task.incarnation, 0)
        if MUTANT(REMOVED_LEFT_STANDING):
            word = version_word(write_set(before)[i].kind, task.incarnation, write_set(before)[i].value)
        if word_incarnation(peek(cython.address(version.word))) != task.incarnation:
            atomic_store(cython.address(version.word), word, b"memory.publish.remove")


def validate(session: cython.pointer(Session), step: uint64_t, execution: cython.pointer(Execution)) -> cython.bint:
    """Say whether every read of the execution would find the same versions again.

    Walk as the reader walked, and compare what stands there now with what stood there then.
    """
    if MUTANT(SKIPPED_VALIDATION):
        return True
    words: cython.pointer(uint64_t) = read_set(execution)
    length: uint64_t = execution.read_words
    link: cython.pointer(uint64_t) = cython.NULL
    i: uint64_t = 0
    # rule: block-stm.validation.every-read
    while i < length:
        record: cython.pointer(KeyRecord) = key_record(session, words[i])
        end: uint64_t = i + 2 + 2 * words[i + 1]
        i += 2
        offset: uint64_t = seek(session, record, step - 1, cython.address(link))
        while offset:
            version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + offset)
            word: uint64_t = atomic_load(cython.address(version.word), b"memory.validate.version")
            # rule: block-stm.validation.estimate-fails
            if word & ESTIMATE:
                return False
            kind: uint64_t = word_kind(word)
            if kind != REMOVED:
                # rule: block-stm.credit.every-contributor-validated
                if i == end or not is_same(session, words[i], words[i + 1], offset, word):
                    return False
                i += 2
                if kind != CREDIT or MUTANT(CREDIT_HIDES_BASE):
                    break
            offset = atomic_load(cython.address(version.next), b"memory.validate.next")
        if i != end:
            return False
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def is_same(
    session: cython.pointer(Session), seen: uint64_t, seen_word: uint64_t, version: uint64_t, word: uint64_t
) -> cython.bint:
    """Whether a version is the one that was seen, from the same incarnation."""
    if MUTANT(VALIDATION_BY_VALUE):
        return word_kind(seen_word) == word_kind(word) and is_same_value(
            session, word_value(seen_word), word_value(word)
        )
    if MUTANT(CREDITS_IGNORE_INCARNATION) and word_kind(word) == CREDIT:
        return seen == version
    # rule: block-stm.validation.by-version
    return seen == version and seen_word == word


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_same_value(session: cython.pointer(Session), one: uint64_t, other: uint64_t) -> cython.bint:
    """For a mutant alone: whether two Values have the same bytes."""
    first: Content
    second: Content
    content_of(session, one, cython.address(first))
    content_of(session, other, cython.address(second))
    return is_same_content(cython.address(first), cython.address(second))


def mark_estimates(session: cython.pointer(Session), execution: cython.pointer(Execution)) -> cython.void:
    """Mark what an aborted incarnation wrote, so that readers wait for the next one.

    The caller has the step to itself: it is aborting.
    """
    if MUTANT(DROPPED_ESTIMATE):
        return
    i: uint64_t
    # rule: block-stm.estimate.marks-every-write
    for i in range(execution.write_count):
        version: cython.pointer(Version) = cython.cast(
            cython.pointer(Version), session.base + write_set(execution)[i].version
        )
        word: uint64_t = peek(cython.address(version.word))
        atomic_store(cython.address(version.word), word | ESTIMATE, b"memory.estimate")


def latest_execution(session: cython.pointer(Session), step: uint64_t) -> cython.pointer(Execution):
    """Give the step's latest finished incarnation, or NULL.

    Older ones stay whole for those who still look at them.
    """
    offset: uint64_t = atomic_load(cython.address(session.steps[step].execution), b"memory.execution")
    if offset == 0:
        return cython.NULL
    return cython.cast(cython.pointer(Execution), session.base + offset)
