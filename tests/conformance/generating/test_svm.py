"""Generated chains of Solana's machine: what occurs in them, what may not be in a block, and the same for a seed."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import replace
from random import Random

from samestate.conformance.fuzzing.shrinking import Shrinker, without_history
from samestate.conformance.generating.svm.blocks import ChainPlan, generate_chain, plan_of
from samestate.conformance.generating.svm.resigning import simpler
from samestate.conformance.vectors import svm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, members, text, transactions
from samestate.spec.svm.addresses import SYSTEM
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.signature import verify_strict
from samestate.spec.svm.transaction import decode_transaction

SEEDS = range(36)


@functools.cache
def made() -> tuple[tuple[Case, tuple[Object, ...]], ...]:
    """Chains of all kinds, and what comes of them."""
    cases = []
    for seed in SEEDS:
        ruleset = (MAINNET_2026_07, MAINNET_2026_09)[seed % 2]
        case = generate_chain("made", seed, plan_of(Random(seed), ruleset, 24, seed % 5 / 4))
        cases.append((case, tuple(execute(case))))
    return tuple(cases)


def receipts() -> list[Object]:
    return [receipt for _, expected in made() for expect in expected for receipt in members(expect, "receipts")]


def test_every_kind_of_instruction_and_of_end_occurs() -> None:
    tags, versions, programs = set(), set(), Counter[bytes]()
    for case, expected in made():
        for block, expect in zip(case.blocks, expected, strict=True):
            if text(expect, "status") != "valid":
                continue
            for wire in svm.transactions_of(block):
                message = decode_transaction(wire).message
                versions.add(message.version)
                for call in message.instructions:
                    programs[message.keys[call.program]] += 1
                    if message.keys[call.program] == SYSTEM:
                        tags.add(int.from_bytes(call.data[:4], "little"))
    assert set(range(14)) <= tags
    assert versions == {"legacy", 0, 1}
    assert len(programs) > 5
    ends = Counter(text(receipt, "status") for receipt in receipts())
    assert min(ends[status] for status in ("success", "failed", "fees-only")) > 20
    assert len({text(receipt, "error") for receipt in receipts() if "error" in receipt}) > 25


def test_what_may_not_be_in_a_block_is_there_where_it_is_wanted() -> None:
    statuses = Counter(text(expect, "status") for _, expected in made() for expect in expected)
    assert statuses["valid"] > 30
    assert len(statuses) > 8
    plain = generate_chain("plain", 7, ChainPlan(MAINNET_2026_09, blocks=2, transactions=30))
    assert [text(expect, "status") for expect in execute(plain)] == ["valid", "valid"]


def test_a_seed_gives_the_same_chain() -> None:
    plan = ChainPlan(MAINNET_2026_09, blocks=2, transactions=20, has_history=True)
    assert generate_chain("same", 5, plan) == generate_chain("same", 5, plan)
    assert generate_chain("same", 6, plan) != generate_chain("same", 5, plan)


def test_the_conflict_knob() -> None:
    def longest(conflict: float) -> int:
        plan = ChainPlan(MAINNET_2026_09, transactions=40, conflict=conflict)
        return sum(
            int(text(expect, "critical_path"))
            for seed in range(4)
            for expect in execute(generate_chain("", seed, plan))
        )

    assert longest(0) * 4 < longest(1)


def test_a_block_that_is_just_full_and_one_that_is_over() -> None:
    for limit, code in (
        ("block", "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT"),
        ("account", "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT"),
    ):
        full = ChainPlan(MAINNET_2026_07, transactions=20, conflict=0.5, limit=limit)
        assert text(execute(generate_chain("full", 3, full))[0], "status") == "valid"
        over = replace(full, is_over=True)
        assert text(execute(generate_chain("over", 3, over))[0], "status") == code


def test_signatures_are_true_and_can_be_made_anew() -> None:
    case = generate_chain("signed", 11, ChainPlan(MAINNET_2026_07, transactions=20))
    shorter = 0
    for wire in svm.transactions_of(case.blocks[0]):
        for each in (wire, *simpler(wire)):
            transaction = decode_transaction(each)
            signers = transaction.message.keys[: transaction.message.header.required_signatures]
            for signer, signature in zip(signers, transaction.signatures, strict=True):
                assert verify_strict(signer, signature, transaction.signed)
            shorter += each is not wire
    assert shorter > 3


def test_what_fails_is_shrunk_to_one_instruction_without_history() -> None:
    plan = ChainPlan(MAINNET_2026_09, blocks=2, transactions=24, has_history=True)
    case = generate_chain("long", 2, plan)
    assert [*without_history(case)]

    def fails(candidate: Case) -> bool:
        return any(
            "Custom(1)" in text(receipt, "error")
            for expect in execute(candidate)
            for receipt in members(expect, "receipts")
            if "error" in receipt
        )

    assert fails(case)
    small = Shrinker(fails).shrink(case)
    assert sum(len(transactions(block)) for block in small.blocks) == 1
    (block,) = small.blocks
    (wire,) = svm.transactions_of(block)
    assert len(decode_transaction(wire).message.instructions) == 1
    assert "hash" not in members(block, "entries")[0]
    assert len(small.pre["accounts"]) < len(case.pre["accounts"])
