"""Outside clients that execute files of tests: geth's ``evm``, revm's ``revme``, and ethereumjs by a script.

Neither one's word is taken for more than it did. geth ends with exit code 0 whatever failed, so its JSON is read, and a
test without a result has failed. revme counts what it skips as passed, and loses a file for one network that it does
not know: what it does not know is not given to it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from samestate.conformance.engines.bounded_run import RunBounds, folder_with, run_bounded
from samestate.conformance.engines.clients.geth.blocktest import results_in
from samestate.conformance.engines.clients.installed import find_program
from samestate.conformance.engines.clients.making import revm_version, version_of
from samestate.conformance.engines.clients.revm.btest import UNKNOWN, VERDICT, lines_of, unable_to
from samestate.conformance.peers.ethereumjs import FOLDER, EthereumJs
from samestate.conformance.peers.line_process import LineProcess
from samestate.conformance.peers.peer import PeerMissing

BOUNDS: Final = RunBounds(seconds=600.0)
AT_ONCE: Final = 500
"""How many files a program is given at once."""
SILENT: Final = "it says nothing of the test"


class Outcome(Enum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_EXECUTED = "not executed"


@dataclass(frozen=True, slots=True)
class Consumed:
    """What a client made of a test."""

    name: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A file with one test."""

    path: Path
    name: str
    content: dict[str, Any]

    @property
    def network(self) -> str:
        """The network of a chain, or that of a state test."""
        if "network" in self.content:
            return str(self.content["network"])
        (network,) = self.content["post"]
        return str(network)

    @property
    def is_state_test(self) -> bool:
        """Whether it is a state test, and no chain."""
        return "transaction" in self.content


class Consumer(Protocol):
    """A client that takes files."""

    name: str
    version: str

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""


def fixtures_below(folder: Path) -> list[Fixture]:
    """The tests of the files below a folder, each file with one."""
    found = []
    for path in sorted(folder.glob("[!.]*/**/*.json")):
        ((name, content),) = json.loads(path.read_text(encoding="utf-8")).items()
        found.append(Fixture(path, name, content))
    return found


def batches(fixtures: Sequence[Fixture]) -> Iterator[list[Fixture]]:
    """The tests in portions."""
    rest = iter(fixtures)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


class GethFiles:
    """geth's ``evm``. A run for each portion, which is given as a folder of links."""

    name = "geth"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        self._program = find_program("evm")
        self.version = version_of(self._program)

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        for command, kind in (("blocktest", False), ("statetest", True)):
            for batch in batches([each for each in fixtures if each.is_state_test is kind]):
                results = self._run(command, batch)
                for fixture in batch:
                    result = results.get(fixture.name)
                    if result is None:
                        yield Consumed(fixture.name, Outcome.FAILED, SILENT)
                    elif result["pass"]:
                        yield Consumed(fixture.name, Outcome.PASSED)
                    else:
                        yield Consumed(fixture.name, Outcome.FAILED, str(result.get("error", "")))

    def _run(self, command: str, batch: Sequence[Fixture]) -> dict[str, dict[str, Any]]:
        with folder_with() as folder:
            for index, fixture in enumerate(batch):
                (folder / f"{index}.json").symlink_to(fixture.path.resolve())
            ended = run_bounded([self._program, command, str(folder)], folder, BOUNDS)
            results = results_in(ended.stdout.read_text(encoding="utf-8"))
        return {str(result["name"]): result for result in results}


class RevmeFiles:
    """revm's ``revme``: ``btest`` for chains, ``statetest``."""

    name = "revme"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        self._program = find_program("revme")
        self.version = revm_version()

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        known = []
        for fixture in fixtures:
            unable = self.unable_to(fixture)
            if unable:
                yield Consumed(fixture.name, Outcome.NOT_EXECUTED, unable)
            else:
                known.append(fixture)
        for batch in batches([each for each in known if not each.is_state_test]):
            yield from self._chains(batch)
        for batch in batches([each for each in known if each.is_state_test]):
            yield from self._state_tests(batch)

    def unable_to(self, fixture: Fixture) -> str:
        """What it does not do of a test, though it would call it passed; nothing where it does all."""
        if not fixture.is_state_test:
            return unable_to(fixture.network, fixture.content)
        return f"does not know {fixture.network}" if fixture.network in UNKNOWN else ""

    def _chains(self, batch: Sequence[Fixture]) -> Iterator[Consumed]:
        """A test at which it panics has failed, and those after it are given to it again."""
        rest = list(batch)
        while rest:
            told, at_fault = self._run_chains(rest)
            yield from told.values()
            rest = [fixture for fixture in rest if fixture.name not in told]
            if rest:
                lost = next((fixture for fixture in rest if fixture.name == at_fault), rest[0])
                yield Consumed(lost.name, Outcome.FAILED, "panics" if at_fault else SILENT)
                rest.remove(lost)

    def _run_chains(self, batch: Sequence[Fixture]) -> tuple[dict[str, Consumed], str]:
        """What it says of each test, and the one at which it ended, where it did not end by itself."""
        with folder_with() as folder:
            links = {str(folder / f"{index}.json"): fixture for index, fixture in enumerate(batch)}
            for link, fixture in links.items():
                Path(link).symlink_to(fixture.path.resolve())
            ended = run_bounded([self._program, "btest", "--keep-going", str(folder)], folder, BOUNDS)
            lines = lines_of(ended)
        told = {}
        for line in lines:
            found = VERDICT.match(line)
            if found is not None and found["path"] in links:
                name = links[found["path"]].name
                outcome = Outcome.PASSED if found["mark"] == "✓" else Outcome.FAILED
                told[name] = Consumed(name, outcome, found["reason"] or "")
        running = [line.partition("Running: ")[2] for line in lines if line.strip().startswith("Running: ")]
        return told, running[-1] if ended.code not in (0, 1) and running else ""

    def _state_tests(self, batch: Sequence[Fixture]) -> Iterator[Consumed]:
        results: dict[str, dict[str, Any]] = {}
        for result in self._run_state_tests(batch):
            if "test" in result:
                results[str(result["test"])] = result
        for fixture in batch:
            result = results.get(fixture.name, {})
            (post,) = fixture.content["post"][fixture.network]
            if not result and "expectException" in post:
                yield Consumed(fixture.name, Outcome.NOT_EXECUTED, "says nothing of some rejections")
            elif result.get("pass") is True:
                yield Consumed(fixture.name, Outcome.PASSED)
            else:
                yield Consumed(
                    fixture.name, Outcome.FAILED, str(result.get("errorMsg") or "it says nothing of the test")
                )

    def _run_state_tests(self, batch: Sequence[Fixture]) -> list[dict[str, Any]]:
        with folder_with() as folder:
            for index, fixture in enumerate(batch):
                (folder / f"{index}.json").symlink_to(fixture.path.resolve())
            words = [self._program, "statetest", "--keep-going", "--json-outcome", str(folder)]
            lines = lines_of(run_bounded(words, folder, BOUNDS))
        found = []
        for line in lines:
            if line.startswith("{"):
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found


class EthereumJsFiles:
    """``@ethereumjs/vm`` and ``@ethereumjs/blockchain``, by a script of this project: a line of JSON for each file."""

    name = "ethereumjs"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        with EthereumJs() as peer:
            self.version = peer.version
        if not (FOLDER / "node_modules" / "@ethereumjs" / "blockchain").is_dir():
            raise PeerMissing("@ethereumjs/blockchain is not installed: `make peers` installs it")

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        process = LineProcess(self.name, ["node", "ethereumjs_files.mjs"], 300.0, FOLDER)
        try:
            for fixture in fixtures:
                if "AtDiff" in fixture.network:
                    yield Consumed(fixture.name, Outcome.NOT_EXECUTED, "is told of no terminal difficulty")
                    continue
                result = process.ask(str(fixture.path.resolve()))
                outcome = Outcome.PASSED if result["passed"] else Outcome.FAILED
                yield Consumed(fixture.name, outcome, str(result["reason"]))
        finally:
            process.close()
