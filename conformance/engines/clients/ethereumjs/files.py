"""``@ethereumjs/vm`` and ``@ethereumjs/blockchain`` on a chain: ``benchmarks/peers/ethereumjs_files.mjs``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from samestate.conformance.engines.bounded_run import folder_with
from samestate.conformance.engines.clients.exported import NAME, ExportedCase
from samestate.conformance.engines.clients.installed import ROOT, PeerMissing, package_version
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.engines.protocol import EngineFailure

FOLDER: Final = ROOT / "benchmarks" / "peers"
SCRIPT: Final = "ethereumjs_files.mjs"
PACKAGES: Final = ("@ethereumjs/vm", "@ethereumjs/blockchain")
FILE: Final = "test.json"


class EthereumJsFiles:
    """ethereumjs as a judge. See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, arguments: list[str], seconds: float) -> None:
        self._client = LineClient(arguments, seconds)

    def refuse(self, exported: ExportedCase) -> str:
        """It is told of no terminal difficulty. Raises Inexpressible."""
        exported.test()
        return "ethereumjs is told of no terminal difficulty" if "AtDiff" in exported.network else ""

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong."""
        with folder_with({FILE: exported.text()}) as folder:
            answer = self._client.ask(str(folder / FILE))
        passed, reason = answer.get("passed"), answer.get("reason")
        if answer.get("name") != NAME or not isinstance(passed, bool) or not isinstance(reason, str):
            raise EngineFailure(f"gives no verdict on the test: {json.dumps(answer)[:200]}")
        return "" if passed else reason or "it says no more"

    def close(self) -> None:
        """End the process."""
        self._client.close()


def version_and_command(folder: Path = FOLDER) -> tuple[str, list[str]]:
    """What is installed, and how it is started. Raises PeerMissing."""
    node = shutil.which("node")
    if node is None:
        raise PeerMissing("node is not installed: Node.js 20 or newer is needed")
    version, *_ = [package_version(package, folder) for package in PACKAGES]
    return f"{PACKAGES[0]} {version}", [node, str(folder / SCRIPT)]
