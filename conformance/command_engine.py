"""Engines that are commands of their own: a line of JSON in, a line of JSON out (see FORMAT.md)."""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.engine import Capabilities, EngineFailure
from conformance.errors import InputError
from conformance.vectors.comparing import Granularity
from conformance.vectors.document import Object
from conformance.vectors.loading import result_validator
from conformance.vectors.model import OUTPUTS, SELECTORS, Case

PROTOCOL: Final = "samestate-engine/1"
COMMAND_PREFIX: Final = "command:"
ANSWER_SECONDS: Final = 120.0
ERROR_LINES: Final = 20


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
            for error in result_validator(case.machine).iter_errors(result):
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
