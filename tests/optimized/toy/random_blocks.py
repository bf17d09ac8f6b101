"""Small random blocks in which much goes wrong: few senders, few slots, tight gas, some of them invalid."""

from __future__ import annotations

from random import Random

from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.state import ToyState, toy_state

ADDRESSES = [bytes([number]) * 20 for number in range(1, 6)]
SLOTS = [0, 1, 2, 2**255, 2**256 - 1]
VALUES = [0, 0, 1, 2, 7, 2**64, 2**128 + 5, 2**256 - 1]


def random_operation(random: Random) -> Operation:
    match random.randrange(12):
        case 0 | 1 | 2:
            return Sload(random.choice(SLOTS))
        case 3 | 4 | 5:
            return Sstore(random.choice(SLOTS), random.choice(VALUES))
        case 6 | 7:
            return Sstore(random.choice(SLOTS), None)
        case 8:
            return Add(random.choice(VALUES))
        case 9:
            return Sub(random.choice(VALUES))
        case 10:
            return Keccak(random.randbytes(random.choice([0, 1, 31, 32, 33, 64, 135, 136, 137])))
        case _:
            return Noop()


def random_block(seed: int, transactions: int = 12, faults: float = 0.02) -> tuple[Block, ToyState]:
    """A block and the state before it. ``faults``: how often a transaction's nonce or balance is likely wrong."""
    random = Random(seed)
    nonces = {address: random.choice([0, 1, 5, 2**64 - 20]) for address in ADDRESSES}
    balances = {address: random.choice([10**6, 10**9, 2**100]) for address in ADDRESSES}
    slots = {slot: random.choice(VALUES) for slot in SLOTS}
    coinbase = random.choice([*ADDRESSES, b"\xcc" * 20])
    if random.random() < 0.5:
        balances.pop(coinbase, None)
    following = dict(nonces)
    made = []
    for _ in range(transactions):
        sender = random.choice(ADDRESSES)
        nonce = following[sender]
        following[sender] += 1
        if random.random() < faults:
            nonce = max(0, nonce + random.choice([-1, 1]))
        price = random.choice([0, 0, 1, 1, 3])
        operations = tuple(random_operation(random) for _ in range(random.randrange(8)))
        gas = random.choice([0, 99, 100, 2199, 2200, 2300, 5000, 22099, 22100, 25000, 60000, 200000])
        declared = random.choice([None, Declaration(tuple(SLOTS[:2]), tuple(SLOTS[1:3])), _true_slots(operations)])
        made.append(Transaction(sender, nonce, gas, price, operations, declared))
    withdrawals = tuple(
        Withdrawal(random.choice([*ADDRESSES, coinbase]), random.choice([0, 1, 2**64 - 1]))
        for _ in range(random.randrange(4))
    )
    whole = sum(transaction.gas_limit for transaction in made)
    limit = whole if random.random() < 0.9 else random.randrange(whole + 1)
    opening = tuple((slot, random.choice(VALUES)) for slot in SLOTS if random.random() < 0.1)
    return Block(coinbase, limit, tuple(made), withdrawals, None, opening), toy_state(balances, nonces, slots)


def _true_slots(operations: tuple[Operation, ...]) -> Declaration:
    read = {operation.slot for operation in operations if isinstance(operation, Sload | Sstore)}
    stored = {operation.slot for operation in operations if isinstance(operation, Sstore)}
    return Declaration(tuple(sorted(read)), tuple(sorted(stored)))
