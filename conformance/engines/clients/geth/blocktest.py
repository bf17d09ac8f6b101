"""``evm blocktest``: a run for each case.

It ends with exit code 0 whatever failed: its JSON is read, and a test that is not in it has no verdict.
"""

from __future__ import annotations

from typing import Any, Final

from samestate.conformance.engines.bounded_run import RunBounds, folder_with, run_bounded
from samestate.conformance.engines.clients.exported import NAME, ExportedCase
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.fixtures.strict_json import parse_json

FILE: Final = "test.json"


class GethBlocktest:
    """geth as a judge. See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, program: str, bounds: RunBounds) -> None:
        self._program = program
        self._bounds = bounds

    def refuse(self, exported: ExportedCase) -> str:
        """It reads no chain id, and is always chain 1. Raises Inexpressible."""
        exported.test()
        return "" if exported.chain.chain_id == 1 else "geth's blocktest is always chain 1"

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong."""
        with folder_with({FILE: exported.text()}) as folder:
            ended = run_bounded([self._program, "blocktest", str(folder / FILE)], folder, self._bounds)
            results = results_in(ended.stdout.read_text(encoding="utf-8", errors="replace"))
        result = next((each for each in results if each["name"] == NAME), None)
        if result is None:
            said = "".join(f"\n  {line}" for line in ended.errors.splitlines())
            raise EngineFailure(f"says nothing of the test, and ended with exit code {ended.code}{said}")
        return "" if result["pass"] is True else str(result.get("error") or "it says no more")

    def close(self) -> None:
        """Every run has ended."""


def results_in(text: str) -> list[dict[str, Any]]:
    """The list of results after whatever else geth has written; none where there is no such list."""
    for start in (0, *(index + 1 for index, letter in enumerate(text) if letter == "\n")):
        if text[start : start + 1] == "[":
            try:
                found = parse_json(text[start:])
            except ValueError:
                continue
            if isinstance(found, list):
                return [each for each in found if isinstance(each, dict) and {"name", "pass"} <= each.keys()]
    return []
