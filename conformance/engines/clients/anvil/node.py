"""A node of anvil on a chain, over JSON-RPC: a genesis, its transactions one by one, a block mined of them.

It makes headers of its own, so hashes and roots are not compared, but every receipt, and every account afterwards but
for the contracts that keep hashes and roots of blocks. What it cannot be given is not executed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

from samestate.conformance.engines.bounded_run import folder_with, tail
from samestate.conformance.engines.protocol import EngineFailure, EngineTimeout
from samestate.conformance.fixtures.input_files import read_stream
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.spec.evm.block import decode_block
from samestate.spec.evm.transaction import encode_transaction

HARDFORKS: Final = {
    "Paris": "paris",
    "Shanghai": "shanghai",
    "Cancun": "cancun",
    "Prague": "prague",
    "Osaka": "osaka",
}
"""Of proof of stake: it pays no rewards."""
OF_BLOCKS: Final = (
    "0x0000f90827f1c53a10cb7a02335b175320002935",
    "0x000f3df6d732807ef1319fb7b8bb8522d0beac02",
)
"""The contracts in which a block leaves hash and root of its parents."""
START: Final = 20.0
PACE: Final = 0.02
MOST_OUTPUT: Final = 1 << 20
MOST_ANSWER: Final = 1 << 28
"""Bytes of what it says of a call. More is not read."""
LISTENING: Final = "Listening on "
GENESIS: Final = "genesis.json"


def unable_to(network: str, test: dict[str, Any]) -> str:
    """What it cannot be given of a chain; nothing where it can be given all."""
    if network not in HARDFORKS:
        return "has no such fork, or no rewards in it"
    for block in test["blocks"]:
        if "expectException" in block:
            return "makes blocks, and judges none"
        if block.get("withdrawals") or block["uncleHeaders"]:
            return "is given no withdrawals and no ommers"
        if any(transaction["type"] == "0x03" for transaction in block["transactions"]):
            return "takes blobs with their contents alone"
        if block["blockHeader"].get("excessBlobGas", "0x00") != "0x00":
            return "is given no price of blobs"
    return ""


def chain_test(program: str, test: dict[str, Any], seconds: float) -> str:
    """What is wrong with a chain; nothing where all is right. Raises EngineFailure where the node does not say."""
    with folder_with({GENESIS: json.dumps(genesis_of(test))}) as folder:
        try:
            with Node(program, folder, test, seconds) as node:
                for index, block in enumerate(test["blocks"]):
                    wrong = node.mine(block)
                    if wrong:
                        return f"block {index}: {wrong}"
                return node.compare(test["postState"])
        except TimeoutError:
            raise EngineTimeout(f"gave no answer within {seconds:g} seconds, and was killed{said(folder)}") from None
        except (OSError, http.client.HTTPException) as error:
            raise EngineFailure(f"ended: {type(error).__name__}: {error}{said(folder)}") from error
        except (ValueError, LookupError, TypeError) as error:
            raise EngineFailure(f"gives no proper answer: {type(error).__name__}: {error}{said(folder)}") from error


def said(folder: Path) -> str:
    """The end of what the node has written to stderr, each line on its own."""
    return "".join(f"\n  {line}" for line in tail(folder / "stderr").splitlines())


def genesis_of(test: dict[str, Any]) -> dict[str, Any]:
    """The genesis in geth's form."""
    header = test["genesisBlockHeader"]
    return {
        "config": {"chainId": int(test["config"]["chainid"], 16)},
        "nonce": "0x0",
        "timestamp": header["timestamp"],
        "gasLimit": header["gasLimit"],
        "difficulty": "0x0",
        "mixHash": header["mixHash"],
        "coinbase": header["coinbase"],
        "alloc": {
            address: {
                "nonce": account["nonce"],
                "balance": account["balance"],
                "code": account["code"],
                "storage": {
                    f"0x{int(slot, 16):064x}": f"0x{int(v, 16):064x}" for slot, v in account["storage"].items()
                },
            }
            for address, account in test["pre"].items()
        },
        **({"baseFeePerGas": header["baseFeePerGas"]} if "baseFeePerGas" in header else {}),
    }


class Node:
    """A node at work on a free port, which mines when it is told to. Its streams are files in ``folder``."""

    def __init__(self, program: str, folder: Path, test: dict[str, Any], seconds: float) -> None:
        header = test["genesisBlockHeader"]
        words = [program, "--port", "0", "--host", "127.0.0.1", "--init", str(folder / GENESIS)]
        words += ["--hardfork", HARDFORKS[test["network"]], "--no-mining", "--order", "fifo", "--accounts", "0"]
        words += ["--disable-default-create2-deployer", "--no-request-size-limit"]
        words += [
            "--chain-id",
            str(int(test["config"]["chainid"], 16)),
            "--gas-limit",
            str(int(header["gasLimit"], 16)),
        ]
        self._output = folder / "stdout"
        self._seconds = seconds
        self._connection: http.client.HTTPConnection | None = None
        with self._output.open("wb") as output, (folder / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, process_group=0
            )

    def __enter__(self) -> Self:
        end = time.monotonic() + min(START, self._seconds)
        try:
            while (address := self._address()) is None:
                if self._process.poll() is not None:
                    raise ConnectionError(f"it does not listen, exit code {self._process.returncode}")
                if time.monotonic() > end:
                    raise ConnectionError(f"it does not listen after {min(START, self._seconds):g} seconds")
                time.sleep(PACE)
        except BaseException:
            self.__exit__()
            raise
        self._connection = http.client.HTTPConnection(address, timeout=self._seconds)
        return self

    def _address(self) -> str | None:
        """Where it says that it listens, if it does."""
        with self._output.open("rb") as stream:
            lines = stream.read(MOST_OUTPUT).decode("utf-8", "replace").splitlines(keepends=True)
        found = (line for line in lines if line.startswith(LISTENING) and line.endswith("\n"))
        return next((line.removeprefix(LISTENING).strip() for line in found), None)

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result of a call. Raises ValueError where it is an error."""
        assert self._connection is not None
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        self._connection.request("POST", "/", json.dumps(question), {"content-type": "application/json"})
        answer: Any = parse_json(read_stream(method, self._connection.getresponse(), MOST_ANSWER))
        if "error" in answer:
            raise ValueError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def mine(self, block: dict[str, Any]) -> str:
        """Mine a block. What is wrong with it; nothing where all is right."""
        header = block["blockHeader"]
        self.ask("anvil_setCoinbase", header["coinbase"])
        self.ask("evm_setNextBlockTimestamp", int(header["timestamp"], 16))
        if "baseFeePerGas" in header:
            self.ask("anvil_setNextBlockBaseFeePerGas", hex(int(header["baseFeePerGas"], 16)))
        for receipt, transaction in zip(block["receipts"], encoded_transactions(block), strict=True):
            try:
                sent = self.ask("eth_sendRawTransaction", transaction)
            except ValueError as error:
                return f"not taken: {error}"
            if sent != receipt["transactionHash"]:
                return f"transaction {sent}, expected {receipt['transactionHash']}"
        self.ask("evm_mine")
        mined = self.ask("eth_getBlockReceipts", "latest")
        if len(mined) != len(block["receipts"]):
            return f"{len(mined)} transactions are mined of {len(block['receipts'])}"
        for index, (expected, given) in enumerate(zip(block["receipts"], mined, strict=True)):
            for name, right, said in (
                ("status", expected["status"], given["status"] == "0x1"),
                ("gas", int(expected["cumulativeGasUsed"], 16), int(given["cumulativeGasUsed"], 16)),
                ("logs", [each_log(log) for log in expected["logs"]], [each_log(log) for log in given["logs"]]),
            ):
                if right != said:
                    return f"receipt {index}: {name}: expected {right}, it gives {said}"
        return ""

    def compare(self, accounts: dict[str, Any]) -> str:
        """What is wrong with the state; nothing where all is right."""
        for address, account in accounts.items():
            if address in OF_BLOCKS:
                continue
            given = {
                "nonce": int(self.ask("eth_getTransactionCount", address, "latest"), 16),
                "balance": int(self.ask("eth_getBalance", address, "latest"), 16),
                "code": self.ask("eth_getCode", address, "latest"),
            }
            expected = {name: int(account[name], 16) for name in ("nonce", "balance")} | {"code": account["code"]}
            for slot, value in account["storage"].items():
                expected[slot] = int(value, 16)
                given[slot] = int(self.ask("eth_getStorageAt", address, slot, "latest"), 16)
            if given != expected:
                wrong = next(name for name in expected if given[name] != expected[name])
                return f"{address}: {wrong}: expected {expected[wrong]}, it gives {given[wrong]}"
        return ""


def each_log(log: dict[str, Any]) -> tuple[str, tuple[str, ...], str]:
    """A log, to be compared."""
    return log["address"], tuple(log["topics"]), log["data"]


def encoded_transactions(block: dict[str, Any]) -> list[str]:
    """The transactions of a block, as they are sent."""
    decoded = decode_block(bytes.fromhex(block["rlp"][2:]))
    return [f"0x{encode_transaction(transaction).hex()}" for transaction in decoded.transactions]
