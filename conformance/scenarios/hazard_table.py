"""Which vectors are about which hazard, from the scenarios that fill them, and the page that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.hazards.hazard import Hazard, HazardGroup, Standing
from samestate.conformance.hazards.known import BY_SCHEDULES, HAZARDS, SHOWN_ELSEWHERE
from samestate.conformance.scenarios.scenario import all_scenarios
from samestate.conformance.vectors.machines import MACHINES

PAGE_COMMAND: Final = "samestate hazards --page docs/hazards.md"


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A hazard, and the ids of the vectors that are about it; its forks, those with a vector, in their order."""

    hazard: Hazard
    vectors: tuple[str, ...]
    forks: tuple[str, ...]


def hazard_rows() -> list[HazardRow]:
    """A row for each hazard, in the order of their numbers."""
    vectors: dict[str, list[tuple[str, str]]] = {id: [] for id in HAZARDS}
    for scenario in all_scenarios():
        for fork in scenario.forks:
            for id in scenario.hazards:
                vectors[id].append((scenario.id(fork), fork.name))
    return [
        HazardRow(
            hazard,
            tuple(sorted(vector for vector, _ in vectors[id])),
            tuple(sorted({fork for _, fork in vectors[id]}, key=place_of_fork)),
        )
        for id, hazard in HAZARDS.items()
    ]


def place_of_fork(name: str) -> tuple[int, str]:
    """By what forks are put in order. Between two of them comes a chain on which the second begins."""
    order = [fork for forks in MACHINES.values() for fork in forks]
    return order.index(name.rpartition(" to ")[2].replace(" ", "")), "" if " to " in name else name


def hazard_page() -> str:
    """The page of all hazards, in Markdown."""
    return "\n".join([*_introduction(), *_groups(hazard_rows())]) + "\n"


def _introduction() -> Iterator[str]:
    yield "# Hazards"
    yield ""
    yield "A hazard is a way in which an engine that executes the transactions of a block in parallel departs, or"
    yield "could depart, from executing them one at a time. Vectors name the hazards that they are about, by ids that"
    yield "stand here and are never given to another; `samestate check` prints the sentence beside the failure of a"
    yield "vector."
    yield ""
    yield f"This page is written by `{PAGE_COMMAND}`; a test compares it with what that command says now."
    yield "`samestate hazards H04` lists the vectors of one."
    yield ""
    yield "How well it is known that engines go wrong like this:"
    yield ""
    meanings = {
        Standing.CONFIRMED: "by the project named (a fix, or its owner's analysis), or by running the client named",
        Standing.REPORTED: "to the project named, and not merged or answered",
        Standing.REVIEWED: "in the code of the project named, and confirmed by nobody",
        Standing.DERIVED: "from the rules; no public bug is known",
        Standing.NOT_DETERMINISTIC: "confirmed by the project named: two runs of one client decide differently",
        Standing.OF_A_UNIT: "confirmed by the project named, within a client: no consensus changed",
    }
    for standing, meaning in meanings.items():
        yield f"- **{standing.value}**: {meaning}"


def _groups(rows: Iterable[HazardRow]) -> Iterator[str]:
    rows = list(rows)
    for group in HazardGroup:
        yield ""
        yield f"## {group.value}"
        yield ""
        yield "| id | what happens | known | source | vectors | forks |"
        yield "| --- | --- | --- | --- | --- | --- |"
        of_group = [row for row in rows if row.hazard.group is group]
        for row in of_group:
            hazard = row.hazard
            yield (
                f"| {hazard.id} | {hazard.sentence} | {hazard.standing.value} | {hazard.source} "
                f"| {len(row.vectors)} | {', '.join(row.forks)} |"
            )
        for reason, ids in _by_reason(SHOWN_ELSEWHERE, of_group).items():
            yield ""
            yield f"{_as_list(ids)}: no vector. {reason}"
        for place, ids in _by_reason(BY_SCHEDULES, of_group).items():
            yield ""
            yield f"{_as_list(ids)}: only some schedules show it. EVM vectors provoke it, and this drives it: {place}."


def _by_reason(reasons: Mapping[str, str], rows: Iterable[HazardRow]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for row in rows:
        if row.hazard.id in reasons:
            grouped.setdefault(reasons[row.hazard.id], []).append(row.hazard.id)
    return grouped


def _as_list(ids: list[str]) -> str:
    """Ids for people: neighbours as a range."""
    if len(ids) > 2:
        return f"{ids[0]} to {ids[-1]}" if _are_neighbours(ids) else ", ".join(ids)
    return ", ".join(ids)


def _are_neighbours(ids: list[str]) -> bool:
    numbers = [int(id[1:]) for id in ids]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
