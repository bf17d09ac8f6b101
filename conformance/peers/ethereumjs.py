"""``@ethereumjs/vm``, driven through a script for node that reads and writes lines of JSON.

It has every fork; block access lists alone are asked for as BPO2 with one more proposal.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"
SCRIPT = "ethereumjs.mjs"
PACKAGE = "@ethereumjs/vm"
TIME_LIMIT = 120.0
"""Seconds for one block."""

HARDFORKS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "Berlin": ("berlin", ()),
    "London": ("london", ()),
    "Arrow Glacier": ("arrowGlacier", ()),
    "Gray Glacier": ("grayGlacier", ()),
    "Paris": ("paris", ()),
    "Shanghai": ("shanghai", ()),
    "Cancun": ("cancun", ()),
    "Prague": ("prague", ()),
    "Osaka": ("osaka", ()),
    "BPO1": ("bpo1", ()),
    "BPO2": ("bpo2", ()),
    "BPO2 with access lists": ("bpo2", (7928,)),
    "Amsterdam": ("amsterdam", ()),
}
"""Hardfork and additional EIPs by the name of a fork."""


class PeerFailed(Exception):  # noqa: N818 - says what is wrong
    """An outside client crashed, or said nothing in time."""


class EthereumJs:
    """``@ethereumjs/vm`` as a peer. One process serves all blocks; :meth:`close` ends it."""

    name = PACKAGE

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises PeerMissing."""
        node = shutil.which("node")
        if node is None:
            raise PeerMissing("node is not installed: Node.js 20 or newer is needed")
        manifest = folder / "node_modules" / PACKAGE / "package.json"
        if not manifest.is_file():
            raise PeerMissing(f"{PACKAGE} is not installed: `make peers` installs it")
        self.version = str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
        self._process = subprocess.Popen(
            [node, SCRIPT],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            bufsize=1,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()

    def supports(self, fork: str) -> bool:
        """Whether the client has the fork."""
        return fork in HARDFORKS

    def run(self, case: GeneratedCase) -> ReportedBlock:
        """Execute the block. Raises PeerFailed."""
        answer = self._ask(_request(case))
        if "rejection" in answer:
            return ReportedBlock(rejection=str(answer["rejection"]))
        requests = answer.get("requests")
        access_list = answer.get("accessList")
        return ReportedBlock(
            state_root=_bytes(answer["stateRoot"]),
            receipts_root=_bytes(answer["receiptsRoot"]),
            gas_used=int(answer["gasUsed"]),
            cumulative_gas=tuple(int(gas) for gas in answer["cumulativeGas"]) if "cumulativeGas" in answer else None,
            bloom=_bytes(answer["bloom"]) if "bloom" in answer else None,
            requests=None
            if requests is None
            else tuple(request for request in map(_bytes, requests) if len(request) > 1),
            access_list=None if access_list is None else _bytes(access_list),
        )

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.poll() is not None:
            raise PeerFailed(f"{PACKAGE} has ended with status {self._process.returncode}")
        self._process.stdin.write(json.dumps(request) + "\n")
        try:
            line = self._lines.get(timeout=TIME_LIMIT)
        except queue.Empty as error:
            self.close()
            raise PeerFailed(f"{PACKAGE} said nothing for {TIME_LIMIT:.0f} s") from error
        if not line:
            raise PeerFailed(f"{PACKAGE} has ended with status {self._process.wait()}")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise PeerFailed(f"{PACKAGE} answered {line!r}")
        return answer

    def _read(self, output: IO[str] | None) -> None:
        for line in output or ():
            self._lines.put(line)
        self._lines.put("")


def _bytes(value: object) -> bytes:
    return bytes.fromhex(str(value)[2:])


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _request(case: GeneratedCase) -> dict[str, object]:
    """The block as the script takes it."""
    hardfork, eips = HARDFORKS[case.fork.name]
    environment, fork = case.environment, case.fork
    header: dict[str, object] = {
        "parentHash": _hex(environment.parent_hash),
        "number": hex(environment.number),
        "timestamp": hex(environment.timestamp),
        "coinbase": _hex(environment.coinbase),
        "gasLimit": hex(environment.gas_limit),
    }
    if fork.block_reward:
        header["difficulty"] = hex(environment.difficulty)
    else:
        header["mixHash"] = _hex(environment.prev_randao)
    if case.parent.base_fee_per_gas is not None:
        header["baseFeePerGas"] = hex(environment.base_fee_per_gas)
    if fork.blob_schedule is not None:
        header["excessBlobGas"] = hex(environment.excess_blob_gas)
        header["blobGasUsed"] = "0x0"
        header["parentBeaconBlockRoot"] = _hex(environment.parent_beacon_block_root)
    if has_header_field(fork, "slot_number"):
        header["slotNumber"] = hex(environment.slot_number)
    withdrawals: list[dict[str, str]] | None = None
    if case.parent.withdrawals_root is not None:
        withdrawals = [
            {
                "index": hex(withdrawal.index),
                "validatorIndex": hex(withdrawal.validator_index),
                "address": _hex(withdrawal.address),
                "amount": hex(withdrawal.amount),
            }
            for withdrawal in case.withdrawals
        ]
    return {
        "hardfork": hardfork,
        "eips": list(eips),
        "chainId": case.chain_id,
        "header": header,
        "pre": case.pre,
        "transactions": [_hex(encoded) for encoded in case.transactions],
        "withdrawals": withdrawals,
        "blockHashes": {str(number): _hex(digest) for number, digest in environment.block_hashes.items()},
    }
