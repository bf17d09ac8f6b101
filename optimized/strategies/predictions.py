"""Predictions: what a block's access list says that steps leave, standing in versioned memory before any step runs.

Readers take a prediction for what it says. When its step commits it is confirmed: what was predicted right stays as it
is, so that whoever read it stays valid, and anything else is put right, which makes those who read it execute again.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import allocate, stop_reason
from cython.cimports.samestate.optimized.core.memory import are_equal, value_before, version_of, write, write_set
from cython.cimports.samestate.optimized.core.records import (
    CREDIT,
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
    session: cython.pointer(Session) = task.session
    i: uint64_t
    begin_task(task, step, execution.incarnation)
    if not gather_predictions(task):
        return -1
    predicted: int64_t = cython.cast(int64_t, task.write_count)
    # rule: access-list.every-change-compared
    for i in range(execution.write_count):
        if i & 63 == 63 and is_over(task):
            return -1
        number: int64_t = touch(task, write_set(execution)[i].key)
        if number < 0:
            return -1
        if number >= predicted:
            if confirm_unpredicted(task, write_set(execution) + i) < 0:
                return -1
        elif not MUTANT(LIST_TRUSTED):
            confirm_predicted(task, write_set(execution) + i, task.writes[number].version)
            task.writes[number].kind = WRITE
    for i in range(task.write_count):
        if i & 63 == 63 and is_over(task):
            return -1
        if task.writes[i].kind == REMOVED and not MUTANT(LIST_TRUSTED):
            version: cython.pointer(Version) = cython.cast(
                cython.pointer(Version), session.base + task.writes[i].version
            )
            atomic_store(
                cython.address(version.word), version_word(REMOVED, task.incarnation, 0), b"memory.confirm.remove"
            )
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
def confirm_unpredicted(task: cython.pointer(Task), entry: cython.pointer(WriteEntry)) -> cython.int:
    """Put it in, unless it leaves the value as it was: then nothing was to be predicted. 0 or -1."""
    fresh: cython.bint = False
    if entry.kind == WRITE and are_equal(task.session, value_before(task, entry.key, task.step), entry.value):
        return 0
    word: uint64_t = version_word(entry.kind, task.incarnation, entry.value)
    return 0 if version_of(task, entry.key, word, cython.address(fresh)) else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_predicted(
    task: cython.pointer(Task), entry: cython.pointer(WriteEntry), predicted: uint64_t
) -> cython.void:
    """A prediction is right if it names the value after the step."""
    session: cython.pointer(Session) = task.session
    after: uint64_t = entry.value
    if entry.kind == CREDIT:
        before: uint64_t = value_before(task, entry.key, task.step)
        after = task.executor.merge(task.executor.machine, task, entry.key, before, entry.value)
    version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + predicted)
    if not are_equal(session, word_value(peek(cython.address(version.word))), after):
        word: uint64_t = version_word(entry.kind, task.incarnation, entry.value)
        atomic_store(cython.address(version.word), word, b"memory.confirm.write")
