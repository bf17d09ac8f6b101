"""Block access lists as JSON in the order of their RLP, the right ones and the wrong ones (EIP-7928)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.json_values import JsonObject, number
from samestate.conformance.fixtures.access_list import encode_access_list
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.spec.evm import rlp

NO_LIST: Final = "a block access list that is no list of accounts, which JSON cannot say"


def access_list_object(encoded: bytes) -> list[JsonObject]:
    """The list in its RLP. Raises Inexpressible where JSON would not say the same bytes again."""
    try:
        written = [_account(item) for item in rlp.to_list(rlp.decode(encoded), "a block access list")]
    except rlp.MalformedRlp as error:
        raise Inexpressible(NO_LIST, str(error)) from error
    if _encoded(written) != encoded:
        raise Inexpressible(NO_LIST, "its encoding is not the shortest")
    return written


def _encoded(written: list[JsonObject]) -> bytes | None:
    """The list as a reader of fixtures understands it. Raises Inexpressible where it does not."""
    try:
        return encode_access_list(Fields("blockAccessList", {"blockAccessList": written}))
    except InputError as error:
        raise Inexpressible(NO_LIST, str(error)) from error


def _account(item: rlp.Item) -> JsonObject:
    address, changes, reads, balances, nonces, codes = rlp.to_list(item, "an account of a block access list", 6)
    return {
        "address": hexed(rlp.to_bytes(address, "address")),
        "nonceChanges": _changes(nonces, "postNonce", _number),
        "balanceChanges": _changes(balances, "postBalance", _number),
        "codeChanges": _changes(codes, "newCode", _bytes),
        "storageChanges": [_slot(change) for change in rlp.to_list(changes, "storage changes")],
        "storageReads": [_number(slot) for slot in rlp.to_list(reads, "storage reads")],
    }


def _slot(item: rlp.Item) -> JsonObject:
    slot, changes = rlp.to_list(item, "changes of a slot", 2)
    return {"slot": _number(slot), "slotChanges": _changes(changes, "postValue", _number)}


def _changes(item: rlp.Item, name: str, write: Callable[[rlp.Item], str]) -> list[JsonObject]:
    pairs = [rlp.to_list(pair, "a change", 2) for pair in rlp.to_list(item, "changes")]
    return [{"blockAccessIndex": _number(index), name: write(value)} for index, value in pairs]


def _number(item: rlp.Item) -> str:
    return number(int.from_bytes(rlp.to_bytes(item, "a number"), "big"))


def _bytes(item: rlp.Item) -> str:
    return hexed(rlp.to_bytes(item, "code"))
