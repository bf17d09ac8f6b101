"""The workers of Solana's compiled machine on small blocks, under every schedule with few preemptions, and random ones.

The seeded bugs of the machine are found by these blocks too, each by a result that is another than the specification's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import Final

import pytest

from samestate.conformance.exploring.compiled import SvmProgram, apart, seeded_bugs
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import explore, sample
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import LOADER_V2, SYSTEM
from samestate.spec.svm.block import Block
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.slot_time import CostLimits
from samestate.spec.svm.state import SvmState
from samestate.spec.svm.transaction import SignedTransaction
from tests.optimized.svm.random_blocks import random_chain
from tests.spec.svm.generated_blocks import generated_blocks
from tests.spec.svm.small import GENESIS_HASH, RICH, SOL, SmallChain, key, message_of, signed, transfer, transfer_data

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

Given = tuple[Block, SvmState]
MACHINE: Final = Svm(MAINNET_2026_09, verifies_signatures=False)


def small(*transactions: SignedTransaction, **fields: object) -> Given:
    """A block of these, and of a stranger who waits for nobody."""
    chain = SmallChain({**RICH, key(8): Account(10 * SOL)})
    return chain.block([*transactions, transfer(8, key(11), SOL)], **fields), chain.state


def looks_at(payer: int, at: bytes) -> SignedTransaction:
    """Pays oneself, with an account as a key that is only read: what it holds decides the loaded size."""
    keys = (key(payer), at, SYSTEM)
    return signed(message_of(keys, [(2, (0, 0), transfer_data(1))], header=(1, 0, 2)), payer)


@cache
def blocks() -> dict[str, Given]:
    """Blocks of three transactions or four, where one rests on what another does."""
    poor, other = key(4), key(5)
    of_poor = transfer(4, other, SOL // 2)
    return {
        "strangers": small(transfer(1, key(6), SOL), transfer(2, key(7), SOL)),
        "hand to hand": small(transfer(1, poor, SOL), of_poor, transfer(2, other, SOL)),
        "to one": small(transfer(1, other, SOL), transfer(2, other, SOL), transfer(3, other, SOL)),
        "read and written": small(looks_at(1, other), transfer(2, other, SOL), looks_at(3, other)),
        "payer is not there": small(of_poor, transfer(1, poor, SOL), transfer(2, other, SOL)),
        "same message": small(transfer(1, other, SOL), transfer(2, poor, SOL), transfer(1, other, SOL)),
    }


@pytest.mark.parametrize("name", list(blocks()))
@pytest.mark.parametrize("pieces", [True, False])
def test_in_place_under_every_schedule_with_one_preemption(name: str, pieces: bool) -> None:
    exploration = explore(SvmProgram(MACHINE, *blocks()[name], pieces=pieces), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete


@pytest.mark.parametrize("name", list(blocks()))
@pytest.mark.parametrize("strategy", ["block-stm", "locks", "waves"])
def test_versions_under_every_schedule_with_one_preemption(name: str, strategy: str) -> None:
    exploration = explore(SvmProgram(MACHINE, *blocks()[name], strategy, versions=True), preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.complete


@pytest.mark.parametrize("name", list(blocks()))
def test_three_workers_under_random_schedules(name: str) -> None:
    for strategy in ("locks", "waves", "adaptive"):
        for pieces in (True, False):
            exploration = sample(SvmProgram(MACHINE, *blocks()[name], strategy, 3, pieces=pieces), range(30))
            assert exploration.first is None, exploration.first.text(40)


@pytest.mark.parametrize("seed", range(10))
def test_generated_blocks_under_random_schedules(seed: int) -> None:
    ruleset = (MAINNET_2026_07, MAINNET_2026_09)[seed % 2]
    for machine, block, state in generated_blocks(seed, ruleset, 12, seed % 5 / 4):
        for strategy, versions in (("locks", False), ("waves", False), ("adaptive", False), ("block-stm", True)):
            exploration = sample(SvmProgram(machine, block, state, strategy, 2, versions=versions), range(6))
            assert exploration.first is None, exploration.first.text(40)


# Seeded bugs


def random_blocks() -> Iterator[tuple[Svm, Given]]:
    for seed in range(12):
        ruleset = (MAINNET_2026_07, MAINNET_2026_09)[seed % 2]
        for drawn in random_chain(seed, ruleset, 3, 8):
            yield Svm(ruleset, verifies_signatures=False), (drawn.block, drawn.state)


def exactly_full() -> Given:
    block, state = small(transfer(1, key(6), SOL))
    return replace(block, limits=CostLimits(10**6, 2 * 1481, 10**6)), state


def of_the_greatest_age() -> Given:
    newer = {sha256(bytes([age])).digest(): RegisteredHash(age, 5000) for age in range(1, 151)}
    queue = BlockhashQueue({GENESIS_HASH: RegisteredHash(0, 5000), **newer})
    return small(transfer(1, key(6), SOL), blockhashes=queue)


def to_a_program() -> Given:
    """A key that asks to be written to, but is the program of an instruction: it cannot be paid."""
    program = Account(SOL, LOADER_V2, True, b"no program")
    chain = SmallChain({**RICH, key(9): program})
    keys = (key(1), key(9), SYSTEM)
    calls = [(2, (0, 1), transfer_data(SOL)), (1, (), b"")]
    return chain.block([signed(message_of(keys, calls), 1)]), chain.state


def below_the_minimum() -> Given:
    return small(transfer(1, key(6), 1000))


def named(name: str) -> Callable[[], Given]:
    return lambda: blocks()[name]


OF_BUGS: Final[dict[str, tuple[Callable[[], Given] | None, bool]]] = {
    "fee-of-failures-forgotten": (None, True),
    "nonce-stays-on-failure": (None, True),
    "demotion-forgotten": (to_a_program, True),
    "read-locks-ignored": (named("read and written"), False),
    "locks-released-early": (named("to one"), False),
    "limit-before-equality": (exactly_full, True),
    "seed-unchecked": (None, True),
    "duplicate-passes": (named("same message"), True),
    "age-off-by-one": (of_the_greatest_age, True),
    "rent-unchecked": (below_the_minimum, True),
    "writes-of-failures": (None, True),
    "piece-conflict-unseen": (named("hand to hand"), True),
}
"""A block that finds each bug, or none where random blocks do; and whether pieces are used."""


def first_wrong(name: str) -> str | None:
    """What is wrong first with the machine that has this bug."""
    bug = seeded_bugs("svm")[name].number
    make, pieces = OF_BUGS[name]
    given = [(MACHINE, make())] if make is not None else islice(random_blocks(), 60)
    for machine, block in given:
        program = SvmProgram(machine, *block, "locks", 3, bug, pieces=pieces)
        found = sample(program, range(60 if make is not None else 1)).first
        if found is not None:
            return found.violation.name
    return None


def test_every_seeded_bug_is_hunted() -> None:
    assert set(OF_BUGS) == set(seeded_bugs("svm"))
    assert len(OF_BUGS) >= 8


@pytest.mark.parametrize("name", OF_BUGS)
def test_a_seeded_bug_is_found(name: str) -> None:
    assert apart().call(first_wrong, name) is not None
