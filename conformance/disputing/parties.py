"""Who can play: the specification, copies of it with a seeded bug, and the compiled engine by its traces."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from samestate.conformance.disputing.hashes import commit
from samestate.conformance.disputing.observing import ended_root
from samestate.conformance.disputing.playing import LINES, Played, PlayedSteps, play_transaction
from samestate.conformance.disputing.position import TransactionResult, result_of
from samestate.conformance.disputing.transcript import Refused, from_json
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.tracing.traceable import TraceableBlock
from samestate.spec.machine import Rejection

SPEC: Final = "spec"
OPTIMIZED: Final = "optimized"
BUG: Final = "bug:"
SEEDED: Final = "samestate.conformance.disputing.seeded"
SECONDS: Final = 120
BEFORE_THE_INSTRUCTION: Final = (
    "pc",
    "op",
    "gas",
    "stateGasReservoir",
    "stack",
    "depth",
    "returnData",
    "memSize",
    "memory",
)
"""The fields of a line that say where a transaction is; the others say what the instruction comes to."""


@dataclass(frozen=True, slots=True)
class PlayedCase:
    """Which block of which file an engine of its own process reads."""

    path: Path
    case: str | None
    block: int


class Party(Protocol):
    """An engine as it plays: what it says of each transaction, and of each instruction of one."""

    name: str

    def results(self) -> Sequence[TransactionResult]:
        """What each transaction of the block did."""

    def steps(self, index: int) -> PlayedSteps:
        """A transaction from before its first instruction to its end, and the lines of its trace."""


class SpecificationParty:
    """The specification."""

    name = SPEC

    def __init__(self, block: TraceableBlock, played: Played) -> None:
        self._block = block
        self._played = played

    def results(self) -> Sequence[TransactionResult]:
        """See :meth:`Party.results`."""
        return self._played.results

    def steps(self, index: int) -> PlayedSteps:
        """See :meth:`Party.steps`."""
        return play_transaction(self._block, index, self._played.states[index])


class SeededParty:
    """A copy of the specification with a bug, in a process of its own."""

    def __init__(self, bug: str, question: PlayedCase) -> None:
        self.name = f"{BUG}{bug}"
        self._bug = bug
        self._question = question

    def results(self) -> Sequence[TransactionResult]:
        """See :meth:`Party.results`."""
        answer = self._ask()
        try:
            return from_json(tuple[TransactionResult, ...], answer, "results")
        except Refused as refused:
            raise InputError(f"{self.name}: answers what is no result: {refused}") from refused

    def steps(self, index: int) -> PlayedSteps:
        """See :meth:`Party.steps`."""
        answer = self._ask(str(index))
        try:
            return from_json(PlayedSteps, answer, "steps")
        except Refused as refused:
            raise InputError(f"{self.name}: answers what are no steps: {refused}") from refused

    def _ask(self, *index: str) -> object:
        question = self._question
        command = [
            sys.executable,
            "-m",
            SEEDED,
            self._bug,
            str(question.path),
            question.case or "",
            str(question.block),
        ]
        try:
            done = subprocess.run([*command, *index], capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as late:
            raise InputError(f"{self.name}: did not answer in {SECONDS} s") from late
        if done.returncode:
            tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise InputError(f"{self.name}: ended with {done.returncode}: {' '.join(tail)}")
        try:
            return parse_json(done.stdout, most=None)
        except ValueError as error:
            raise InputError(f"{self.name}: answers what is no JSON: {error}") from error


class CompiledParty:
    """The compiled engine. What it says of an instruction is its line; the rest follows from the lines before it.

    Where its line is the specification's it is held to be where the specification is; where it differs it is committed
    to its line.
    """

    name = OPTIMIZED

    def __init__(self, block: TraceableBlock, right: Party) -> None:
        self._block = block
        self._right = right
        self._results = [self._trace(index)[0] for index in range(len(block.payload.transactions))]

    def results(self) -> Sequence[TransactionResult]:
        """See :meth:`Party.results`."""
        return self._results

    def steps(self, index: int) -> PlayedSteps:
        """See :meth:`Party.steps`."""
        result, lines = self._trace(index)
        right = self._right.steps(index)
        roots = [right.roots[0]]
        for number, line in enumerate(lines):
            is_same = number < len(right.lines) and where(line) == where(right.lines[number])
            roots.append(right.roots[number + 1] if is_same else commit("line", where(line).encode()))
        return PlayedSteps((*roots, ended_root(result.digest())), tuple(lines))

    def _trace(self, wanted: int) -> tuple[TransactionResult, list[str]]:
        # only now: the specification plays without the compiled engine
        from samestate.conformance.engines.optimized.evm import spec_outcome
        from samestate.conformance.engines.optimized.plain import EVM_CODES, raise_rejection
        from samestate.conformance.tracing.compiled import run
        from samestate.optimized import Configuration
        from samestate.optimized.evm.engine import EvmEngine

        block = self._block
        transactions = block.payload.transactions[: wanted + 1]
        with EvmEngine(Configuration(strategy="sequential")) as engine:
            while True:
                traced = run(engine, block, replace(block.payload, transactions=transactions), LINES)
                try:
                    raise_rejection(traced.result.rejection, EVM_CODES)
                    break
                except Rejection as rejection:
                    if rejection.transaction in (None, len(transactions) - 1):
                        earlier = self._trace(wanted - 1)[0].world if wanted else block.before.root()
                        return TransactionResult(earlier, rejection.code.name), []
                    transactions = (*transactions[: rejection.transaction], *transactions[rejection.transaction + 1 :])
        result = traced.result
        outcome = spec_outcome(transactions[-1], result.outcomes[-1])
        world = block.before.apply(dict(result.changes), tuple(result.wipes)).root()
        return result_of(outcome, world), traced.lines.splitlines()


def where(line: str) -> str:
    """Where a transaction is, by the line of the instruction that comes next."""
    fields: Any = parse_json(line)
    return json.dumps({name: fields[name] for name in BEFORE_THE_INSTRUCTION if name in fields})


def party(name: str, block: TraceableBlock, right: SpecificationParty, question: PlayedCase) -> Party:
    """The party of that name. Raises InputError."""
    if name == SPEC:
        return right
    if name == OPTIMIZED:
        return CompiledParty(block, right)
    bug = name.removeprefix(BUG)
    if name.startswith(BUG) and bug in all_bugs():
        return SeededParty(bug, question)
    known = f"{SPEC}, {OPTIMIZED}, or {BUG}NAME with a bug of the specification that `samestate mutants` lists"
    raise InputError(f"--engine {name}: cannot say where it is after each instruction: must be {known}")
