"""Workloads as files, the form that the programs of outside clients read (benchmarks/peers/README.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.output.targets import write_whole
from samestate.spec.evm.alloc import parse_alloc
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.system_calls import (
    BEACON_ROOTS,
    BLOCK_HASHES,
    BUILDER_DEPOSITS,
    BUILDER_EXITS,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
)
from samestate.spec.evm.transaction import FeeMarketTransaction, decode_transaction


def write_workload(workload: EvmWorkload, folder: Path) -> Path:
    """Write a workload into a folder, which is made where it is missing: the file. Raises InputError."""
    path = folder / f"{workload.name}.json"
    write_whole("--workloads", path, json.dumps(document(workload)) + "\n", make_folders=True)
    return path


def document(workload: EvmWorkload) -> dict[str, Any]:
    """The workload as JSON. What fits 64 bits is a number, all else a hex string."""
    case, environment = workload.case, workload.case.environment
    assert case.fork.blob_schedule is not None
    return {
        "name": case.name,
        "fork": case.fork.name,
        "chain_id": case.chain_id,
        "environment": {
            "number": environment.number,
            "timestamp": environment.timestamp,
            "coinbase": hexed(environment.coinbase),
            "gas_limit": environment.gas_limit,
            "base_fee_per_gas": environment.base_fee_per_gas,
            "prev_randao": hexed(environment.prev_randao),
            "slot_number": environment.slot_number,
            "parent_hash": hexed(environment.parent_hash),
            "parent_beacon_block_root": hexed(environment.parent_beacon_block_root),
            "blob_base_fee_update_fraction": case.fork.blob_schedule.update_fraction,
        },
        "alloc": {
            hexed(address): {
                "nonce": entry.nonce,
                "balance": hex(entry.balance),
                "code": hexed(entry.code),
                "storage": {word(slot): word(value) for slot, value in entry.storage.items()},
            }
            for address, entry in parse_alloc(case.pre).items()
        },
        "opening": [
            [hexed(BEACON_ROOTS), hexed(environment.parent_beacon_block_root)],
            [hexed(BLOCK_HASHES), hexed(environment.parent_hash)],
        ],
        "transactions": [
            transaction_object(encoded, sender)
            for encoded, sender in zip(case.transactions, workload.senders, strict=True)
        ],
        "closing": [[hexed(contract), "0x"] for contract in closing_contracts(case.fork)],
        "chain": chain_object(workload),
    }


def transaction_object(encoded: bytes, sender: bytes) -> dict[str, Any]:
    """A transaction, encoded and in its fields, with its sender."""
    transaction = decode_transaction(encoded)
    assert isinstance(transaction, FeeMarketTransaction) and transaction.to is not None
    return {
        "raw": hexed(encoded),
        "sender": hexed(sender),
        "to": hexed(transaction.to),
        "nonce": transaction.nonce,
        "gas_limit": transaction.gas_limit,
        "max_fee_per_gas": transaction.max_fee_per_gas,
        "max_priority_fee_per_gas": transaction.max_priority_fee_per_gas,
        "value": hex(transaction.value),
        "data": hexed(transaction.data),
    }


def closing_contracts(fork: Fork) -> tuple[bytes, ...]:
    """The contracts that the system calls after the last transaction (EIP-7002, EIP-7251, EIP-8282)."""
    builders = (BUILDER_DEPOSITS, BUILDER_EXITS) if counts_state_gas(fork) else ()
    return WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS, *builders


def chain_object(workload: EvmWorkload) -> Mapping[str, Any] | None:
    """The block that a chain has, with what its genesis block is made from, where the workload has one."""
    link = workload.link
    if link is None:
        return None
    return {
        "genesis": {
            "timestamp": link.genesis.timestamp,
            "gas_limit": link.genesis.gas_limit,
            "base_fee_per_gas": link.genesis.base_fee_per_gas,
        },
        "block": hexed(link.block),
        "access_list": hexed(link.access_list),
    }


def hexed(data: bytes) -> str:
    """Bytes in hex."""
    return f"0x{data.hex()}"


def word(number: int) -> str:
    """A number in hex, in all of its 32 bytes."""
    return f"0x{number:064x}"
