"""What a key holds before a step: versions turned into a content.

Versioned memory knows words and places; what they amount to is worked out here: the credits above the value they were
added to, merged by the machine, and the wipe of an owner's storage, which hides what lies below it. Sums are made in
the task's room; the arena gets none of them.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import content_of, make_absent, stop, store_content
from cython.cimports.samestate.optimized.core.keys import key_record
from cython.cimports.samestate.optimized.core.machine import Machine, machine_of
from cython.cimports.samestate.optimized.core.memory import read, version_of, write_set
from cython.cimports.samestate.optimized.core.records import (
    BROKEN,
    CREDIT,
    DONE,
    READ_VALUE,
    STOPPED,
    UNMERGED,
    WRITE,
    Reading,
    Version,
    WriteEntry,
    version_word,
    word_incarnation,
    word_kind,
    word_value,
)
from cython.cimports.samestate.optimized.core.room import RoomMark, mark_room, release_room
from cython.cimports.samestate.optimized.core.shim import atomic_store, peek


def last_wipe(task: cython.pointer(Task), owner: uint64_t, step: cython.pointer(int64_t)) -> cython.int:
    """Give the last step before this one that wiped the owner's storage, -1 for none. READ_VALUE, SUSPENDED or STOPPED.

    The state before the block knows nothing of wipes, so nobody waits for it.
    """
    reading: Reading
    if task.session.record.read_latency:
        atomic_store(cython.address(key_record(task.session, owner).loaded), 1, b"memory.base.loaded")
    result: cython.int = read(task, owner, cython.address(reading))
    if result == READ_VALUE:
        step[0] = reading.source if reading.value else -1
    return result


def observe(
    task: cython.pointer(Task),
    key: uint64_t,
    since: int64_t,
    found: cython.pointer(Content),
    walked: cython.pointer(uint64_t),
) -> cython.int:
    """Give what ``key`` holds before the step, merged. READ_VALUE, SUSPENDED, STOPPED or UNMERGED.

    Credits are merged in the order of the steps that made them.
    """
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    reading: Reading
    amount: Content
    sum: Content
    result: cython.int = read(task, key, cython.address(reading))
    if result != READ_VALUE:
        return result
    walked[0] = reading.walked
    if reading.source < since:
        make_absent(found)
    else:
        content_of(task.session, reading.value, found)
    left: uint64_t = reading.credits
    while left:
        left -= 1
        version: cython.pointer(Version) = cython.cast(
            cython.pointer(Version), task.session.base + reading.chain[2 * left]
        )
        if cython.cast(int64_t, version.step) <= since:
            continue
        content_of(task.session, word_value(reading.chain[2 * left + 1]), cython.address(amount))
        sum.value = 0
        result = machine.merge(machine.itself, task, key, found, cython.address(amount), cython.address(sum))
        if result != DONE:
            return result
        found[0] = sum
    return READ_VALUE


def find_before(
    task: cython.pointer(Task), key: uint64_t, step: uint64_t, found: cython.pointer(Content)
) -> cython.int:
    """Give what ``key`` holds before ``step``, all lower steps being final. DONE, UNMERGED or STOPPED.

    A read on the coordinator's behalf: the task is for a moment that step's.
    """
    since: int64_t = -1
    walked: uint64_t
    result: cython.int = READ_VALUE
    owner: uint64_t = key_record(task.session, key).owner
    step_before: uint64_t = task.step
    words_before: uint64_t = task.read_words
    task.step = step
    if owner:
        result = last_wipe(task, owner, cython.address(since))
    if result == READ_VALUE:
        result = observe(task, key, since, found, cython.address(walked))
    task.step = step_before
    task.read_words = words_before
    if result == READ_VALUE:
        return DONE
    if result == UNMERGED:
        return UNMERGED
    stop(task.session.arena, BROKEN)  # no effect where the flag is up already
    return STOPPED


def settle_credits(
    task: cython.pointer(Task), step: uint64_t, execution: cython.pointer(cython.const[Execution])
) -> cython.int:
    """Make each credit of a step a write of the total, all lower steps being final. DONE, UNMERGED or STOPPED.

    So there is a full write below every credit that is still to be settled, and each is merged once.
    """
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    writes: cython.pointer(cython.const[WriteEntry]) = write_set(cython.cast(cython.pointer(Execution), execution))
    before: Content
    amount: Content
    after: Content
    value: uint64_t
    i: uint64_t
    fresh: cython.bint = False
    result: cython.int = DONE
    step_before: uint64_t = task.step
    mark: RoomMark = mark_room(task)
    task.step = step
    for i in range(execution.write_count):
        if writes[i].kind != CREDIT:
            continue
        offset: uint64_t = version_of(task, writes[i].key, 0, cython.address(fresh))
        if offset == 0:
            result = STOPPED
            break
        version: cython.pointer(Version) = cython.cast(cython.pointer(Version), task.session.base + offset)
        word: uint64_t = peek(cython.address(version.word))
        if word_kind(word) != CREDIT:  # settled by the commit of a strategy
            continue
        result = find_before(task, writes[i].key, step, cython.address(before))
        if result == DONE:
            content_of(task.session, word_value(word), cython.address(amount))
            after.value = 0
            result = machine.merge(
                machine.itself,
                task,
                writes[i].key,
                cython.address(before),
                cython.address(amount),
                cython.address(after),
            )
        if result != DONE:
            break
        if not store_content(task, cython.address(after), cython.address(value)):
            result = STOPPED
            break
        word = version_word(WRITE, word_incarnation(word), value)
        atomic_store(cython.address(version.word), word, b"memory.settle.credit")
        release_room(task, mark)
    task.step = step_before
    return result
