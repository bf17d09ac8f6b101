"""Transactions and blocks of the toy machine. What does not fit the fields' sizes raises ValueError."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.toy.access_list import AccessList
from samestate.spec.toy.keys import check_address
from samestate.spec.toy.operations import Operation
from samestate.spec.toy.signed.content import Registration, Signature
from samestate.spec.toy.word import UINT64_MODULUS, WORD_MODULUS, check_number


@dataclass(frozen=True, slots=True)
class Declaration:
    """The slots that a transaction says it will read and write: a hint to schedulers, which may be wrong.

    It never changes what a transaction means.
    """

    reads: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError where a slot is no word."""
        for slot in (*self.reads, *self.writes):
            check_number("declared slot", slot, WORD_MODULUS)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Operations that a sender pays for; ``gas_price`` in units of balance per gas.

    Under the ruleset `signed` it has a ``signature``, and may register a key; under `toy` it has neither.
    """

    sender: bytes
    nonce: int
    gas_limit: int
    gas_price: int
    operations: tuple[Operation, ...]
    declared: Declaration | None = None
    signature: Signature | None = None
    registration: Registration | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where a field does not fit."""
        check_address("sender", self.sender)
        check_number("nonce", self.nonce, UINT64_MODULUS)
        check_number("gas limit", self.gas_limit, UINT64_MODULUS)
        check_number("gas price", self.gas_price, UINT64_MODULUS)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An amount that an address receives after the last transaction, in units of balance."""

    address: bytes
    amount: int

    def __post_init__(self) -> None:
        """Raise ValueError where a field does not fit."""
        check_address("address", self.address)
        check_number("amount", self.amount, UINT64_MODULUS)


@dataclass(frozen=True, slots=True)
class Block:
    """A block: who receives its fees, how much gas its transactions may use together, and what is in it.

    ``access_list`` is what the block's builder says each step accesses; a block with a wrong one is invalid.
    ``opening``: slots, with what is stored there before the first transaction. ``chain_id``: the chain, under the
    ruleset `signed`; None under `toy`, which has no chains.
    """

    coinbase: bytes
    gas_limit: int
    transactions: tuple[Transaction, ...]
    withdrawals: tuple[Withdrawal, ...] = ()
    access_list: AccessList | None = None
    opening: tuple[tuple[int, int], ...] = ()
    chain_id: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where a field does not fit."""
        check_address("coinbase", self.coinbase)
        check_number("gas limit", self.gas_limit, UINT64_MODULUS)
        for slot, value in self.opening:
            check_number("slot of the opening step", slot, WORD_MODULUS)
            check_number("value of the opening step", value, WORD_MODULUS)
        if len(dict(self.opening)) != len(self.opening):
            raise ValueError("the opening step stores to a slot twice")
        if self.chain_id is not None:
            check_number("chain id", self.chain_id, UINT64_MODULUS)
        for index, transaction in enumerate(self.transactions):
            if (transaction.signature is None) != (self.chain_id is None):
                raise ValueError(f"transaction {index}: has a signature under the ruleset signed, and only there")
            if transaction.registration is not None and self.chain_id is None:
                raise ValueError(f"transaction {index}: registers a key, which only the ruleset signed has")
