"""What comes out of a block of the EVM, as under ``expect``."""

from __future__ import annotations

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import has
from samestate.conformance.vectors.evm.keys import CODEC
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID
from samestate.conformance.vectors.record import write_critical_paths, write_dependencies, write_steps
from samestate.spec.evm.block_access_list import encode_access_list, hash_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.receipt import Receipt, logs_bloom, receipts_root
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash


def expected_fields(fork: Fork) -> dict[str, bool]:
    """The fields of ``expect`` that come with forks, and whether a valid block of ``fork`` has them."""
    return {
        "blob_gas_used": fork.blob_schedule is not None,
        "requests": has(fork, PRAGUE),
        "requests_hash": has(fork, PRAGUE),
        "block_access_list": fork.has_access_list,
        "block_access_list_hash": fork.has_access_list,
    }


def write_result(fork: Fork, result: EvmResult, state_root: bytes | None) -> Object:
    """What is expected of a valid block, but for the state root where it is not known."""
    gas_used = [outcome.gas_used for outcome in result.outcomes]
    logs = [log for receipt in result.receipts for log in receipt.logs]
    written: Object = {"status": VALID}
    if state_root is not None:
        written["state_root"] = hexed(state_root)
    written["receipts_root"] = hexed(receipts_root(result.receipts))
    written["gas_used"] = str(result.totals.gas_used)
    if fork.blob_schedule is not None:
        written["blob_gas_used"] = str(result.totals.blob_gas_used)
    written["logs_bloom"] = hexed(logs_bloom(logs))
    written["receipts"] = [
        write_receipt(receipt, used) for receipt, used in zip(result.receipts, gas_used, strict=True)
    ]
    written["access"] = write_steps(result.steps, CODEC)
    written["depends"] = write_dependencies(result.steps, CODEC)
    written.update(write_critical_paths(result.steps, gas_used))
    if has(fork, PRAGUE):
        written["requests"] = [hexed(request) for request in result.closing.requests]
        written["requests_hash"] = hexed(requests_hash(result.closing.requests))
    if fork.has_access_list:
        access_list = access_list_of(result)
        written["block_access_list"] = hexed(encode_access_list(access_list))
        written["block_access_list_hash"] = hexed(hash_access_list(access_list))
    return written


def write_receipt(receipt: Receipt, gas_used: int) -> Object:
    """A receipt, with the gas of its transaction alone too."""
    return {
        "type": str(receipt.type),
        "status": "success" if receipt.succeeded else "failure",
        "gas_used": str(gas_used),
        "cumulative_gas_used": str(receipt.cumulative_gas_used),
        "logs": [
            {
                "address": hexed(log.address),
                "topics": [hexed(topic) for topic in log.topics],
                "data": hexed(log.data),
            }
            for log in receipt.logs
        ],
    }


def rejection_names() -> list[str]:
    """The rejection codes that a vector may expect."""
    return sorted(code.name for code in Invalid)
