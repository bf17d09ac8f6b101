"""What comes out of a block of the EVM, as under ``expect``."""

from __future__ import annotations

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import has
from samestate.conformance.vectors.evm.keys import CODEC
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import DIMENSIONS, VALID
from samestate.conformance.vectors.record import write_critical_paths, write_dependencies, write_steps
from samestate.spec.evm.block_access_list import hash_encoded_access_list
from samestate.spec.evm.chain import EvmResult, commitments_of, encoded_access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import PRAGUE
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction_execution import Outcome


def expected_fields(fork: Fork) -> dict[str, bool]:
    """The fields of ``expect`` that come with forks, and whether a valid block of ``fork`` has them."""
    return {
        **dict.fromkeys(DIMENSIONS, counts_state_gas(fork)),
        "blob_gas_used": fork.blob_schedule is not None,
        "requests": has(fork, PRAGUE),
        "requests_hash": has(fork, PRAGUE),
        "block_access_list": fork.has_access_list,
        "block_access_list_hash": fork.has_access_list,
    }


def write_result(fork: Fork, result: EvmResult, state_root: bytes | None) -> Object:
    """What is expected of a valid block, but for the state root where it is not known."""
    commitments = commitments_of(result, has(fork, PRAGUE))
    written: Object = {"status": VALID}
    if state_root is not None:
        written["state_root"] = hexed(state_root)
    written["receipts_root"] = hexed(commitments.receipts_root)
    written["gas_used"] = str(result.totals.gas_used)
    if counts_state_gas(fork):
        written["execution_gas"] = str(result.totals.execution_gas)
        written["state_gas"] = str(result.totals.state_gas)
    if fork.blob_schedule is not None:
        written["blob_gas_used"] = str(result.totals.blob_gas_used)
    written["logs_bloom"] = hexed(commitments.logs_bloom)
    written["receipts"] = [
        write_receipt(fork, receipt, outcome) for receipt, outcome in zip(result.receipts, result.outcomes, strict=True)
    ]
    written["access"] = write_steps(result.steps, CODEC)
    written["depends"] = write_dependencies(result.steps, CODEC)
    written.update(write_critical_paths(result.steps, [outcome.gas_used for outcome in result.outcomes]))
    if has(fork, PRAGUE):
        written["requests"] = [hexed(request) for request in result.closing.requests]
        assert commitments.requests_hash is not None
        written["requests_hash"] = hexed(commitments.requests_hash)
    if fork.has_access_list:
        access_list = encoded_access_list_of(result)
        written["block_access_list"] = hexed(access_list)
        written["block_access_list_hash"] = hexed(hash_encoded_access_list(access_list))
    return written


def write_receipt(fork: Fork, receipt: Receipt, outcome: Outcome) -> Object:
    """A receipt, with what its transaction alone paid, and what the block counts of it where that is something else."""
    written: Object = {
        "type": str(receipt.type),
        "status": "success" if receipt.succeeded else "failure",
        "gas_used": str(outcome.gas_used),
    }
    if counts_state_gas(fork):
        written["execution_gas"] = str(outcome.execution_gas)
        written["state_gas"] = str(outcome.state_gas)
    written["cumulative_gas_used"] = str(receipt.cumulative_gas_used)
    written["logs"] = [
        {
            "address": hexed(log.address),
            "topics": [hexed(topic) for topic in log.topics],
            "data": hexed(log.data),
        }
        for log in receipt.logs
    ]
    return written


def rejection_names() -> list[str]:
    """The rejection codes that a vector may expect."""
    return sorted(code.name for code in Invalid)
