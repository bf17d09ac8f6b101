"""The chains of a plan as cases of their own machines, with what is expected of each and what an engine gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from samestate.conformance.vectors.chains.case import blocks_of, part_of
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case, member, round_results
from samestate.conformance.vectors.vector_machine import CasePart


def parts_of(case: Case, expected: Sequence[Object], given: Sequence[Object]) -> Iterator[CasePart]:
    """The chains by name, each with the rounds for which something is expected of it. What was not given is empty."""
    for name in sorted(member(case.pre, "chains")):
        blocks = [(number, block) for number, block in blocks_of(case, name) if name in round_results(expected[number])]
        rounds = tuple(number for number, _ in blocks)
        yield CasePart(
            name=name,
            case=replace(part_of(case, name), blocks=tuple(block for _, block in blocks)),
            rounds=rounds,
            expected=tuple(round_results(expected[number])[name] for number in rounds),
            given=tuple(round_results(given[number]).get(name, {"status": "nothing"}) for number in rounds),
        )
