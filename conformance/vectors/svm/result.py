"""What comes out of a block of Solana's machine, as under ``expect``."""

from __future__ import annotations

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID
from samestate.conformance.vectors.record import write_critical_paths, write_dependencies, write_steps
from samestate.conformance.vectors.svm.keys import CODEC
from samestate.spec.svm.block import Block
from samestate.spec.svm.machine import SvmResult
from samestate.spec.svm.receipt import Receipt
from samestate.spec.svm.rejections import Invalid


def write_result(result: SvmResult, block: Block, state_root: bytes, bank_hash: bytes) -> Object:
    """What is expected of a valid block, with these commitments."""
    fees = result.closing.fees
    return {
        "status": VALID,
        "state_root": hexed(state_root),
        "bank_hash": hexed(bank_hash),
        "blockhash": hexed(block.blockhash),
        "signature_count": str(result.closing.signatures),
        "fees": {
            "signatures": str(fees.signatures),
            "priority": str(fees.priority),
            "deposited": str(fees.deposited),
            "burnt": str(fees.burnt),
        },
        "block_cost": str(result.totals.cost),
        "receipts": [write_receipt(receipt) for receipt in result.receipts],
        "access": write_steps(result.steps, CODEC),
        "depends": write_dependencies(result.steps, CODEC),
        **write_critical_paths(result.steps, [receipt.units for receipt in result.receipts]),
    }


def write_receipt(receipt: Receipt) -> Object:
    """A receipt; ``error`` only where there was one."""
    error: Object = {} if receipt.error is None else {"error": str(receipt.error)}
    return {
        "status": receipt.status.value,
        **error,
        "units": str(receipt.units),
        "fee": str(receipt.fee),
        "priority_fee": str(receipt.priority_fee),
        "loaded_size": str(receipt.loaded_size),
        "cost": str(receipt.cost),
        "logs": list(receipt.logs),
    }


def rejection_names() -> list[str]:
    """The rejection codes that a vector may expect."""
    return sorted(code.name for code in Invalid)
