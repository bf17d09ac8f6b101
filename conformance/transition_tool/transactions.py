"""The transactions: JSON, signed or to be signed, or the RLP of a block's list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.fields import Fields, describe, to_bytes, to_list
from samestate.conformance.fixtures.rpc_transaction import encode_rpc_transaction
from samestate.spec.evm.block import transaction_from_item
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.rlp import Item, MalformedRlp, decode
from samestate.spec.evm.signature import CURVE_ORDER, sign
from samestate.spec.evm.transaction import Transaction, decode_transaction
from samestate.spec.machine import Rejection

SIGNATURE: Final = ("v", "r", "s")
OTHER_NAMES: Final[Mapping[str, str]] = {"gasLimit": "gas", "data": "input", "y_parity": "yParity"}
"""Names that fields also have, and the ones by which they are read."""
TYPED: Final = 1
SET_CODE: Final = 4


def read_transactions(where: str, value: object, chain_id: int) -> list[Transaction | Rejection]:
    """The transactions, each or the reason why it is none. Raises InputError where the input itself is malformed."""
    if value is None:
        return []
    if isinstance(value, str):
        return list(_from_rlp(where, value))
    if not isinstance(value, list):
        raise InputError(f"{where}: must be a list of transactions, or their RLP as hex, but is {describe(value)}")
    return [
        _from_json(Fields(f"{where}[{index}]", transaction), chain_id)
        for index, transaction in enumerate(to_list(where, value))
    ]


def _from_rlp(where: str, text: str) -> Iterator[Transaction | Rejection]:
    data = to_bytes(where, text)
    try:
        items: Item = decode(data) if data else []
    except MalformedRlp as error:
        raise InputError(f"{where}: must be the RLP of a list of transactions: {error}") from error
    if isinstance(items, bytes):
        raise InputError(f"{where}: must be the RLP of a list of transactions, but is that of {len(items)} bytes")
    for item in items:
        try:
            yield transaction_from_item(item)
        except MalformedRlp as error:
            yield Rejection(Invalid.MALFORMED_TRANSACTION, str(error))
        except Rejection as rejection:
            yield rejection


def _from_json(given: Fields, chain_id: int) -> Transaction | Rejection:
    values = {OTHER_NAMES.get(name, name): value for name, value in given.values.items() if value is not None}
    if values.get("to") in ("", "0x"):
        del values["to"]
    kind = Fields(given.where, values).optional_number("type", 8) or 0
    if kind >= TYPED:
        values.setdefault("accessList", [])
    if kind == SET_CODE:
        values.setdefault("authorizationList", [])
    for name in SIGNATURE:
        values.setdefault(name, "0x0")
    fields = Fields(given.where, values)
    is_unsigned = not any(fields.number(name) for name in SIGNATURE)
    if is_unsigned:
        values.pop("hash", None)
    encoded = encode_rpc_transaction(fields)
    try:
        transaction = decode_transaction(encoded)
    except Rejection as rejection:
        return rejection
    if not is_unsigned or "secretKey" not in fields:
        return transaction
    return sign(transaction, _key(fields), chain_id if _is_protected(fields) else None)


def _key(fields: Fields) -> bytes:
    number = fields.number("secretKey")
    if not 0 < number < CURVE_ORDER:
        raise InputError(f"{fields.where}: secretKey: must be a private key of secp256k1, from 1 to its order less 1")
    return number.to_bytes(32, "big")


def _is_protected(fields: Fields) -> bool:
    """Whether a legacy transaction is to name its chain (EIP-155): so unless ``protected`` is false."""
    protected = fields.values.get("protected", True)
    if not isinstance(protected, bool):
        raise InputError(f"{fields.where}: protected: must be true or false, but is {describe(protected)}")
    return protected
