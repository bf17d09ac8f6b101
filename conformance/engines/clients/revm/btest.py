"""``revme btest``: a run for each case.

It counts what it skips as passed, and loses a file for one network that it does not know. What it is known to skip is
not given to it; where it still says that it skipped something, that is no verdict.
"""

from __future__ import annotations

import re
from typing import Any, Final

from samestate.conformance.engines.bounded_run import EndedRun, RunBounds, folder_with, run_bounded
from samestate.conformance.engines.clients.exported import ExportedCase
from samestate.conformance.engines.protocol import EngineFailure

FILE: Final = "test.json"
UNKNOWN: Final = frozenset({"ArrowGlacier", "GrayGlacier", "BPO1", "BPO2"})
"""Networks for which it refuses a whole file."""
VERDICT: Final = re.compile(r"(?P<mark>[✓✗]) \(\d+/\d+\) (?P<path>\S+)(?: \(\d+ tests\)| - (?P<reason>.*))?")
"""What it says of a file."""
SKIPS: Final = re.compile(r"^.*\bSkipping\b.*$", re.MULTILINE)


class RevmBtest:
    """revm as a judge. See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, program: str, bounds: RunBounds) -> None:
        self._program = program
        self._bounds = bounds

    def refuse(self, exported: ExportedCase) -> str:
        """What it would skip, or call passed without having looked. Raises Inexpressible."""
        if exported.chain.chain_id != 1:
            return "revme btest is always chain 1"
        unable = unable_to(exported.network, exported.test())
        return f"revme {unable}" if unable else ""

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong."""
        with folder_with({FILE: exported.text()}) as folder:
            words = [self._program, "btest", "--keep-going", str(folder / FILE)]
            ended = run_bounded(words, folder, self._bounds)
            lines = lines_of(ended)
        found = next(filter(None, (VERDICT.match(line.strip()) for line in lines)), None)
        if found is None:
            said = "".join(f"\n  {line}" for line in lines[-10:])
            raise EngineFailure(f"says nothing of the test, and ended with exit code {ended.code}{said}")
        if found["mark"] != "✓":
            return (found["reason"] or "it says no more").replace(f" in {folder / FILE}", "")
        skipped = SKIPS.search("\n".join(lines))
        if skipped is not None:
            raise EngineFailure(f"calls the test passed, but executed it in part: {skipped[0].strip()}")
        return ""

    def close(self) -> None:
        """Every run has ended."""


def unable_to(network: str, test: dict[str, Any]) -> str:
    """What it does not do of a chain, though it would call it passed; nothing where it does all."""
    if network in UNKNOWN:
        return f"does not know {network}"
    if "To" in network:
        return "executes no transition"
    if any("expectException" in block for block in test["blocks"]):
        return "does not look at an invalid block"
    if any(block["uncleHeaders"] for block in test["blocks"]):
        return "knows no ommers"
    return "" if is_one_chain(test) else "has one chain, and no branches"


def is_one_chain(test: dict[str, Any]) -> bool:
    """Whether each valid block follows the one before it."""
    head = test["genesisBlockHeader"]["hash"]
    for block in test["blocks"]:
        header = block.get("blockHeader")
        if header is not None and header["parentHash"] != head:
            return False
        head = header["hash"] if header is not None else head
    return True


def lines_of(ended: EndedRun) -> list[str]:
    """The lines of stdout and of stderr."""
    streams = (ended.stdout, ended.stdout.with_name("stderr"))
    return [line for stream in streams for line in stream.read_text(encoding="utf-8", errors="replace").splitlines()]
