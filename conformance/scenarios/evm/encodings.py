"""Encodings of transactions that are not the one canonical one: the block can't be read, and nothing is executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm import rlp
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, PARIS, PRAGUE
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import sign
from samestate.spec.evm.transaction import FeeMarketTransaction, LegacyTransaction, encode_transaction

NONCE, TO, VALUE, DATA = 0, 3, 4, 5
"""Places of fields in a legacy transaction."""
LONG: Final = 55
"""The most bytes whose length stands in the first byte of their encoding."""
FORKS: Final = (BERLIN, AMSTERDAM)


def fields(block: BlockBuilder, data: bytes = b"\x05") -> list[bytes]:
    """The encodings of the fields of a legacy transaction that alice has signed: the second of the block."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    transaction = LegacyTransaction(nonce=0, gas_price=2 * GWEI, gas_limit=100_000, to=bob.address, value=7, data=data)
    items = rlp.to_list(rlp.decode(encode_transaction(sign(transaction, alice.private_key, CHAIN_ID))), "a transaction")
    return [rlp.encode(item) for item in items]


def listed(encoded: Sequence[bytes]) -> bytes:
    """The list of items that are encoded already, rightly or not."""
    payload = b"".join(encoded)
    if len(payload) <= LONG:
        return bytes([0xC0 + len(payload)]) + payload
    length = rlp.integer(len(payload))
    return bytes([0xC0 + LONG + len(length)]) + length + payload


def replaced(block: BlockBuilder, place: int, encoded: bytes, comment: str, data: bytes = b"\x05") -> None:
    """Put a transaction into the block in which one field is encoded otherwise. The block is invalid."""
    right = fields(block, data)
    block.raw(listed([*right[:place], encoded, *right[place + 1 :]]), comment)
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


def changed(block: BlockBuilder, change: Callable[[bytes], bytes], comment: str) -> None:
    """Put a transaction into the block whose whole encoding is changed. The block is invalid."""
    block.raw(change(listed(fields(block))), comment)
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def number_with_a_zero_in_front(block: BlockBuilder) -> None:
    """The value of a transaction is 7 in two bytes: a number has no leading zeros."""
    replaced(block, VALUE, b"\x82\x00\x07", "the value has a zero in front")


@scenario(hazards="H65", forks=FORKS)
def zero_as_a_byte(block: BlockBuilder) -> None:
    """The nonce of a transaction is the byte zero: as a number zero is no byte at all."""
    replaced(block, NONCE, b"\x00", "the nonce is a byte of zero")


@scenario(hazards="H65", forks=FORKS)
def byte_behind_a_prefix(block: BlockBuilder) -> None:
    """A single byte below 0x80 stands behind a prefix, and must stand for itself."""
    replaced(block, DATA, b"\x81\x05", "the data have a prefix that they need not have")


@scenario(hazards="H65", forks=FORKS)
def length_that_fits_the_prefix(block: BlockBuilder) -> None:
    """Of 55 bytes of data the length stands in a byte of its own, and must stand in the prefix."""
    data = b"\x05" * LONG
    replaced(block, DATA, b"\xb8" + bytes([LONG]) + data, "the length of the data has a byte of its own", data)


@scenario(hazards="H65", forks=FORKS)
def length_with_a_zero_in_front(block: BlockBuilder) -> None:
    """Of 56 bytes of data the length stands in two bytes, of which the first is zero."""
    data = b"\x05" * (LONG + 1)
    replaced(block, DATA, b"\xb9\x00" + bytes([LONG + 1]) + data, "the length of the data has a zero in front", data)


@scenario(hazards="H65", forks=FORKS)
def bytes_longer_than_their_list(block: BlockBuilder) -> None:
    """The last field claims more bytes than are left in the list."""
    right = fields(block)
    last = right[-1]
    block.raw(listed([*right[:-1], bytes([last[0] + 1]) + last[1:]]), "the last field is longer than what is left")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def length_beyond_64_bits(block: BlockBuilder) -> None:
    """A field claims 2^64-1 bytes: whoever adds that to its place must not wrap around."""
    replaced(block, DATA, b"\xbf" + b"\xff" * 8, "the data claim to be endless")


@scenario(hazards="H65", forks=FORKS)
def byte_after_the_end(block: BlockBuilder) -> None:
    """A byte follows after the end of a transaction."""
    changed(block, lambda right: right + b"\x00", "a byte follows after the end")


@scenario(hazards="H65", forks=FORKS)
def end_before_the_end(block: BlockBuilder) -> None:
    """The last byte of a transaction is missing."""
    changed(block, lambda right: right[:-1], "the last byte is missing")


@scenario(hazards="H65", forks=FORKS)
def recipient_of_19_bytes(block: BlockBuilder) -> None:
    """The recipient of a transaction has 19 bytes: neither an address nor nobody."""
    replaced(block, TO, b"\x93" + bytes(range(1, 20)), "the recipient is a byte short")


@scenario(hazards="H65", forks=FORKS)
def list_in_the_place_of_data(block: BlockBuilder) -> None:
    """The data of a transaction are an empty list, and not empty."""
    replaced(block, DATA, b"\xc0", "the data are a list")


@scenario(hazards="H65", forks=FORKS)
def nonce_of_nine_bytes(block: BlockBuilder) -> None:
    """The nonce of a transaction is 2^64, which fits no nonce."""
    replaced(block, NONCE, b"\x89\x01" + bytes(8), "the nonce has 65 bits")


@scenario(hazards="H65", forks=FORKS)
def value_of_33_bytes(block: BlockBuilder) -> None:
    """The value of a transaction is 2^256, which no balance can hold."""
    replaced(block, VALUE, b"\xa1\x01" + bytes(32), "the value has 257 bits")


@scenario(hazards="H65", forks=FORKS)
def field_too_many(block: BlockBuilder) -> None:
    """A transaction has a tenth field."""
    block.raw(listed([*fields(block), b"\x01"]), "there is a tenth field")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def neither_type_nor_list(block: BlockBuilder) -> None:
    """A transaction is a string of bytes, and begins with neither a type nor a list (EIP-2718)."""
    changed(block, rlp.encode, "a transaction within bytes, as in a block's body")


@scenario(hazards="H65", forks=FORKS)
def type_that_no_fork_knows(block: BlockBuilder) -> None:
    """A transaction has type 0x7f, the last that there can be, and no fork knows it (EIP-2718)."""
    block.raw(b"\x7f" + listed(fields(block)), "a transaction of type 127")
    block.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def legacy_with_a_type_byte(block: BlockBuilder) -> None:
    """A legacy transaction has a type byte of zero in front: that type has none (EIP-2718)."""
    block.raw(b"\x00" + listed(fields(block)), "a legacy transaction with a type byte")
    block.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def signature_of_33_bytes(block: BlockBuilder) -> None:
    """The number r of a signature has 33 bytes: it can be read, and nobody has signed with it."""
    right = fields(block)
    block.raw(listed([*right[:7], b"\xa1\x01" + bytes(32), right[8]]), "r has 257 bits")
    block.expect(Invalid.INVALID_SIGNATURE, transaction=1)


def typed(block: BlockBuilder) -> bytes:
    """The encoding of a fee market transaction that alice has signed, without its type: the second of the block."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    transaction = FeeMarketTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=100_000,
        to=bob.address, value=7, data=b"", access_list=((bob.address, (1,)),),
    )  # fmt: skip
    return encode_transaction(sign(transaction, alice.private_key, CHAIN_ID))[1:]


@scenario(hazards="H65", forks=(PARIS, PRAGUE, AMSTERDAM))
def fields_of_another_type(block: BlockBuilder) -> None:
    """The fields of a fee market transaction stand behind the type of access list transactions, which have one less."""
    block.raw(b"\x01" + typed(block), "type 1 with the fields of type 2")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=(PARIS, PRAGUE, AMSTERDAM))
def slot_of_31_bytes(block: BlockBuilder) -> None:
    """A slot in a transaction's access list has 31 bytes: slots have 32, whatever their number."""
    slot = (1).to_bytes(32, "big")
    right = rlp.to_list(rlp.decode(typed(block)), "a transaction")
    address, _ = rlp.to_list(rlp.to_list(right[8], "access list")[0], "an entry", 2)
    wrong: list[rlp.Item] = [*right[:8], [[address, [slot[1:]]]], *right[9:]]
    block.raw(b"\x02" + rlp.encode(wrong), "the slot of the access list is a byte short")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65", forks=(PARIS, PRAGUE, AMSTERDAM))
def address_of_21_bytes(block: BlockBuilder) -> None:
    """An address in a transaction's access list has 21 bytes."""
    right = rlp.to_list(rlp.decode(typed(block)), "a transaction")
    wrong: list[rlp.Item] = [*right[:8], [[bytes(21), []]], *right[9:]]
    block.raw(b"\x02" + rlp.encode(wrong), "the address of the access list is a byte too long")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)
