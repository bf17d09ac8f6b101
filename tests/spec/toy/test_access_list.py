"""Access lists: what follows from a block, and every way in which a list can be something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from samestate.conformance.generating.toy_case import GeneratedToyCase, with_access_list
from samestate.conformance.generating.toy_strategies import CaseSizes, toy_cases
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.block import Block, Withdrawal
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Noop, Sload, Sstore
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.state import toy_state
from samestate.spec.transition import apply_block
from tests.spec.toy.helpers import ALICE, BOB, MINER, block_of, rich, sent

BLOCK = block_of(
    sent(Sload(1), Sstore(2, 8)),
    sent(Sload(2), sender=BOB),
    withdrawals=(Withdrawal(MINER, 7), Withdrawal(BOB, 0)),
)
STATE = rich({1: 7})


def right() -> AccessList:
    access_list = with_access_list(BLOCK, STATE).access_list
    assert access_list is not None
    return access_list


def fault(access_list: AccessList, block: Block = BLOCK) -> tuple[str, int | None]:
    with pytest.raises(Rejection) as raised:
        apply_block(Toy(), replace(block, access_list=access_list), STATE)
    assert raised.value.code is Invalid.ACCESS_LIST_MISMATCH
    return raised.value.detail, raised.value.transaction


def with_entry(place: int, **fields: object) -> AccessList:
    entries = list(right())
    entries[place] = replace(entries[place], **fields)  # type: ignore[arg-type]
    return tuple(entries)


def test_right_list_by_hand() -> None:
    gas, less = 2100 + 22_100, 2100
    first, second = 10**9 - gas, 10**9 - less
    assert right() == (
        Entry((), ()),
        Entry(
            (balance_key(ALICE), nonce_key(ALICE), slot_key(1), slot_key(2)),
            (
                (balance_key(ALICE), first.to_bytes(4, "big")),
                (balance_key(MINER), gas.to_bytes(2, "big")),
                (nonce_key(ALICE), b"\x01"),
                (slot_key(2), b"\x08"),
            ),
        ),
        Entry(
            (balance_key(BOB), nonce_key(BOB), slot_key(2)),
            (
                (balance_key(BOB), second.to_bytes(4, "big")),
                (balance_key(MINER), (gas + less).to_bytes(2, "big")),
                (nonce_key(BOB), b"\x01"),
            ),
        ),
        Entry((), ((balance_key(MINER), (gas + less + 7).to_bytes(2, "big")),)),
    )
    apply_block(Toy(), with_access_list(BLOCK, STATE), STATE)


@pytest.mark.parametrize(
    ("wrong", "detail", "transaction"),
    [
        (with_entry(1, reads=right()[1].reads[:-1]), f"step 0 reads 0x{slot_key(2).hex()}, which its entry leaves", 0),
        (with_entry(2, reads=(*right()[2].reads, slot_key(3))), "step 1 does not read 0x03", 1),
        (with_entry(2, changes=right()[2].changes[1:]), f"step 1 changes 0x{balance_key(BOB).hex()}, which", 1),
        (with_entry(2, changes=(*right()[2].changes, (slot_key(2), b"\x08"))), "step 1 does not change 0x03", 1),
        (with_entry(1, changes=(*right()[1].changes[:-1], (slot_key(2), b"\x09"))), "0x08, not 0x09 as its entry", 0),
        (with_entry(1, changes=(*right()[1].changes[:-1], (slot_key(2), None))), "0x08, not absent as its entry", 0),
        (with_entry(0, reads=(slot_key(1),)), "step open does not read", None),
        (with_entry(3, changes=()), "step close changes", None),
        (with_entry(1, reads=right()[1].reads[::-1]), "step 0 has an entry whose keys are not in order", 0),
        (with_entry(1, reads=(*right()[1].reads, slot_key(2))), "not in order or stand in it twice", 0),
        (with_entry(1, changes=right()[1].changes[::-1]), "step 0 has an entry whose keys are not in order", 0),
        (right()[:-1], "the block has 4 steps, and the list 3 entries", None),
        ((*right(), Entry((), ())), "the block has 4 steps, and the list 5 entries", None),
        ((), "the block has 4 steps, and the list 0 entries", None),
    ],
)
def test_wrong_lists(wrong: AccessList, detail: str, transaction: int | None) -> None:
    found, at_fault = fault(wrong)
    assert detail in found
    assert at_fault == transaction


def test_a_wrong_entry_before_a_wrong_length() -> None:
    detail, transaction = fault((Entry((), ()), Entry((), ())))
    assert detail.startswith("step 0 reads ")
    assert transaction == 0


def test_execution_decides_before_the_list() -> None:
    block = block_of(sent(Noop()), sent(Noop(), nonce=5), access_list=())
    with pytest.raises(Rejection) as raised:
        apply_block(Toy(), block, STATE)
    assert raised.value.code is Invalid.NONCE_TOO_HIGH


def test_no_list_is_not_an_empty_one() -> None:
    apply_block(Toy(), block_of(), toy_state())
    assert fault((), block_of())[0] == "the block has 2 steps, and the list 0 entries"


@given(toy_cases(CaseSizes(is_always_valid=True)))
def test_the_list_gives_the_state_after_every_block(case: GeneratedToyCase) -> None:
    """Applied to the state, the changes of all entries, in order, are what the block does."""
    state = case.state
    for block in case.blocks:
        result = apply_block(Toy(), block, state)
        access_list = with_access_list(block, state).access_list
        assert access_list is not None
        after = state
        for entry in access_list:
            changes = dict(entry.changes)
            assert all(after.get(key) != value for key, value in changes.items())
            after = after.apply(changes, ())
        state = result.state()
        assert after.values == state.values
