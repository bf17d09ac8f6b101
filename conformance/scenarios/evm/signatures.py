"""Signatures of transactions: what is none, what is one of no chain, and what only looks like another's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, LONDON, PRAGUE
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import CURVE_ORDER, sign
from samestate.spec.evm.transaction import (
    AccessListTransaction,
    LegacyTransaction,
    Transaction,
    encode_transaction,
    with_signature,
)

NO_X: Final = 5
"""secp256k1 has no point with this x-coordinate."""
FORKS: Final = (BERLIN, LONDON, AMSTERDAM)


def after_a_transfer(block: BlockBuilder) -> tuple[NamedAccount, NamedAccount]:
    """Alice and bob, who has paid her something in the first transaction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    return alice, bob


def legacy(bob: NamedAccount) -> LegacyTransaction:
    """A legacy transaction to bob, not signed yet."""
    return LegacyTransaction(nonce=0, gas_price=2 * GWEI, gas_limit=50_000, to=bob.address, value=7, data=b"")


def signed_legacy(alice: NamedAccount, bob: NamedAccount, chain_id: int | None) -> LegacyTransaction:
    """The same, signed by alice."""
    signed = sign(legacy(bob), alice.private_key, chain_id)
    if not isinstance(signed, LegacyTransaction):
        raise TypeError("signing has changed the type")
    return signed


def with_list(block: BlockBuilder) -> AccessListTransaction:
    """An access list transaction that alice has signed: the second of the block."""
    alice, bob = after_a_transfer(block)
    transaction = AccessListTransaction(
        chain_id=CHAIN_ID, nonce=0, gas_price=2 * GWEI, gas_limit=50_000, to=bob.address, value=7, data=b"",
        access_list=(),
    )  # fmt: skip
    signed = sign(transaction, alice.private_key, CHAIN_ID)
    if not isinstance(signed, AccessListTransaction):
        raise TypeError("signing has changed the type")
    return signed


def not_signed(block: BlockBuilder, transaction: Transaction, comment: str) -> None:
    """Put a transaction into the block that nobody has signed."""
    block.raw(encode_transaction(transaction), comment)
    block.expect(Invalid.INVALID_SIGNATURE, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def r_of_zero(block: BlockBuilder) -> None:
    """The number r of a signature is zero."""
    not_signed(block, replace(with_list(block), r=0), "r is 0")


@scenario(hazards="H65", forks=FORKS)
def r_of_the_order(block: BlockBuilder) -> None:
    """The number r of a signature is the order of the curve: the least that is too large."""
    not_signed(block, replace(with_list(block), r=CURVE_ORDER), "r is the order")


@scenario(hazards="H65", forks=FORKS)
def r_of_no_point(block: BlockBuilder) -> None:
    """The curve has no point whose x is r."""
    not_signed(block, replace(with_list(block), r=NO_X), "r belongs to no point")


@scenario(hazards="H65", forks=FORKS)
def s_of_zero(block: BlockBuilder) -> None:
    """The number s of a signature is zero."""
    not_signed(block, replace(with_list(block), s=0), "s is 0")


@scenario(hazards="H65", forks=FORKS)
def twin_of_a_signature(block: BlockBuilder) -> None:
    """A signature with the other s and the other parity, which the curve allows and transactions don't (EIP-2)."""
    right = with_list(block)
    twin = replace(right, s=CURVE_ORDER - right.s, y_parity=1 - right.y_parity)
    not_signed(block, twin, "s is in the upper half")


@scenario(hazards="H65", forks=FORKS)
def parity_of_two(block: BlockBuilder) -> None:
    """The parity of a typed transaction is 2."""
    not_signed(block, replace(with_list(block), y_parity=2), "the parity is 2")


@scenario(hazards="H65", forks=FORKS)
def parity_of_27(block: BlockBuilder) -> None:
    """The parity of a typed transaction is 27, as if it were a legacy one."""
    right = with_list(block)
    not_signed(block, replace(right, y_parity=27 + right.y_parity), "the parity is as in legacy transactions")


@scenario(hazards="H01", forks=(BERLIN, LONDON, PRAGUE, AMSTERDAM))
def signed_for_no_chain(block: BlockBuilder) -> None:
    """Legacy transactions that name no chain hold on every one, between others of their sender (EIP-155)."""
    alice, bob = after_a_transfer(block)
    block.transfer(alice, to=bob, value=7)
    unprotected = sign(replace(legacy(bob), nonce=1), alice.private_key, None)
    block.raw(encode_transaction(unprotected), "alice sends 7 wei to bob, on any chain")
    block.transfer(alice, to=bob, value=7, nonce=2)
    block.expect_success()
    block.expect_nonce(alice, 3)


@scenario(hazards="H65", forks=FORKS)
def neither_of_a_chain_nor_of_none(block: BlockBuilder) -> None:
    """The number v of a legacy transaction is 29: neither 27 or 28, nor 35 and more (EIP-155)."""
    alice, bob = after_a_transfer(block)
    block.raw(encode_transaction(replace(signed_legacy(alice, bob, None), v=29)), "v is 29")
    block.expect(Invalid.WRONG_CHAIN_ID, transaction=1)


@scenario(hazards="H65", forks=FORKS)
def v_of_zero(block: BlockBuilder) -> None:
    """The number v of a legacy transaction is 0, as if it were the parity of another type."""
    alice, bob = after_a_transfer(block)
    block.raw(encode_transaction(replace(signed_legacy(alice, bob, None), v=0)), "v is 0")
    block.expect(Invalid.WRONG_CHAIN_ID, transaction=1)


@scenario(hazards="H04 H65", forks=FORKS)
def other_sender_than_it_seems(block: BlockBuilder) -> None:
    """A signature is taken from another transaction: somebody has signed it, whom nobody knows, and who has nothing."""
    alice, bob = after_a_transfer(block)
    first = signed_legacy(alice, bob, CHAIN_ID)
    parity = (first.v - 35) % 2
    stolen = with_signature(replace(legacy(bob), value=8), parity, first.r, first.s, CHAIN_ID)
    block.raw(encode_transaction(stolen), "a transaction with the signature of another")
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)
