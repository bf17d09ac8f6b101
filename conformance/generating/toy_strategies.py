"""Hypothesis strategies for toy cases: a few blocks on a few slots, right and wrong, that shrink to very little.

First drafts are drawn, each transaction and block apart from the others, so that any of them can be taken away while a
case shrinks; then nonces, own slots and access lists follow from all of them. Everything shrinks towards fewer blocks,
transactions and operations, small slots, one sender, and nothing unusual: no rejection, no declared slots, no access
list, no withdrawals, gas enough.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

from samestate.conformance.generating.toy import most_gas, right_declaration
from samestate.conformance.generating.toy_case import WAYS, GeneratedToyCase, spoiled, with_access_list
from samestate.conformance.vectors import toy
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import Entry
from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import UINT64_MODULUS, WORD_MODULUS, from_value

WEALTH: Final = 10**7
FORTUNE: Final = 2**100
ROOM: Final = 10**9
"""The gas limit of a block that has room for anything."""
OWN_SLOT: Final = 1000
"""In a draft, a slot that no other transaction accesses; by index from here once the case is whole."""
OWN_SENDER: Final = 0x40
"""In a draft, a sender of no other transaction: by index from here once the case is whole."""
EDGES: Final = (0, 1, 99, 100, 2099, 2100, 2199, 2200, 2999, 5000, 22099, 22100, 24200)
"""Gas limits at which operations just do or do not find enough."""
RIGHT: Final = Declaration()
"""In a draft, stands for the right declaration."""
TROUBLES: Final = (None, None, None, None, None, "too low", "too high", "unaffordable", "no room")


def address(number: int) -> bytes:
    """The address of an account by number, from 0 to 254."""
    return bytes([number + 1]) * 20


NOBODY: Final = address(0xCB)
"""The coinbase that sends nothing."""


@dataclass(frozen=True, slots=True)
class CaseSizes:
    """How large cases may get. ``conflict`` is how often of 100 times a slot or a sender is one that all share.

    ``is_always_valid`` leaves out rejections; transactions still run out of gas.
    """

    transactions: int = 8
    operations: int = 5
    slots: int = 3
    senders: int = 3
    blocks: int = 2
    conflict: int = 60
    is_always_valid: bool = False


@dataclass(frozen=True, slots=True)
class TransactionDraft:
    """A transaction whose sender is one of those that the case has, by number, and whose nonce is not yet known.

    ``gas``: None for enough, else the gas limit, and whether in percent of the most that the operations can cost.
    ``declared``: None for none, RIGHT for the right slots, else these.
    """

    sender: int
    operations: tuple[Operation, ...]
    gas: tuple[int, bool] | None
    gas_price: int
    declared: Declaration | None


@dataclass(frozen=True, slots=True)
class BlockDraft:
    """A block of drafts. Numbers that choose one of several do so modulo how many there are.

    ``coinbase`` and who withdrawals go to: nobody, or a sender. ``trouble``: why a transaction makes the block invalid,
    ``at_fault`` which. ``way``: how the access list is wrong, at ``step`` and ``key``; None where there is none.
    """

    transactions: tuple[TransactionDraft, ...]
    coinbase: int
    withdrawals: tuple[tuple[int, int], ...]
    trouble: str | None
    at_fault: int
    way: str | None
    step: int
    key: int


@functools.cache
def words() -> st.SearchStrategy[int]:
    """Words that collide often: small ones, and those around zero modulo 2^256."""
    return st.sampled_from((0, 1, 2, 3, 255, 256, WORD_MODULUS - 1))


def shared_or_own(conflict: int, shared: int, own: int) -> st.SearchStrategy[int]:
    """``conflict`` times of 100 one of the numbers below ``shared``, small ones for choice; else ``own``."""
    return st.integers(0, 99).map(lambda chance: chance % shared if chance < conflict else own)


@functools.lru_cache(maxsize=64)
def operations(limits: CaseSizes) -> st.SearchStrategy[Operation]:
    """One operation, on a slot that all share or on the transaction's own."""
    slots = shared_or_own(limits.conflict, limits.slots, OWN_SLOT)
    return st.one_of(
        st.just(Noop()),
        st.builds(Sload, slots),
        st.builds(Sstore, slots, words()),
        st.builds(Sstore, slots, st.none()),
        st.builds(Add, words()),
        st.builds(Sub, words()),
        st.builds(Keccak, st.sampled_from((b"", b"\x00", bytes(32), bytes(33)))),
    )


@functools.lru_cache(maxsize=64)
def transaction_drafts(limits: CaseSizes) -> st.SearchStrategy[TransactionDraft]:
    """A transaction."""
    some = st.lists(st.integers(0, limits.slots - 1), max_size=2, unique=True).map(tuple)
    percents = st.integers(0, 100).map(lambda percent: (percent, True))
    edges = st.sampled_from(EDGES).map(lambda edge: (edge, False))
    return st.builds(
        TransactionDraft,
        sender=shared_or_own(limits.conflict, limits.senders, OWN_SENDER),
        operations=st.lists(operations(limits), max_size=limits.operations).map(tuple),
        gas=st.none() | st.none() | edges | percents,
        gas_price=st.sampled_from((1, 0, 3)),
        declared=st.none() | st.just(RIGHT) | st.builds(Declaration, reads=some, writes=some),
    )


@functools.lru_cache(maxsize=64)
def block_drafts(limits: CaseSizes) -> st.SearchStrategy[BlockDraft]:
    """A block, half of the time with an access list."""
    right = st.none() | st.just("right")
    amounts = st.sampled_from((1, 0, UINT64_MODULUS - 1))
    return st.builds(
        BlockDraft,
        transactions=st.lists(transaction_drafts(limits), max_size=limits.transactions).map(tuple),
        coinbase=st.integers(0, limits.senders),
        withdrawals=st.lists(st.tuples(st.integers(0, limits.senders), amounts), max_size=2).map(tuple),
        trouble=st.none() if limits.is_always_valid else st.sampled_from(TROUBLES),
        at_fault=st.integers(0, limits.transactions),
        way=right if limits.is_always_valid else right | st.sampled_from(WAYS),
        step=st.integers(0, limits.transactions + 1),
        key=st.integers(0, 10),
    )


@functools.lru_cache(maxsize=64)
def toy_cases(limits: CaseSizes = CaseSizes()) -> st.SearchStrategy[GeneratedToyCase]:
    """A state and blocks on it, one after another; each goes on from what the one before left."""
    wealth = st.just(FORTUNE) if limits.is_always_valid else st.sampled_from((*(WEALTH,) * 8, 0, 30_000))
    nonces = st.sampled_from((0, 0, 0, 1))
    return st.builds(
        case_of,
        drafts=st.lists(block_drafts(limits), min_size=1, max_size=limits.blocks),
        accounts=st.tuples(*(st.tuples(wealth, nonces) for _ in range(limits.senders))),
        slots=st.dictionaries(st.integers(0, limits.slots - 1), words(), max_size=limits.slots),
    )


# From drafts to blocks


def case_of(
    drafts: Sequence[BlockDraft], accounts: Sequence[tuple[int, int]], slots: Mapping[int, int]
) -> GeneratedToyCase:
    """The case of drafts: what the senders have, and their nonces, and what slots hold before."""
    senders = tuple(address(number) for number in range(len(accounts)))
    owners = {address(OWN_SENDER + index): FORTUNE for draft in drafts for index in range(len(draft.transactions))}
    state = before = toy_state(
        balances={**owners, **{sender: balance for sender, (balance, _) in zip(senders, accounts, strict=True)}},
        nonces={sender: nonce for sender, (_, nonce) in zip(senders, accounts, strict=True)},
        slots=slots,
    )
    blocks = []
    for draft in drafts:
        blocks.append(block_of(draft, senders, state))
        _, state = toy.execute_block(blocks[-1], state)
    return GeneratedToyCase(before, tuple(blocks))


def block_of(draft: BlockDraft, senders: Sequence[bytes], state: ToyState) -> Block:
    """The block that a draft is on a state."""
    people = (NOBODY, *senders)
    made = with_nonces(draft.transactions, senders, state)
    gas_limit = ROOM
    if made and draft.trouble is not None:
        index = draft.at_fault % len(made)
        made[index] = with_trouble(made[index], draft.trouble)
        if draft.trouble == "no room":
            gas_limit = max(sum(transaction.gas_limit for transaction in made[: index + 1]) - 1, 0)
    block = Block(
        coinbase=people[draft.coinbase],
        gas_limit=gas_limit,
        transactions=tuple(made),
        withdrawals=tuple(Withdrawal(people[to], amount) for to, amount in draft.withdrawals),
    )
    if draft.way is None:
        return block
    try:
        right = with_access_list(block, state).access_list or ()
    except Rejection:
        right = (Entry((), ()),) * (len(made) + 2)
    keys = sorted([*map(balance_key, people), slot_key(0), slot_key(1)])
    return replace(block, access_list=spoiled(right, draft.way, draft.step % len(right), keys[draft.key % len(keys)]))


def with_nonces(drafts: Sequence[TransactionDraft], senders: Sequence[bytes], state: ToyState) -> list[Transaction]:
    """Transactions whose nonces follow one another, each with own slots of its own."""
    nonces: dict[bytes, int] = {}
    made = []
    for index, draft in enumerate(drafts):
        sender = address(draft.sender + index) if draft.sender == OWN_SENDER else senders[draft.sender]
        nonce = nonces.get(sender, from_value(state.get(nonce_key(sender))))
        nonces[sender] = nonce + 1
        program = tuple(own_slots(operation, OWN_SLOT + index) for operation in draft.operations)
        declared = right_declaration(program) if draft.declared is RIGHT else draft.declared
        most = sum(most_gas(operation) for operation in program)
        limit, in_percent = draft.gas or (most, False)
        gas = most * limit // 100 if in_percent else limit
        made.append(Transaction(sender, nonce, gas, draft.gas_price, program, declared))
    return made


def own_slots(operation: Operation, own: int) -> Operation:
    """The operation on a slot of its transaction's own, where it is on such a one."""
    match operation:
        case Sload(slot) if slot == OWN_SLOT:
            return Sload(own)
        case Sstore(slot, value) if slot == OWN_SLOT:
            return Sstore(own, value)
        case _:
            return operation


def with_trouble(transaction: Transaction, trouble: str) -> Transaction:
    """The transaction, made so that it may not be in the block; of a nonce that can't be lower it becomes higher."""
    match trouble:
        case "too low" if transaction.nonce:
            return replace(transaction, nonce=transaction.nonce - 1)
        case "too low" | "too high":
            return replace(transaction, nonce=transaction.nonce + 1)
        case "unaffordable":
            return replace(transaction, gas_limit=UINT64_MODULUS - 1, gas_price=UINT64_MODULUS - 1)
        case _:
            return transaction
