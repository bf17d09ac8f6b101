"""The access list that a toy block may carry: what every step reads, and every value that it leaves changed.

It has the purpose of the EVM's block access list (EIP-7928), with an entry a step.
"""

# source: Samestate: vectors/FORMAT.md, "The toy machine", access_list

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samestate.spec.access import OPEN, StepAccess, step_name
from samestate.spec.machine import Key, Rejection, State, Value
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.word import from_value, to_value


@dataclass(frozen=True, slots=True)
class Entry:
    """What one step accesses, keys in order.

    ``reads``: the keys whose value from before the step it observes; ``changes``: the keys whose value after the step
    is not the one before, credited keys among them, with the value after it.
    """

    reads: tuple[Key, ...]
    changes: tuple[tuple[Key, Value], ...]


AccessList = tuple[Entry, ...]
"""An entry for the opening step, for each transaction and for the closing step."""


def access_list_of(steps: Sequence[StepAccess], before: State) -> AccessList:
    """The list that follows from the access record of a block on the state ``before`` it."""
    balances: dict[Key, Value] = {}
    entries = []
    for access in steps:
        changes = dict(access.writes)
        for key, amount in access.credits.items():
            # rule: toy.access-list.credit-is-a-change
            changes[key] = to_value(from_value(balances[key] if key in balances else before.get(key)) + amount)
        balances.update(changes)
        entries.append(Entry(reads=tuple(sorted(access.reads)), changes=tuple(sorted(changes.items()))))
    return tuple(entries)


def check_access_list(proposed: AccessList, steps: Sequence[StepAccess], before: State) -> None:
    """Raise Rejection where a block's own list is not the one that follows, naming the first wrong entry."""
    right = access_list_of(steps, before)
    transactions = len(right) - 2
    for step, (given, expected) in enumerate(zip(proposed, right, strict=False), OPEN):
        for wrong in wrong_entries(given, expected):
            # rule: toy.access-list.wrong-entry
            raise Rejection(
                Invalid.ACCESS_LIST_MISMATCH,
                f"step {step_name(step, transactions)} {wrong}",
                transaction=step if 0 <= step < transactions else None,
            )
    if len(proposed) != len(right):
        # rule: toy.access-list.wrong-length
        raise Rejection(
            Invalid.ACCESS_LIST_MISMATCH, f"the block has {len(right)} steps, and the list {len(proposed)} entries"
        )


def wrong_entries(given: Entry, expected: Entry) -> Iterator[str]:
    """What is wrong with an entry, by key: in words, to follow the name of its step."""
    if given == expected:
        return
    changes, right_changes = dict(given.changes), dict(expected.changes)
    for key in sorted({*given.reads, *expected.reads, *changes, *right_changes}):
        name = f"0x{key.hex()}"
        if key in expected.reads and key not in given.reads:
            # rule: toy.access-list.read-left-out
            yield f"reads {name}, which its entry leaves out"
        elif key in given.reads and key not in expected.reads:
            # rule: toy.access-list.read-not-made
            yield f"does not read {name}, as its entry says"
        if key in right_changes and key not in changes:
            # rule: toy.access-list.change-left-out
            yield f"changes {name}, which its entry leaves out"
        elif key in changes and key not in right_changes:
            # rule: toy.access-list.change-not-made
            yield f"does not change {name}, as its entry says"
        elif changes.get(key) != right_changes.get(key):
            # rule: toy.access-list.value-wrong
            yield f"leaves {name} {written(right_changes[key])}, not {written(changes[key])} as its entry says"
    # rule: toy.access-list.out-of-order
    yield "has an entry whose keys are not in order or stand in it twice"


def written(value: Value) -> str:
    """A value for people."""
    return "absent" if value is None else f"0x{value.hex()}"
