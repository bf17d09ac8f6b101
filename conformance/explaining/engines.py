"""The engines whose differences can be explained: every one that there is, and bugs of the specification."""

from __future__ import annotations

import base64
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import SpecEngine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case

BUG: Final = "bug:"
PROGRAM: Final = "samestate.conformance.explaining.seeded"


class SeededEngine:
    """A copy of the specification with a bug, in a process of its own. Implements the engine's protocol."""

    capabilities = SpecEngine.capabilities

    def __init__(self, bug: str) -> None:
        self.id = f"{BUG}{bug}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, bug],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`. Raises InputError where the bug ends the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(base64.b64encode(pickle.dumps(case)) + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError as error:
            raise InputError(f"{self.id}: its process has ended") from error
        if not answer:
            raise InputError(f"{self.id}: its process has ended")
        found: Any = parse_json(answer, most=None)
        if isinstance(found, str):
            raise InputError(f"{self.id}: {found}")
        blocks: Sequence[Object] = found
        return blocks

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def explained_engine(name: str) -> Engine:
    """The engine of that name. Raises InputError where there is none."""
    if not name.startswith(BUG):
        return find_engine(name)
    bug = name.removeprefix(BUG)
    if bug not in all_bugs():
        raise InputError(f"--engine {name}: the specification has no such seeded bug: `samestate mutants` lists them")
    return SeededEngine(bug)
