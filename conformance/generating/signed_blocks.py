"""Blocks of the toy under the ruleset `signed`: those of the ruleset `toy`, signed by accounts that have keys.

Every key pair follows from a name, so that whoever changes a transaction later can sign it anew (toy_resigning.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from samestate.conformance.generating.toy_blocks import ENOUGH_GAS, drafted_block, finished_block
from samestate.conformance.generating.toy_signing import KeyPair, named_key, registering, signed, unsigned
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.keys import BALANCE, NONCE
from samestate.spec.toy.operations import Sstore
from samestate.spec.toy.signed.machine import REGISTRATION_BYTE_GAS, REGISTRATION_GAS
from samestate.spec.toy.signed.registry import registered_key, to_registered
from samestate.spec.toy.signed.schemes import KEY_BYTES, Scheme
from samestate.spec.toy.state import ToyState

CHAIN: Final = 1
SCHEMES: Final = (*(Scheme.ED25519,) * 6, Scheme.ML_DSA_44, Scheme.HYBRID)
"""What random accounts have: post-quantum signatures take long to make."""

ACCOUNT, NEW, FRESH = "account", "new", "fresh"
"""The names of key pairs, each with a number behind it: of accounts, of keys that are registered, of new accounts."""


@dataclass(frozen=True, slots=True)
class SigningPlan:
    """How often of 1: a transaction registers a key, and a signature is wrong. ``schemes``: of which there are keys."""

    registrations: float = 0.0
    damage: float = 0.0
    schemes: tuple[Scheme, ...] = (Scheme.ED25519,)


@dataclass(slots=True)
class _Signing:
    """A block while it is signed: who is who, and which key signs for whom."""

    random: Random
    plan: SigningPlan
    cast: dict[bytes, KeyPair] = field(default_factory=dict)
    keys: dict[tuple[bytes, int], KeyPair] = field(default_factory=dict)
    made: list[Transaction] = field(default_factory=list)

    def pair_of(self, sender: bytes) -> KeyPair:
        """The first key of the account that stands for a sender."""
        if sender not in self.cast:
            scheme = self.random.choice(self.plan.schemes)
            pair = self.cast[sender] = named_key(f"{ACCOUNT} {len(self.cast)}", scheme)
            self.keys[pair.address, 0] = pair
        return self.cast[sender]

    def sign(self, index: int, transaction: Transaction) -> None:
        """The transaction, signed, perhaps with a registration; behind it perhaps one of an account that it founds."""
        random, plan = self.random, self.plan
        account = self.pair_of(transaction.sender).address
        number = random.choice([known for owner, known in self.keys if owner == account])
        by = self.keys[account, number]
        transaction = replace(transaction, sender=account, signature=unsigned(number, by.scheme))
        new, founded = None, None
        if random.random() < plan.registrations:
            scheme = random.choice(plan.schemes)
            if random.random() < 0.3:
                new = founded = named_key(f"{FRESH} {index}", scheme)
                registration = registering(new.address, 0, new)
            else:
                new = named_key(f"{NEW} {index}", scheme)
                registration = registering(account, random.choice((0, 0, 1)), new)
            transaction = replace(transaction, registration=registration)
            cost = REGISTRATION_GAS + REGISTRATION_BYTE_GAS * KEY_BYTES[scheme]
            if transaction.gas_limit >= cost:
                self.keys[registration.account, registration.key] = new
        made = signed(transaction, CHAIN, by, new)
        if random.random() < plan.damage:
            made = random.choice(DAMAGES)(random, made, by, new)
        self.made.append(made)
        if founded is not None:
            self._send_at_once(index, founded)

    def _send_at_once(self, index: int, founded: KeyPair) -> None:
        operations = (Sstore(index % 4, index + 1),)
        sent = Transaction(founded.address, 0, ENOUGH_GAS, 0, operations, signature=unsigned(0, founded.scheme))
        self.made.append(signed(sent, CHAIN, founded))


def signed_block(random: Random, block: Block, state: ToyState, plan: SigningPlan) -> tuple[Block, ToyState]:
    """The block under the ruleset `signed`, without an access list, and the state in which its senders have keys."""
    signing = _Signing(random, plan)
    for transaction in block.transactions:
        signing.pair_of(transaction.sender)
    before = dict(signing.keys)
    for index, transaction in enumerate(block.transactions):
        signing.sign(index, transaction)
    address = {sender: pair.address for sender, pair in signing.cast.items()}
    values = {renamed(key, address): value for key, value in state.values.items()}
    values.update({registered_key(*place): to_registered(pair.registered) for place, pair in before.items()})
    return (
        replace(
            block,
            coinbase=address.get(block.coinbase, block.coinbase),
            transactions=tuple(signing.made),
            withdrawals=tuple(
                replace(each, address=address.get(each.address, each.address)) for each in block.withdrawals
            ),
            gas_limit=block.gas_limit + ENOUGH_GAS * (len(signing.made) - len(block.transactions)),
            access_list=None,
            chain_id=CHAIN,
        ),
        ToyState(values),
    )


def renamed(key: bytes, address: Mapping[bytes, bytes]) -> bytes:
    """The key of the account that stands for another one."""
    if key[:1] in (BALANCE, NONCE):
        return key[:1] + address.get(key[1:], key[1:])
    return key


def random_signed_block(seed: int, transactions: int = 10, conflict: float = 0.5) -> tuple[Block, ToyState]:
    """As :func:`samestate.conformance.generating.toy_blocks.random_block`, under the ruleset `signed`."""
    random = Random(f"toy signed {seed} {transactions} {conflict}")
    block, state = drafted_block(random, seed, transactions, conflict)
    plan = SigningPlan(registrations=0.3, damage=0.08, schemes=SCHEMES)
    block, state = signed_block(random, block, state, plan)
    return finished_block(random, block, state), state


# What can be wrong with a signed transaction

Damage = Callable[[Random, Transaction, KeyPair, KeyPair | None], Transaction]
"""A signed transaction made wrong: it, by whom it is signed, and the key that it registers."""


def with_other_bytes(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """A bit of the signature is another, or it is shorter or longer."""
    assert transaction.signature is not None
    content = bytearray(transaction.signature.content)
    match random.randrange(5):
        case 0:
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        case 1:
            content[-1] = 0xFF
        case 2:
            content.append(0)
        case 3:
            content = content[:64] if random.random() < 0.5 else content[64:]
        case _:
            content = content[:-1]
    return replace(transaction, signature=replace(transaction.signature, content=bytes(content)))


def for_another_chain(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """Signed for another chain."""
    return signed(transaction, CHAIN + 1, by, new)


def by_a_stranger(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """Signed by a key that nobody has registered."""
    return signed(transaction, CHAIN, replace(by, seed=bytes(32)), new)


def by_another_number(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """The key is said to have another number."""
    assert transaction.signature is not None
    return signed(replace(transaction, signature=replace(transaction.signature, key=9)), CHAIN, by, new)


def of_another_scheme(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """The signature is of ed25519, or of ML-DSA-44, whatever the key."""
    other = replace(by, scheme=Scheme.ML_DSA_44 if by.scheme is Scheme.ED25519 else Scheme.ED25519)
    assert transaction.signature is not None
    renamed = replace(transaction, signature=unsigned(transaction.signature.key, other.scheme))
    return signed(renamed, CHAIN, other, new)


def registering_badly(random: Random, transaction: Transaction, by: KeyPair, new: KeyPair | None) -> Transaction:
    """The key is registered for somebody else, is too short, or is not proven to be held."""
    registration = transaction.registration
    if registration is None or new is None:
        return with_other_bytes(random, transaction, by, new)
    match random.randrange(4):
        case 0:
            registration = replace(registration, account=bytes(20), key=0)
        case 1:
            registration = replace(registration, account=bytes(20), key=3)
        case 2:
            registration = replace(registration, public_key=registration.public_key[:-1])
        case _:
            return signed(transaction, CHAIN, by, replace(new, seed=bytes(32)))
    return signed(replace(transaction, registration=registration), CHAIN, by, new)


DAMAGES: Final[tuple[Damage, ...]] = (
    with_other_bytes,
    with_other_bytes,
    for_another_chain,
    by_a_stranger,
    by_another_number,
    of_another_scheme,
    registering_badly,
    registering_badly,
)
