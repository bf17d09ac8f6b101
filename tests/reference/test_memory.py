"""Versioned memory: what a step sees, what it waits for, and what makes a read stale."""

from __future__ import annotations

import pytest

from samestate.reference.explorer import pass_by
from samestate.reference.memory import Blocked, Effects, Observation, VersionedMemory, VersionKind
from samestate.spec.machine import Key
from tests.spec.tiny_machine import TinyCodec, TinyState

ONE, TWO, FIVE = b"\x01", b"\x02", b"\x05"
A, SLOT = b"a", b"sx1"


def memory(**values: bytes) -> VersionedMemory:
    return VersionedMemory(TinyCodec(), TinyState({key.encode(): value for key, value in values.items()}), pass_by)


def seen(versions: VersionedMemory, key: Key, step: int) -> tuple[bytes | None, list[tuple[int, VersionKind]]]:
    """The value that a step sees, and the steps that contribute to it."""
    chain = versions.look(key, step)
    return versions.value(key, chain), [(version.step, version.kind) for version in chain.versions]


def observe(versions: VersionedMemory, key: Key, step: int) -> dict[Key, Observation]:
    chain = versions.look(key, step)
    return {key: Observation(versions.value(key, chain), chain)}


def test_a_step_sees_the_nearest_write_before_it() -> None:
    versions = memory(a=ONE)
    versions.publish(2, 0, Effects({A: TWO}))
    versions.publish(5, 0, Effects({A: FIVE}))
    assert seen(versions, A, 2) == (ONE, [])
    assert seen(versions, A, 5) == (TWO, [(2, VersionKind.WRITE)])
    assert seen(versions, A, 6) == (FIVE, [(5, VersionKind.WRITE)])


def test_credits_since_the_last_write_are_added_when_somebody_reads() -> None:
    versions = memory(a=ONE)
    versions.publish(0, 0, Effects(credits={A: 10}))
    versions.publish(2, 0, Effects({A: TWO}))
    versions.publish(3, 0, Effects(credits={A: 1}))
    versions.publish(4, 0, Effects(credits={A: 2}))
    assert seen(versions, A, 1) == (b"\x0b", [(0, VersionKind.CREDIT)])
    assert seen(versions, A, 9) == (
        FIVE,
        [(2, VersionKind.WRITE), (3, VersionKind.CREDIT), (4, VersionKind.CREDIT)],
    )


def test_a_wipe_hides_what_was_written_before_it_and_not_what_is_written_by_its_own_step() -> None:
    versions = memory(sx1=ONE, a=ONE)
    versions.publish(1, 0, Effects({SLOT: FIVE}))
    versions.publish(2, 0, Effects({b"sx2": TWO}, wipes={b"x": None}))
    versions.publish(3, 0, Effects(credits={SLOT: 2}))
    assert seen(versions, SLOT, 2) == (FIVE, [(1, VersionKind.WRITE)])
    assert seen(versions, SLOT, 3) == (None, [(2, VersionKind.WIPE)])
    assert seen(versions, SLOT, 4) == (TWO, [(2, VersionKind.WIPE), (3, VersionKind.CREDIT)])
    assert seen(versions, b"sx2", 3) == (TWO, [(2, VersionKind.WRITE)])
    assert seen(versions, b"sy1", 3) == (None, [])
    assert seen(versions, A, 3) == (ONE, [])


@pytest.mark.parametrize("estimated", [0, 1, 2])
def test_any_estimate_down_to_the_nearest_full_write_suspends(estimated: int) -> None:
    versions = memory()
    versions.publish(0, 0, Effects({A: ONE}))
    versions.publish(1, 0, Effects(credits={A: 1}))
    versions.publish(2, 0, Effects(credits={A: 1}))
    reads = observe(versions, A, 3)
    assert versions.validate(3, reads)
    versions.mark_estimates(estimated)
    with pytest.raises(Blocked) as caught:
        versions.look(A, 3)
    assert caught.value.step == estimated
    assert not versions.validate(3, reads)
    versions.publish(3, 0, Effects({A: FIVE}))
    assert seen(versions, A, 4) == (FIVE, [(3, VersionKind.WRITE)])


def test_an_estimated_wipe_suspends_unless_something_was_written_since() -> None:
    versions = memory(sx1=ONE)
    versions.publish(0, 0, Effects(wipes={b"x": None}))
    versions.mark_estimates(0)
    with pytest.raises(Blocked):
        versions.look(SLOT, 1)
    versions.publish(1, 0, Effects({SLOT: TWO}))
    assert seen(versions, SLOT, 2) == (TWO, [(1, VersionKind.WRITE)])


def test_what_a_later_incarnation_no_longer_writes_is_gone() -> None:
    versions = memory(a=ONE)
    assert versions.publish(0, 0, Effects({A: TWO, b"b": TWO}, wipes={b"x": None}))
    versions.mark_estimates(0)
    assert not versions.publish(0, 1, Effects({b"b": FIVE}))
    assert seen(versions, A, 1) == (ONE, [])
    assert seen(versions, SLOT, 1) == (None, [])
    assert seen(versions, b"b", 1) == (FIVE, [(0, VersionKind.WRITE)])
    assert versions.publish(0, 2, Effects({A: TWO}))
    assert seen(versions, b"b", 1) == (None, [])


def test_an_equal_value_of_another_version_is_not_the_same() -> None:
    """ABA: the value comes back, and the past is another one (H22)."""
    versions = memory(a=ONE)
    reads = observe(versions, A, 5)
    versions.publish(1, 0, Effects({A: ONE}))
    assert not versions.validate(5, reads)
    reads = observe(versions, A, 5)
    assert versions.validate(5, reads)
    versions.mark_estimates(1)
    assert not versions.validate(5, reads)
    versions.publish(1, 1, Effects({A: ONE}))
    assert not versions.validate(5, reads)


def test_every_contributor_of_a_chain_counts() -> None:
    versions = memory(a=ONE)
    versions.publish(0, 0, Effects(credits={A: 2}))
    versions.publish(1, 0, Effects(credits={A: 2}))
    reads = observe(versions, A, 5)
    assert versions.validate(5, reads)
    versions.publish(0, 1, Effects(credits={A: 1}))
    versions.publish(1, 1, Effects(credits={A: 3}))
    assert versions.value(A, versions.look(A, 5)) == reads[A].value
    assert not versions.validate(5, reads)


def test_absent_from_the_beginning_and_absent_by_a_wipe_differ() -> None:
    versions = memory()
    reads = observe(versions, SLOT, 5)
    versions.publish(1, 0, Effects(wipes={b"x": None}))
    assert not versions.validate(5, reads)
