"""The block builder of the toy's ruleset `signed`: accounts with keys, transactions that sign themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from samestate.conformance.generating.toy_signing import KeyPair, named_key, registering, signed, unsigned
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import GAS, WEALTH, ToyAccount
from samestate.spec.toy.block import Declaration, Transaction
from samestate.spec.toy.operations import Operation
from samestate.spec.toy.signed.registry import RegisteredKey, registered_key, to_registered
from samestate.spec.toy.signed.schemes import Scheme
from samestate.spec.toy.state import ToyState, toy_state

CHAIN: Final = 7
"""The chain of the blocks, unless a scenario signs for another."""

Change = Callable[[Transaction], Transaction]
"""What becomes of a transaction, before or after it is signed."""


def as_it_is(transaction: Transaction) -> Transaction:
    """Nothing becomes of it."""
    return transaction


class SignedBlockBuilder(ToyBlockBuilder):
    """Builds vectors of the ruleset `signed`. ``pairs``: the key that each account signs with next, by its number."""

    chain_id = CHAIN

    def __init__(self) -> None:
        super().__init__()
        self.pairs: dict[tuple[bytes, int], KeyPair] = {}
        self.registered: dict[tuple[bytes, int], RegisteredKey] = {}

    def holder(
        self, name: str, *schemes: Scheme, balance: int = WEALTH, first: KeyPair | None = None, nonce: int = 0
    ) -> ToyAccount:
        """An account whose keys, numbered from 0, are registered before the first block: one of ed25519, if not said.

        ``first``: the pair of its first key, where that is not the account's own.
        """
        pairs = [named_key(f"{name} {number}", scheme) for number, scheme in enumerate(schemes or (Scheme.ED25519,))]
        if first is not None:
            pairs[0] = first
        account = self.applicant(name, pairs[0], balance, nonce)
        for number, pair in enumerate(pairs):
            self.pairs[account.address, number] = pair
            self.registered[account.address, number] = pair.registered
        return account

    def applicant(self, name: str, first: KeyPair, balance: int = 0, nonce: int = 0) -> ToyAccount:
        """An account whose first key is not registered yet. Its address is made from it."""
        self.named[name] = ToyAccount(name, first.address)
        return self.account(name, balance, nonce)

    def pre_state(self) -> ToyState:
        """The state before the first block."""
        return toy_state(self.balances, self.nonces_before, self.slots, self.registered)

    def send(
        self,
        sender: ToyAccount,
        *operations: Operation,
        gas: int = GAS,
        price: int = 1,
        nonce: int | None = None,
        declares: tuple[Iterable[int], Iterable[int]] | None = None,
        comment: str = "",
        key: int = 0,
        by: KeyPair | None = None,
        scheme: Scheme | None = None,
        chain_id: int = CHAIN,
        registers: tuple[ToyAccount, int, KeyPair] | None = None,
        held_by: KeyPair | None = None,
        is_kept: bool = True,
        before: Change = as_it_is,
        after: Change = as_it_is,
    ) -> None:
        """Send a signed transaction: by the sender's key of that number, unless it is ``by`` another pair.

        ``registers``: for which account, under which number, the key of which pair; ``held_by``: who proves to hold it,
        the pair itself if not said; ``is_kept``: whether it is registered then. ``before`` and ``after`` change what is
        signed, and what has been. For the rest see :meth:`ToyBlockBuilder.send`.
        """
        pair = by or self.pairs[sender.address, key]
        transaction = before(
            Transaction(
                sender=sender.address,
                nonce=self.next_nonce(sender) if nonce is None else nonce,
                gas_limit=gas,
                gas_price=price,
                operations=operations,
                declared=Declaration(tuple(declares[0]), tuple(declares[1])) if declares is not None else None,
                signature=unsigned(key, scheme or pair.scheme),
                registration=None if registers is None else registering(registers[0].address, *registers[1:]),
            )
        )
        new = None if registers is None else registers[2]
        made = after(signed(transaction, chain_id, pair, held_by or new))
        if registers is not None and is_kept:
            account, number, registered = registers
            self.pairs[account.address, number] = registered
        self.put(sender, made, comment)

    def expect_key(self, account: ToyAccount, number: int, pair: KeyPair | None) -> None:
        """The key that the account must have under a number after the current block; None for none."""
        wanted = None if pair is None else to_registered(pair.registered)
        self._expect(
            f"key {number} of {account.name}",
            wanted,
            lambda _, state: state.get(registered_key(account.address, number)),
        )


def with_content(change: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of a signature."""

    def after(transaction: Transaction) -> Transaction:
        if transaction.signature is None:
            raise ValueError("the transaction has no signature")
        return replace(
            transaction, signature=replace(transaction.signature, content=change(transaction.signature.content))
        )

    return after


def with_possession(change: Callable[[bytes], bytes]) -> Change:
    """Change the proof that a registered key is held."""

    def after(transaction: Transaction) -> Transaction:
        if transaction.registration is None:
            raise ValueError("the transaction registers nothing")
        possession = change(transaction.registration.possession)
        return replace(transaction, registration=replace(transaction.registration, possession=possession))

    return after


def flipped(place: int) -> Callable[[bytes], bytes]:
    """Flip the lowest bit of the byte at a place, which counts from the end where it is negative."""

    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[place] ^= 1
        return bytes(changed)

    return change
