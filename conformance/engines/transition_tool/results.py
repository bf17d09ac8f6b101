"""What a transition tool gives for a block, as under ``expect`` in a vector. What does not fit raises EngineFailure."""

from __future__ import annotations

import json
from typing import Any, Final

from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import VALID

NUMBERS: Final = {"gas_used": "gasUsed", "blob_gas_used": "blobGasUsed"}
BYTES: Final = {
    "state_root": "stateRoot",
    "receipts_root": "receiptsRoot",
    "logs_bloom": "logsBloom",
    "requests_hash": "requestsHash",
    "block_access_list": "blockAccessList",
    "block_access_list_hash": "blockAccessListHash",
}
SHOWN: Final = 100


def refused(reason: str, transaction: int | None = None) -> Object:
    """A block that the tool refuses, for a reason in its own words."""
    written: Object = {"status": f"({reason[:SHOWN]})"}
    return written if transaction is None else {**written, "transaction": str(transaction)}


def read_result(result: dict[str, Any], with_receipts: bool) -> Object:
    """What the file of the result says: the block is invalid where a transaction, or the block as a whole, is refused.

    What is not there is left out, which is a difference where it is compared.
    """
    rejected = result.get("rejected") or []
    if not isinstance(rejected, list) or not all(isinstance(entry, dict) for entry in rejected):
        raise wrong("rejected", rejected, "a list of maps")
    if rejected:
        first = min(rejected, key=lambda entry: number("rejected: index", entry.get("index")))
        return refused(str(first.get("error")), number("rejected: index", first.get("index")))
    if result.get("blockException"):
        return refused(str(result["blockException"]))
    written: Object = {"status": VALID}
    written.update({name: str(number(field, result[field])) for name, field in NUMBERS.items() if has(result, field)})
    written.update({name: data(field, result[field]) for name, field in BYTES.items() if has(result, field)})
    if has(result, "requests"):
        written["requests"] = [data("requests", request) for request in elements("requests", result["requests"])]
    if with_receipts:
        written["receipts"] = [read_receipt(receipt) for receipt in elements("receipts", result.get("receipts") or [])]
    return written


def read_receipt(receipt: object) -> Object:
    """A receipt."""
    fields = mapping("receipts", receipt)
    status = {0: "failure", 1: "success"}.get(number("receipts: status", fields.get("status")), "neither")
    return {
        "type": str(number("receipts: type", fields.get("type", "0x0"))),
        "status": status,
        "gas_used": str(number("receipts: gasUsed", fields.get("gasUsed"))),
        "cumulative_gas_used": str(number("receipts: cumulativeGasUsed", fields.get("cumulativeGasUsed"))),
        "logs": [read_log(log) for log in elements("receipts: logs", fields.get("logs") or [])],
    }


def read_log(log: object) -> Object:
    """A log."""
    fields = mapping("receipts: logs", log)
    topics = elements("receipts: logs: topics", fields.get("topics") or [])
    return {
        "address": data("receipts: logs: address", fields.get("address")),
        "topics": [data("receipts: logs: topics", topic) for topic in topics],
        "data": data("receipts: logs: data", fields.get("data", "0x")),
    }


def read_alloc(alloc: dict[str, Any]) -> Object:
    """The state after the block, in the form of ``pre``. Slots that are zero are none."""
    state: Object = {}
    for address, account in alloc.items():
        fields = mapping(address, account)
        slots = mapping(f"{address}: storage", fields.get("storage") or {})
        storage = {number(f"{address}: slot", slot): number(slot, value) for slot, value in slots.items()}
        name = data("address", address)
        if len(storage) < len(slots) or name in state:
            raise EngineFailure(f"{address}: {'the account' if name in state else 'a slot'} is there twice")
        state[name] = {
            "nonce": hex(number(f"{address}: nonce", fields.get("nonce") or "0x0")),
            "balance": hex(number(f"{address}: balance", fields.get("balance") or "0x0")),
            "code": data(f"{address}: code", fields.get("code") or "0x"),
            "storage": {hex(slot): hex(storage[slot]) for slot in sorted(storage) if storage[slot]},
        }
    return dict(sorted(state.items()))


def has(result: dict[str, Any], field: str) -> bool:
    """Whether the tool says anything in a field."""
    return result.get(field) is not None


def number(field: str, value: object) -> int:
    """A number, in hex or decimal digits, or as JSON has it."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and len(value) <= len("0x") + 64 and value.isascii():
        is_hex = value[:2] in ("0x", "0X")
        digits = value[2:] if is_hex else value
        if digits.isalnum() and (is_hex or digits.isdecimal()):
            try:
                return int(digits, 16 if is_hex else 10)
            except ValueError:
                pass
    raise wrong(field, value, "a number")


def data(field: str, value: object) -> str:
    """Bytes in hex, in small letters."""
    if isinstance(value, str) and value[:2] in ("0x", "0X"):
        try:
            return f"0x{bytes.fromhex(value[2:]).hex()}"
        except ValueError:
            pass
    raise wrong(field, value, "bytes in hex")


def elements(field: str, value: object) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise wrong(field, value, "a list")
    return value


def mapping(field: str, value: object) -> dict[str, Any]:
    """A map."""
    if not isinstance(value, dict):
        raise wrong(field, value, "a map")
    return value


def wrong(field: str, value: object, right: str) -> EngineFailure:
    """The complaint about a field."""
    return EngineFailure(f"{field}: must be {right}, but is {json.dumps(value)[:SHOWN]}")
