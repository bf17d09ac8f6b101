"""The first thing in which two results of a block differ, step by step, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from samestate.reference.explorer.violation import CRASH, RESULT, Violation
from samestate.spec.access import StepAccess, step_name
from samestate.spec.machine import Rejection
from samestate.spec.transition import BlockResult

Ending = BlockResult[Any, Any, Any, Any] | Exception
"""How executing a block ends: with a result, or with what it was rejected for, or with a crash."""


def end_of(execute: Callable[[], BlockResult[Any, Any, Any, Any]]) -> Ending:
    """How it ends."""
    try:
        return execute()
    except Exception as failure:
        return failure


def difference(right: Ending, given: Ending) -> str:
    """The first difference, or nothing."""
    if isinstance(right, Exception) or isinstance(given, Exception):
        expected, found = show_ending(right), show_ending(given)
        return "" if expected == found else f"expected {expected}, and it is {found}"
    return next(differences(right, given), "")


def judge(right: Ending, given: Ending) -> None:
    """Raise Violation where they differ: a crash where that is what was given, and else a wrong result."""
    problem = difference(right, given)
    if problem:
        crashed = isinstance(given, Exception) and not isinstance(given, Rejection)
        raise Violation(CRASH if crashed else RESULT, problem)


def show_ending(ending: Ending) -> str:
    """How it ended, as far as that is compared."""
    if isinstance(ending, Rejection):
        place = "" if ending.transaction is None else f" of transaction {ending.transaction}"
        return f"rejection {ending.code.name}{place}"
    if isinstance(ending, Exception):
        return f"{type(ending).__name__}: {ending}"
    return "a valid block"


def right_end_of(execute: Callable[[], BlockResult[Any, Any, Any, Any]]) -> Ending:
    """How it ends by the specification. Where that crashes nobody is right, and certainly not who crashes too."""
    try:
        return execute()
    except Rejection as rejection:
        return rejection


def differences(right: BlockResult[Any, Any, Any, Any], given: BlockResult[Any, Any, Any, Any]) -> Iterator[str]:
    """All differences of two valid results, those of early steps first."""
    transactions = len(right.receipts)
    if len(right.steps) != len(given.steps):
        yield f"expected {len(right.steps)} steps, and there are {len(given.steps)}"
        return
    for what in ("outcomes", "receipts"):
        wanted, there = len(getattr(right, what)), len(getattr(given, what))
        if wanted != there:
            yield f"expected {wanted} {what}, and there are {there}"
            return
    for expected, found in zip(right.steps, given.steps, strict=True):
        name = f"step {step_name(expected.step, transactions)}"
        yield from (f"{name}: {problem}" for problem in step_differences(expected, found))
        if 0 <= expected.step < transactions:
            for what in ("outcomes", "receipts"):
                yield from value_differences(
                    f"{name}: {what[:-1]}", getattr(right, what)[expected.step], getattr(given, what)[expected.step]
                )
    yield from value_differences("totals", right.totals, given.totals)
    yield from value_differences("closing", right.closing, given.closing)
    yield from map_differences("value after the block of", right.changes, given.changes)
    yield from value_differences("wipes", right.wipes, given.wipes)


def step_differences(right: StepAccess, given: StepAccess) -> Iterator[str]:
    """The differences of one step of the access record."""
    yield from value_differences("number", right.step, given.step)
    for name in ("reads", "writes", "before", "credits"):
        yield from map_differences(name, getattr(right, name), getattr(given, name))
    for name in ("wipes", "touches"):
        yield from value_differences(name, getattr(right, name), getattr(given, name))


def map_differences(name: str, right: Mapping[bytes, Any], given: Mapping[bytes, Any]) -> Iterator[str]:
    """The keys under which two maps differ."""
    for key in dict.fromkeys((*right, *given)):
        if key not in right:
            yield f"{name} {key.hex()}: expected nothing, and it is {show(given[key])}"
        elif key not in given:
            yield f"{name} {key.hex()}: expected {show(right[key])}, and there is nothing"
        else:
            yield from value_differences(f"{name} {key.hex()}", right[key], given[key])


def value_differences(name: str, right: object, given: object) -> Iterator[str]:
    """The difference of two values."""
    if right != given:
        yield f"{name}: expected {show(right)}, and it is {show(given)}"


def show(value: object) -> str:
    """A value for people."""
    written = value.hex() if isinstance(value, bytes) else "absent" if value is None else str(value)
    return written if len(written) <= 200 else f"{written[:200]}…"
