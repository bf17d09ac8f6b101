"""anvil on files of tests, over JSON-RPC: a genesis from the file, its transactions one by one, a block mined of them.

It makes headers of its own, so hashes and roots are not compared, but every receipt, and every account afterwards but
for the contracts that keep hashes and roots of blocks. What it cannot be given is not executed.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

from samestate.conformance.engines.bounded_run import folder_with
from samestate.conformance.engines.clients.installed import find_program
from samestate.conformance.engines.clients.known import version_of
from tests.peers.consumers import Consumed, Fixture, Outcome

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
ANSWER: Final = 60.0


class AnvilFiles:
    """anvil: a process for each test."""

    name = "anvil"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        self._program = find_program("anvil")
        self.version = version_of(self._program)

    def consume(self, fixtures: Sequence[Fixture]) -> Iterator[Consumed]:
        """What becomes of each test."""
        for fixture in fixtures:
            unable = unable_to(fixture)
            if unable:
                yield Consumed(fixture.name, Outcome.NOT_EXECUTED, unable)
                continue
            with folder_with({"genesis.json": json.dumps(genesis_of(fixture.content))}) as folder:
                try:
                    reason = self._run(fixture.content, folder)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    reason = f"ends with {type(error).__name__}: {error}"
            yield Consumed(fixture.name, Outcome.FAILED if reason else Outcome.PASSED, reason)

    def _run(self, test: dict[str, Any], folder: Path) -> str:
        with Node(self._program, folder / "genesis.json", test) as node:
            for index, block in enumerate(test["blocks"]):
                wrong = node.mine(block)
                if wrong:
                    return f"block {index}: {wrong}"
            return node.compare(test["postState"])


def unable_to(fixture: Fixture) -> str:
    """What it cannot be given of a test; nothing where it can be given all."""
    if fixture.is_state_test:
        return "has no state tests"
    if fixture.network not in HARDFORKS:
        return "has no such fork, or no rewards in it"
    for block in fixture.content["blocks"]:
        if "expectException" in block:
            return "makes blocks, and judges none"
        if block.get("withdrawals") or block["uncleHeaders"]:
            return "is given no withdrawals and no ommers"
        if any(transaction["type"] == "0x03" for transaction in block["transactions"]):
            return "takes blobs with their contents alone"
        if block["blockHeader"].get("excessBlobGas", "0x00") != "0x00":
            return "is given no price of blobs"
    return ""


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


def whole(number: str) -> str:
    """A number in all of its 32 bytes."""
    return f"0x{int(number, 16):064x}"


class Node:
    """A node at work on a free port, which mines when it is told to."""

    def __init__(self, program: str, genesis: Path, test: dict[str, Any]) -> None:
        header = test["genesisBlockHeader"]
        self._errors = (genesis.parent / "stderr").open("wb+")
        words = [program, "--port", "0", "--host", "127.0.0.1", "--init", str(genesis)]
        words += ["--hardfork", HARDFORKS[test["network"]], "--no-mining", "--order", "fifo", "--accounts", "0"]
        words += ["--disable-default-create2-deployer", "--no-request-size-limit", "--chain-id", "1"]
        words += ["--gas-limit", str(int(header["gasLimit"], 16))]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self._errors)
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        output = self._process.stdout
        assert output is not None
        end = time.monotonic() + START
        for line in output:
            words = line.decode("utf-8", "replace").strip()
            if words.startswith("Listening on "):
                self._connection = http.client.HTTPConnection(words.removeprefix("Listening on "), timeout=ANSWER)
                return self
            if time.monotonic() > end:
                break
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        raise ValueError(f"it does not listen: {self._errors.read().decode('utf-8', 'replace')[-300:].strip()}")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result of a call. Raises ValueError where it is an error."""
        assert self._connection is not None
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        self._connection.request("POST", "/", json.dumps(question), {"content-type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
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
    from samestate.spec.evm.block import decode_block
    from samestate.spec.evm.transaction import encode_transaction

    decoded = decode_block(bytes.fromhex(block["rlp"][2:]))
    return [f"0x{encode_transaction(transaction).hex()}" for transaction in decoded.transactions]
