"""Generated blocks of the ruleset `signed`: all that can be wrong comes up, and what was right stays right."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from samestate.conformance.fuzzing.shrinking import Shrinker
from samestate.conformance.generating.signed_blocks import (
    CHAIN,
    SigningPlan,
    random_signed_block,
    signed_block,
)
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.conformance.generating.toy_case import GeneratedToyCase
from samestate.conformance.generating.toy_resigning import signed_anew, signer_of, without_others
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import VALID, Case, member, members, text
from samestate.spec.toy.block import Transaction
from samestate.spec.toy.rejections import SIGNED_ALONE
from samestate.spec.toy.signed.schemes import Scheme

ED25519 = SigningPlan()


def blocks_of(count: int) -> GeneratedToyCase:
    made = generate_block(1, count, 0.3, Workload(keys=100))
    block, state = signed_block(Random("blocks"), made.blocks[0], made.state, ED25519)
    return GeneratedToyCase(state, (block,))


def keys_of(made: GeneratedToyCase) -> list[bytes]:
    return [value[1:] for key, value in made.state.values.items() if key[:1] == b"\x04"]


def test_a_signed_block_conflicts_as_the_one_that_it_was() -> None:
    made = blocks_of(20)
    assert made.conflict_ratio() == 0.3
    assert [text(expect, "status") for expect in made.expected()] == [VALID]
    assert made.case().fork == toy.SIGNED


def test_random_blocks_have_all_that_they_should() -> None:
    wanted = [
        VALID, "SIGNATURE_INVALID", "ED25519", "ML_DSA_44", "HYBRID", "RAWkey",
        "registration: success", "registration: failure",
    ]  # fmt: skip
    seen: Counter[str] = Counter()
    for seed in range(60):
        if all(seen[what] for what in wanted):
            break
        block, state = random_signed_block(seed, 6)
        (expect,) = GeneratedToyCase(state, (block,)).expected()
        seen[text(expect, "status")] += 1
        for transaction in block.transactions:
            assert transaction.signature is not None
            seen[transaction.signature.scheme.name] += 1
            seen["registration"] += transaction.registration is not None
        for edge in members(expect, "depends"):
            seen[text(edge, "kind") + text(edge, "key").split()[0]] += 1
        for receipt, transaction in zip(members(expect, "receipts"), block.transactions, strict=False):
            if transaction.registration is not None:
                seen[f"registration: {text(receipt, 'status')}"] += 1
    assert [what for what in wanted if not seen[what]] == []


def test_damage_comes_to_every_code() -> None:
    seen: Counter[str] = Counter()
    plan = SigningPlan(registrations=0.5, damage=0.5, schemes=(*(Scheme.ED25519,) * 5, Scheme.HYBRID))
    made = generate_block(2, 1, 0.0, Workload(keys=20))
    for seed in range(300):
        block, state = signed_block(Random(seed), made.blocks[0], made.state, plan)
        seen[text(GeneratedToyCase(state, (block,)).expected()[0], "status")] += 1
    assert {code.name for code in SIGNED_ALONE} - seen.keys() == set()


def test_what_was_right_is_right_again_and_what_was_wrong_stays() -> None:
    made = blocks_of(3)
    right = made.blocks[0].transactions[1]
    assert right.signature is not None
    again = signed_anew(right, replace(right, nonce=1), CHAIN, keys_of(made))
    assert signer_of(again, CHAIN, keys_of(made)) == signer_of(right, CHAIN, keys_of(made)) is not None
    spoiled = replace(right.signature, content=bytes([right.signature.content[0] ^ 1]) + right.signature.content[1:])
    wrong = replace(right, signature=spoiled)
    assert signed_anew(wrong, replace(wrong, nonce=1), CHAIN, keys_of(made)).signature == spoiled


def test_who_is_left_has_the_nonces_that_are_then_right() -> None:
    made = blocks_of(1)
    first = made.blocks[0].transactions[0]
    later = [signed_anew(first, replace(first, nonce=nonce), CHAIN, keys_of(made)) for nonce in (0, 1, 2)]
    left = without_others(later, [0, 2], CHAIN, keys_of(made))
    assert [transaction.nonce for transaction in left] == [0, 1]
    assert all(signer_of(transaction, CHAIN, keys_of(made)) is not None for transaction in left)


def test_shrinking_keeps_signatures_right() -> None:
    """What a shrinker is after survives alone only if what is left is signed anew."""
    made = blocks_of(6)
    account = made.blocks[0].transactions[2].sender
    second = replace(made.blocks[0].transactions[2], nonce=1)
    block = replace(
        made.blocks[0],
        transactions=(
            *made.blocks[0].transactions,
            signed_anew(made.blocks[0].transactions[2], second, CHAIN, keys_of(made)),
        ),
    )
    case = GeneratedToyCase(made.state, (block,)).case()

    def is_wrong(candidate: Case) -> bool:
        """An engine that gets wrong whatever that account does at last, in a valid block."""
        try:
            (expect,) = execute(candidate)
        except (ValueError, KeyError, TypeError):
            return False
        senders = [text(transaction, "sender") for transaction in members(candidate.blocks[0], "txs")]
        return text(expect, "status") == VALID and f"0x{account.hex()}" in senders

    shrunk = Shrinker(is_wrong, seconds=20).shrink(case)
    (sent,) = members(shrunk.blocks[0], "txs")
    assert (sent["sender"], sent["nonce"], sent["operations"]) == (f"0x{account.hex()}", "0", [])
    assert len(member(shrunk.pre, "accounts")) == 1
    transaction: Transaction = toy.read_transaction(sent)
    assert signer_of(transaction, CHAIN, keys_of(made)) is not None
