"""Blocks of random transactions among few accounts: they pay one another, fail, come twice, and cannot pay."""

from __future__ import annotations

import random

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import CLOCK, SYSTEM
from samestate.spec.svm.block import Block
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.message import TransactionMessage, Version
from samestate.spec.svm.transaction import SignedTransaction
from samestate.spec.transition import execute_block
from tests.spec.svm.small import SOL, SmallChain, key, message_of, signed, table, transfer_data

PEOPLE = 5
TABLE = bytes([0x7A]) * 32


def random_chain(draw: random.Random) -> SmallChain:
    accounts = {key(number): Account(draw.choice([SOL, 10 * SOL, 900_000])) for number in range(1, PEOPLE)}
    return SmallChain({**accounts, TABLE: table([key(number) for number in range(1, PEOPLE + 1)])})


def random_message(draw: random.Random, chain: SmallChain, payer: int) -> TransactionMessage:
    """A transfer of some account to another, over a lookup table or not, with keys that nobody uses."""
    to = draw.randrange(1, PEOPLE + 1)
    lamports = draw.choice([1, 1_000_000, SOL // 2, 3 * SOL, 99 * SOL])
    extra = [CLOCK] if draw.random() < 0.3 else []
    version: Version = draw.choice(["legacy", 0, 1])
    blockhash = chain.bank.blockhashes.last
    if version == 0 and to != payer:
        keys = [key(payer), *extra, SYSTEM]
        program = len(keys) - 1
        return message_of(
            keys,
            [(program, (0, program + 1), transfer_data(lamports))],
            (1, 0, 1 + len(extra)),
            blockhash,
            0,
            [(TABLE, (to - 1,), ())],
        )
    keys = [key(payer), *([] if to == payer else [key(to)]), *extra, SYSTEM]
    accounts = (0, 0 if to == payer else 1)
    instructions = [(len(keys) - 1, accounts, transfer_data(lamports))] * draw.choice([1, 1, 2])
    return message_of(keys, instructions, (1, 0, 1 + len(extra)), blockhash, version)


def random_block(draw: random.Random, chain: SmallChain, count: int) -> Block:
    """A block of two entries, mostly without the transactions that can't be in it."""
    transactions: list[SignedTransaction] = []
    while len(transactions) < count:
        payer = draw.randrange(1, PEOPLE + 1)
        one = signed(random_message(draw, chain, payer), payer)
        if one not in transactions or draw.random() < 0.02:
            transactions.append(one)
    if draw.random() < 0.7:
        rejected: dict[int, Rejection] = {}
        execute_block(Svm(chain.ruleset), chain.block(transactions), chain.state, rejected.__setitem__)
        transactions = [one for place, one in enumerate(transactions) if place not in rejected]
    cut = draw.randrange(len(transactions) + 1)
    return chain.block(transactions[:cut], transactions[cut:])
