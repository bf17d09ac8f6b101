"""What is to be said of a difference: the step and the key where it begins, the traces, and a smaller case."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from samestate.conformance.disputing.parties import PlayedCase, SeededParty
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.errors import InputError
from samestate.conformance.explaining.engines import BUG
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.fuzzing.shrinking import Shrinker
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.tracing.traceable import TraceableBlock, from_vector, prepared, trace_transaction
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.comparing import first_difference, name_accounts
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.explaining import map_of
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, Vector, members, round_results, text

PLACE: Final = re.compile(
    r"(?:block (\d+): )?(?:chain (\w+): )?(?:step (\w+)|receipt (\d+))?(?:: (reads|writes|credits): (.*))?"
)
OPTIMIZED: Final = "optimized"
LINES: Final = TraceOptions(memory=True)
IGNORED: Final = frozenset({"refund"})
"""What clients count at different moments."""


@dataclass(frozen=True, slots=True)
class WrongRead:
    """A key that the step reads, its right value, where that is from, and what the engine has."""

    key: str
    value: str
    source: tuple[str, ...]
    given: str


@dataclass(frozen=True, slots=True)
class PartedTraces:
    """Two traces of one transaction: the number of the first line that differs, and the lines there and before."""

    line: int
    before: str
    right: str
    given: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A difference, and all that explains it.

    ``step`` is the first step that differs, empty where the engine shows none; ``key`` what it has wrong of it.
    ``reads`` are those whose value or source the engine has wrong. ``no_trace`` says why traces cannot be compared.
    ``chain``: of a plan, whose block it is.
    """

    vector: Vector
    engine: str
    difference: Difference
    block: int
    step: str
    part: str
    key: str
    reads: tuple[WrongRead, ...]
    parted: PartedTraces | None
    no_trace: str
    shrunk: Case | None
    tried: int
    chain: str = ""

    @property
    def right(self) -> Object:
        """What is right about the block, or about that of a chain in a round."""
        return of_chain(self.vector.expected[self.block], self.chain)

    def named(self, words: str) -> str:
        """Words with the names that the scenario gives to accounts."""
        return name_accounts(words, self.vector.names)


def explain(vector: Vector, engine: Engine, played: PlayedCase, seconds: float) -> Explanation | None:
    """Explain the first difference, or None where there is none. Shrinks for so many seconds. Raises InputError.

    ``played`` says where the case is from, and which block of it the vector's first one is.
    """
    case = vector.case
    lacking = engine.capabilities.missing(case)
    if lacking:
        raise InputError(f"{engine.id}: cannot execute {case.id}: {lacking}")
    given = engine.run(case)
    difference = difference_of(case, vector.expected, given, engine)
    if difference is None:
        return None
    found = PLACE.match(difference.where)
    block, chain, step, receipt, part, key = found.groups() if found else (None,) * 6
    index, step = int(block or 0), step or receipt or ""
    theirs = given[index] if index < len(given) else {}
    reads = wrong_reads(of_chain(vector.expected[index], chain or ""), of_chain(theirs, chain or ""), step)
    parted, no_trace = None, "the engine shows no transaction in which the difference begins"
    if step.isdigit() and case.machine == evm.NAME:
        try:
            parted = part_traces(vector, engine.id, index, int(step), replace(played, block=played.block + index))
            no_trace = "" if parted else "the traces are the same line by line: what differs shows in none"
        except InputError as error:
            no_trace = str(error)
    shrinker = Shrinker(fails(engine, kind_of(difference)), seconds)
    shrunk = shrinker.shrink(case) if seconds else None
    return Explanation(
        vector,
        engine.id,
        difference,
        index,
        step,
        part or "",
        key or "",
        reads,
        parted,
        no_trace,
        shrunk,
        shrinker.tried,
        chain or "",
    )


def of_chain(result: Object, chain: str) -> Object:
    """What a result says of a chain's block in a round; all that it says, where no chain is named."""
    return round_results(result).get(chain, {}) if chain else result


def difference_of(case: Case, expected: Sequence[Object], given: Sequence[Object], engine: Engine) -> Difference | None:
    """The first difference of what an engine gives, accounts by their addresses."""
    capabilities = engine.capabilities
    return first_difference(case, expected, given, capabilities.outputs, capabilities.access, {})


def kind_of(difference: Difference) -> str:
    """What kind of difference it is, whichever step and key it is about: a smaller case has to show the same."""
    found = PLACE.match(difference.where)
    part = found.group(5) if found else None
    return part or difference.where.split(" ")[0]


def fails(engine: Engine, kind: str) -> Callable[[Case], bool]:
    """Whether the engine shows such a difference on a case; one that cannot be executed is no such case."""

    def check(case: Case) -> bool:
        with suppress(Exception):  # a candidate may be no valid input any more, in whatever way
            difference = difference_of(case, execute(case), engine.run(case), engine)
            return difference is not None and kind_of(difference) == kind
        return False

    return check


def wrong_reads(right: Object, given: Object, step: str) -> tuple[WrongRead, ...]:
    """The reads of a step of which the engine has value or source wrong; where it gives none, what others have made."""
    expected = step_of(right, step)
    if expected is None:
        return ()
    found = step_of(given, step) if given.get("access") else None
    reads = []
    for key, entry in map_of(expected, "reads").items():
        if not isinstance(entry, dict):
            continue
        theirs = None if found is None else map_of(found, "reads").get(key)
        source = entry.get("from")
        made = tuple(map(str, source)) if isinstance(source, list) else (str(source),)
        if found is not None and theirs != entry:
            reads.append(WrongRead(key, str(entry.get("value")), made, described(theirs)))
        elif found is None and made != ("pre",):
            reads.append(WrongRead(key, str(entry.get("value")), made, "unknown: the engine records no reads"))
    return tuple(reads)


def described(read: object) -> str:
    """A read of an engine."""
    if not isinstance(read, dict):
        return "no such read"
    source = read.get("from")
    return f"{read.get('value')} from {', '.join(map(str, source)) if isinstance(source, list) else source}"


def step_of(block: Object, step: str) -> Object | None:
    """A step of an access record."""
    if not block.get("access"):
        return None
    return next((each for each in members(block, "access") if text(each, "step") == step), None)


def part_traces(vector: Vector, engine: str, index: int, transaction: int, played: PlayedCase) -> PartedTraces | None:
    """Where the traces of a transaction part, or None where they do not. Raises InputError where one cannot trace."""
    block = prepared(from_vector(vector), index)
    right: list[str] = []
    trace_transaction(block, transaction, right.append, LINES)
    given = trace_of(engine, block, transaction, played)
    before = ""
    lines = right if engine.startswith(OPTIMIZED) else right[:-1]
    for number in range(max(len(lines), len(given))):
        one, other = (each[number] if number < len(each) else "" for each in (lines, given))
        fields = differing(one, other)
        if fields:
            return PartedTraces(number, before, one.strip(), other.strip(), fields)
        before = one.strip()
    return None


def trace_of(engine: str, block: TraceableBlock, transaction: int, played: PlayedCase) -> list[str]:
    """The lines of an engine. Raises InputError where it cannot trace."""
    if engine.startswith(BUG):
        return list(SeededParty(engine.removeprefix(BUG), played).steps(transaction).lines)
    if engine.startswith(OPTIMIZED):
        # only now: others are explained without the compiled engine
        from samestate.conformance.tracing.compiled import trace_compiled

        written: list[str] = []
        trace_compiled(block, transaction, written.append, LINES)
        return [line for text in written for line in text.splitlines()]
    raise InputError(f"{engine} gives no traces: spec, optimized and bugs of the specification do")


def differing(right: str, given: str) -> tuple[str, ...]:
    """The fields in which two lines differ."""
    if not right or not given:
        return () if right == given else ("a line that the other has not",)
    one: Any = parse_json(right)
    other: Any = parse_json(given)
    return tuple(
        name for name in dict.fromkeys((*one, *other)) if name not in IGNORED and one.get(name) != other.get(name)
    )
