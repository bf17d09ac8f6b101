"""What a search has done and found: for people, and for programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from samestate.conformance.fuzzing.database import Counted, Database
from samestate.conformance.fuzzing.panel import SearchQuestion


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What is told at the end. ``seconds``: those of this run."""

    question: SearchQuestion
    database: Database
    first: int
    seconds: float
    interrupted: bool

    def _counted(self) -> dict[str, Counted]:
        return self.database.counted(self.question.chosen)

    def idle(self) -> list[str]:
        """The engines that executed nothing."""
        return [name for name, counted in self._counted().items() if not counted.blocks]

    def document(self) -> dict[str, Any]:
        """For programs."""
        question = self.question
        return {
            "machine": question.machine,
            "txs": question.transactions,
            "seed": self.first,
            "forks": [*question.wanted.forks],
            "without": [*question.wanted.without],
            "conflict": question.wanted.conflict,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
            "blocks": {
                fork: {"blocks": blocks, "transactions": transactions}
                for fork, (blocks, transactions) in self.database.forks().items()
            },
            "engines": {
                name: {
                    "executed": sum(counted.blocks.values()),
                    "skipped": sum(counted.skipped.values()),
                    "wrong": counted.wrong,
                    "known": sum(counted.known.values()),
                    "reasons": {**counted.skipped, **counted.known},
                }
                for name, counted in self._counted().items()
            },
            "findings": [row.document() for row in self.database.findings.values()],
        }

    def lines(self) -> Iterator[str]:
        """What was found, and what each engine has done."""
        for row in self.database.findings.values():
            size = f"{row.shrunk_from} transactions made {row.transactions}"
            if not row.is_shrunk:
                size = f"{row.shrunk_from} transactions, not shrunk"
            yield f"FOUND {row.engine}, seed {row.seed}: {row.file} ({size})"
            yield from (f"  {line}" for line in row.difference.splitlines())
            yield from (f"  {line}" for line in row.vote[:1])
        for name, counted in self._counted().items():
            skipped, known = sum(counted.skipped.values()), sum(counted.known.values())
            told = [f"{sum(counted.blocks.values())} blocks", f"{skipped} skipped" if skipped else ""]
            told += [f"{counted.wrong} wrong" if counted.wrong else ""]
            told += [f"{known} that differ as is known" if known else ""]
            yield f"{name}: {', '.join(filter(None, told))}"
            for reason, count in sorted(counted.known.items(), key=lambda each: -each[1]):
                yield f"  {count}: {reason}"

    def ending(self) -> str:
        """How to make the same blocks again, and the figures of all."""
        question, forks = self.question, self.database.forks()
        words = ["--machine", question.machine, "--txs", str(question.transactions), "--seed", str(self.first)]
        words += ["--quick", question.quick] if question.quick else []
        options = shlex.join([*words, *question.wanted.options()])
        blocks = sum(count for count, _ in forks.values())
        transactions = sum(count for _, count in forks.values())
        found = len(self.database.findings)
        return (
            f"seed {self.first}: {options} gives the same blocks again; "
            f"{self.seconds:.1f} s, {blocks} blocks, {transactions} transactions, {found} found"
        )
