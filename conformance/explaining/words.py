"""An explanation in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from samestate.conformance.explaining.explanation import Explanation, PartedTraces
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import transactions as transactions_of

SHOWN: Final = 160


def tell(explanation: Explanation) -> Iterator[str]:
    """All of an explanation, a line each."""
    named = explanation.named
    difference = explanation.difference
    yield f"{explanation.vector.case.id} on {explanation.engine}"
    yield f"difference: {named(difference.where)}"
    yield f"  right: {named(difference.expected)}"
    yield f"  given: {named(difference.given)}"
    yield from named(difference.explanation).splitlines()
    yield f"begins in: {beginning(explanation)}"
    for read in explanation.reads:
        yield f"read: {named(read.key)}"
        yield f"  right: {read.value}, {written_by(read.source)}"
        yield f"  given: {read.given}"
    yield from trace_words(explanation)
    if explanation.shrunk is not None:
        before, after = transactions(explanation.vector.case.blocks), transactions(explanation.shrunk.blocks)
        accounts = len(explanation.vector.case.pre), len(explanation.shrunk.pre)
        yield (
            f"shrunk: {before} to {after} transactions, {accounts[0]} to {accounts[1]} accounts "
            f"({explanation.tried} cases tried)"
        )


def beginning(explanation: Explanation) -> str:
    """The step in which the difference begins."""
    block = f" of block {explanation.block}" if len(explanation.vector.expected) > 1 else ""
    block += f" of chain {explanation.chain}" if explanation.chain else ""
    if not explanation.step:
        return f"no step that the engine shows{block}"
    step = explanation.step
    return f"transaction {step}{block}" if step.isdigit() else f"the step {step}{block}"


def written_by(source: tuple[str, ...]) -> str:
    """Who should have written a value."""
    if source == ("pre",):
        return "as it was before the block"
    return f"written by {'transactions' if len(source) > 1 else 'transaction'} {', '.join(source)}"


def trace_words(explanation: Explanation) -> Iterator[str]:
    """Where the traces part."""
    parted = explanation.parted
    if parted is None:
        yield f"traces: {explanation.no_trace}"
        return
    yield f"traces: part at line {parted.line}, in {', '.join(parted.fields)}"
    if parted.before:
        yield f"  after {instruction(parted.before)}"
    for name, right, given in parted_fields(parted):
        yield f"  {name}: right {short(right)}, given {short(given)}"


def instruction(line: str) -> str:
    """The instruction of a line of a trace."""
    fields: Any = parse_json(line)
    if "opName" not in fields:
        return "the end of the transaction"
    stack = ", ".join(reversed(fields.get("stack", [])[-3:]))
    return (
        f"{fields['opName']} at {fields['pc']}, depth {fields['depth']}, gas {fields['gas']}, stack {stack or 'empty'}"
    )


def parted_fields(parted: PartedTraces) -> Iterator[tuple[str, object, object]]:
    """The fields in which two lines differ, with both values."""
    if not parted.right or not parted.given:
        yield "line", parted.right or "none", parted.given or "none"
        return
    one: Any = parse_json(parted.right)
    other: Any = parse_json(parted.given)
    for name in parted.fields:
        yield name, one.get(name, "none"), other.get(name, "none")


def short(value: object) -> str:
    """A value, not too much of it; of a stack the top first."""
    words = ", ".join(map(str, reversed(value))) or "empty" if isinstance(value, list) else str(value)
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def transactions(blocks: Sequence[Object]) -> int:
    """How many transactions some blocks have."""
    return sum(map(len, map(transactions_of, blocks)))
