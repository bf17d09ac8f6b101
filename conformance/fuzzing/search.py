"""A search: seeds to whoever does the work, what comes back into the database, and findings to where they are kept."""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from samestate.conformance.fuzzing.campaign import case_of
from samestate.conformance.fuzzing.crew import Batch, Crew, Here, Result, Shrink, Task
from samestate.conformance.fuzzing.database import CORPUS, Database
from samestate.conformance.fuzzing.finding import Finding, FindingRow, id_for
from samestate.conformance.fuzzing.panel import SearchQuestion, SeedOutcome
from samestate.conformance.generating.vector import vector_text, write_vector
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import SUFFIX

BATCH_SECONDS: Final = 1.0
"""How long a batch is to take. What is under way when a search is ended is done again."""

LARGEST_BATCH: Final = 256
SHRUNK_OF_A_KIND: Final = 3
"""So many findings of a kind are made small, where every one is kept."""


class SearchWatch(Protocol):
    """Whoever watches a search."""

    def passed(self, outcomes: Sequence[SeedOutcome]) -> None:
        """These seeds are done."""

    def shrinking(self, finding: Finding) -> None:
        """What was found is being made small."""


class Unwatched:
    """Nobody watches."""

    def passed(self, outcomes: Sequence[SeedOutcome]) -> None:
        """See :class:`SearchWatch`."""

    def shrinking(self, finding: Finding) -> None:
        """See :class:`SearchWatch`."""


@dataclass(slots=True)
class Search:
    """What is asked, by whom the work is done, and where it is written down.

    ``keep`` is told of what is found at once, and again when it has been made small; it says where it is.
    ``finds_all``: engines that were found wrong are asked on, and every difference is kept; else one of each says more
    than a hundred.
    """

    question: SearchQuestion
    crew: Crew
    database: Database
    keep: Callable[[str, Finding], FindingRow]
    finds_all: bool = False
    watch: SearchWatch = field(default_factory=Unwatched)
    _begun: float = 0.0
    _counted: int = 0
    _seconds_each: float = 0.0
    _kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self, seeds: Iterable[int], seconds: float | None = None) -> None:
        """Ask about the blocks of these seeds, but for those that are done, until time is up or none is left to ask."""
        self._begun = time.monotonic()
        end = None if seconds is None else self._begun + seconds
        left = (seed for seed in seeds if seed not in self.database.done)
        for row in self.database.findings.values():
            self._kinds[kind_of(row.name, row.difference)] += 1
        self._finish_earlier_findings()
        while True:
            is_over = (end is not None and time.monotonic() > end) or not self.asked()
            if not is_over:
                self._hand_out(left)
            if not self.crew.under_way:
                return
            self._collect()

    def asked(self) -> tuple[str, ...]:
        """The engines that are still asked."""
        if self.finds_all:
            return tuple(self.question.chosen)
        wrong = {row.name for row in self.database.findings.values()}
        return tuple(name for name in self.question.chosen if name not in wrong)

    def _finish_earlier_findings(self) -> None:
        """What an earlier run has found, and had no time to make small, is made small."""
        for row in self.database.findings.values():
            if row.is_shrunk or row.timed_out or row.name not in self.question.chosen or not self._is_to_shrink(row):
                continue
            question = self.question
            case, expected = case_of(question.machine, row.seed, question.transactions, question.wanted)
            case = dataclasses.replace(case, id=row.id)
            self._shrink(
                row.name,
                Finding(
                    row.engine, row.seed, case, expected, row.difference, row.command, row.shrunk_from, vote=row.vote
                ),
            )

    def _is_to_shrink(self, row: FindingRow) -> bool:
        return not self.finds_all or self._kinds[kind_of(row.name, row.difference)] <= SHRUNK_OF_A_KIND

    def _hand_out(self, seeds: Iterator[int]) -> None:
        while self.crew.under_way < self.crew.room:
            batch = tuple(itertools.islice(seeds, self._size()))
            if not batch:
                return
            self.crew.submit(Batch(batch, self.asked()))

    def _size(self) -> int:
        """How many seeds make a batch of the right length. In this process none waits for another."""
        if isinstance(self.crew, Here) or not self._seconds_each:
            return 1
        return max(1, min(LARGEST_BATCH, int(BATCH_SECONDS / self._seconds_each)))

    def _collect(self) -> None:
        for task, result in self.crew.wait():
            self._take(task, result)

    def _take(self, task: Task, result: Result) -> None:
        if isinstance(task, Shrink):
            if isinstance(result, Finding):
                self.database.keep(self.keep(task.name, result))
            return
        assert isinstance(result, list)
        for outcome in result:  # before it counts as done: whoever is ended in between finds it again
            self._remember(outcome)
            for name, finding, timed_out in outcome.found:
                self._found(name, finding, timed_out)
        new = self.database.take(result, time.monotonic() - self._begun)
        self._counted += len(new)
        if self._counted:
            self._seconds_each = (time.monotonic() - self._begun) * self.crew.room / self._counted
        self.watch.passed(new)

    def _found(self, name: str, finding: Finding, timed_out: bool) -> None:
        known = {(row.name, row.seed) for row in self.database.findings.values()}
        if name not in self.asked() or (not self.question.quick and (name, finding.seed) in known):
            return
        taken = frozenset(self.database.findings)
        id = id_for(finding.engine, self.question.machine, finding.seed, taken)
        finding = dataclasses.replace(finding, case=dataclasses.replace(finding.case, id=id))
        row = dataclasses.replace(self.keep(name, finding), timed_out=timed_out)
        self._kinds[kind_of(name, finding.difference)] += 1
        self.database.keep(row)
        if not timed_out and self._is_to_shrink(row):
            self._shrink(name, finding)

    def _shrink(self, name: str, finding: Finding) -> None:
        self.watch.shrinking(finding)
        self.crew.submit(Shrink(name, finding))

    def _remember(self, outcome: SeedOutcome) -> None:
        """Keep the block in the corpus where there is something about it that was not seen before."""
        new = outcome.marks - self.database.marks
        if not new or outcome.remarkable is None:
            return
        folder = self.database.place(CORPUS)
        if folder is not None:
            write_corpus_block(*outcome.remarkable, folder, outcome.seed, sorted(new))
        self.database.remember(new, outcome.seed)


def write_corpus_block(case: Case, expected: Sequence[Object], folder: Path, seed: int, marks: Sequence[str]) -> None:
    """Write a block as a vector that says what is remarkable about it. Raises InputError."""
    case = dataclasses.replace(case, id=f"{case.machine}/corpus/seed_{seed}")
    header = "\n".join(["The first block of a search in which there was:", *marks])
    text = vector_text(case, expected, f"fuzz.{case.machine}", header)
    write_vector("--database", folder / case.machine / f"seed_{seed}{SUFFIX}", text)


NUMBERS: Final = re.compile(r"0x[0-9a-f]+|[0-9a-f]{16,}|[0-9]+")


def kind_of(name: str, difference: str) -> tuple[str, str]:
    """Findings that differ in numbers alone are of one kind."""
    return name, NUMBERS.sub("#", difference.partition("\n")[0])
