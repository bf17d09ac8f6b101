"""What must hold at every moment, between any two shared actions of the workers.

The explorer asks after each action. Nothing here is used by the engine, and nothing of the engine's own validation is
used here: the walk through the versions is written a second time, plainly.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.samestate.optimized.core.keys import key_record
from cython.cimports.samestate.optimized.core.memory import levels_of, read_set, tower_of, write_set
from cython.cimports.samestate.optimized.core.records import (
    BLOCK_STM,
    CREDIT,
    ESTIMATE,
    EXECUTED,
    REMOVED,
    Execution,
    SessionRecord,
    Version,
    word_incarnation,
    word_kind,
)
from cython.cimports.samestate.optimized.core.shim import peek

NEGATIVE = cython.declare(uint64_t, 0x8000000000000000)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def version_at(session: cython.pointer(Session), offset: uint64_t) -> cython.pointer(Version):
    """The version at an offset."""
    return cython.cast(cython.pointer(Version), session.base + offset)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def finished_execution(session: cython.pointer(Session), step: uint64_t) -> cython.pointer(Execution):
    """The step's latest finished incarnation, or NULL."""
    offset: uint64_t = peek(cython.address(session.steps[step].execution))
    if offset == 0:
        return cython.NULL
    return cython.cast(cython.pointer(Execution), session.base + offset)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def has_read_an_estimate(execution: cython.pointer(Execution)) -> cython.bint:
    """Whether the read set of a finished incarnation holds one."""
    words: cython.pointer(uint64_t) = read_set(execution)
    i: uint64_t = 0
    pair: uint64_t
    while i < execution.read_words:
        for pair in range(words[i + 1]):
            if words[i + 3 + 2 * pair] & ESTIMATE:
                return True
        i += 2 + 2 * words[i + 1]
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_published(
    session: cython.pointer(Session), execution: cython.pointer(Execution), incarnation: uint64_t
) -> cython.bint:
    """Whether this is the incarnation's execution, and every write of it stands where others find it."""
    i: uint64_t
    if execution.incarnation != incarnation:
        return False
    for i in range(execution.write_count):
        word: uint64_t = peek(cython.address(version_at(session, write_set(execution)[i].version).word))
        if word & ESTIMATE or word_incarnation(word) != incarnation:
            return False
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def still_stands(session: cython.pointer(Session), step: uint64_t, execution: cython.pointer(Execution)) -> cython.bint:
    """Whether a reader would find now what the incarnation found: the same versions, in the same incarnations."""
    words: cython.pointer(uint64_t) = read_set(execution)
    i: uint64_t = 0
    while i < execution.read_words:
        count: uint64_t = words[i + 1]
        found: uint64_t = 0
        offset: uint64_t = peek(cython.address(key_record(session, words[i]).versions))
        while offset:
            version: cython.pointer(Version) = version_at(session, offset)
            word: uint64_t = peek(cython.address(version.word))
            offset = peek(cython.address(version.next))
            if version.step >= step or word_kind(word) == REMOVED:
                continue
            if found == count or words[i + 3 + 2 * found] != word:
                return False
            found += 1
            if word_kind(word) != CREDIT:
                break
        if found != count:
            return False
        i += 2 + 2 * count
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_final(session: cython.pointer(Session), step: uint64_t) -> cython.bint:
    """Whether the step was executed, and what it read still stands."""
    execution: cython.pointer(Execution) = finished_execution(session, step)
    if execution == cython.NULL or peek(cython.address(session.steps[step].status)) & 3 != EXECUTED:
        return False
    return still_stands(session, step, execution)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def do_links_lead_down(session: cython.pointer(Session), key: uint64_t) -> cython.bint:
    """Whether every link of a key's towers leads to a lower step, so that a walk along them ends."""
    level: uint64_t
    offset: uint64_t = peek(cython.address(key_record(session, key).versions))
    while offset:
        version: cython.pointer(Version) = version_at(session, offset)
        for level in range(levels_of(version.step)):
            linked: uint64_t = peek(tower_of(version) + level)
            if linked and version_at(session, linked).step >= version.step:
                return False
        offset = peek(cython.address(version.next))
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def has_a_link_that_leads_up(session: cython.pointer(Session), execution: cython.pointer(Execution)) -> cython.bint:
    """Whether there is one in the towers of a key that a finished incarnation has written."""
    i: uint64_t
    for i in range(execution.write_count):  # noqa: SIM110 - a generator would need the GIL
        if not do_links_lead_down(session, write_set(execution)[i].key):
            return True
    return False


def broken_invariant(session: cython.pointer(Session)) -> cython.p_const_char:
    """Give the name of an invariant that does not hold, or NULL. Changes nothing, and passes no point.

    Every transaction on its own, then what has been said of the whole block.
    """
    record: cython.pointer(SessionRecord) = session.record
    step: uint64_t
    for step in range(1, record.transactions + 1):
        status: uint64_t = peek(cython.address(session.steps[step].status))
        execution: cython.pointer(Execution) = finished_execution(session, step)
        if execution != cython.NULL and has_read_an_estimate(execution):
            return b"no finished incarnation has read an estimate"
        if execution != cython.NULL and has_a_link_that_leads_up(session, execution):
            return b"every link above a list of versions leads to a lower step"
        if status & 3 == EXECUTED and execution == cython.NULL:
            return b"a transaction counts as executed only once it was"
        if (
            record.strategy == BLOCK_STM
            and status & 3 == EXECUTED
            and not is_published(session, execution, status >> 2)
        ):
            return b"a transaction counts as executed only once its writes are visible"
    if record.strategy == BLOCK_STM:
        if peek(cython.address(record.active)) >= NEGATIVE:
            return b"the number of workers at work is never negative"
        if peek(cython.address(record.done)):
            for step in range(1, record.transactions + 1):
                if not is_final(session, step):
                    return b"the block is done only when every transaction is executed and what it read still stands"
        return cython.NULL
    for step in range(1, peek(cython.address(record.commit_index)) + 1):
        if not is_final(session, step):
            return b"what was committed was executed, and what it read still stands"
    return cython.NULL
