"""Whether fixtures of others would have found a bug of the specification: `samestate check` on it, archive by archive.

What came of it is kept in a record, with a digest of the bug: of another bug it says nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.mutants.specification.bug import SpecificationBug
from samestate.conformance.mutants.specification.hunting import PROGRAM

FAILED: Final = "failed"
UNUSABLE: Final = "error"
"""The reader of fixtures found that a document contradicts itself, by what it computes with the specification: all
archives are usable on the specification as it is."""
CRASHED: Final = " crashed: "
"""What the reason of a failed verdict has where nothing was compared."""

MOST_FAILURES: Final = "20"
"""So many cases may crash before one says what is wrong."""


@dataclass(frozen=True, slots=True)
class FixtureRun:
    """What fixtures have against a bug: the case that kills it, or else how many cases passed.

    ``is_reached`` is false where no case reaches the rule that is broken, so that none was run; ``is_sample`` is true
    where not all cases were run, but those whose names are about what is wrong. ``digest`` is of the bug that was run.
    """

    digest: str
    killed_by: str = ""
    passed: int = 0
    is_reached: bool = True
    is_sample: bool = False


def run(bug: SpecificationBug, archives: Sequence[Path]) -> FixtureRun:
    """Check one archive after the other, until a case fails for what comes out of it. A crash is no kill."""
    passed = 0
    for archive in archives:
        verdicts = check(bug, archive)
        for verdict in verdicts:
            if verdict["result"] in (FAILED, UNUSABLE) and CRASHED not in verdict["reason"]:
                return FixtureRun(bug.digest, f"{archive.name}: {case_of(verdict['id'])}")
        passed += sum(verdict["result"] == "passed" for verdict in verdicts)
    return FixtureRun(bug.digest, passed=passed)


def check(bug: SpecificationBug, archive: Path) -> list[dict[str, Any]]:
    """The verdicts on an archive by the specification with the bug, up to the first few that fail."""
    arguments = ["check", "--engine", "spec", "--maxfail", MOST_FAILURES, str(archive)]
    document = told([sys.executable, "-m", PROGRAM, bug.name, *arguments])
    return document["verdicts"]  # type: ignore[no-any-return]


def reached_rules(archives: Sequence[Path]) -> frozenset[str]:
    """The rules that the cases of the archives reach on the specification as it is."""
    document = told([sys.executable, "-m", "samestate", "rules", *map(str, archives)])
    return frozenset(rule["name"] for rule in document["rules"] if rule["reached"])


def told(command: Sequence[str]) -> Any:
    """The JSON that a command writes, whatever its exit code. Raises InputError where it writes none."""
    ended = subprocess.run([*command, "--json", "-"], capture_output=True, encoding="utf-8", check=False)
    try:
        return parse_json(ended.stdout, most=None)
    except ValueError:
        raise InputError(f"{' '.join(command)}: {ended.stderr.strip()[-800:]}") from None


def case_of(identity: str) -> str:
    """The part of a fixture's id that says what it is about: its function and parameters, or its file."""
    test = identity.rpartition("::")[2]
    return test if len(test) <= 100 else f"{test[:100]}…"


def runs(
    bugs: Sequence[SpecificationBug], archives: Sequence[Path], reached: frozenset[str]
) -> Iterator[tuple[str, FixtureRun]]:
    """What the archives have against each bug, by name. One whose rule they do not reach is not run."""
    for bug in bugs:
        if bug.rule in reached:
            yield bug.name, run(bug, archives)
        else:
            yield bug.name, FixtureRun(bug.digest, is_reached=False)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known: the names of the archives, and what they have against each bug, by its name."""

    archives: tuple[str, ...] = ()
    bugs: Mapping[str, FixtureRun] = field(default_factory=dict)

    def of(self, bugs: Mapping[str, SpecificationBug]) -> Record:
        """What is known of bugs that there are, as they are now."""
        return Record(
            self.archives,
            {name: run for name, run in self.bugs.items() if name in bugs and run.digest == bugs[name].digest},
        )

    def document(self) -> dict[str, Any]:
        """The record as JSON."""
        bugs = {name: asdict(self.bugs[name]) for name in sorted(self.bugs)}
        return {"archives": list(self.archives), "bugs": bugs}


def read_record(path: Path) -> Record:
    """The record in a file; one that is not there yet is empty. Raises InputError."""
    if not path.exists():
        return Record()
    try:
        document: Any = parse_json(read_input(str(path), path))
        bugs = {name: FixtureRun(**entry) for name, entry in document["bugs"].items()}
        return Record(tuple(document["archives"]), bugs)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: is no record of runs of fixtures: {error}") from error
