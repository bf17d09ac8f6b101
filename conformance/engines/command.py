"""Engines that are commands of their own: a line of JSON in, a line of JSON out (see FORMAT.md)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from samestate.conformance.engines.names import COMMAND_PREFIX
from samestate.conformance.engines.process import CommandProcess
from samestate.conformance.engines.protocol import Capabilities, EngineFailure
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import NameTwice, RefusedJson, parse_json
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import NESTING_LIMIT, Object
from samestate.conformance.vectors.model import OUTPUTS, POST_STATE, SELECTORS, Case

PROTOCOL: Final = "samestate-engine/1"
ANSWER_SECONDS: Final = 120.0
SHOWN: Final = 200

TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]')
"""A string, or a bracket, of JSON."""


class CommandEngine:
    """An outside engine: a command that reads a line of JSON and answers with one (see FORMAT.md, Engines).

    Raises InputError where the command cannot be started or does not say hello as it should.
    """

    def __init__(self, command: str, seconds: float = ANSWER_SECONDS) -> None:
        try:
            self.arguments = shlex.split(command)
        except ValueError as error:
            raise InputError(
                f"--engine {COMMAND_PREFIX}{command}: cannot be split into words: {error}; quote it as for a shell"
            ) from error
        if not self.arguments:
            raise InputError(f"--engine {COMMAND_PREFIX}: must be followed by a command")
        self.seconds = seconds
        self.process: CommandProcess | None = None
        self.version = self.build = ""
        try:
            self.id, self.capabilities = self._start()
        except EngineFailure as failure:
            raise InputError(f"--engine {COMMAND_PREFIX}{command}: {failure}") from failure

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`. After an answer that does not fit, or none, the next case starts the command anew."""
        try:
            if self.process is None and self._start() != (self.id, self.capabilities):
                raise EngineFailure("started anew, it does not say the same hello as before")
            answer = self._ask({"type": "run", "case": case.document()})
            if "error" not in answer:
                return self._parse_results(case, answer)
        except BaseException:
            self.close()
            raise
        raise EngineFailure(f"the engine reports an error: {answer['error']}")

    def close(self) -> None:
        """Close its input, and kill it where it does not end."""
        process, self.process = self.process, None
        if process is not None:
            process.close()

    def _start(self) -> tuple[str, Capabilities]:
        """Start the command and say hello: what it is called and can do. A command that fails here runs no more."""
        self.process = CommandProcess(self.arguments)
        try:
            return self._parse_hello(self._ask({"type": "hello", "protocol": PROTOCOL}))
        except BaseException:
            self.close()
            raise

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        if self.process is None:
            raise EngineFailure("is not running")
        line = self.process.ask(json.dumps(question), self.seconds)
        try:
            return parse_answer(line)
        except EngineFailure as failure:
            raise self.process.blame(failure) from None

    def _parse_results(self, case: Case, answer: Mapping[str, Any]) -> Sequence[Object]:
        results = answer.get("results")
        if not isinstance(results, list):
            raise EngineFailure("the answer has no list 'results'")
        from samestate.conformance.vectors.schema_problems import (
            result_validator,
        )  # takes long, for these engines alone

        for index, result in enumerate(results):
            for error in result_validator(case.machine).iter_errors(result):
                path = "".join(f"[{part!r}]" for part in error.absolute_path)
                raise EngineFailure(f"results[{index}]{path}: {error.message[:300]}")
        return results

    def _parse_hello(self, answer: Mapping[str, Any]) -> tuple[str, Capabilities]:
        if answer.get("protocol") != PROTOCOL:
            raise EngineFailure(
                f"the answer to hello must have the protocol {PROTOCOL!r}, not {answer.get('protocol')!r}"
            )
        id = answer.get("id", self.arguments[0])
        if not isinstance(id, str) or not id:
            raise EngineFailure(f"the answer to hello: id: must be a string that is not empty, not {id!r}")
        self.version, self.build = (said_text(answer, name) for name in ("version", "build"))
        return id, parse_capabilities(answer.get("capabilities"))


def said_text(answer: Mapping[str, Any], name: str) -> str:
    """What an engine says of itself, or nothing. Raises EngineFailure where it is no text."""
    said = answer.get(name, "")
    if not isinstance(said, str):
        raise EngineFailure(f"the answer to hello: {name}: must be a string, not {json.dumps(said)[:SHOWN]}")
    return said


def parse_answer(line: str) -> dict[str, Any]:
    """The object that is a line of JSON. Raises EngineFailure for any other line."""
    if depth_of(line) > NESTING_LIMIT:
        raise EngineFailure(f"its answer is nested deeper than {NESTING_LIMIT} levels")
    try:
        answer = parse_json(line)
    except NameTwice as error:
        raise EngineFailure(f"its answer is ambiguous: {error}") from None
    except RefusedJson as error:
        raise EngineFailure(f"its answer {error}") from None
    except ValueError:
        raise EngineFailure(f"its answer is not JSON: {line.strip()[:SHOWN]!r}") from None
    if not isinstance(answer, dict):
        raise EngineFailure(f"its answer is not an object: {line.strip()[:SHOWN]!r}")
    try:
        if "\\u" in line:
            json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise EngineFailure(f"its answer has half a surrogate pair, {half}, which is no character") from None
    return answer


def depth_of(line: str) -> int:
    """How deep a line of JSON is nested, without parsing it: a parser may die of one that is nested too deeply."""
    depth = deepest = 0
    for token in TOKEN.finditer(line):
        first = line[token.start()]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
    return deepest


def parse_capabilities(given: object) -> Capabilities:
    """The capabilities in an answer to hello. Raises EngineFailure, which names the field."""
    if not isinstance(given, dict):
        raise EngineFailure("the answer to hello has no proper capabilities: must be a map")
    machines = given.get("machines")
    if not isinstance(machines, dict):
        raise EngineFailure("capabilities: machines: must be a map from each machine to a list of its forks")
    return Capabilities(
        {name: names_in(f"machines: {name}", forks) for name, forks in machines.items()},
        names_in("selectors", given.get("selectors"), tuple(SELECTORS)),
        names_in("outputs", given.get("outputs"), (*OUTPUTS, POST_STATE)),
        granularity(given.get("access")),
    )


def names_in(field: str, given: object, known: Sequence[str] = ()) -> frozenset[str]:
    """The names in a list of capabilities, which are to be among those that are ``known``, if any are."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise EngineFailure(f"capabilities: {field}: must be a list of strings, not {json.dumps(given)[:SHOWN]}")
    unknown = sorted({*given} - {*known}) if known else []
    if unknown:
        raise EngineFailure(f"capabilities: {field}: {unknown[0]!r} is not known; known are {', '.join(known)}")
    return frozenset(given)


def granularity(given: object) -> Granularity:
    """How much of access an engine says that it records."""
    try:
        return Granularity(given)
    except ValueError:
        known = ", ".join(each.value for each in Granularity)
        raise EngineFailure(f"capabilities: access: must be one of {known}, not {json.dumps(given)[:SHOWN]}") from None
