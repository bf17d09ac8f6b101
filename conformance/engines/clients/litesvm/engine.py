"""LiteSVM as an engine: receipts of single transactions, and accounts that are compared with the right ones.

It knows no blocks. What a block is beside its transactions (sysvars, the leader's fees) is set as the specification has
it, and what LiteSVM is known to do otherwise is not asked.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from samestate.conformance.engines.clients.installed import ROOT, PeerMissing, package_version
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.engines.clients.litesvm.asking import is_its_own, is_program, question, unable, value_of
from samestate.conformance.engines.protocol import Capabilities, EngineFailure
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import ABSENT, SELECTORS, Case, member, members
from samestate.spec.svm.addresses import base58

MACHINE: Final = "svm"
PEERS: Final = ROOT / ".peers"
SOLDERS: Final = PEERS / "solders"
PACKAGE: Final = PEERS / "litesvm"
FOLDER: Final = Path(__file__).resolve().parent


@dataclass(slots=True)
class Executed:
    """What the specification gives of the case that was looked at last: it is asked twice of each."""

    case: Case | None = None
    results: list[Object] = field(default_factory=list)

    def of(self, case: Case) -> list[Object]:
        """What it gives of a case."""
        if self.case is not case:
            self.case, self.results = case, execute(case)
        return self.results


@dataclass(frozen=True, slots=True)
class LiteSvmCapabilities(Capabilities):
    """What LiteSVM can do, which is seen of a case only when it is executed."""

    executed: Executed = field(default_factory=Executed)

    def missing(self, case: Case) -> str:
        """See :meth:`Capabilities.missing`."""
        return Capabilities.missing(self, case) or unable(case, self.executed.of(case))


class LiteSvmEngine:
    """The engine around one of the programs, which has one ruleset and so many seconds for an answer."""

    def __init__(self, id: str, version: str, program: Sequence[str], fork: str, seconds: float) -> None:
        self.id = id
        self.version = version
        self._executed = Executed()
        self.capabilities: Capabilities = LiteSvmCapabilities(
            machines={MACHINE: frozenset({fork})},
            selectors=frozenset(SELECTORS) - {"rejections"},
            outputs=frozenset({"receipts"}),
            access=Granularity.NONE,
            executed=self._executed,
        )
        self._client = LineClient(program, seconds)

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`."""
        right = self._executed.of(case)
        if unable(case, right):
            raise EngineFailure(f"cannot be asked: {unable(case, right)}")
        answer = self._client.ask(json.dumps(question(case, right)))
        try:
            return merged(right, answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.close()
            raise EngineFailure(f"gives no proper answer: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """End the program."""
        self._client.close()


def merged(right: Sequence[Object], answer: Mapping[str, Any]) -> list[Object]:
    """What is right of each block, with what LiteSVM gives of each receipt in its place.

    Raises EngineFailure where it leaves another account, ValueError where the answer is none.
    """
    slots = answer["slots"]
    if len(slots) != len(right):
        raise ValueError(f"{len(slots)} slots, and {len(right)} were asked")
    return [merged_block(number, *pair) for number, pair in enumerate(zip(right, slots, strict=True))]


def merged_block(number: int, right: Object, told: Sequence[Mapping[str, Any]]) -> Object:
    """One block."""
    receipts = members(right, "receipts")
    if len(receipts) != len(told):
        raise ValueError(f"{len(told)} results of {len(receipts)} transactions")
    given: list[Object] = []
    for index, (receipt, result, step) in enumerate(zip(receipts, told, members(right, "access")[1:-1], strict=True)):
        given.append(merged_receipt(receipt, result))
        if given[-1] == receipt:
            check_accounts(f"block {number}: transaction {index}", step, result["accounts"])
    return {**right, "receipts": [*given]}


def merged_receipt(right: Object, told: Mapping[str, Any]) -> Object:
    """A receipt with what LiteSVM gives in the place of what is right."""
    error = told["error"]
    receipt = {name: value for name, value in right.items() if name != "error"}
    receipt |= {"units": str(told["units"]), "logs": [str(line) for line in told["logs"]]}
    receipt["status"] = "success" if error is None else "failed"
    if told["fee"] is not None and "fee" in right:
        paid = int(str(right["fee"])) + int(str(right.get("priority_fee", "0")))
        if int(told["fee"]) != paid:
            receipt["fee"] = str(int(told["fee"]) - int(str(right.get("priority_fee", "0"))))
    return {**receipt, **({"error": str(error)} if error is not None else {})}


def check_accounts(where: str, step: Object, accounts: Mapping[str, Any]) -> None:
    """Raise EngineFailure where a transaction leaves another account than it must."""
    writes, reads = member(step, "writes"), member(step, "reads")
    for key, told in accounts.items():
        if is_its_own(told):
            continue
        name = f"account {base58(bytes.fromhex(key))}"
        read = reads.get(name)
        before = read.get("value", ABSENT) if isinstance(read, dict) else ABSENT
        expected = writes.get(name, before)
        if expected == ABSENT and is_program(told):
            continue
        if value_of(told) != expected:
            raise EngineFailure(f"{where}: {name}: expected {expected}, LiteSVM leaves {value_of(told)}")


def solders_version_and_command() -> tuple[str, list[str]]:
    """Which solders is here, and how its program is started. Raises PeerMissing."""
    found = sorted(SOLDERS.glob("solders-*.dist-info"))
    if not found:
        raise PeerMissing("solders is not installed: `make peers` installs it")
    version = found[-1].name.removeprefix("solders-").removesuffix(".dist-info")
    environment = shutil.which("env") or "env"
    return f"solders {version}", [
        environment,
        f"PYTHONPATH={os.pathsep.join([str(SOLDERS)])}",
        sys.executable,
        str(FOLDER / "solders_program.py"),
    ]


def npm_version_and_command() -> tuple[str, list[str]]:
    """Which litesvm of npm is here, and how its program is started. Raises PeerMissing."""
    node = shutil.which("node")
    if node is None:
        raise PeerMissing("node is not installed: Node.js 20 or newer is needed")
    version = package_version("litesvm", PACKAGE)
    return f"litesvm {version}", [node, str(FOLDER / "litesvm.cjs"), str(PACKAGE)]
