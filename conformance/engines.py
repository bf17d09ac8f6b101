"""Engines: whatever can execute a case and say what came out, in process or as a command of its own.

An engine is anything with an ``id``, ``capabilities`` and ``run``. What it gives for each block is a map as under
``expect`` in a vector, with the fields that its capabilities name.
"""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from conformance.errors import InputError
from conformance.fixtures.forks import BY_NAME
from conformance.vectors import evm
from conformance.vectors.comparing import Difference, Granularity, first_difference
from conformance.vectors.document import Object
from conformance.vectors.loading import result_validator
from conformance.vectors.model import OUTPUTS, SELECTORS, Case, Vector

PROTOCOL: Final = "samestate-engine/1"
COMMAND_PREFIX: Final = "command:"
ANSWER_SECONDS: Final = 120.0
ERROR_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    ``machines`` gives the forks of each machine by name; ``selectors`` what it can do beside them; ``outputs`` what it
    gives for a block.
    """

    machines: Mapping[str, frozenset[str]]
    selectors: frozenset[str]
    outputs: frozenset[str]
    access: Granularity

    def missing(self, case: Case) -> str:
        """Why the engine cannot run the case, or nothing."""
        if case.machine not in self.machines:
            return f"the engine has no machine {case.machine}"
        if case.fork not in self.machines[case.machine]:
            return f"the engine has no fork {case.fork}"
        lacks = sorted(case.selectors - self.selectors)
        return f"the engine cannot do: {', '.join(lacks)}" if lacks else ""

    def document(self) -> dict[str, Any]:
        """The capabilities as JSON."""
        return {
            "machines": {name: sorted(forks, key=list(BY_NAME).index) if name == evm.NAME else sorted(forks)
                         for name, forks in sorted(self.machines.items())},
            "selectors": sorted(self.selectors),
            "outputs": sorted(self.outputs),
            "access": self.access.value,
        }  # fmt: skip


class EngineFailure(Exception):  # noqa: N818 - what an engine did, not an error of ours
    """An engine that died, was too slow or gave no proper answer. The message says which."""


class Engine(Protocol):
    """Whatever can execute a case."""

    @property
    def id(self) -> str:
        """The name by which the engine is chosen."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def run(self, case: Case) -> Sequence[Object]:
        """What came out of each block of the case. Raises EngineFailure."""

    def close(self) -> None:
        """End whatever the engine has started. It starts again where it is asked to run once more."""


class SpecEngine:
    """The specification itself, one transaction after another."""

    id = "spec"
    capabilities = Capabilities(
        machines={evm.NAME: frozenset(name for name in BY_NAME if name != "Merge")},
        selectors=frozenset(SELECTORS),
        outputs=frozenset(OUTPUTS),
        access=Granularity.KEYS,
    )

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`."""
        fork = evm.fork_of(case)
        state = evm.state_of(case)
        results = []
        for block in case.blocks:
            result, state, _ = evm.execute_block(case, fork, block, state)
            results.append(result)
        return results

    def close(self) -> None:
        """Nothing was started."""


class CommandEngine:
    """An outside engine: a command that reads a line of JSON and answers with one (see FORMAT.md, Engines)."""

    def __init__(self, command: str, seconds: float = ANSWER_SECONDS) -> None:
        self.arguments = shlex.split(command)
        if not self.arguments:
            raise InputError(f"--engine {COMMAND_PREFIX}: must be followed by a command")
        self.seconds = seconds
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.errors: deque[str] = deque(maxlen=ERROR_LINES)
        try:
            hello = self._ask({"type": "hello", "protocol": PROTOCOL})
            self.id, self.capabilities = self._parse_hello(hello)
        except EngineFailure as failure:
            raise InputError(f"--engine {COMMAND_PREFIX}{command}: {failure}") from failure

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`."""
        answer = self._ask({"type": "run", "case": case.document()})
        if "error" in answer:
            raise EngineFailure(f"the engine reports an error: {answer['error']}")
        results = answer.get("results")
        if not isinstance(results, list):
            raise EngineFailure("the answer has no list 'results'")
        for index, result in enumerate(results):
            for error in result_validator().iter_errors(result):
                path = "".join(f"[{part!r}]" for part in error.absolute_path)
                raise EngineFailure(f"results[{index}]{path}: {error.message[:300]}")
        return results

    def close(self) -> None:
        """Close its input, and kill it where it does not end."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                self.errors.append("(its input was closed)")
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[str]:
        self.lines = queue.Queue()
        self.errors.clear()
        try:
            process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise EngineFailure(f"cannot be started: {error.strerror}") from error
        lines, errors = self.lines, self.errors

        def take_lines() -> None:
            for line in process.stdout or ():
                lines.put(line)
            lines.put(None)

        def take_errors() -> None:
            for line in process.stderr or ():
                errors.append(line.rstrip())

        for work in (take_lines, take_errors):
            threading.Thread(target=work, daemon=True).start()
        self.process = process
        return process

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        process = self.process or self._start()
        try:
            if process.stdin is None:
                raise EngineFailure("has no input")
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = self.lines.get(timeout=self.seconds)
        except OSError:
            raise self._died(process) from None
        except queue.Empty:
            process.kill()
            self.close()
            raise EngineFailure(f"gave no answer within {self.seconds:g} seconds, and was killed") from None
        if line is None:
            raise self._died(process)
        try:
            answer = json.loads(line)
        except ValueError:
            self.close()
            raise EngineFailure(f"its answer is not JSON: {line.strip()[:200]!r}") from None
        if not isinstance(answer, dict):
            self.close()
            raise EngineFailure(f"its answer is not an object: {line.strip()[:200]!r}")
        return answer

    def _died(self, process: subprocess.Popen[str]) -> EngineFailure:
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        time.sleep(0.05)  # what it wrote to stderr last may still be on its way
        self.process = None
        said = "".join(f"\n  {line}" for line in self.errors)
        return EngineFailure(f"died with exit code {process.returncode}{said}")

    def _parse_hello(self, answer: Mapping[str, Any]) -> tuple[str, Capabilities]:
        if answer.get("protocol") != PROTOCOL:
            raise EngineFailure(
                f"the answer to hello must have the protocol {PROTOCOL!r}, not {answer.get('protocol')!r}"
            )
        try:
            capabilities = answer["capabilities"]
            machines = {str(name): frozenset(map(str, forks)) for name, forks in capabilities["machines"].items()}
            selectors = frozenset(map(str, capabilities["selectors"]))
            outputs = frozenset(map(str, capabilities["outputs"]))
            access = Granularity(capabilities["access"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise EngineFailure(f"the answer to hello has no proper capabilities: {error}") from error
        for name, given, known in (("outputs", outputs, OUTPUTS), ("selectors", selectors, SELECTORS)):
            unknown = sorted(given - set(known))
            if unknown:
                raise EngineFailure(f"capabilities: {name}: {unknown[0]!r} is not known; known are {', '.join(known)}")
        return str(answer.get("id", self.arguments[0])), Capabilities(machines, selectors, outputs, access)


REGISTRY: Final[dict[str, Callable[[], Engine]]] = {"spec": SpecEngine}
"""The engines that run in process, by id."""


def register(id: str, make: Callable[[], Engine]) -> None:
    """Add an engine that runs in process. Raises ValueError where the id is taken."""
    if id in REGISTRY or id.startswith(COMMAND_PREFIX):
        raise ValueError(f"the engine id {id!r} is taken")
    REGISTRY[id] = make


def find_engine(id: str, seconds: float = ANSWER_SECONDS) -> Engine:
    """The engine of that id, or the one that ``command:…`` starts. Raises InputError where there is none."""
    if id.startswith(COMMAND_PREFIX):
        return CommandEngine(id.removeprefix(COMMAND_PREFIX), seconds)
    make = REGISTRY.get(id)
    if make is None:
        known = ", ".join(REGISTRY)
        raise InputError(f"no engine is called {id!r}; known are {known}, and 'command:PATH ARGUMENTS'")
    return make()


def all_engines() -> Iterator[Engine]:
    """Every engine that runs in process."""
    for make in REGISTRY.values():
        yield make()


def compare_engine(engine: Engine, vector: Vector) -> Difference | None:
    """The first thing that the engine gets wrong about a vector. Raises EngineFailure."""
    return first_difference(
        vector.case,
        vector.expected,
        engine.run(vector.case),
        engine.capabilities.outputs,
        engine.capabilities.access,
        vector.names,
    )
