"""The engine ``t8n:COMMAND``: a transition tool of any client, run once for each block."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from samestate.conformance.engines.bounded_run import EndedRun, RunBounds, folder_with, run_bounded
from samestate.conformance.engines.command import parse_answer
from samestate.conformance.engines.names import TOOL_PREFIX
from samestate.conformance.engines.protocol import Capabilities, EngineFailure, EngineTimeout
from samestate.conformance.engines.transition_tool.inputs import (
    alloc_of,
    environment_of,
    reward_of,
    transactions_of,
)
from samestate.conformance.engines.transition_tool.results import read_alloc, read_result, refused
from samestate.conformance.engines.transition_tool.tools import OUTPUTS_OF_TOOLS, tool_of
from samestate.conformance.errors import InputError
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import POST_STATE, VALID, Case

VERSION_BOUNDS: Final = RunBounds(seconds=30.0, output=1 << 20)
ALLOC, ENV, TRANSACTIONS = "alloc.json", "env.json", "txs.rlp"
RESULT, POST = "result.json", "post.json"
OUTPUT_NAMES: Final = {RESULT: "--output.result", POST: "--output.alloc"}


class TransitionToolEngine:
    """A command that takes ``--input.*``, ``--state.*`` and ``--output.*`` as geth's ``evm t8n`` does.

    Which tool it is, it says when asked for its version. Each block is a run of its own, on the state that the run
    before it gave, within ``bounds``. It is called ``id``, or what it says. Raises InputError where the command cannot
    be started.
    """

    def __init__(self, command: str, bounds: RunBounds | None = None, id: str = "") -> None:
        option = f"--engine {TOOL_PREFIX}{command}"
        try:
            self.arguments = shlex.split(command)
        except ValueError as error:
            raise InputError(f"{option}: cannot be split into words: {error}; quote it as for a shell") from error
        if not self.arguments:
            raise InputError(f"{option}: must be followed by a command, as in '{TOOL_PREFIX}evm t8n'")
        self.bounds = bounds or RunBounds()
        try:
            self.version = ask_version(self.arguments)
        except EngineFailure as failure:
            raise InputError(f"{option}: {failure}") from failure
        self.tool = tool_of(self.version)
        self.id = id or f"{TOOL_PREFIX}{self.version or command}"
        self.capabilities = Capabilities(
            machines={evm.NAME: self.tool.forks},
            selectors=self.tool.selectors,
            outputs=OUTPUTS_OF_TOOLS | self.tool.outputs,
            access=Granularity.NONE,
        )

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`."""
        state: Object = case.pre
        results = []
        for block in case.blocks:
            result = self._transition(case, block, state)
            if result["status"] == VALID and isinstance(result[POST_STATE], dict):
                state = result[POST_STATE]
            results.append(result)
        return results

    def close(self) -> None:
        """Every run has ended."""

    def _transition(self, case: Case, block: Object, state: Object) -> Object:
        """What the tool gives of a block."""
        inputs = {
            ALLOC: json.dumps(alloc_of(state)),
            ENV: json.dumps(environment_of(case, block)),
            TRANSACTIONS: json.dumps(transactions_of(block)),
        }
        with folder_with(inputs) as folder:
            ended = run_bounded([*self.arguments, *options(case, folder)], folder, self.bounds)
            if ended.code:
                return self._refusal(ended)
            result = read_result(read_output(folder / RESULT), "receipts" in self.tool.outputs)
            if result["status"] == VALID:
                result[POST_STATE] = read_alloc(read_output(folder / POST))
            return result

    def _refusal(self, ended: EndedRun) -> Object:
        """The block as one that is refused, where it is the block that the tool complains about."""
        found = self.tool.refusal.search(ended.errors) if self.tool.refusal is not None else None
        if found is not None:
            return refused(found[1])
        said = "".join(f"\n  {line}" for line in ended.errors.splitlines())
        raise EngineFailure(f"ended with exit code {ended.code}{said}")


def options(case: Case, folder: Path) -> list[str]:
    """The options of a run: files in its folder, and the rules. The tool runs in the current folder, as any command."""
    values = {
        "--input.alloc": folder / ALLOC,
        "--input.env": folder / ENV,
        "--input.txs": folder / TRANSACTIONS,
        "--output.basedir": folder,
        "--output.result": RESULT,
        "--output.alloc": POST,
        "--state.fork": case.fork,
        "--state.chainid": case.params["chain_id"],
        "--state.reward": reward_of(evm.fork_of(case)),
    }
    return [f"{option}={value}" for option, value in values.items()]


def read_output(path: Path) -> dict[str, Any]:
    """The JSON in a file that the tool has written. Raises EngineFailure."""
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise EngineFailure(f"wrote no {OUTPUT_NAMES[path.name]}: {error.strerror}") from error
    try:
        return parse_answer(content)
    except EngineFailure as failure:
        raise EngineFailure(f"{OUTPUT_NAMES[path.name]}: {failure}") from failure


def ask_version(arguments: Sequence[str]) -> str:
    """The line with which a tool answers ``--version``, asked without its last word, which is its own ``t8n``.

    Empty where it answers nothing of the kind. Raises EngineFailure where it cannot be started.
    """
    words = arguments[:-1] if len(arguments) > 1 else arguments
    with folder_with() as folder:
        try:
            ended = run_bounded([*words, "--version"], folder, VERSION_BOUNDS)
        except EngineTimeout:
            return ""
        lines = ended.stdout.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[0].strip()[:100] if lines and not ended.code else ""
