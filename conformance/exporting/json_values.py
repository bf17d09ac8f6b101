"""Values as execution-spec-tests writes them in JSON: numbers in whole bytes of hex, names of its own for fields."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Final, TypeAlias

from samestate.conformance.fixtures.copies import HEADER
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.spec.evm.block import Header, Withdrawal
from samestate.spec.evm.receipt import Receipt, encode_receipt, logs_bloom
from samestate.spec.evm.signature import recover_authority, recover_sender
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import (
    AccessList,
    Authorization,
    BlobTransaction,
    LegacyTransaction,
    SetCodeTransaction,
    Transaction,
    transaction_hash,
)
from samestate.spec.machine import Rejection

JsonObject: TypeAlias = dict[str, object]
"""An object of JSON, its values whatever JSON may hold."""

FEES: Final = {
    "gasPrice": "gas_price",
    "maxPriorityFeePerGas": "max_priority_fee_per_gas",
    "maxFeePerGas": "max_fee_per_gas",
}


def number(value: int) -> str:
    """A number in whole bytes of hex, one at least."""
    digits = f"{value:x}"
    return "0x" + "0" * (len(digits) % 2) + digits


def header_object(header: Header) -> JsonObject:
    """A header, with its hash."""
    written: JsonObject = {}
    for name, attribute in HEADER.items():
        value = getattr(header, attribute)
        if value is not None:
            written[name] = hexed(value) if isinstance(value, bytes) else number(value)
    return {**written, "hash": hexed(header.hash())}


def state_object(state: FlatState) -> JsonObject:
    """The accounts of a state."""
    written: JsonObject = {}
    for address, account in state.to_alloc().items():
        slots: Mapping[str, str] = account["storage"]  # type: ignore[assignment]
        written[address] = {
            "nonce": number(int(str(account["nonce"]), 16)),
            "balance": number(int(str(account["balance"]), 16)),
            "code": str(account["code"]),
            "storage": {number(int(slot, 16)): number(int(value, 16)) for slot, value in slots.items()},
        }
    return written


def withdrawal_object(withdrawal: Withdrawal) -> JsonObject:
    """A withdrawal, its amount in gwei."""
    return {
        "index": number(withdrawal.index),
        "validatorIndex": number(withdrawal.validator_index),
        "address": hexed(withdrawal.address),
        "amount": number(withdrawal.amount),
    }


def transaction_object(transaction: Transaction) -> JsonObject:
    """A signed transaction, and its sender where somebody has signed it."""
    written: JsonObject = {"type": number(transaction.type)}
    if transaction.chain_id is not None:
        written["chainId"] = number(transaction.chain_id)
    written |= content_object(transaction)
    written |= {
        "gasLimit": number(transaction.gas_limit),
        "value": number(transaction.value),
        "data": hexed(transaction.data),
    }
    if not isinstance(transaction, LegacyTransaction):
        written["accessList"] = access_list_object(transaction.access_list)
    written["v"] = number(transaction.v if isinstance(transaction, LegacyTransaction) else transaction.y_parity)
    written |= {"r": number(transaction.r), "s": number(transaction.s)}
    with contextlib.suppress(Rejection):  # where nobody has signed it, as a vector may be about
        written["sender"] = hexed(recover_sender(transaction))
    return written


def content_object(transaction: Transaction) -> JsonObject:
    """What a transaction has beside gas limit, value and data, in a block as in a state test."""
    written: JsonObject = {"nonce": number(transaction.nonce)}
    for name, attribute in FEES.items():
        if hasattr(transaction, attribute):
            written[name] = number(getattr(transaction, attribute))
    written["to"] = hexed(transaction.to) if transaction.to is not None else ""
    if isinstance(transaction, BlobTransaction):
        written["maxFeePerBlobGas"] = number(transaction.max_fee_per_blob_gas)
        written["blobVersionedHashes"] = [hexed(digest) for digest in transaction.blob_versioned_hashes]
    if isinstance(transaction, SetCodeTransaction):
        written["authorizationList"] = [authorization_object(each) for each in transaction.authorizations]
    return written


def access_list_object(access_list: AccessList) -> list[JsonObject]:
    """The access list of a transaction (EIP-2930)."""
    return [
        {"address": hexed(address), "storageKeys": [f"0x{slot:064x}" for slot in slots]}
        for address, slots in access_list
    ]


def authorization_object(authorization: Authorization) -> JsonObject:
    """An authorization (EIP-7702), and who has signed it, if anybody."""
    written: JsonObject = {
        "chainId": number(authorization.chain_id),
        "address": hexed(authorization.address),
        "nonce": number(authorization.nonce),
        "v": number(authorization.y_parity),
        "r": number(authorization.r),
        "s": number(authorization.s),
        "yParity": number(authorization.y_parity),
    }
    signer = recover_authority(authorization)
    return written if signer is None else {**written, "signer": hexed(signer)}


def receipt_object(transaction: Transaction, receipt: Receipt) -> JsonObject:
    """A receipt, with its encoding."""
    return {
        "transactionHash": hexed(transaction_hash(transaction)),
        "type": number(receipt.type),
        "cumulativeGasUsed": number(receipt.cumulative_gas_used),
        "bloom": hexed(logs_bloom(receipt.logs)),
        "logs": [
            {"address": hexed(log.address), "topics": [hexed(topic) for topic in log.topics], "data": hexed(log.data)}
            for log in receipt.logs
        ],
        "status": receipt.succeeded,
        "rlp": hexed(encode_receipt(receipt)),
    }
