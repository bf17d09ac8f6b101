"""What a search has done, in a folder: from there it goes on, whatever ended it.

`search.sqlite` has every seed that is done, with what the engines made of it, and what was found. A batch of seeds is
written as one transaction, the seed being the key: so none is lost that was told of, and none is counted twice, nor is
one that two searches have done and that are merged. Only the process that
leads the search writes. `corpus` has the blocks in which something remarkable was seen first, `found` the reproducers,
both as vectors.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.fuzzing.finding import FindingRow
from samestate.conformance.fuzzing.panel import SeedOutcome
from samestate.conformance.output.targets import make_folder

OPTION: Final = "--database"
FILE: Final = "search.sqlite"
CORPUS: Final = "corpus"
FOUND: Final = "found"
NOTHING: Final[Mapping[str, Any]] = {}
FORM: Final = "samestate-search/2"
EXECUTED: Final = "executed"
SKIPPED: Final = "skipped"
KNOWN: Final = "known"
WRONG: Final = "wrong"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS seeds (
    seed INTEGER PRIMARY KEY, fork TEXT NOT NULL, blocks INTEGER NOT NULL, transactions INTEGER NOT NULL,
    answer INTEGER NOT NULL REFERENCES answers (id)
);
CREATE TABLE IF NOT EXISTS findings (id TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (mark TEXT PRIMARY KEY, seed INTEGER NOT NULL);
"""


Made = TypeVar("Made")


def as_it_is(value: Any) -> Any:
    """A value of JSON that may be any."""
    return value


def answers_of(value: Any) -> tuple[tuple[str, str, str], ...]:
    """The answers of a seed, from JSON. Raises ValueError and TypeError where they are none."""
    return tuple((name, what, reason) for name, what, reason in value)


@dataclass(frozen=True, slots=True)
class DoneSeed:
    """A seed that is done. ``answers``: what became of its blocks on each engine, and why: most seeds have the same."""

    seed: int
    fork: str
    blocks: int
    transactions: int
    answers: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, outcome: SeedOutcome) -> Self:
        """What is kept of an outcome."""
        answers = (
            *((name, EXECUTED, "") for name in outcome.executed),
            *((name, SKIPPED, reason) for name, reason in outcome.skipped),
            *((name, KNOWN, fault) for name, fault in outcome.known),
            *((name, WRONG, "") for name, _, _ in outcome.found),
        )
        return cls(outcome.seed, outcome.fork, outcome.blocks, outcome.transactions, answers)


@dataclass(slots=True)
class Counted:
    """What was counted of an engine: blocks and transactions by fork, blocks by the reason for which it was skipped,
    or by the known fault by which it differed; and in how many blocks it was wrong, kept as findings or not."""

    blocks: dict[str, int] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    wrong: int = 0


class Database:
    """What a search has done. Without a folder it is kept in memory. A context manager.

    ``settings`` say what search it is: a database of another is an InputError. What is None there is as it was before,
    or as ``defaults`` has it. ``is_read_only``: it is there already, and nothing is written. ``option``: what names the
    folder on the command line, for errors.
    """

    def __init__(
        self,
        folder: Path | None,
        settings: Mapping[str, Any] = NOTHING,
        defaults: Mapping[str, Any] = NOTHING,
        is_read_only: bool = False,
        option: str = OPTION,
    ) -> None:
        self.folder = folder
        self._option = option
        if is_read_only and folder is not None:
            with self._complaints():
                self._connection = sqlite3.connect(f"{(folder / FILE).resolve().as_uri()}?mode=ro", uri=True)
        else:
            self._begin(folder)
        self.settings = self._agree({"format": FORM, **settings}, defaults)
        self.done = {seed for (seed,) in self._rows("SELECT seed FROM seeds")}
        self.marks = {mark for (mark,) in self._rows("SELECT mark FROM marks")}
        self.findings: dict[str, FindingRow] = {
            id: self._read(f"finding {id}", content, FindingRow.read)
            for id, content in self._rows("SELECT id, content FROM findings ORDER BY rowid")
        }
        self.seconds = self._read("seconds", self._setting("seconds") or "0", float)

    def _begin(self, folder: Path | None) -> None:
        if folder is not None:
            make_folder(self._option, folder)
        with self._complaints():
            self._connection = sqlite3.connect(":memory:" if folder is None else folder / FILE)
            if folder is not None:
                self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    @contextlib.contextmanager
    def _complaints(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(f"{self._option} {self.folder}: {FILE}: {error}") from error

    def _read(self, what: str, text: str, made: Callable[[Any], Made]) -> Made:
        """A value that is kept as JSON, and what is made of it. Raises InputError where it is damaged."""
        try:
            return made(parse_json(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                f"{self._option} {self.folder}: {FILE}: {what}: is damaged: {error}: begin again in another folder"
            ) from error

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._complaints():
            return self._connection.execute(query).fetchall()

    def _setting(self, name: str) -> str | None:
        with self._complaints():
            row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _agree(self, settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of this search, and those of its earlier runs where nothing was said. Raises InputError."""
        agreed: dict[str, Any] = {}
        for name, value in settings.items():
            before = self._setting(name)
            if before is None:
                agreed[name] = defaults.get(name) if value is None else value
                self._write("INSERT INTO settings VALUES (?, ?)", [(name, json.dumps(agreed[name]))])
                continue
            agreed[name] = self._read(f"setting {name}", before, as_it_is)
            if value is not None and value != agreed[name]:
                raise InputError(
                    f"{self._option} {self.folder}: is of another search: {name} is {show(agreed[name])} there, "
                    f"and {show(value)} here; give another folder"
                )
        return agreed

    def every_setting(self) -> dict[str, Any]:
        """What search it is: all settings, whoever gave them."""
        rows = self._rows("SELECT name, value FROM settings WHERE name != 'seconds' ORDER BY rowid")
        return {name: self._read(f"setting {name}", value, as_it_is) for name, value in rows}

    def _write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._complaints(), self._connection:
            self._connection.executemany(statement, rows)

    def take(self, outcomes: Iterable[SeedOutcome], seconds: float) -> list[SeedOutcome]:
        """Count seeds that are done, all or none of them. Gives those that were not done before.

        ``seconds``: for how long the search has been going on in this run.
        """
        new = list({each.seed: each for each in outcomes if each.seed not in self.done}.values())
        self.add(map(DoneSeed.of, new), self.seconds + seconds)
        return new

    def add(self, seeds: Iterable[DoneSeed], seconds: float) -> int:
        """Write seeds down that were not done before, all or none of them; gives how many.

        ``seconds``: for how long the search has been going on, in all its runs.
        """
        added: set[int] = set()
        with self._complaints(), self._connection as connection:
            for done in seeds:
                if done.seed not in self.done and done.seed not in added:
                    self._count(connection, done)
                    added.add(done.seed)
            connection.execute(
                "INSERT INTO settings VALUES ('seconds', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (str(seconds),),
            )
        self.done |= added
        return len(added)

    def _count(self, connection: sqlite3.Connection, done: DoneSeed) -> None:
        answers = json.dumps(done.answers)
        connection.execute("INSERT OR IGNORE INTO answers (content) VALUES (?)", (answers,))
        connection.execute(
            "INSERT INTO seeds SELECT ?, ?, ?, ?, id FROM answers WHERE content = ?",
            (done.seed, done.fork, done.blocks, done.transactions, answers),
        )

    def keep(self, row: FindingRow) -> None:
        """Keep a finding, in the place of an earlier form of it."""
        self.findings[row.id] = row
        self._write(
            "INSERT INTO findings VALUES (?, ?) ON CONFLICT DO UPDATE SET content = excluded.content",
            [(row.id, json.dumps(row.document()))],
        )

    def remember(self, marks: Iterable[str], seed: int) -> None:
        """These marks have been seen, in the block of a seed."""
        new = [mark for mark in marks if mark not in self.marks]
        self.marks.update(new)
        self._write("INSERT OR IGNORE INTO marks VALUES (?, ?)", [(mark, seed) for mark in new])

    def counted(self, engines: Iterable[str]) -> dict[str, Counted]:
        """What was counted, of each of these engines, in this run and earlier ones."""
        found = {name: Counted() for name in engines}
        query = (
            "SELECT content, fork, sum(blocks), sum(transactions) FROM seeds JOIN answers ON answers.id = answer "
            "GROUP BY answer, fork ORDER BY min(seed)"
        )
        for answers, fork, blocks, transactions in self._rows(query):
            for engine, outcome, reason in self._read("answers of a seed", answers, answers_of):
                counted = found.get(engine)
                if counted is None:
                    continue
                if outcome == EXECUTED:
                    counted.blocks[fork] = counted.blocks.get(fork, 0) + blocks
                    counted.transactions[fork] = counted.transactions.get(fork, 0) + transactions
                elif outcome == WRONG:
                    counted.wrong += blocks
                else:
                    reasons = counted.skipped if outcome == SKIPPED else counted.known
                    reasons[reason] = reasons.get(reason, 0) + blocks
        return found

    def seeds(self) -> Iterator[DoneSeed]:
        """Every seed that is done."""
        columns = "seed, fork, blocks, transactions, content"
        query = f"SELECT {columns} FROM seeds JOIN answers ON answers.id = answer ORDER BY seed"
        with self._complaints():
            for seed, fork, blocks, transactions, content in self._connection.execute(query):
                answers = self._read("answers of a seed", content, answers_of)
                yield DoneSeed(seed, fork, blocks, transactions, answers)

    def seeds_of_marks(self) -> dict[str, int]:
        """For each mark the seed of the block in which it was seen first."""
        return dict(self._rows("SELECT mark, seed FROM marks ORDER BY rowid"))

    def forks(self) -> dict[str, tuple[int, int]]:
        """Blocks and transactions by fork."""
        query = "SELECT fork, sum(blocks), sum(transactions) FROM seeds GROUP BY fork"
        return {fork: (blocks, transactions) for fork, blocks, transactions in self._rows(query)}

    def place(self, name: str) -> Path | None:
        """A folder of it; None where all is in memory."""
        return None if self.folder is None else self.folder / name


def show(value: object) -> str:
    """A setting for people."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)
