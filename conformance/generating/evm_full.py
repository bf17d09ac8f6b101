"""Blocks that are full, mostly in one dimension of gas and not in the other (EIP-8037, hazard H136)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import result_of, without_rejected
from samestate.conformance.generating.evm_draft import EvmDraft
from samestate.conformance.generating.keys import address_of
from samestate.conformance.generating.transactions import EXECUTION_LIMIT, SLOT_GAS
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction import Transaction, encode_transaction
from samestate.spec.transition import apply_block

GAS_LIMITS = (1_000_000, 3_000_000, 8_000_000, EXECUTION_LIMIT, 30_000_000, 45_000_000)
MOST_SLOTS = 40
OVERHEAD = 60_000
"""Gas for a transaction that sets slots, and a first access of each, beside the state gas."""
ACCESS_GAS = 25_000
WORD = 32


@dataclass(frozen=True, slots=True)
class _Fillers:
    """Contracts that use what gas they are given: ``hoarder`` for slots, ``burner`` for nothing."""

    hoarder: bytes
    burner: bytes


def generate_full_block(fork: Fork, seed: int, transactions: int = 12) -> GeneratedCase:
    """A valid block of at most so many transactions, the last with as large a limit as the block has room for."""
    case, last = _generate(fork, seed, transactions, over=0)
    return without_rejected(replace(case, transactions=(*case.transactions, encode_transaction(last))))


def generate_overfull_block(fork: Fork, seed: int, transactions: int = 12) -> GeneratedCase:
    """A block like one of :func:`generate_full_block` for whose last transaction the room is one unit too small."""
    case, last = _generate(fork, seed, transactions, over=1)
    name = f"{case.name}: a unit too much"
    return replace(case, name=name, transactions=(*case.transactions, encode_transaction(last)))


def hoarding() -> bytes:
    """Code that sets so many slots as the first word of its data says, from the one that the second names on."""
    code = Code()
    again, end = code.label(), code.label()
    code.push(0).op("CALLDATALOAD").mark(again).op("DUP1", "ISZERO").jump_if(end)
    code.push(1).op("DUP2").push(WORD).op("CALLDATALOAD", "ADD", "SSTORE")
    code.push(1).op("SWAP1", "SUB").jump(again)
    return code.mark(end).op("STOP").build()


def largest_limit(gas_limit: int, totals: Totals) -> int:
    """The largest gas limit for which a block of that limit still has room (EIP-8037, block-level gas accounting)."""
    execution, state = gas_limit - totals.execution_gas, gas_limit - totals.state_gas
    return state if execution >= EXECUTION_LIMIT else min(execution, state)


def _generate(fork: Fork, seed: int, transactions: int, over: int) -> tuple[GeneratedCase, Transaction]:
    """A block, and a transaction that it has just room for, or which is larger than that by ``over``."""
    random = Random(f"{fork.name} full {seed} {transactions}")
    draft = EvmDraft(random, fork, transactions, gas_limit=random.choice(GAS_LIMITS))
    fillers = _Fillers(random.randbytes(20), random.randbytes(20))
    draft.account(fillers.hoarder, nonce=1, code=hoarding())
    draft.account(fillers.burner, nonce=1, code=Code().op("INVALID").build())
    hoards = random.choice((0.2, 0.5, 0.8))
    made = [_filling(draft, fillers, hoards) for _ in range(transactions - 1)]
    name = f"{fork.name}, full {seed}, {transactions} transactions"
    case = without_rejected(draft.case(name, [encode_transaction(transaction) for transaction in made]))
    result = result_of(case) or apply_block(Evm(fork), case.payload(), case.state())
    limit = largest_limit(draft.environment.gas_limit, result.totals) + over
    key = random.choice(draft.hot.senders)
    account = result.state().accounts.get(address_of(key))
    to = random.choice((fillers.burner, fillers.hoarder, random.randbytes(20)))
    data = hoard(random, max(1, (limit - OVERHEAD) // (SLOT_GAS + ACCESS_GAS))) if to == fillers.hoarder else b""
    last = draft.maker.plain(key, to, data=data, gas_limit=limit)
    return case, draft.maker.signed(replace(last, nonce=account.nonce if account else 0), key)


def hoard(random: Random, slots: int) -> bytes:
    """Data that has so many slots set, anywhere."""
    return slots.to_bytes(WORD, "big") + random.getrandbits(250).to_bytes(WORD, "big")


def _filling(draft: EvmDraft, fillers: _Fillers, hoards: float) -> Transaction:
    """A transaction that takes a good part of the block: mostly of state gas as often as ``hoards`` says."""
    random, maker, group = draft.random, draft.maker, draft.hot
    key = random.choice(group.senders)
    way = random.random()
    if way < hoards:
        slots = random.randint(1, min(MOST_SLOTS, draft.environment.gas_limit // SLOT_GAS))
        reserve = slots * SLOT_GAS
        limit = OVERHEAD + slots * ACCESS_GAS + reserve
        if random.random() < 0.3 and draft.environment.gas_limit > EXECUTION_LIMIT + reserve:
            limit = EXECUTION_LIMIT + reserve
        return maker.plain(key, fillers.hoarder, data=hoard(random, slots), gas_limit=limit)
    if way < hoards + 0.15:
        return maker.plain(key, random.randbytes(20), value=1, gas_limit=250_000)
    if way < hoards + 0.25:
        return maker.plain(key, fillers.burner, gas_limit=random.randint(60_000, draft.environment.gas_limit // 3))
    return maker.transaction(group)
