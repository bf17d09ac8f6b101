"""Generated chains of Solana's machine: blocks in several slots, what may not be in one left out or left in once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from samestate.conformance.fixtures.solana.genesis import rent_data
from samestate.conformance.generating.svm.asking import Asked, signing_only, told
from samestate.conformance.generating.svm.cast import OTHER_PROGRAM, SOL, ChainCast, minimum
from samestate.conformance.generating.svm.instructions import AccountUse, ProgramCall
from samestate.conformance.generating.svm.messages import compile_message, sign_message
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    ED25519,
    INCINERATOR,
    NATIVE_LOADER,
    RECENT_BLOCKHASHES,
    RENT,
    SECP256K1,
    SECP256R1,
    SLOT_HASHES,
    SYSTEM,
    SYSVAR,
)
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.chain import Bank, block_on, next_bank
from samestate.spec.svm.history import next_hash
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.message import Config, Version
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.slot_time import SLOT_TIMES
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.sysvars import SlotHashes, encode_recent_blockhashes
from samestate.spec.svm.totals import Totals
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction
from samestate.spec.transition import execute_block

FIRST_SLOT: Final = 1000
"""That of the bank before the first block."""
USUAL_QUEUE: Final = 3
FULL_QUEUE: Final = 301
"""How many blockhashes a bank keeps: those of the first 150 are too old."""
HASHES_PER_TICK: Final = 32
TICKS: Final = 2
"""Of chains with proof of history, which stays short."""
LIMITS: Final = ("block", "account", "allocation")
ENTRY_SIZES: Final = (1, 3, 8, 64)
ATTEMPTS: Final = 4

PROGRAMS: Final = {
    SYSTEM: Account(1, NATIVE_LOADER, True, b"solana_system_program"),
    COMPUTE_BUDGET: Account(1, NATIVE_LOADER, True, b"compute_budget_program"),
    ED25519: Account(1, NATIVE_LOADER, True),
    SECP256K1: Account(1, NATIVE_LOADER, True),
    SECP256R1: Account(1, NATIVE_LOADER, True),
}
RENT_DATA: Final = rent_data(6960)
"""The sysvar: what a byte takes, a threshold that is no other any more, how much of rent was burnt (SIMD-0194)."""


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """What a chain is to be like.

    ``transactions``: how many are asked for in all. ``conflict``: the share of accounts that are of a few which many
    use. ``limit``: the one of :data:`LIMITS` that the fullest block reaches, or none; ``is_over``: it is one too low
    for that block. ``has_rejected``: before each block comes one with something that may not be in it.
    """

    ruleset: SvmRuleset
    blocks: int = 1
    transactions: int = 20
    conflict: float = 0.2
    has_history: bool = False
    has_full_queue: bool = False
    has_slot_hashes: bool = True
    slot_time: int = 400
    limit: str = ""
    is_over: bool = False
    has_rejected: bool = False


def plan_of(draw: Random, ruleset: SvmRuleset, transactions: int, conflict: float) -> ChainPlan:
    """A plan, whose every part is drawn by itself."""
    version_1 = ruleset.features["enable_tx_v1"]
    return ChainPlan(
        ruleset,
        blocks=draw.choice((1, 1, 2, 3)),
        transactions=transactions,
        conflict=conflict,
        has_history=draw.random() < 1 / 8,
        has_full_queue=draw.random() < 1 / 16,
        has_slot_hashes=draw.random() < 1 / 2,
        slot_time=draw.choice((400, 350, 300, 250)) if version_1 and draw.random() < 1 / 4 else 400,
        limit=draw.choice(LIMITS) if draw.random() < 1 / 4 else "",
        is_over=draw.random() < 1 / 3,
        has_rejected=draw.random() < 1 / 3,
    )


def generate_chain(name: str, seed: int, plan: ChainPlan) -> Case:
    """The case of a seed. The same seed and plan give the same."""
    chain = GeneratedChain(Random(f"{svm.NAME} chain {seed}"), plan)
    each = max(1, plan.transactions // plan.blocks)
    for _ in range(plan.blocks):
        chain.add_block(each)
    return chain.case(name)


class GeneratedChain:
    """A chain in the making. Blocks are executed by the specification as they are drawn, without their signatures."""

    def __init__(self, draw: Random, plan: ChainPlan) -> None:
        self.draw = draw
        self.plan = plan
        self.machine = Svm(plan.ruleset, verifies_signatures=False)
        self.bank = first_bank(plan)
        accounts = {**PROGRAMS, **sysvars(self.bank, plan.has_slot_hashes)}
        self.cast = ChainCast(draw, plan.conflict, accounts, svm_state(accounts))
        self.leader = self.draw.choice((self.cast.somebody(), self.cast.payer(), self.cast.nobody(), INCINERATOR))
        self.blocks: list[Object] = []
        self.totals: list[Totals] = []
        self.sent: list[bytes] = []
        """Every transaction that was in a block."""

    def add_block(self, count: int) -> None:
        """Draw a block, and go on from it."""
        slot = self.bank.slot + self.draw.choice((1, 1, 1, 1, 2, 5))
        drawn = [wire for wire in self._drawn(count, slot) if decoded(wire) is not None]
        state = self.cast.settled()
        rejected: dict[int, Rejection] = {}
        whole, _ = self._block(state, slot, self._entries(drawn))
        execute_block(self.machine, whole, state, rejected.__setitem__)
        kept = [wire for index, wire in enumerate(drawn) if index not in rejected]
        if self.plan.has_rejected:
            self._add_rejected(state, slot, drawn, [*rejected])
        block, written = self._block(state, slot, self._entries(kept))
        result: SvmResult = execute_block(self.machine, block, state)
        self.blocks.append(written)
        self.totals.append(result.totals)
        self.sent += kept
        after: SvmState = result.state()
        self.bank = next_bank(self.bank, block, result, after)
        self.cast.begin_block(after)

    def case(self, name: str) -> Case:
        """The chain as a case: before it only the accounts that some transaction could name."""
        named = named_accounts([wire for block in self.blocks for wire in svm.transactions_of(block)])
        named |= {address for table in named for address in self.cast.tables.get(table, ())}
        named |= {*PROGRAMS, RENT, RECENT_BLOCKHASHES, SLOT_HASHES, self.leader, INCINERATOR}
        accounts = {address: account for address, account in self.cast.accounts.items() if address in named}
        return Case(
            id=f"{svm.NAME}/generated/{name}",
            machine=svm.NAME,
            fork=self.plan.ruleset.name,
            params=self._limits(),
            selectors=frozenset(),
            pre=svm.write_state(accounts, first_bank(self.plan), self.plan.slot_time),
            blocks=tuple(self.blocks),
        )

    def _limits(self) -> dict[str, str]:
        """The limit that the fullest block reaches, or would."""
        reached = {
            "block": max(totals.cost for totals in self.totals),
            "account": max(max(totals.accounts.values(), default=0) for totals in self.totals),
            "allocation": max(totals.allocation for totals in self.totals),
        }
        most = reached.get(self.plan.limit, 0)
        return {f"limit_{self.plan.limit}": str(most - self.plan.is_over)} if most > 1 else {}

    # Transactions

    def _drawn(self, count: int, slot: int) -> list[bytes]:
        """So many transactions on the wire, mostly such as may be in a block."""
        wires: list[bytes] = []
        while len(wires) < count:
            if self.draw.random() < 0.02 and (self.sent or wires):
                wires.append(self.draw.choice([*self.sent, *wires]))
                continue
            wires += [self._wire(asked, slot) for asked in told(self.cast)]
        wires = wires[:count]
        if self.draw.random() < 0.3:  # who comes first is not who was asked first
            self.draw.shuffle(wires)
        return wires

    def _wire(self, asked: Asked, slot: int) -> bytes:
        draw, cast = self.draw, self.cast
        calls = signing_only(asked.calls, cast)
        version: Version = "legacy"
        lookups: list[tuple[bytes, Sequence[bytes]]] = []
        kind = draw.random()
        if kind < 0.2:
            version = 0
            lookups = self._lookups(asked.payer, calls, slot)
        elif kind < 0.35 and (self.plan.ruleset.features["enable_tx_v1"] or kind < 0.205):
            version = 1
        more = [AccountUse(cast.somebody(), writes=draw.random() < 0.5)] if draw.random() < 0.1 else []
        if draw.random() < 0.03:
            more.append(AccountUse(OTHER_PROGRAM))
        config = config_of(draw) if version == 1 else None
        message = compile_message(asked.payer, calls, asked.value or self._blockhash(), version, lookups, config, more)
        signers = message.keys[: message.header.required_signatures]
        return sign_message(message, [cast.keys[signer] for signer in signers if signer in cast.keys])

    def _lookups(self, payer: bytes, calls: Sequence[ProgramCall], slot: int) -> list[tuple[bytes, Sequence[bytes]]]:
        """Tables, each with some of the accounts that need not stand in the message itself."""
        uses = [use for call in calls for use in call.accounts]
        signing = {payer, *(use.address for use in uses if use.signs), *(call.program for call in calls)}
        looked_up = [*dict.fromkeys(use.address for use in uses if use.address not in signing)]
        self.draw.shuffle(looked_up)
        cut = self.draw.choice((0, len(looked_up), len(looked_up) // 2))
        tables = [self.cast.table(part, slot) for part in (looked_up[:cut], looked_up[cut:]) if part]
        return [(table, self.cast.tables[table]) for table in tables]

    def _blockhash(self) -> bytes:
        """The newest blockhash, or another one of the queue, some of them too old."""
        hashes = [*self.bank.blockhashes.hashes]
        if self.draw.random() < 0.8:
            return hashes[-1]
        if len(hashes) > 151 and self.draw.random() < 0.5:
            return hashes[-1 - self.draw.choice((149, 150, 151))]
        return self.draw.choice(hashes[-2:])

    def _add_rejected(self, state: SvmState, slot: int, drawn: Sequence[bytes], rejected: Sequence[int]) -> None:
        """A block with something that may not be in it: what was rejected, or a transaction with another bit."""
        draw = self.draw
        if rejected and draw.random() < 0.8:
            first = draw.choice(rejected)
            wires = [wire for index, wire in enumerate(drawn) if index >= first or index not in rejected]
            block, written = self._block(state, slot, self._entries(wires))
            try:
                execute_block(self.machine, block, state)
            except Rejection:  # what comes twice may be right where the first of it has been left out
                self.blocks.append(written)
            return
        kept = [wire for index, wire in enumerate(drawn) if index not in rejected]
        if kept:
            place = draw.randrange(len(kept))
            wire = bytearray(kept[place])
            wire[draw.randrange(len(wire))] ^= 1 << draw.randrange(8)
            wires = [*kept[:place], bytes(wire), *kept[place + 1 :]]
            self.blocks.append(self._block(state, slot, self._entries(wires))[1])

    # Entries

    def _entries(self, wires: Sequence[bytes]) -> list[list[bytes]]:
        """Transactions by entry, whatever conflicts in one."""
        entries = []
        size = self.draw.choice(ENTRY_SIZES)
        place = 0
        while place < len(wires):
            more = self.draw.randint(1, size)
            entries.append([*wires[place : place + more]])
            place += more
        return entries

    def _block(self, state: SvmState, slot: int, entries: Sequence[list[bytes]]) -> tuple[Block, Object]:
        """A block of these entries, and as a vector writes it."""
        blockhash = None if self.plan.has_history else blockhash_of(slot)
        placed = with_history(entries, self.bank.blockhashes.last) if self.plan.has_history else without(entries)
        timestamp = self.draw.choice((None, 5 * slot))
        written = svm.write_block(slot, self.leader, placed, blockhash=blockhash, unix_timestamp=timestamp)
        history = [
            HistoryEntry(hashes, stated, tuple(each for wire in wires if (each := decoded(wire)) is not None))
            for wires, hashes, stated in placed
        ]
        return block_on(self.bank, state, slot, self.leader, history, blockhash, timestamp), written


def config_of(draw: Random) -> Config:
    """What a transaction of version 1 asks for itself: mostly enough."""
    if draw.random() < 0.1:
        return Config(None, None, None, None)
    return Config(
        priority_fee=draw.choice((None, 0, 1, 5000, SOL)),
        compute_unit_limit=draw.choice((None, 149, 450, 10_000, 10_000, 2_000_000)),
        loaded_size_limit=draw.choice((200, 10_000, 2**20, 2**20)),
        heap_size=draw.choice((None, None, None, 32_768, 32_768, 65_536, 1)),
    )


Placed = list[tuple[list[bytes], int, bytes]]
"""Entries as a vector has them: transactions, hashes, hash."""


def without(entries: Sequence[list[bytes]]) -> Placed:
    """Entries that only group transactions."""
    return [(wires, 0, bytes(32)) for wires in entries]


def with_history(entries: Sequence[list[bytes]], before: bytes) -> Placed:
    """Entries as proof of history has them, with the ticks of a short slot; too many are put together."""
    most = TICKS * (HASHES_PER_TICK - 1)
    joined = [*entries[: most - 1], [wire for wires in entries[most - 1 :] for wire in wires]]
    joined = [wires for wires in joined if wires]
    placed: Placed = []
    for tick in range(TICKS):
        begin, end = tick * (HASHES_PER_TICK - 1), (tick + 1) * (HASHES_PER_TICK - 1)
        here = joined[begin:end]
        for wires, hashes in [*((wires, 1) for wires in here), ([], HASHES_PER_TICK - len(here))]:
            transactions = tuple(each for wire in wires if (each := decoded(wire)) is not None)
            before = next_hash(before, HistoryEntry(hashes, b"", transactions))
            placed.append((wires, hashes, before))
    return placed


def first_bank(plan: ChainPlan) -> Bank:
    """The bank before the first block."""
    length = FULL_QUEUE if plan.has_full_queue else USUAL_QUEUE
    numbers = range(FIRST_SLOT - length + 1, FIRST_SLOT + 1)
    bank = Bank(
        FIRST_SLOT,
        hashlib.sha256(b"samestate bank").digest(),
        BlockhashQueue({blockhash_of(number): RegisteredHash(number, 5000) for number in numbers}),
        limits=SLOT_TIMES[plan.slot_time].limits,
        hashes_per_tick=SLOT_TIMES[plan.slot_time].hashes_per_tick,
    )
    return replace(bank, hashes_per_tick=HASHES_PER_TICK, ticks=TICKS) if plan.has_history else bank


def sysvars(bank: Bank, has_slot_hashes: bool) -> dict[bytes, Account]:
    """The sysvars that programs and lookup tables look at."""
    data = {RENT: RENT_DATA, RECENT_BLOCKHASHES: encode_recent_blockhashes(bank.blockhashes)}
    if has_slot_hashes:
        slots = (bank.slot - 1, bank.slot - 3, bank.slot - 4)
        data[SLOT_HASHES] = SlotHashes(tuple((slot, blockhash_of(slot)) for slot in slots)).encode()
    return {address: Account(minimum(len(content)), SYSVAR, False, content) for address, content in data.items()}


def blockhash_of(slot: int) -> bytes:
    """The blockhash that a slot registers, where blocks come without proof of history."""
    return hashlib.sha256(f"samestate blockhash {slot}".encode()).digest()


def named_accounts(wires: Sequence[bytes]) -> set[bytes]:
    """The accounts that stand in transactions: their keys, and the tables that they look in."""
    found: set[bytes] = set()
    for wire in wires:
        transaction = decoded(wire)
        if transaction is not None:
            found |= {*transaction.message.keys, *(lookup.table for lookup in transaction.message.lookups)}
    return found


def decoded(wire: bytes) -> SignedTransaction | None:
    """A transaction, or None where the bytes are none."""
    try:
        return decode_transaction(wire)
    except Rejection:
        return None
