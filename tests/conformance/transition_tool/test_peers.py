"""The transition tool beside that of EELS, on inputs made of official fixtures.

Explained differences:

- The body and the transactions root of EELS hold rejected transactions too; here, as in geth, only those in the block.
- EELS gives no ``blobGasUsed``, and receipts with other names of fields.
- EELS writes neither zero balances nor prefixes of zeros into the accounts; both are read as numbers here.
- Lines of traces: see :mod:`samestate.conformance.tracing.trace`; those of EELS lack memory that is empty.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.transition_tool.inputs import ToolInput
from tests.conformance.transition_tool.test_fixtures import sample
from tests.conformance.transition_tool.tool import ALL_ON_STDIN, ALL_ON_STDOUT, call

pytestmark = [
    pytest.mark.peers,
    pytest.mark.fixtures,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ethereum_spec_tools") is None,
        reason="ethereum-execution is not installed: pip install 'samestate[peers]'",
    ),
]

COUNT = int(os.environ.get("SAMESTATE_PEER_INPUTS", "10"))
"""How many files of each source; more by the variable SAMESTATE_PEER_INPUTS."""

OLDER_FORKS = ("Berlin", "London", "ArrowGlacier", "GrayGlacier", "Paris", "Shanghai", "Cancun")
SOURCES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Prague, state tests": ("eest-prague", "state_tests", ()),
    "Prague, blocks": ("eest-prague", "blockchain_tests", ()),
    "Osaka, state tests": ("eest-osaka", "state_tests", ()),
    "Osaka, blocks": ("eest-osaka", "blockchain_tests", ()),
    "Cancun, blocks": ("ethereum-tests", "BlockchainTests", ()),
    "older forks, state tests": ("ethereum-tests", "GeneralStateTests", OLDER_FORKS),
}

GAS_LIMIT = 1_000_000
"""Blocks that use more gas are left out: EELS looks through the whole code again in each call, which takes minutes."""

SAME_FIELDS = (
    "stateRoot",
    "receiptsRoot",
    "logsHash",
    "logsBloom",
    "gasUsed",
    "currentBaseFee",
    "currentDifficulty",
    "currentExcessBlobGas",
    "withdrawalsRoot",
    "requestsHash",
    "requests",
)


def inputs(source: str) -> Iterator[ToolInput]:
    archive, prefix, forks = SOURCES[source]
    found = list(sample(archive, COUNT, forks, prefix))
    assert found
    yield from found


def ask_eels(given: ToolInput, folder: Path, *arguments: str) -> dict[str, Any]:
    """What the transition tool of EELS says."""
    from ethereum_spec_tools.evm_tools import main  # type: ignore[import-not-found, unused-ignore]

    folder.mkdir(exist_ok=True)
    out = io.StringIO()
    command = ["t8n", *ALL_ON_STDIN, *ALL_ON_STDOUT, *given.arguments(), f"--output.basedir={folder}", *arguments]
    logging.disable(logging.CRITICAL)
    try:
        main(command, out, io.StringIO(json.dumps(given.parts())))
    finally:
        logging.disable(logging.NOTSET)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def accounts(alloc: dict[str, Any]) -> dict[str, tuple[int, int, str, dict[int, int]]]:
    """The accounts as numbers."""
    return {
        address: (
            int(account.get("balance", "0x0"), 16),
            int(account.get("nonce", "0x0"), 16),
            account.get("code", "0x"),
            {int(slot, 16): int(value, 16) for slot, value in account.get("storage", {}).items()},
        )
        for address, account in alloc.items()
    }


def ask_ours(given: ToolInput, *arguments: str) -> dict[str, Any]:
    return call(*ALL_ON_STDIN, *ALL_ON_STDOUT, *given.arguments(), *arguments, stdin=given.parts()).json


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_results_as_eels(source: str, tmp_path: Path) -> None:
    compared = 0
    for given in inputs(source):
        ours = ask_ours(given)
        if int(ours["result"]["gasUsed"], 16) > GAS_LIMIT:
            continue
        theirs = ask_eels(given, tmp_path)
        compared += 1
        for field in SAME_FIELDS:
            assert ours["result"].get(field) == theirs["result"].get(field), (given.name, field)
        rejected = [entry["index"] for entry in ours["result"]["rejected"]]
        assert rejected == [entry["index"] for entry in theirs["result"]["rejected"]], given.name
        assert ("blockException" in ours["result"]) == ("blockException" in theirs["result"]), given.name
        assert accounts(ours["alloc"]) == accounts(theirs["alloc"]), given.name
        receipts = [
            (receipt["transactionHash"], receipt["status"], receipt["cumulativeGasUsed"], receipt["logsBloom"])
            for receipt in ours["result"]["receipts"]
        ]
        assert receipts == [
            (receipt["transactionHash"], hex(receipt["succeeded"]), receipt["cumulativeGasUsed"], receipt["bloom"])
            for receipt in theirs["result"]["receipts"]
        ], given.name
        if not rejected:
            assert ours["body"] == theirs["body"], given.name
            assert ours["result"]["txRoot"] == theirs["result"]["txRoot"], given.name
    assert compared >= COUNT // 2


# Traces

NAMES = {"KECCAK": "KECCAK256", "InvalidOpcode": "INVALID"}
"""Names of EELS, and ours."""

SAME_LINE = ("pc", "op", "gas", "stack", "depth", "returnData", "memSize")


def traces(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        path.name: [json.loads(line) for line in path.read_text().splitlines()]
        for path in sorted(folder.glob("trace-*.jsonl"))
    }


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_traces_as_eels(source: str, tmp_path: Path) -> None:
    from ethereum import trace  # type: ignore[import-not-found, unused-ignore]

    compared = 0
    try:
        for number, given in enumerate(inputs(source)):
            ours, theirs = tmp_path / f"ours-{number}", tmp_path / f"theirs-{number}"
            result = ask_ours(given, "--trace", "--trace.memory", f"--output.basedir={ours}")["result"]
            if int(result["gasUsed"], 16) > GAS_LIMIT:
                continue
            ask_eels(given, theirs, "--trace", "--trace.memory", "--trace.returndata")
            right = traces(theirs)
            assert traces(ours).keys() == right.keys(), given.name
            for name, lines in traces(ours).items():
                compare_traces(given.name, lines, right[name])
                compared += 1
    finally:
        trace.set_evm_trace(trace.discard_evm_trace)
    assert compared


def compare_traces(name: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Compare lines, but for the conventions that :mod:`samestate.conformance.tracing.trace` lists."""
    assert len(ours) == len(theirs), name
    earned = ours[0]["refund"] - theirs[0]["refund"] if len(ours) > 1 else 0
    for number, (line, right) in enumerate(zip(ours[:-1], theirs[:-1], strict=True)):
        where = (name, number, line, right)
        for field in SAME_LINE:
            assert line[field] == right[field], where
        assert line["opName"] == NAMES.get(right["opName"], right["opName"]), where
        assert line["memory"] == right.get("memory", "0x"), where
        assert line["refund"] == right["refund"] + earned, where
        assert ("error" in line) == ("error" in right), where
        if "error" not in line or line["error"] == "Reverted":
            assert line["gasCost"] == right["gasCost"], where
    assert ours[-1]["output"] == theirs[-1]["output"], name
    assert ours[-1]["pass"] == ("error" not in theirs[-1]), name
