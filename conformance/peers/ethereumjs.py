"""``@ethereumjs/vm``, driven through a script for node that reads and writes lines of JSON.

It has every fork; block access lists alone are asked for as BPO2 with one more proposal.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from samestate.conformance.engines.clients.installed import package_version
from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.line_process import LineProcess, PeerFailed
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


class EthereumJs:
    """``@ethereumjs/vm`` as a peer. One process serves all blocks; :meth:`close` ends it."""

    name = PACKAGE

    def __init__(self, folder: Path = FOLDER, seconds: float = TIME_LIMIT) -> None:
        """Raises PeerMissing."""
        node = shutil.which("node")
        if node is None:
            raise PeerMissing("node is not installed: Node.js 20 or newer is needed")
        self.version = package_version(PACKAGE, folder)
        self._process = LineProcess(PACKAGE, [node, SCRIPT], seconds, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def supports(self, fork: str) -> bool:
        """Whether the client has the fork."""
        return fork in HARDFORKS

    def run(self, case: GeneratedCase) -> ReportedBlock:
        """Execute the block. Raises PeerFailed."""
        answer = self._process.ask(json.dumps(_request(case)))
        try:
            return _reported(answer)
        except (KeyError, ValueError, TypeError) as error:
            raise PeerFailed(f"{PACKAGE} gives no proper answer: {type(error).__name__}: {error}") from error


def _reported(answer: Mapping[str, Any]) -> ReportedBlock:
    """What an answer says of a block. Raises KeyError, ValueError and TypeError where it is none."""
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
        requests=None if requests is None else tuple(request for request in map(_bytes, requests) if len(request) > 1),
        access_list=None if access_list is None else _bytes(access_list),
    )


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
