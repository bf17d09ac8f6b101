"""The bytes that a transaction's signatures are of, under the ruleset `signed`.

A signature is ``(key, scheme, content)``, a registration ``(account, key, scheme, public_key, possession)``: numbers of
keys below 256, schemes by their byte (1 ed25519, 2 ML-DSA-44, 3 ML-DSA-65, 4 hybrid), all else bytes.
"""

from __future__ import annotations

import struct
from typing import Any

OPERATION_BYTES = {"SLOAD": 0, "SSTORE": 1, "ADD": 3, "SUB": 4, "KECCAK": 5, "NOOP": 6}
STORE_OF_ACCUMULATOR = 2
_HEAD = struct.Struct(">QBB20sQQQI")
_TAIL = struct.Struct(">B20sBBI")


def body(transaction: Any, chain_id: int) -> bytes:
    """What is signed of a transaction, without the tag that says what for."""
    sender, nonce, gas_limit, gas_price, operations, _, (key, scheme, _), registration = transaction
    written = bytearray(_HEAD.pack(chain_id, scheme, key, sender, nonce, gas_limit, gas_price, len(operations)))
    for operation in operations:
        name = operation[0]
        if name == "SSTORE" and operation[2] is None:
            written.append(STORE_OF_ACCUMULATOR)
            written += operation[1].to_bytes(32, "big")
            continue
        written.append(OPERATION_BYTES[name])
        if name == "KECCAK":
            written += len(operation[1]).to_bytes(4, "big")
            written += operation[1]
        else:
            for word in operation[1:]:
                written += word.to_bytes(32, "big")
    if registration is None:
        written.append(0)
    else:
        account, number, registered_scheme, public_key, _ = registration
        written += _TAIL.pack(1, account, number, registered_scheme, len(public_key))
        written += public_key
    return bytes(written)


def tagged(purpose: bytes, content: bytes) -> bytes:
    """The message for a purpose, ``transaction`` or ``possession``."""
    tag = b"samestate/toy/signed/" + purpose
    return bytes((len(tag),)) + tag + content
