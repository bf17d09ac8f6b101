"""Random blocks of Solana's machine: chains of them, with whatever may not be in one taken out or left in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import INCINERATOR
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.slot_time import CostLimits
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.transaction import SignedTransaction, transaction_of
from samestate.spec.transition import execute_block
from tests.spec.svm.bank_cases import OF_THE_RUNTIME
from tests.spec.svm.random_transactions import random_transaction

NO_LIMITS = CostLimits(2**60, 2**60, 2**60)
GENESIS = sha256(b"genesis").digest()


@dataclass
class RandomBlock:
    """A block on a state, and what the specification makes of it."""

    block: Block
    state: SvmState
    expected: SvmResult | Rejection


@dataclass(frozen=True)
class Place:
    """Where a block is to stand."""

    bank: Bank
    state: SvmState
    slot: int
    leader: bytes
    limits: CostLimits

    def block(self, source: random.Random, transactions: list[SignedTransaction]) -> Block:
        """A block of these transactions there."""
        blockhash = sha256(b"bh" + self.slot.to_bytes(8, "little")).digest()
        entries, timestamp = in_entries(source, transactions), source.choice((None, 5 * self.slot))
        made = block_on(self.bank, self.state, self.slot, self.leader, entries, blockhash, timestamp)
        return replace(made, limits=self.limits)


def unsigned(source: random.Random, last_hash: bytes, accounts: dict[bytes, Account]) -> SignedTransaction:
    """A transaction without true signatures; the accounts that it wants are put with the others, if they are new."""
    made = random_transaction(source, last_hash)
    for address, account in made.accounts.items():
        if account is not None:
            accounts.setdefault(address, account)
    signatures = tuple(source.randbytes(64) for _ in range(made.message.header.required_signatures))
    return transaction_of(made.message, signatures)


def in_entries(source: random.Random, transactions: list[SignedTransaction]) -> tuple[HistoryEntry, ...]:
    """Transactions in entries of random sizes."""
    entries, place = [], 0
    while place < len(transactions):
        size = source.randint(1, 8)
        entries.append(HistoryEntry(0, bytes(32), tuple(transactions[place : place + size])))
        place += size
    return tuple(entries)


def random_chain(seed: int, ruleset: SvmRuleset, blocks: int, size: int) -> Iterator[RandomBlock]:
    """Blocks one after another, each as it is valid, and before that with one transaction that it may not have."""
    source = random.Random(seed)
    machine = Svm(ruleset, verifies_signatures=False)
    bank = Bank(0, sha256(b"bank").digest(), first_queue(GENESIS, 5000), limits=NO_LIMITS)
    leader = source.choice((bytes([0xAA]) * 32, bytes([1]) * 32, INCINERATOR))
    accounts: dict[bytes, Account] = {}
    drawn = [[unsigned(source, GENESIS, accounts) for _ in range(size)] for _ in range(blocks)]
    state = svm_state({**OF_THE_RUNTIME, **accounts})
    for transactions in drawn:
        slot = bank.slot + source.choice((1, 1, 1, 2, 5))
        if source.random() < 0.3:
            transactions.append(source.choice(transactions))
        limits = source.choice((NO_LIMITS, NO_LIMITS, CostLimits(source.randint(5000, 50000), 10**6, 10**7)))

        on = Place(bank, state, slot, leader, limits)
        whole = on.block(source, transactions)
        rejected: dict[int, Rejection] = {}
        execute_block(machine, whole, state, rejected.__setitem__)
        kept = [each for index, each in enumerate(transactions) if index not in rejected]
        if rejected:
            first = source.choice(sorted(rejected))
            before = [each for index, each in enumerate(transactions[:first]) if index not in rejected]
            block = on.block(source, [*before, *transactions[first:]])
            try:
                yield RandomBlock(block, state, execute_block(machine, block, state))
            except Rejection as rejection:
                yield RandomBlock(block, state, rejection)
        block = on.block(source, kept)
        try:
            result = execute_block(machine, block, state)
        except Rejection as rejection:  # a limit may stand in its way now
            yield RandomBlock(block, state, rejection)
            continue
        yield RandomBlock(block, state, result)
        state = result.state()
        bank = next_bank(bank, block, result, state)
