"""Random blocks of the toy machine, valid and invalid. Everything follows from the seed.

Blocks are small in everything but variety: few slots and few values, so that what is written is read again, restored
and written over; limits of gas on the edge; coinbases that send and receive; declarations and access lists that are
right, wrong or not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from samestate.conformance.generating.toy import right_declaration
from samestate.conformance.generating.toy_case import WAYS, spoiled
from samestate.conformance.vectors import toy
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import access_list_of
from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import slot_key
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import UINT64_MODULUS, WORD_MODULUS
from samestate.spec.transition import apply_block, execute_block

VALUES: Final = (0, 0, 1, 1, 2, 5, WORD_MODULUS - 1)
HOT_SENDERS: Final = 3
HOT_SLOTS: Final = 4
BALANCE: Final = 10**9
ENOUGH_GAS: Final = 300_000
TIGHT_GAS: Final = (0, 1, 99, 100, 2100, 2199, 2200, 5000, 22_099, 22_100, 25_000)


@dataclass(slots=True)
class _ToyDraft:
    """A block in the making: what its accounts have, and the nonces that their transactions have come to."""

    random: Random
    conflict: float
    balances: dict[bytes, int] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)
    next_nonces: dict[bytes, int] = field(default_factory=dict)
    made: int = 0

    def sender(self) -> bytes:
        """A sender that others share as often as there are conflicts, or a new one."""
        random = self.random
        if random.random() < self.conflict * 0.3:
            address = b"\xa0" + bytes([random.randrange(HOT_SENDERS)]) * 19
        else:
            self.made += 1
            address = b"\xa1" + self.made.to_bytes(19, "big")
        if address not in self.balances:
            self.balances[address] = random.choice((0, 1, BALANCE, BALANCE, BALANCE, BALANCE, 2**127))
            self.nonces[address] = random.choice((0, 0, 0, 7, UINT64_MODULUS - 2, UINT64_MODULUS - 1))
            self.next_nonces[address] = self.nonces[address]
        return address

    def slot(self, index: int) -> int:
        """A slot that others share as often as there are conflicts, or one that only this transaction has."""
        if self.random.random() < self.conflict:
            return self.random.randrange(HOT_SLOTS)
        return 1000 + index * 10 + self.random.randrange(3)

    def operation(self, index: int) -> Operation:
        """One of the six."""
        random = self.random
        match random.choices(range(6), (30, 34, 12, 8, 10, 6))[0]:
            case 0:
                return Sload(self.slot(index))
            case 1:
                return Sstore(self.slot(index), random.choice((None, None, *VALUES)))
            case 2:
                return Add(random.choice((1, 2, WORD_MODULUS - 1)))
            case 3:
                return Sub(random.choice((1, 2, WORD_MODULUS - 1)))
            case 4:
                return Keccak(random.randbytes(random.choice((0, 1, 31, 32, 33, 64))))
            case _:
                return Noop()

    def transaction(self, index: int) -> Transaction:
        """A transaction that is mostly valid."""
        random = self.random
        sender = self.sender()
        nonce = self.next_nonces[sender]
        if random.random() < 0.03:
            nonce = max(0, min(UINT64_MODULUS - 1, nonce + random.choice((-1, 1))))
        self.next_nonces[sender] = min(UINT64_MODULUS - 1, nonce + 1)
        operations = tuple(self.operation(index) for _ in range(random.randrange(8)))
        is_tight = random.random() < 0.15
        return Transaction(
            sender=sender,
            nonce=nonce,
            gas_limit=random.choice(TIGHT_GAS) if is_tight else ENOUGH_GAS,
            gas_price=random.choice((0, 0, 1, 1, 1, 3)),
            operations=operations,
            declared=self.declaration(operations),
        )

    def declaration(self, operations: tuple[Operation, ...]) -> Declaration | None:
        """What a transaction says it accesses: the truth, less, something else, or nothing."""
        random = self.random
        right = right_declaration(operations)
        chance = random.random()
        if chance < 0.5:
            return right
        if chance < 0.65:
            return Declaration(right.reads[1:], right.writes[1:])
        if chance < 0.8:
            return Declaration((random.randrange(HOT_SLOTS),), (random.randrange(HOT_SLOTS),))
        return None


def opening_of(seed: int) -> tuple[tuple[int, int], ...]:
    """What the opening step stores: the block of a seed is else what it would be without."""
    random = Random(f"toy opening {seed}")
    if random.random() < 3 / 4:
        return ()
    slots = random.sample(range(HOT_SLOTS), random.randint(1, 3))
    return tuple((slot, random.choice(VALUES)) for slot in sorted(slots))


def random_block(seed: int, transactions: int = 10, conflict: float = 0.5) -> tuple[Block, ToyState]:
    """A block of at most so many transactions, which share slots and senders as often as ``conflict`` says.

    One in four stores something in its opening step.

    One block in eight is invalid; of the others every transaction that would be rejected is left out. Raises ValueError
    for a conflict outside 0 to 1.
    """
    random = Random(f"toy {seed} {transactions} {conflict}")
    block, state = drafted_block(random, seed, transactions, conflict)
    return finished_block(random, block, state), state


def drafted_block(random: Random, seed: int, transactions: int, conflict: float) -> tuple[Block, ToyState]:
    """A block of whose transactions any may be rejected, without an access list. Raises ValueError as above."""
    if not 0 <= conflict <= 1:
        raise ValueError(f"conflict must be between 0 and 1, but is {conflict}")
    draft = _ToyDraft(random, conflict)
    made = tuple(draft.transaction(index) for index in range(transactions))
    known = [*draft.balances, b"\xcc" * 20]
    coinbase = random.choice((b"\xc0" * 20, b"\xc0" * 20, random.choice(known)))
    withdrawals = tuple(
        Withdrawal(random.choice((*known, coinbase)), random.choice((0, 1, 1000)))
        for _ in range(random.choice((0, 0, 1, 3)))
    )
    limit = sum(transaction.gas_limit for transaction in made)
    block = Block(coinbase, limit, made, withdrawals, opening=opening_of(seed))
    return block, toy_state(draft.balances, draft.nonces, {slot: random.choice(VALUES) for slot in range(HOT_SLOTS)})


def finished_block(random: Random, block: Block, state: ToyState) -> Block:
    """One block in eight as it is, or with less room; another without what is rejected, perhaps with an access list."""
    if random.random() < 1 / 8:
        return replace(block, gas_limit=random.choice((block.gas_limit, block.gas_limit // 2)))
    return with_access_list(random, without_rejected(block, state), state)


def without_rejected(block: Block, state: ToyState) -> Block:
    """The block without the transactions that may not be in it."""
    rejected: set[int] = set()

    def leave_out(index: int, rejection: Rejection) -> None:
        rejected.add(index)

    execute_block(toy.machine_of(block), block, state, leave_out)
    kept = tuple(transaction for index, transaction in enumerate(block.transactions) if index not in rejected)
    return replace(block, transactions=kept)


def with_access_list(random: Random, block: Block, state: ToyState) -> Block:
    """The block with a right access list, a wrong one, or none."""
    chance = random.random()
    if chance < 0.6:
        return block
    right = access_list_of(apply_block(toy.machine_of(block), block, state).steps, state)
    if chance < 0.85:
        return replace(block, access_list=right)
    way, step, slot = random.choice(WAYS), random.randrange(len(right)), random.randrange(HOT_SLOTS)
    return replace(block, access_list=spoiled(right, way, step, slot_key(slot)))
