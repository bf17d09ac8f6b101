"""Comparing what an engine gave with what is right, as far as it can tell, and explaining the first difference."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.explaining import (
    explain_last_write,
    explain_read,
    explain_root,
    explain_state,
    explain_step,
    explain_write,
    map_of,
    show_value,
)
from samestate.conformance.vectors.machines import machine_of
from samestate.conformance.vectors.model import (
    ABSENT,
    DIMENSIONS,
    POST_STATE,
    VALID,
    Case,
    lineage,
    member,
    members,
    text,
    texts,
)
from samestate.conformance.vectors.record import integer, write_value
from samestate.conformance.vectors.vector_machine import VectorMachine

BEFORE_PARTS: Final = ("status", "delivered")
"""How differences begin that explain those of the blocks inside a block, and so come before them."""


class Granularity(Enum):
    """How finely an engine records access."""

    KEYS = "keys"
    """The whole record."""
    ACCOUNTS = "accounts"
    """Per step, which accounts were read and which were changed."""
    WRITES = "writes"
    """Per step, each key that changed, with its new value; credited balances too."""
    NONE = "none"


def project(case: Case, expected: Sequence[Object], granularity: Granularity) -> list[list[Object]]:
    """The expected access records of all blocks, as an engine of that granularity would give them."""
    machine = machine_of(case)
    records = []
    for index, expect in enumerate(expected):
        steps = members(expect, "access")
        if granularity is Granularity.ACCOUNTS:
            records.append([accounts_of(step, machine.account_of) for step in steps])
        elif granularity is Granularity.WRITES:
            values = values_before(case, expected, index)
            records.append([changes_of(step, values) for step in steps])
        else:
            records.append(list(steps))
    return records


def accounts_of(step: Object, account_of: Callable[[str], str]) -> Object:
    """A step of the record at the granularity of accounts."""

    def accounts(*names: str) -> list[str]:
        return [account_of(key) for name in names for key in map_of(step, name)]

    changed = sorted({*accounts("writes", "credits"), *texts(step, "wipes")})
    return {
        "step": text(step, "step"),
        "read_accounts": [*sorted(set(accounts("reads")))],
        "changed_accounts": [*changed],
    }


def changes_of(step: Object, values: dict[str, str]) -> Object:
    """A step of the record at the granularity of writes. ``values`` of all keys are brought up to date."""
    changes: Object = {}
    for address in texts(step, "wipes"):
        for key in [key for key in values if key.startswith(f"slot {address} ")]:
            values[key] = ABSENT
    for key, value in map_of(step, "writes").items():
        changes[key] = values[key] = str(value)
    for key, amount in map_of(step, "credits").items():
        before = values.get(key, ABSENT)
        total = (0 if before == ABSENT else int(before, 16)) + int(str(amount), 16)
        changes[key] = values[key] = write_value(integer(total))
    return {"step": text(step, "step"), "writes": changes, "wipes": list(texts(step, "wipes"))}


def values_before(case: Case, expected: Sequence[Object], index: int) -> dict[str, str]:
    """What the numbers of the state were before the block of that index, by key as a record writes them."""
    return values_of(case, expected, lineage(case, expected, index))


def values_after(case: Case, expected: Sequence[Object], index: int) -> dict[str, str]:
    """The same after that block."""
    return values_of(case, expected, [*lineage(case, expected, index), index])


def values_of(case: Case, expected: Sequence[Object], indices: Sequence[int]) -> dict[str, str]:
    """What the numbers of the state are after the blocks of these indices, each on the one before it."""
    values = machine_of(case).state_values(case.pre)
    for index in indices:
        for step in members(expected[index], "access"):
            changes_of(step, values)
    return values


def first_difference(
    case: Case,
    expected: Sequence[Object],
    given: Sequence[Object],
    outputs: frozenset[str],
    granularity: Granularity,
    names: Mapping[str, str],
    checks: list[str] | None = None,
) -> Difference | None:
    """The first thing in which ``given`` departs from ``expected``, among what the engine says it gives.

    ``checks`` gets the names of what was compared until then, the part that differs included.
    """
    compared = [] if checks is None else checks
    if len(expected) != len(given):
        return Difference("number of blocks", str(len(expected)), str(len(given)))
    found = next(placed_differences(case, expected, given, outputs, granularity, compared), None)
    if found is None:
        return None
    index, difference = found
    where = f"block {index}: " if len(expected) > 1 else ""
    return Difference(
        where + name_accounts(difference.where, names),
        name_accounts(difference.expected, names),
        name_accounts(difference.given, names),
        name_accounts(difference.explanation, names),
    )


def placed_differences(
    case: Case,
    expected: Sequence[Object],
    given: Sequence[Object],
    outputs: frozenset[str],
    granularity: Granularity,
    checks: list[str],
) -> Iterator[tuple[int, Difference]]:
    """The differences of all blocks, each with the index of its block."""
    machine = machine_of(case)
    projected = project(case, expected, granularity)
    parts = [] if machine.parts is None else [*machine.parts(case, expected, given)]
    differing = [
        placed_differences(part.case, part.expected, part.given, outputs, granularity, checks) for part in parts
    ]
    pending = [next(each, None) for each in differing]
    for index, (right, result) in enumerate(zip(expected, given, strict=True)):
        inner = [
            replace(found[1], where=f"chain {part.name}: {found[1].where}")
            for part, found in zip(parts, pending, strict=True)
            if found is not None and part.rounds[found[0]] == index
        ]
        block = Compared(
            right=right,
            record=projected[index],
            result=result,
            outputs=outputs,
            granularity=Granularity.NONE if parts else granularity,
            before=functools.partial(values_before, case, expected, index),
            after=functools.partial(values_after, case, expected, index),
            machine=machine,
            checks=checks,
        )
        for difference in block_differences(block):
            if not difference.where.startswith(BEFORE_PARTS):
                yield from ((index, each) for each in inner)
                inner = []
            yield index, difference
        yield from ((index, each) for each in inner)


@dataclass(frozen=True, slots=True)
class Compared:
    """A block that is compared: what is right, and what an engine gives.

    ``record`` is the right access record as an engine of that granularity gives it. ``before`` and ``after`` are the
    values of the state around the block. ``checks`` gets the name of each part as it is compared.
    """

    right: Object
    record: Sequence[Object]
    result: Object
    outputs: frozenset[str]
    granularity: Granularity
    before: Callable[[], Mapping[str, str]]
    after: Callable[[], Mapping[str, str]]
    machine: VectorMachine
    checks: list[str]

    @property
    def records_access(self) -> bool:
        """Whether the engine gives an access record, of whatever granularity."""
        return self.granularity is not Granularity.NONE

    def right_so_far(self) -> str:
        """What the engine has got right before the block as a whole is looked at: only what was compared."""
        if self.records_access:
            return "every step that was compared is right"
        if "receipts" in self.outputs:
            return "every receipt is right; no access was compared"
        return "no step was compared, since the engine gives neither access nor receipts"


def block_differences(block: Compared) -> Iterator[Difference]:
    """The differences of one block: its status, then step by step, then the block as a whole."""
    right, result, outputs = block.right, block.result, block.outputs
    status, given = text(right, "status"), text(result, "status")
    block.checks.append("status")
    if (status == VALID) != (given == VALID) or (status != given and "rejection_code" in outputs):
        yield Difference("status", show_status(right), show_status(result))
        return
    if status != VALID:
        if "rejection_code" in outputs:
            block.checks.append("rejection_code")
        if "rejection_code" in outputs or "transaction" in result:
            block.checks.append("transaction")
            if result.get("transaction") != right.get("transaction"):
                yield Difference(
                    "rejected transaction", show(right.get("transaction")), show(result.get("transaction"))
                )
        return
    yield from steps_and_receipts(block)
    if POST_STATE in outputs and block.machine.parts is None:
        block.checks.append(POST_STATE)
        yield from state_differences(block)
    yield from output_differences(block)


def steps_and_receipts(block: Compared) -> Iterator[Difference]:
    """The differences of the steps in their order: of each the access record, then the receipt."""
    right, result, granularity = block.right, block.result, block.granularity
    has_receipts = "receipts" in block.outputs
    receipts = (counted(right, block.outputs), counted(result, block.outputs)) if has_receipts else ([], [])
    steps = members(result, "access") if block.records_access else []
    block.checks.extend(["access"] if block.records_access else [])
    block.checks.extend(["receipts"] if has_receipts else [])
    for index in range(-1, len(members(right, "receipts")) + 1):
        if block.records_access:
            place = index + 1
            given_step = steps[place] if place < len(steps) else {}
            if granularity is Granularity.ACCOUNTS and given_step and "read_accounts" not in given_step:
                given_step = accounts_of(given_step, block.machine.account_of)
            yield from step_differences(right, block.record[place], given_step, granularity, block.before)
        if 0 <= index < len(receipts[0]):
            found = receipts[1][index] if index < len(receipts[1]) else None
            for difference in tree_differences(f"receipt {index}", receipts[0][index], found):
                yield replace(difference, explanation=explain_step(right, str(index)))
    if block.records_access and len(steps) != len(block.record):
        yield Difference("number of steps", str(len(block.record)), str(len(steps)))
    if len(receipts[0]) != len(receipts[1]):
        yield Difference("number of receipts", str(len(receipts[0])), str(len(receipts[1])))


def counted(content: Object, outputs: frozenset[str]) -> Sequence[Object]:
    """The receipts, without what the block counts of each transaction's gas where an engine does not give the sums."""
    left_out = [name for name in DIMENSIONS if name not in outputs]
    return [
        {name: value for name, value in receipt.items() if name not in left_out}
        for receipt in members(content, "receipts")
    ]


def state_differences(block: Compared) -> Iterator[Difference]:
    """The values that are not what they must be after the block, where an engine gives the whole state."""
    if POST_STATE not in block.result:
        yield Difference(POST_STATE, "the state after the block", "nothing")
        return
    given = in_being(block.machine.state_values(member(block.result, POST_STATE)))
    expected = in_being(block.after())
    for key in [*expected, *(key for key in given if key not in expected)]:
        right, found = expected.get(key, ABSENT), given.get(key, ABSENT)
        if right != found:
            yield Difference(f"{POST_STATE}: {key}", show(right), show(found), explain_last_write(block.right, key))


def in_being(values: Mapping[str, str]) -> dict[str, str]:
    """The values that are there; that an account is empty counts only where it has got nothing since."""
    held = {key: value for key, value in values.items() if value != ABSENT}
    return {
        key: value
        for key, value in held.items()
        if not key.startswith("empty ")
        or not any(f"{part} {key.removeprefix('empty ')}" in held for part in ("nonce", "balance", "code"))
    }


def output_differences(block: Compared) -> Iterator[Difference]:
    """The differences of the block as a whole: roots, gas, and the other fields."""
    for name, right in block.right.items():
        if name not in block.outputs or name == "receipts":
            continue
        block.checks.append(name)
        given = block.result.get(name)
        if right != given and name in block.machine.differences:
            yield block.machine.differences[name](right, given)
            continue
        for difference in tree_differences(name, right, given):
            if name == "state_root":
                so_far = block.right_so_far()
                why = explain_root(so_far) if POST_STATE in block.outputs else explain_state(block.right, so_far)
                yield replace(difference, explanation=why)
            else:
                yield difference


def step_differences(
    right: Object,
    wanted: Object,
    found: Object,
    granularity: Granularity,
    before: Callable[[], Mapping[str, str]],
) -> Iterator[Difference]:
    """The differences of one step of the access record, each with the dependency that explains it."""
    step = text(wanted, "step")
    where = f"step {step}"
    if not found:
        yield Difference(where, "an access record", "none")
        return
    if found.get("step") != step:
        yield Difference("order of steps", f"step {step}", f"step {show(found.get('step'))}")
        return
    if granularity is Granularity.WRITES:
        found = {"step": step, "writes": map_of(found, "writes"), "wipes": found.get("wipes", [])}
    for part in wanted:
        expected, given = wanted[part], found.get(part)
        if isinstance(expected, dict):
            given = given if isinstance(given, dict) else {}
            for key in [*expected, *(key for key in given if key not in expected)]:
                if expected.get(key) != given.get(key):
                    yield Difference(
                        f"{where}: {part}: {key}",
                        show_access(expected.get(key)),
                        show_access(given.get(key)),
                        explain_read(right, before(), step, key, given.get(key))
                        if part == "reads"
                        else explain_write(right, part, step, key, granularity is Granularity.KEYS),
                    )
        elif isinstance(expected, list) and isinstance(given, list):
            for address in [*expected, *(entry for entry in given if entry not in expected)]:
                if (address in expected) != (address in given):
                    present = ("present", "absent") if address in expected else ("absent", "present")
                    yield Difference(f"{where}: {part}: {show(address)}", *present)
        elif expected != given:
            yield Difference(f"{where}: {part}", show(expected), show(given))


def tree_differences(where: str, expected: Json | None, given: Json | None) -> Iterator[Difference]:
    """The differences between two parts of a document."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for name in [*expected, *(name for name in given if name not in expected)]:
            yield from tree_differences(f"{where}: {name}", expected.get(name), given.get(name))
    elif isinstance(expected, list) and isinstance(given, list):
        for index in range(max(len(expected), len(given))):
            yield from tree_differences(
                f"{where}[{index}]",
                expected[index] if index < len(expected) else None,
                given[index] if index < len(given) else None,
            )
    elif expected != given:
        yield Difference(where, show(expected), show(given))


def show(value: Json | None) -> str:
    """A part of a document for people."""
    return show_value(value)


def show_access(value: Json | None) -> str:
    """A read, or the value of a write or credit."""
    if isinstance(value, dict) and "value" in value:
        source = value.get("from", "nowhere")
        steps = source if isinstance(source, str) else " and ".join(f"step {step}" for step in source)
        return f"{show(value['value'])} from {steps}"
    return show(value)


def show_status(content: Object) -> str:
    """Whether a block is valid, for people."""
    status = text(content, "status")
    if status == VALID:
        return "a valid block"
    place = f" of transaction {show(content['transaction'])}" if "transaction" in content else ""
    return f"rejection {status}{place}"


def name_accounts(message: str, names: Mapping[str, str]) -> str:
    """A message in which accounts bear the names that the scenario has for them, beside their addresses."""
    for address, name in names.items():
        if len(message) < 2000:
            message = message.replace(address, f"{address} ({name})")
    return message
