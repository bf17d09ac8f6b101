"""Predictions: what a block's access list says that steps leave, standing in versioned memory before any step runs.

Readers take a prediction for what it says. When its step commits it is confirmed: what was predicted right stays as it
is, so that whoever read it stays valid, and anything else is put right, which makes those who read it execute again.

All lower steps are final then, so the value that a step leaves is known, and it is the value that is put in, whether
the step wrote or credited. Below a committed step there are thus full writes alone: nobody has to gather credits, or to
pass by predictions that were taken back, however wrong a list is and however long.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import allocate, stop_reason
from cython.cimports.samestate.optimized.core.memory import are_equal, value_before, version_of, write, write_set
from cython.cimports.samestate.optimized.core.records import (
    PREDICTED,
    REMOVED,
    WRITE,
    Prediction,
    Version,
    WriteEntry,
    version_word,
    word_value,
)
from cython.cimports.samestate.optimized.core.session import begin_task
from cython.cimports.samestate.optimized.core.shim import LIST_TRUSTED, MUTANT, atomic_store, peek
from cython.cimports.samestate.optimized.core.touched import touch


def predict(task, key, step, value):
    """A version of an incarnation that never runs, and a note of it with its step.

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


def confirm(task, step, execution):
    """Write by write: what the step does, and what was predicted of it; then what was predicted and is not so.

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
            confirm_predicted(task, task.writes[number].version, value_after(task, entry))
            task.writes[number].kind = WRITE
    for i in range(task.write_count):
        if i & 63 == 63 and is_over(task):
            return -1
        if task.writes[i].kind == REMOVED and not MUTANT(LIST_TRUSTED):
            confirm_predicted(task, task.writes[i].version, value_before(task, task.writes[i].key, step))
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
    if task.executor.idle != cython.NULL:
        task.executor.idle(task.executor.machine, task)
    return stop_reason(task.session.arena) != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def value_after(task: cython.pointer(Task), entry: cython.pointer(WriteEntry)) -> uint64_t:
    """What the step leaves of a key that it wrote or credited."""
    if entry.kind == WRITE:
        return entry.value
    before: uint64_t = value_before(task, entry.key, task.step)
    return task.executor.merge(task.executor.machine, task, entry.key, before, entry.value)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_unpredicted(task: cython.pointer(Task), entry: cython.pointer(WriteEntry)) -> cython.int:
    """Put it in, unless it leaves the value as it was: then nothing was to be predicted. 0 or -1."""
    fresh: cython.bint = False
    after: uint64_t = value_after(task, entry)
    if are_equal(task.session, value_before(task, entry.key, task.step), after):
        return 0
    word: uint64_t = version_word(WRITE, task.incarnation, after)
    return 0 if version_of(task, entry.key, word, cython.address(fresh)) else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_predicted(task: cython.pointer(Task), predicted: uint64_t, after: uint64_t) -> cython.void:
    """A prediction is right if it names the value after the step, whether the step changed it or not."""
    session: cython.pointer(Session) = task.session
    version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + predicted)
    if not are_equal(session, word_value(peek(cython.address(version.word))), after):
        word: uint64_t = version_word(WRITE, task.incarnation, after)
        atomic_store(cython.address(version.word), word, b"memory.confirm.write")
