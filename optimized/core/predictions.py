"""Predictions: what a block's access list says that steps leave, standing in versioned memory before any step runs.

Readers take a prediction for what it says. When its step commits it is confirmed: what was predicted right stays as it
is, so that whoever read it stays valid, and anything else is put right, which makes those who read it execute again.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.optimized.core.arena import allocate
from cython.cimports.optimized.core.memory import are_equal, value_before, version_of, write_set
from cython.cimports.optimized.core.records import (
    CREDIT,
    PREDICTED,
    REMOVED,
    WRITE,
    Execution,
    Prediction,
    Version,
    WriteEntry,
    version_word,
    word_value,
)
from cython.cimports.optimized.core.shim import LIST_TRUSTED, MUTANT, atomic_store, peek


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
    """Entry by entry: what the step does, what was predicted of it, and what was predicted and is not so."""
    session: cython.pointer(Session) = task.session
    entry: cython.pointer(WriteEntry)
    i: uint64_t
    for i in range(execution.write_count):
        entry = write_set(execution) + i
        if confirm_write(task, step, execution.incarnation, entry) < 0:
            return -1
    offset: uint64_t = session.steps[step].predicted
    while offset:
        prediction: cython.pointer(Prediction) = cython.cast(cython.pointer(Prediction), session.base + offset)
        if not is_written(execution, prediction.key) and not MUTANT(LIST_TRUSTED):
            version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + prediction.version)
            atomic_store(
                cython.address(version.word), version_word(REMOVED, execution.incarnation, 0), b"memory.confirm.remove"
            )
        offset = prediction.next
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_written(execution: cython.pointer(Execution), key: uint64_t) -> cython.bint:
    """Whether the key is in the write set."""
    i: uint64_t
    for i in range(execution.write_count):  # noqa: SIM110 - a generator would need the GIL
        if write_set(execution)[i].key == key:
            return True
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def confirm_write(
    task: cython.pointer(Task), step: uint64_t, incarnation: uint64_t, entry: cython.pointer(WriteEntry)
) -> cython.int:
    """A prediction is right if it names the value after the step; none is right if the step leaves the value."""
    session: cython.pointer(Session) = task.session
    word: uint64_t = version_word(entry.kind, incarnation, entry.value)
    predicted: uint64_t = prediction_of(session, step, entry.key)
    before: uint64_t
    after: uint64_t = entry.value
    if predicted and MUTANT(LIST_TRUSTED):
        return 0
    if predicted == 0:
        if entry.kind == WRITE and are_equal(session, value_before(task, entry.key, step), entry.value):
            return 0
        fresh: cython.bint = False
        step_before: uint64_t = task.step
        task.step = step
        inserted: uint64_t = version_of(task, entry.key, word, cython.address(fresh))
        task.step = step_before
        return 0 if inserted else -1
    if entry.kind == CREDIT:
        before = value_before(task, entry.key, step)
        after = task.executor.merge(task.executor.machine, task, entry.key, before, entry.value)
    version: cython.pointer(Version) = cython.cast(cython.pointer(Version), session.base + predicted)
    if not are_equal(session, word_value(peek(cython.address(version.word))), after):
        atomic_store(cython.address(version.word), word, b"memory.confirm.write")
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def prediction_of(session: cython.pointer(Session), step: uint64_t, key: uint64_t) -> uint64_t:
    """The version that was predicted for the key, or 0."""
    offset: uint64_t = session.steps[step].predicted
    while offset:
        prediction: cython.pointer(Prediction) = cython.cast(cython.pointer(Prediction), session.base + offset)
        if prediction.key == key:
            return prediction.version
        offset = prediction.next
    return 0
