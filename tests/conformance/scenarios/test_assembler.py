"""The assembler: words to bytes."""

from __future__ import annotations

import pytest

from samestate.conformance.scenarios.assembler import code, create2, deploying, store, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.spec.evm.forks import BERLIN
from samestate.spec.evm.jump_destinations import jump_destinations


@pytest.mark.parametrize(
    ("text", "assembled"),
    [
        ("STOP", "00"),
        ("PUSH 0", "6000"),
        ("PUSH 255 PUSH 256", "60ff610100"),
        ("PUSH4 1 POP ; and a comment", "630000000150"),
        ("PUSH 0x00ff", "60ff"),
        ("PUSH @end JUMP end: STOP", "610004565b00"),
        ("again: PUSH @again JUMP", "5b61000056"),
        ("DUP1 SWAP16 LOG4 PREVRANDAO", "809fa444"),
        (store(1, "CALLER"), "33600155"),
        (store(1, 2), "6002600155"),
    ],
)
def test_words_become_bytes(text: str, assembled: str) -> None:
    assert code(text).hex() == assembled


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("JUMPS", "'JUMPS' is no mnemonic"),
        ("PUSH", "must be followed by a number"),
        ("PUSH @nowhere JUMP", "there is no label 'nowhere'"),
        ("PUSH x", "invalid literal"),
    ],
)
def test_words_that_mean_nothing(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        code(text)


def test_a_number_too_large_for_its_push() -> None:
    with pytest.raises(OverflowError):
        code("PUSH1 256")


def test_labels_are_jump_destinations() -> None:
    assembled = code("PUSH @a JUMP PUSH @b JUMP a: b:")
    destinations = jump_destinations(assembled)
    assert [place for place in range(len(assembled)) if place in destinations] == [8, 9]


def test_initialization_code_holds_what_it_deploys() -> None:
    runtime = bytes(range(40))
    assert runtime[:32] in deploying(runtime)
    assert deploying(runtime)[:32] in code(create2(deploying(runtime)))


def test_data_is_words() -> None:
    account = BlockBuilder(BERLIN).account("alice", ETHER)
    assert words(1, account) == bytes(31) + b"\x01" + bytes(12) + account.address
