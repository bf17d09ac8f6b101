"""What comes out of a block of the toy machine, as under ``expect``."""

from __future__ import annotations

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID
from samestate.conformance.vectors.record import write_critical_paths, write_dependencies, write_steps
from samestate.conformance.vectors.toy.keys import CODEC
from samestate.spec.toy.machine import ToyResult
from samestate.spec.toy.receipt import Receipt
from samestate.spec.toy.rejections import SIGNED_ALONE, Invalid


def write_result(result: ToyResult, state: bytes, receipts: bytes) -> Object:
    """What is expected of a valid block, with these roots."""
    gas_used = [receipt.gas_used for receipt in result.receipts]
    return {
        "status": VALID,
        "state_root": hexed(state),
        "receipts_root": hexed(receipts),
        "gas_used": str(result.totals.gas_used),
        "receipts": [write_receipt(receipt) for receipt in result.receipts],
        "access": write_steps(result.steps, CODEC),
        "depends": write_dependencies(result.steps, CODEC),
        **write_critical_paths(result.steps, gas_used),
    }


def write_receipt(receipt: Receipt) -> Object:
    """A receipt; ``error`` only where there was one."""
    written: Object = {"status": "success" if receipt.succeeded else "failure"}
    if receipt.error is not None:
        written["error"] = receipt.error.name
    return {
        **written,
        "gas_used": str(receipt.gas_used),
        "cumulative_gas_used": str(receipt.cumulative_gas_used),
        "first_log": str(receipt.first_log),
        "logs": [hexed(log) for log in receipt.logs],
    }


def rejection_names(is_signed: bool = False) -> list[str]:
    """The rejection codes that a vector may expect, under the ruleset `toy` or `signed`."""
    return sorted(code.name for code in Invalid if is_signed or code not in SIGNED_ALONE)
