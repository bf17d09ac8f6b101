"""Official fixtures as the input of a transition tool: one for each state test, and for the first block of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from samestate.conformance.fixtures.blockchain_test import is_blockchain_test
from samestate.conformance.fixtures.state_test import is_state_test
from samestate.spec.evm.block import Header, decode_block
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rlp import decode, encode
from samestate.spec.evm.transaction import transaction_item
from samestate.spec.machine import Rejection

GIVEN_HASHES = 4
"""How many block hashes a state test gets: each is a field of its environment."""


@dataclass(frozen=True, slots=True)
class ToolInput:
    """What a transition tool is given."""

    name: str
    fork: str
    alloc: dict[str, Any]
    env: dict[str, Any]
    txs: str
    options: tuple[str, ...] = ()
    chain_id: int = 1
    expected: dict[str, str] = field(default_factory=dict)
    """Fields of the result that the fixture knows."""

    def arguments(self) -> list[str]:
        """The command line, but for where parts come from and go to."""
        return [f"--state.fork={self.fork}", f"--state.chainid={self.chain_id}", *self.options]

    def parts(self) -> dict[str, Any]:
        """The JSON for stdin."""
        return {"alloc": self.alloc, "env": self.env, "txs": self.txs}


def inputs_of(document: dict[str, Any], forks: tuple[str, ...] = ()) -> Iterator[ToolInput]:
    """The inputs in a fixture file. State tests run under each of ``forks``, if any are given, else under their own."""
    for name, test in document.items():
        if is_state_test(test):
            yield from state_test_inputs(name, test, forks)
        elif is_blockchain_test(test) and "To" not in test["network"]:
            yield from first_block_input(name, test)


def state_test_inputs(name: str, test: dict[str, Any], forks: tuple[str, ...]) -> Iterator[ToolInput]:
    """The first choice of data, gas and value of a state test."""
    network, posts = next(iter(test["post"].items()))
    post = posts[0]
    data = bytes.fromhex(post["txbytes"][2:])
    txs = encode([decode(data) if data[0] >= 0xC0 else data])
    number = int(test["env"]["currentNumber"], 16)
    env = dict(test["env"])
    env["blockHashes"] = {
        hex(past): f"0x{keccak256(str(past).encode()).hex()}" for past in range(max(0, number - GIVEN_HASHES), number)
    }
    env.setdefault("currentRandom", "0x0")
    env.setdefault("currentBaseFee", "0xa")
    env.setdefault("currentExcessBlobGas", "0x0")
    env["withdrawals"] = []
    for fork in forks or (network,):
        env_of_fork = dict(env)
        if fork in ("Berlin", "London", "ArrowGlacier", "GrayGlacier"):
            env_of_fork["currentDifficulty"] = "0x20000"
        else:
            env_of_fork.pop("currentDifficulty", None)
        expected = {"stateRoot": post["hash"], "logsHash": post["logs"]} if fork == network else {}
        yield ToolInput(
            name=f"{name}[{fork}]",
            fork=fork,
            alloc=test["pre"],
            env=env_of_fork,
            txs=f"0x{txs.hex()}",
            options=("--state-test",),
            chain_id=int(test.get("config", {}).get("chainid", "0x1"), 16),
            expected=expected,
        )


def first_block_input(name: str, test: dict[str, Any]) -> Iterator[ToolInput]:
    """The first block of a blockchain test, as its own header or as its parent's describes it: by the name's hash."""
    if not test["blocks"]:
        return
    entry = test["blocks"][0]
    try:
        block = decode_block(bytes.fromhex(entry["rlp"][2:]))
    except Rejection:
        return
    parent = decode_block(bytes.fromhex(test["genesisRLP"][2:])).header
    header = block.header
    follows_parent = "expectException" not in entry and keccak256(name.encode())[0] % 2 == 0
    env = {
        "currentCoinbase": f"0x{header.coinbase.hex()}",
        "currentGasLimit": hex(header.gas_limit),
        "currentNumber": hex(header.number),
        "currentTimestamp": hex(header.timestamp),
        "currentRandom": f"0x{header.prev_randao.hex()}",
        "blockHashes": {hex(parent.number): test["genesisBlockHeader"]["hash"]},
        **(parent_fields(parent) if follows_parent else current_fields(header)),
    }
    if header.parent_beacon_block_root is not None:
        env["parentBeaconBlockRoot"] = f"0x{header.parent_beacon_block_root.hex()}"
    if header.slot_number is not None:
        env["slotNumber"] = hex(header.slot_number)
    if block.withdrawals is not None:
        env["withdrawals"] = [
            {
                "index": hex(withdrawal.index),
                "validatorIndex": hex(withdrawal.validator_index),
                "address": f"0x{withdrawal.address.hex()}",
                "amount": hex(withdrawal.amount),
            }
            for withdrawal in block.withdrawals
        ]
    expected = {}
    if "expectException" not in entry:
        expected = {
            "stateRoot": f"0x{header.state_root.hex()}",
            "txRoot": f"0x{header.transactions_root.hex()}",
            "receiptsRoot": f"0x{header.receipts_root.hex()}",
            "logsBloom": f"0x{header.bloom.hex()}",
            "gasUsed": hex(header.gas_used),
        }
        optional = {
            "currentBaseFee": header.base_fee_per_gas,
            "currentExcessBlobGas": header.excess_blob_gas,
            "blobGasUsed": header.blob_gas_used,
        }
        expected |= {field: hex(value) for field, value in optional.items() if value is not None}
        roots = {
            "withdrawalsRoot": header.withdrawals_root,
            "requestsHash": header.requests_hash,
            "blockAccessListHash": header.block_access_list_hash,
        }
        expected |= {field: f"0x{value.hex()}" for field, value in roots.items() if value is not None}
    is_without_slots = test["network"] == "Amsterdam" and header.slot_number is None
    yield ToolInput(
        name=name,
        fork="BPO2withaccesslists" if is_without_slots else test["network"],
        alloc=test["pre"],
        env=env,
        txs=f"0x{encode([transaction_item(transaction) for transaction in block.transactions]).hex()}",
        chain_id=int(test.get("config", {}).get("chainid", "0x1"), 16),
        expected=expected,
    )


def current_fields(header: Header) -> dict[str, str]:
    """Fees and difficulty as the block's header has them."""
    numbers = {
        "currentDifficulty": header.difficulty or None,
        "currentBaseFee": header.base_fee_per_gas,
        "currentExcessBlobGas": header.excess_blob_gas,
    }
    return {name: hex(number) for name, number in numbers.items() if number is not None}


def parent_fields(parent: Header) -> dict[str, str]:
    """What fees and difficulty follow from."""
    numbers = {
        "parentTimestamp": parent.timestamp,
        "parentDifficulty": parent.difficulty,
        "parentGasUsed": parent.gas_used,
        "parentGasLimit": parent.gas_limit,
        "parentBaseFee": parent.base_fee_per_gas,
        "parentBlobGasUsed": parent.blob_gas_used,
        "parentExcessBlobGas": parent.excess_blob_gas,
    }
    fields = {name: hex(number) for name, number in numbers.items() if number is not None}
    return {**fields, "parentUncleHash": f"0x{parent.ommers_hash.hex()}"}
