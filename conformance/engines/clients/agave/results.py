"""What the program around the Bank answers, in the form of vectors."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import hexed, read_bytes, write_bytes
from samestate.conformance.vectors.model import POST_STATE, VALID, Case, member, members, text
from samestate.conformance.vectors.recorded.names import code_of
from samestate.spec.svm.addresses import base58
from samestate.spec.svm.transaction import decode_transaction

MALFORMED: Final = "malformed"
PROCESSED: Final = "processed"
INVALID: Final = ("refused", "unprocessable")
STAGES: Final = (MALFORMED, *INVALID, PROCESSED, "undecided")


def results_of(case: Case, answer: Mapping[str, Any]) -> list[Object]:
    """What the Bank gives of each block. Raises EngineFailure where the answer is none."""
    blocks = answer.get("blocks")
    if not isinstance(blocks, list) or len(blocks) != len(case.blocks):
        raise EngineFailure(f"gives no results of {len(case.blocks)} blocks")
    accounts = dict(member(case.pre, "accounts"))
    results = []
    try:
        for index, block in enumerate(blocks):
            results.append(one_by_one(case, index, result_of(block, accounts)))
    except (KeyError, TypeError, ValueError) as error:
        raise EngineFailure(f"gives a result that is none: {type(error).__name__}: {error}") from error
    return results


def one_by_one(case: Case, index: int, result: Object) -> Object:
    """What replay says of a block that executes transactions one by one, where a batch says the same in another word.

    A message that stands in an entry twice is ALREADY_PROCESSED to a batch, before its age is looked at. One by one its
    age comes first: a durable transaction's nonce is spent by then, so that its value is no blockhash of the queue.
    """
    if result["status"] != "ALREADY_PROCESSED":
        return result
    place = int(text(result, "transaction"))
    for entry in members(case.blocks[index], "entries"):
        wires = entry["txs"] if isinstance(entry["txs"], list) else []
        if place >= len(wires):
            place -= len(wires)
            continue
        is_repeated = wires[place] in wires[:place]
        named = decode_transaction(read_bytes(wires[place])).message.blockhash
        if is_repeated and hexed(named) not in registered(case, index):
            return {**result, "status": "BLOCKHASH_NOT_FOUND"}
        break
    return result


def registered(case: Case, index: int) -> set[str]:
    """Every blockhash that was registered before a block of the case."""
    hashes = {text(entry, "hash") for entry in members(member(case.pre, "bank"), "blockhashes")}
    for block in case.blocks[:index]:
        env, entries = member(block, "env"), members(block, "entries")
        hashes.add(text(env, "blockhash") if "blockhash" in env else text(entries[-1], "hash"))
    return hashes


def result_of(block: Mapping[str, Any], accounts: dict[str, Any]) -> Object:
    """What came out of a block; ``accounts`` is brought up to date."""
    transactions = block["transactions"]
    for transaction in transactions:
        if transaction["stage"] not in STAGES:
            raise ValueError(f"{transaction['stage']!r} is no stage")
    rejection = rejected(block["history"], transactions)
    if rejection is not None:
        return rejection
    closed = block["closed"]
    for key, account in closed["accounts"].items():
        name = base58(bytes.fromhex(key))
        if account is None:
            accounts.pop(name, None)
        else:
            accounts[name] = written(account)
    return {
        "status": VALID,
        "state_root": f"0x{closed['lattice']}",
        "bank_hash": f"0x{closed['bank_hash']}",
        "blockhash": f"0x{closed['blockhash']}",
        "signature_count": str(closed["signatures"]),
        "block_cost": str(closed["block_cost"]),
        "receipts": [receipt(transaction) for transaction in transactions],
        POST_STATE: {"accounts": dict(accounts)},
    }


def rejected(history: str | None, transactions: Sequence[Mapping[str, Any]]) -> Object | None:
    """Why a block is invalid; None where it is valid."""
    for index, transaction in enumerate(transactions):
        if transaction["stage"] == MALFORMED:
            return {"status": "MALFORMED_TRANSACTION", "transaction": str(index)}
    if history is not None:
        return {"status": code_of(history)}
    for index, transaction in enumerate(transactions):
        wrong = transaction["error"] if transaction["stage"] in INVALID else transaction["too_much"]
        if wrong is not None:
            return {"status": code_of(wrong), "transaction": str(index)}
    return None


def receipt(transaction: Mapping[str, Any]) -> Object:
    """The receipt of a transaction that is in the block."""
    error, logs = transaction["error"], transaction["logs"]
    status = "success" if error is None else "fees-only" if logs is None else "failed"
    return {
        "status": status,
        **({"error": str(error)} if error is not None else {}),
        "units": str(transaction["units"]),
        "fee": str(transaction["fee"]),
        "priority_fee": str(transaction["priority_fee"]),
        "loaded_size": str(transaction["loaded_size"]),
        "cost": str(transaction["cost"]["total"]),
        "logs": [str(line) for line in logs or ()],
    }


def written(account: Sequence[Any]) -> Object:
    """An account as a vector has it."""
    lamports, data, owner, executable = account
    content = base64.b64decode(data)
    return {
        "lamports": str(lamports),
        "owner": base58(bytes.fromhex(owner)),
        **({"executable": "true"} if executable else {}),
        **({"data": write_bytes(content)} if content else {}),
    }
