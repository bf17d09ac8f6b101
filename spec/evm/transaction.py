"""The five types of transactions and their encodings (EIP-155, EIP-2718, EIP-2930, EIP-1559, EIP-4844, EIP-7702)."""

# source: yellow paper, section 4.2

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection

AccessList = tuple[tuple[bytes, tuple[int, ...]], ...]
"""Addresses, each with the storage slots that will be used of it."""

FIRST_BYTE_OF_LIST = 0xC0
LAST_TYPE = 0x7F
CHAIN_ID_OFFSET = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The word of an account that it delegates its code to ``address`` (EIP-7702)."""

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int = 0
    r: int = 0
    s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyTransaction:
    """Type 0. ``v`` is 27 or 28, or tells the chain too (EIP-155). Prices in wei."""

    type: ClassVar[int] = 0
    nonce: int
    gas_price: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    v: int = 0
    r: int = 0
    s: int = 0
    access_list: ClassVar[AccessList] = ()

    @property
    def chain_id(self) -> int | None:
        """The chain that the signature names, or None where it names none."""
        return (self.v - CHAIN_ID_OFFSET) // 2 if self.v >= CHAIN_ID_OFFSET else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessListTransaction:
    """Type 1: with an access list (EIP-2930)."""

    type: ClassVar[int] = 1
    chain_id: int
    nonce: int
    gas_price: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList = ()
    y_parity: int = 0
    r: int = 0
    s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeMarketTransaction:
    """Type 2: with a maximum fee and a priority fee (EIP-1559)."""

    type: ClassVar[int] = 2
    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList = ()
    y_parity: int = 0
    r: int = 0
    s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobTransaction:
    """Type 3: with blobs, of which the chain only sees the hashes (EIP-4844)."""

    type: ClassVar[int] = 3
    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList = ()
    max_fee_per_blob_gas: int
    blob_versioned_hashes: tuple[bytes, ...]
    y_parity: int = 0
    r: int = 0
    s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCodeTransaction:
    """Type 4: with authorizations that delegate accounts' code (EIP-7702)."""

    type: ClassVar[int] = 4
    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList = ()
    authorizations: tuple[Authorization, ...]
    y_parity: int = 0
    r: int = 0
    s: int = 0


TypedTransaction = AccessListTransaction | FeeMarketTransaction | BlobTransaction | SetCodeTransaction
Transaction = LegacyTransaction | TypedTransaction


def decode_transaction(data: bytes) -> Transaction:
    """The transaction in its canonical bytes: a type byte and RLP, or plain RLP for type 0 (EIP-2718).

    Raises Rejection where the bytes are anything else, the network form of a blob transaction included.
    """
    if not data:
        # rule: evm.transaction.decode-empty
        raise Rejection(Invalid.MALFORMED_TRANSACTION, "no bytes")
    try:
        if data[0] >= FIRST_BYTE_OF_LIST:
            return legacy_from_item(rlp.decode(data))
        if data[0] > LAST_TYPE:
            # rule: evm.transaction.decode-neither-type-nor-list
            # source: EIP-2718, specification
            raise rlp.MalformedRlp(f"0x{data[0]:02x} begins neither a type nor a list")
        decoder = _DECODERS.get(data[0])
        if decoder is None:
            # rule: evm.transaction.decode-unknown-type
            # source: EIP-2718, specification
            raise Rejection(Invalid.TYPE_NOT_SUPPORTED, f"type {data[0]}")
        return decoder(_Fields(rlp.decode(data[1:]), data[0]))
    except rlp.MalformedRlp as error:
        # rule: evm.transaction.decode-malformed
        raise Rejection(Invalid.MALFORMED_TRANSACTION, str(error)) from error


class _Fields:
    """Takes the fields of a transaction off its RLP list, one after another."""

    def __init__(self, item: rlp.Item, kind: int) -> None:
        self._items = rlp.to_list(item, f"a transaction of type {kind}", _FIELD_COUNTS[kind])
        self._next = 0

    def item(self) -> rlp.Item:
        self._next += 1
        return self._items[self._next - 1]

    def integer(self, what: str, size: int = 32) -> int:
        return rlp.to_int(self.item(), size, what)

    def signature_number(self, what: str) -> int:
        item = self.item()
        number = rlp.to_int(item, max(len(item), 32), what)
        if len(item) > 32:
            # rule: evm.transaction.decode-signature-size
            raise Rejection(Invalid.INVALID_SIGNATURE, f"{what} of {len(item)} bytes, expected at most 32")
        return number

    def data(self, what: str, length: int | None = None) -> bytes:
        return rlp.to_bytes(self.item(), what, length)

    def recipient(self) -> bytes | None:
        to = self.data("to")
        if len(to) not in (0, 20):
            # rule: evm.transaction.decode-recipient
            raise rlp.MalformedRlp(f"to: {len(to)} bytes, expected none or 20")
        return to or None

    def access_list(self) -> AccessList:
        entries = []
        for entry in rlp.to_list(self.item(), "access list"):
            address, slots = rlp.to_list(entry, "an entry of the access list", 2)
            entries.append(
                (
                    rlp.to_bytes(address, "address in the access list", 20),
                    tuple(
                        int.from_bytes(rlp.to_bytes(slot, "slot in the access list", 32), "big")
                        for slot in rlp.to_list(slots, "slots in the access list")
                    ),
                )
            )
        return tuple(entries)

    def versioned_hashes(self) -> tuple[bytes, ...]:
        items = rlp.to_list(self.item(), "blob versioned hashes")
        return tuple(rlp.to_bytes(item, "blob versioned hash", 32) for item in items)

    def authorizations(self) -> tuple[Authorization, ...]:
        entries = []
        for entry in rlp.to_list(self.item(), "authorizations"):
            chain_id, address, nonce, y_parity, r, s = rlp.to_list(entry, "an authorization", 6)
            entries.append(
                Authorization(
                    chain_id=rlp.to_int(chain_id, 32, "chain id of an authorization"),
                    address=rlp.to_bytes(address, "address of an authorization", 20),
                    nonce=rlp.to_int(nonce, 8, "nonce of an authorization"),
                    y_parity=rlp.to_int(y_parity, 1, "y parity of an authorization"),
                    r=rlp.to_int(r, 32, "r of an authorization"),
                    s=rlp.to_int(s, 32, "s of an authorization"),
                )
            )
        return tuple(entries)


_FIELD_COUNTS = {0: 9, 1: 11, 2: 12, 3: 14, 4: 13}


def legacy_from_item(item: rlp.Item) -> LegacyTransaction:
    """The legacy transaction in an RLP list, as a block's body has it. Raises MalformedRlp."""
    fields = _Fields(item, 0)
    # rule: evm.transaction.decode-legacy
    return LegacyTransaction(
        nonce=fields.integer("nonce", 8),
        gas_price=fields.integer("gas price"),
        gas_limit=fields.integer("gas limit", 8),
        to=fields.recipient(),
        value=fields.integer("value"),
        data=fields.data("data"),
        v=fields.integer("v"),
        r=fields.signature_number("r"),
        s=fields.signature_number("s"),
    )


def _access_list_transaction(fields: _Fields) -> AccessListTransaction:
    # rule: evm.transaction.decode-access-list
    # source: EIP-2930, specification
    return AccessListTransaction(
        chain_id=fields.integer("chain id"),
        nonce=fields.integer("nonce", 8),
        gas_price=fields.integer("gas price"),
        gas_limit=fields.integer("gas limit", 8),
        to=fields.recipient(),
        value=fields.integer("value"),
        data=fields.data("data"),
        access_list=fields.access_list(),
        y_parity=fields.integer("y parity", 1),
        r=fields.signature_number("r"),
        s=fields.signature_number("s"),
    )


def _fee_market_transaction(fields: _Fields) -> FeeMarketTransaction:
    # rule: evm.transaction.decode-fee-market
    # source: EIP-1559, specification
    return FeeMarketTransaction(
        chain_id=fields.integer("chain id"),
        nonce=fields.integer("nonce", 8),
        max_priority_fee_per_gas=fields.integer("max priority fee per gas"),
        max_fee_per_gas=fields.integer("max fee per gas"),
        gas_limit=fields.integer("gas limit", 8),
        to=fields.recipient(),
        value=fields.integer("value"),
        data=fields.data("data"),
        access_list=fields.access_list(),
        y_parity=fields.integer("y parity", 1),
        r=fields.signature_number("r"),
        s=fields.signature_number("s"),
    )


def _blob_transaction(fields: _Fields) -> BlobTransaction:
    # rule: evm.transaction.decode-blob
    # source: EIP-4844, Blob transaction
    return BlobTransaction(
        chain_id=fields.integer("chain id"),
        nonce=fields.integer("nonce", 8),
        max_priority_fee_per_gas=fields.integer("max priority fee per gas"),
        max_fee_per_gas=fields.integer("max fee per gas"),
        gas_limit=fields.integer("gas limit", 8),
        to=fields.recipient(),
        value=fields.integer("value"),
        data=fields.data("data"),
        access_list=fields.access_list(),
        max_fee_per_blob_gas=fields.integer("max fee per blob gas"),
        blob_versioned_hashes=fields.versioned_hashes(),
        y_parity=fields.integer("y parity", 1),
        r=fields.signature_number("r"),
        s=fields.signature_number("s"),
    )


def _set_code_transaction(fields: _Fields) -> SetCodeTransaction:
    # rule: evm.transaction.decode-set-code
    # source: EIP-7702, Set code transaction
    return SetCodeTransaction(
        chain_id=fields.integer("chain id"),
        nonce=fields.integer("nonce", 8),
        max_priority_fee_per_gas=fields.integer("max priority fee per gas"),
        max_fee_per_gas=fields.integer("max fee per gas"),
        gas_limit=fields.integer("gas limit", 8),
        to=fields.recipient(),
        value=fields.integer("value"),
        data=fields.data("data"),
        access_list=fields.access_list(),
        authorizations=fields.authorizations(),
        y_parity=fields.integer("y parity", 1),
        r=fields.signature_number("r"),
        s=fields.signature_number("s"),
    )


_DECODERS: dict[int, Callable[[_Fields], TypedTransaction]] = {
    1: _access_list_transaction,
    2: _fee_market_transaction,
    3: _blob_transaction,
    4: _set_code_transaction,
}


def payload_items(transaction: Transaction) -> list[rlp.Item]:
    """The fields of a transaction as RLP items, without chain and signature for legacy ones, without signature else."""
    integer = rlp.integer
    rest: list[rlp.Item] = [
        integer(transaction.gas_limit),
        transaction.to or b"",
        integer(transaction.value),
        transaction.data,
    ]
    if isinstance(transaction, LegacyTransaction):
        return [integer(transaction.nonce), integer(transaction.gas_price), *rest]
    begin: list[rlp.Item] = [integer(transaction.chain_id), integer(transaction.nonce)]
    access_list: rlp.Item = [
        [address, [slot.to_bytes(32, "big") for slot in slots]] for address, slots in transaction.access_list
    ]
    if isinstance(transaction, AccessListTransaction):
        return [*begin, integer(transaction.gas_price), *rest, access_list]
    fees = [integer(transaction.max_priority_fee_per_gas), integer(transaction.max_fee_per_gas)]
    items: list[rlp.Item] = [*begin, *fees, *rest, access_list]
    if isinstance(transaction, BlobTransaction):
        items += [integer(transaction.max_fee_per_blob_gas), list(transaction.blob_versioned_hashes)]
    elif isinstance(transaction, SetCodeTransaction):
        items.append([authorization_item(authorization) for authorization in transaction.authorizations])
    return items


def authorization_item(authorization: Authorization) -> rlp.Item:
    """The RLP item of an authorization."""
    return [
        rlp.integer(authorization.chain_id),
        authorization.address,
        rlp.integer(authorization.nonce),
        rlp.integer(authorization.y_parity),
        rlp.integer(authorization.r),
        rlp.integer(authorization.s),
    ]


def transaction_item(transaction: Transaction) -> rlp.Item:
    """The form of a transaction in a block's body: a list for a legacy one, bytes for the others."""
    signature = (transaction.r, transaction.s)
    if isinstance(transaction, LegacyTransaction):
        return [*payload_items(transaction), *map(rlp.integer, (transaction.v, *signature))]
    body = [*payload_items(transaction), *map(rlp.integer, (transaction.y_parity, *signature))]
    return bytes([transaction.type]) + rlp.encode(body)


def encode_transaction(transaction: Transaction) -> bytes:
    """The canonical bytes of a transaction: what its hash and the transactions trie are made of."""
    item = transaction_item(transaction)
    return item if isinstance(item, bytes) else rlp.encode(item)


def transaction_hash(transaction: Transaction) -> bytes:
    """The hash that names the transaction."""
    return keccak256(encode_transaction(transaction))


def signing_hash(transaction: Transaction) -> bytes:
    """The hash that the sender signs."""
    items = payload_items(transaction)
    if not isinstance(transaction, LegacyTransaction):
        # rule: evm.transaction.signing-hash-typed
        # source: EIP-2718; EIP-2930; EIP-1559; EIP-4844; EIP-7702
        return keccak256(bytes([transaction.type]) + rlp.encode(items))
    if transaction.chain_id is None:
        # rule: evm.transaction.signing-hash-legacy
        # source: yellow paper, appendix F
        return keccak256(rlp.encode(items))
    # rule: evm.transaction.signing-hash-replay-protected
    # source: EIP-155, specification
    return keccak256(rlp.encode([*items, rlp.integer(transaction.chain_id), b"", b""]))


def with_signature(transaction: Transaction, y_parity: int, r: int, s: int, chain_id: int | None = None) -> Transaction:
    """The transaction with a signature; a legacy one names ``chain_id`` in it, if that is given (EIP-155)."""
    if isinstance(transaction, LegacyTransaction):
        offset = 27 if chain_id is None else CHAIN_ID_OFFSET + 2 * chain_id
        return replace(transaction, v=offset + y_parity, r=r, s=s)
    return replace(transaction, y_parity=y_parity, r=r, s=s)
