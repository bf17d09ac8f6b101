"""Blocks, and transactions in them, whose bytes are not the one encoding (yellow paper, 4.4.3 and appendix B)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.draft import ETHER
from samestate.conformance.scenarios.scenario import chain_scenario, since
from samestate.conformance.vectors.evm.chain import rlp_list
from samestate.spec.evm import rlp
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, LONDON, OSAKA, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid

HEADER, TRANSACTIONS, OMMERS, WITHDRAWALS = range(4)
PARENT_HASH, COINBASE, BLOOM, DIFFICULTY, NUMBER, GAS_LIMIT, EXTRA_DATA, NONCE = 0, 2, 6, 7, 8, 9, 12, 14


def encoded(item: rlp.Item, place: tuple[int, ...], part: bytes) -> bytes:
    """The encoding of an item in which ``part`` stands at a place, whatever it is."""
    if not place:
        return part
    assert not isinstance(item, bytes)
    first, rest = place[0], place[1:]
    return rlp_list([encoded(each, rest, part) if at == first else rlp.encode(each) for at, each in enumerate(item)])


def with_part(chain: ChainBuilder, place: tuple[int, ...], part: Callable[[Any], bytes]) -> None:
    """Let the current block have other bytes at a place: of those of the right item there ``part`` makes them."""

    def change(right: bytes) -> bytes:
        block = rlp.decode(right)
        item: Any = block
        for at in place:
            item = item[at]
        return encoded(block, place, part(item))

    chain.encoded(change)
    chain.expect(Invalid.MALFORMED_BLOCK)


def a_transfer(chain: ChainBuilder, legacy: bool = False) -> None:
    """A transaction for the current block."""
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=7, legacy=legacy)


# The block


@chain_scenario(forks=since(BERLIN))
def a_byte_too_many(chain: ChainBuilder) -> None:
    """A zero byte follows the block."""
    with_part(chain, (), lambda right: rlp.encode(right) + b"\x00")


@chain_scenario(forks=since(BERLIN))
def a_byte_too_few(chain: ChainBuilder) -> None:
    """The last byte of the block is missing."""
    with_part(chain, (), lambda right: rlp.encode(right)[:-1])


@chain_scenario(forks=(LONDON,))
def nothing(chain: ChainBuilder) -> None:
    """There are no bytes at all."""
    with_part(chain, (), lambda right: b"")


@chain_scenario(forks=(LONDON,))
def prefix_alone(chain: ChainBuilder) -> None:
    """There is one byte, which says that a length follows in another."""
    with_part(chain, (), lambda right: b"\xf8")


@chain_scenario(forks=(LONDON,))
def string_of_bytes(chain: ChainBuilder) -> None:
    """The block is a string that holds the encoding of the block."""
    with_part(chain, (), lambda right: rlp.encode(rlp.encode(right)))


@chain_scenario(forks=(LONDON,))
def lists_all_the_way_down(chain: ChainBuilder) -> None:
    """A thousand lists, each in the one before: a decoder that calls itself for each must have a limit."""

    def nested(right: Any) -> bytes:
        inner = b""
        for _ in range(1000):
            inner = rlp_list([inner])
        return inner

    with_part(chain, (), nested)


@chain_scenario(forks=since(BERLIN))
def without_ommers(chain: ChainBuilder) -> None:
    """The block has two parts: header and transactions."""
    with_part(chain, (), lambda right: rlp.encode(right[:2]))


@chain_scenario(forks=(PARIS, SHANGHAI, AMSTERDAM))
def five_parts(chain: ChainBuilder) -> None:
    """The block has five parts, the last of them empty lists."""
    with_part(chain, (), lambda right: rlp.encode([*right, [], []][:5]))


@chain_scenario(forks=(LONDON, AMSTERDAM))
def transactions_as_bytes(chain: ChainBuilder) -> None:
    """In the place of no transactions there is no list, but an empty string."""
    with_part(chain, (TRANSACTIONS,), lambda right: b"\x80")


@chain_scenario(forks=(BERLIN, PARIS))
def length_that_needs_no_byte(chain: ChainBuilder) -> None:
    """The length of the extra data, 5, stands in a byte of its own."""
    chain.header(extra_data=b"bytes")
    with_part(chain, (HEADER, EXTRA_DATA), lambda right: b"\xb8\x05" + right)


@chain_scenario(forks=since(BERLIN))
def length_with_a_zero(chain: ChainBuilder) -> None:
    """The length of the block begins with a zero byte."""

    def change(right: Any) -> bytes:
        payload = rlp.encode(right)[3:]
        return b"\xfa\x00" + len(payload).to_bytes(2, "big") + payload

    with_part(chain, (), change)


@chain_scenario(forks=(LONDON,))
def length_over_all_memory(chain: ChainBuilder) -> None:
    """The block says that it has 2^64 − 1 bytes: no sum with that may wrap."""
    with_part(chain, (), lambda right: b"\xff" + b"\xff" * 8 + rlp.encode(right)[3:])


# The header


@chain_scenario(forks=(BERLIN, PARIS))
def fourteen_fields(chain: ChainBuilder) -> None:
    """The header has fourteen fields, fewer than any fork's."""
    with_part(chain, (HEADER,), lambda right: rlp.encode(right[:14]))


@chain_scenario(forks=(AMSTERDAM,))
def twenty_four_fields(chain: ChainBuilder) -> None:
    """The header has a field more than any fork's."""
    with_part(chain, (HEADER,), lambda right: rlp.encode([*right, b""]))


@chain_scenario(forks=since(BERLIN))
def number_with_a_zero(chain: ChainBuilder) -> None:
    """The gas limit begins with a zero byte."""
    with_part(chain, (HEADER, GAS_LIMIT), lambda right: rlp.encode(b"\x00" + right))


@chain_scenario(forks=since(BERLIN))
def number_that_is_a_zero(chain: ChainBuilder) -> None:
    """No gas used is a zero byte, and not the empty string."""
    with_part(chain, (HEADER, GAS_LIMIT + 1), lambda right: b"\x00")


@chain_scenario(forks=since(BERLIN))
def byte_that_needs_no_prefix(chain: ChainBuilder) -> None:
    """The number 1 is written as a string of one byte."""
    with_part(chain, (HEADER, NUMBER), lambda right: b"\x81\x01")


@chain_scenario(forks=(BERLIN, PRAGUE))
def number_of_nine_bytes(chain: ChainBuilder) -> None:
    """The block number is 2^64 + 1, which is 1 for who cuts it to 64 bits."""
    with_part(chain, (HEADER, NUMBER), lambda right: rlp.encode(b"\x01" + bytes(7) + b"\x01"))


@chain_scenario(forks=(BERLIN, LONDON))
def difficulty_of_33_bytes(chain: ChainBuilder) -> None:
    """The difficulty is 2^256 more than it should be."""
    with_part(chain, (HEADER, DIFFICULTY), lambda right: rlp.encode(b"\x01" + right.rjust(32, b"\x00")))


@chain_scenario(forks=(LONDON, AMSTERDAM))
def coinbase_of_19_bytes(chain: ChainBuilder) -> None:
    """The coinbase lacks its first byte."""
    with_part(chain, (HEADER, COINBASE), lambda right: rlp.encode(right[1:]))


@chain_scenario(forks=(LONDON, OSAKA))
def bloom_of_255_bytes(chain: ChainBuilder) -> None:
    """The bloom lacks a byte."""
    with_part(chain, (HEADER, BLOOM), lambda right: rlp.encode(right[1:]))


@chain_scenario(forks=(LONDON, OSAKA))
def nonce_of_nine_bytes(chain: ChainBuilder) -> None:
    """The nonce has a byte more."""
    with_part(chain, (HEADER, NONCE), lambda right: rlp.encode(bytes(9)))


@chain_scenario(forks=(BERLIN, LONDON))
def string_over_the_end(chain: ChainBuilder) -> None:
    """The last field of the header says that it is a byte longer, which would be the first one after the header."""
    last = chain.fork.header_fields - 1
    with_part(chain, (HEADER, last), lambda right: bytes([0x80 + len(right) + 1]) + right)


@chain_scenario(forks=(LONDON,))
def extra_data_as_a_list(chain: ChainBuilder) -> None:
    """The extra data is an empty list."""
    with_part(chain, (HEADER, EXTRA_DATA), lambda right: b"\xc0")


# The body


@chain_scenario(forks=(BERLIN, LONDON))
def ommer_that_is_no_header(chain: ChainBuilder) -> None:
    """The body has an ommer of one field."""
    with_part(chain, (OMMERS,), lambda right: rlp.encode([[b"\x01"]]))


@chain_scenario(forks=(SHANGHAI, AMSTERDAM))
def withdrawal_of_three_fields(chain: ChainBuilder) -> None:
    """A withdrawal has no amount."""
    chain.withdrawal(to=chain.account("bob"), gwei=5)
    with_part(chain, (WITHDRAWALS, 0), lambda right: rlp.encode(right[:3]))


@chain_scenario(forks=(SHANGHAI, OSAKA))
def withdrawal_to_21_bytes(chain: ChainBuilder) -> None:
    """The address of a withdrawal has a zero byte too many."""
    chain.withdrawal(to=chain.account("bob"), gwei=5)
    with_part(chain, (WITHDRAWALS, 0, 2), lambda right: rlp.encode(b"\x00" + right))


@chain_scenario(forks=(SHANGHAI, OSAKA))
def withdrawal_of_nine_bytes(chain: ChainBuilder) -> None:
    """The amount of a withdrawal is 2^64 more than it should be."""
    chain.withdrawal(to=chain.account("bob"), gwei=5)
    with_part(chain, (WITHDRAWALS, 0, 3), lambda right: rlp.encode(b"\x01" + right.rjust(8, b"\x00")))


@chain_scenario(forks=since(BERLIN))
def legacy_transaction_as_bytes(chain: ChainBuilder) -> None:
    """A legacy transaction stands in the body as a string of bytes, as those with a type do (EIP-2718)."""
    a_transfer(chain, legacy=True)
    with_part(chain, (TRANSACTIONS, 0), lambda right: rlp.encode(rlp.encode(right)))


@chain_scenario(forks=since(LONDON))
def transaction_with_a_type_as_a_list(chain: ChainBuilder) -> None:
    """A transaction with a type stands in the body without its string: as a type, and a list after it."""
    a_transfer(chain)
    with_part(chain, (TRANSACTIONS, 0), bytes)
    chain.expect(Invalid.MALFORMED_TRANSACTION, transaction=0)


# Transactions in a body


@chain_scenario(forks=since(LONDON))
def transaction_of_no_bytes(chain: ChainBuilder) -> None:
    """The second transaction is an empty string."""
    a_transfer(chain)
    chain.raw(b"", "nothing")
    chain.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@chain_scenario(forks=since(LONDON))
def transaction_of_an_unknown_type(chain: ChainBuilder) -> None:
    """The second transaction has a type that no fork knows."""
    a_transfer(chain)
    chain.raw(b"\x05\xc0", "of type 5")
    chain.expect(Invalid.TYPE_NOT_SUPPORTED, transaction=1)


@chain_scenario(forks=(LONDON, AMSTERDAM))
def transaction_with_a_byte_more(chain: ChainBuilder) -> None:
    """A byte follows the list of a transaction with a type."""
    a_transfer(chain)
    raw, comment = chain.draft.transactions.pop()
    chain.raw(raw + b"\x00", f"{comment}, and a byte")
    chain.expect(Invalid.MALFORMED_TRANSACTION, transaction=0)


@chain_scenario(forks=(BERLIN, AMSTERDAM))
def signature_of_33_bytes(chain: ChainBuilder) -> None:
    """A legacy transaction's r is 2^256 more than it should be."""
    a_transfer(chain, legacy=True)
    raw, comment = chain.draft.transactions.pop()
    fields: Any = rlp.decode(raw)
    fields[7] = b"\x01" + fields[7].rjust(32, b"\x00")
    chain.raw(rlp.encode(fields), f"{comment}, by a signature of 33 bytes")
    chain.expect(Invalid.INVALID_SIGNATURE, transaction=0)


@chain_scenario(forks=(BERLIN, AMSTERDAM))
def recipient_of_19_bytes(chain: ChainBuilder) -> None:
    """A legacy transaction's recipient has 19 bytes."""
    a_transfer(chain, legacy=True)
    raw, comment = chain.draft.transactions.pop()
    fields: Any = rlp.decode(raw)
    fields[3] = fields[3][1:]
    chain.raw(rlp.encode(fields), f"{comment} less its first byte")
    chain.expect(Invalid.MALFORMED_BLOCK)
