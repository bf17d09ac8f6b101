"""Predictions: what a block's access list says that steps leave, standing in versioned memory before any step runs.

Readers take a prediction for what it says. When its step commits it is confirmed: what was predicted right stays as it
is, so that whoever read it stays valid, and anything else is put right, which makes those who read it execute again.

All lower steps are final then, so the value that a step leaves is known, and it is the value that is put in, whether
the step wrote or credited. Below a committed step there are thus full writes alone: nobody has to gather credits, or to
pass by predictions that were taken back, however wrong a list is and however long.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import (
    allocate,
    content_of,
    is_same_content,
    stop_reason,
    store_content,
)
from cython.cimports.samestate.optimized.core.machine import Machine, machine_of
from cython.cimports.samestate.optimized.core.memory import version_of, write, write_set
from cython.cimports.samestate.optimized.core.observing import find_before
from cython.cimports.samestate.optimized.core.records import (
    CREDIT,
    DONE,
    PREDICTED,
    REMOVED,
    STOPPED,
    UNMERGED,
    WRITE,
    Content,
    Prediction,
    Version,
    WriteEntry,
    version_word,
    word_value,
)
from cython.cimports.samestate.optimized.core.room import RoomMark, mark_room, release_room
from cython.cimports.samestate.optimized.core.session import begin_task
from cython.cimports.samestate.optimized.core.shim import LIST_TRUSTED, MUTANT, atomic_store, peek
from cython.cimports.samestate.optimized.core.touched import touch


def predict(task: cython.pointer(Task), key: uint64_t, step: uint64_t, value: uint64_t) -> cython.int:
    """Predict the value of ``key`` after ``step``, before any worker starts. 0, or -1 where there is no memory.

    A version of an incarnation that never runs, and a note of it with its step.

    What is said of the opening and the closing step is passed by: they are the coordinator's, and no commit would take
    back what was wrong.
    """
    session: cython.pointer(Session) = task.session
    if step == 0 or step > session.record.transactions:
        return 0
    fresh: cython.bint = False
    step_before: uint64_t = task.step
    task.step = step
    # rule: access-list.reads-what-is-predicted
    version: uint64_t = version_of(task, key, version_word(WRITE, PREDICTED, value), cython.address(fresh))
    task.step = step_before
    offset: uint64_t = allocate(task, cython.sizeof(Prediction))
    if version == 0 or offset == 0:
        return -1
    prediction: cython.pointer(Prediction) = cython.cast(cython.pointer(Prediction), session.base + offset)
    prediction.key = key
    prediction.version = version
    prediction.next = session.steps[step].predicted
    session.steps[step].predicted = offset
    return 0


def confirm(task: cython.pointer(Task), step: uint64_t, execution: cython.pointer(Execution)) -> cython.int:
    """Show the final effect of an execution where predictions stand. 0, or -1 where there is no memory.

    Write by write: what the step does, and what was predicted of it; then what was predicted and is not so.

    The task has nothing under way meanwhile: its write set holds the predictions of the step, and numbers them by key.
    """
    i: uint64_t
    begin_task(task, step, execution.incarnation)
    if not gather_predictions(task):
        return -1
    predicted: int64_t = cython.cast(int64_t, task.write_count)
    # rule: access-list.every-change-compared
    for i in range(execution.write_count):
        if i & 63 == 63 and is_over(task):
            return -1
        entry: cython.pointer(WriteEntry) = write_set(execution) + i
        number: int64_t = touch(task, entry.key)
        if number < 0:
            return -1
        if number >= predicted:
            if confirm_unpredicted(task, entry) < 0:
                return -1
        elif not MUTANT(LIST_TRUSTED):
            task.writes[number].kind = WRITE
            if confirm_predicted(task, task.writes[number].version, entry) < 0:
                return -1
    for i in range(task.write_count):
        if i & 63 == 63 and is_over(task):
            return -1
        if task.writes[i].kind != REMOVED or MUTANT(LIST_TRUSTED):
            continue
        if take_back(task, task.writes[i].version, task.writes[i].key) < 0:
            return -1
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def gather_predictions(task: cython.pointer(Task)) -> cython.bint:
    """An entry for each, to be taken back unless the step writes the key. False where there is no memory."""
    offset: uint64_t = task.session.steps[task.step].predicted
    while offset:
        prediction: cython.pointer(Prediction) = cython.cast(cython.pointer(Prediction), task.session.base + offset)
        number: int64_t = touch(task, prediction.key)
        if number < 0:
            return False
        if number == cython.cast(int64_t, task.write_count):  # else the list has the key twice, and one version
            if write(task, prediction.key, 0) < 0:
                return False
            task.writes[number].kind = REMOVED
            task.writes[number].version = prediction.version
        offset = prediction.next
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_over(task: cython.pointer(Task)) -> cython.bint:
    """A step may write much, and nobody else can commit meanwhile: look up, as those do who have nothing to do."""
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    if machine.idle != cython.NULL:
        machine.idle(machine.itself, task)
    return stop_reason(task.session.arena) != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def find_after(
    task: cython.pointer(Task), entry: cython.pointer(WriteEntry), after: cython.pointer(Content)
) -> cython.int:
    """What the step leaves of a key that it wrote or credited. DONE, UNMERGED or STOPPED."""
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    before: Content
    amount: Content
    content_of(task.session, entry.value, after)
    if entry.kind != CREDIT:
        return DONE
    amount = after[0]
    after.value = 0
    # rule: access-list.credits-compared
    result: cython.int = find_before(task, entry.key, task.step, cython.address(before))
    if result == DONE:
        result = machine.merge(machine.itself, task, entry.key, cython.address(before), cython.address(amount), after)
    return result


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def word_after(task: cython.pointer(Task), entry: cython.pointer(WriteEntry)) -> uint64_t:
    """The word of the version that says so; 0 when stopped. What cannot be merged stays a credit: the block ends so."""
    after: Content
    value: uint64_t
    result: cython.int = find_after(task, entry, cython.address(after))
    if result == UNMERGED:
        return version_word(CREDIT, task.incarnation, entry.value)
    if result != DONE or not store_content(task, cython.address(after), cython.address(value)):
        return 0
    return version_word(WRITE, task.incarnation, value)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_unpredicted(task: cython.pointer(Task), entry: cython.pointer(WriteEntry)) -> cython.int:
    """Put it in, unless it leaves the value as it was: then nothing was to be predicted. 0 or -1."""
    fresh: cython.bint = False
    before: Content
    after: Content
    if entry.kind != CREDIT:
        content_of(task.session, entry.value, cython.address(after))
        if find_before(task, entry.key, task.step, cython.address(before)) == DONE and is_same_content(
            cython.address(before), cython.address(after)
        ):
            return 0
    word: uint64_t = word_after(task, entry)
    if word == 0:
        return -1
    return 0 if version_of(task, entry.key, word, cython.address(fresh)) else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def says(task: cython.pointer(Task), predicted: uint64_t, after: cython.pointer(Content)) -> cython.bint:
    """Whether a prediction names that value."""
    content: Content
    version: cython.pointer(Version) = cython.cast(cython.pointer(Version), task.session.base + predicted)
    content_of(task.session, word_value(peek(cython.address(version.word))), cython.address(content))
    return is_same_content(cython.address(content), after)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_right(task: cython.pointer(Task), predicted: uint64_t, word: uint64_t) -> cython.int:
    """Replace a prediction. 0, or -1 where there is no word."""
    version: cython.pointer(Version) = cython.cast(cython.pointer(Version), task.session.base + predicted)
    if word == 0:
        return -1
    # rule: access-list.readers-of-a-wrong-entry-run-again
    atomic_store(cython.address(version.word), word, b"memory.confirm.write")
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_predicted(task: cython.pointer(Task), predicted: uint64_t, entry: cython.pointer(WriteEntry)) -> cython.int:
    """A prediction is right if it names the value after the step. Nothing is stored where it does. 0 or -1."""
    after: Content
    mark: RoomMark = mark_room(task)
    put: cython.int = 0
    result: cython.int = find_after(task, entry, cython.address(after))
    if result == STOPPED:
        return -1
    if result == UNMERGED or not says(task, predicted, cython.address(after)):
        put = put_right(task, predicted, word_after(task, entry))
    release_room(task, mark)
    return put


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def take_back(task: cython.pointer(Task), predicted: uint64_t, key: uint64_t) -> cython.int:
    """The step leaves the value as it was: a prediction that says so is right, and another gives way to it. 0 or -1."""
    before: Content
    value: uint64_t
    result: cython.int = find_before(task, key, task.step, cython.address(before))
    if result == UNMERGED:  # the block ends below
        return put_right(task, predicted, version_word(REMOVED, task.incarnation, 0))
    if result != DONE:
        return -1
    if says(task, predicted, cython.address(before)):
        return 0
    if not store_content(task, cython.address(before), cython.address(value)):
        return -1
    return put_right(task, predicted, version_word(WRITE, task.incarnation, value))
