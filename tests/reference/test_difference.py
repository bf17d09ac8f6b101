"""The comparison of two results: it sees what is too much, what is too little, and what only differs."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import pytest

from samestate.reference import STRATEGIES, run_block
from samestate.reference.difference import difference, end_of, right_end_of
from samestate.spec.evm.halts import Halt, OutOfGas, Reverted
from samestate.spec.machine import Rejection, View
from samestate.spec.toy.block import Block
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.rejections import Invalid
from samestate.spec.transition import apply_block
from tests.reference.blocks import CONFLICTING, RICH

RIGHT = apply_block(Toy(), CONFLICTING, RICH)


@pytest.mark.parametrize("what", ["receipts", "outcomes", "steps"])
def test_results_of_other_lengths_differ_whichever_is_longer(what: str) -> None:
    few, many = getattr(RIGHT, what)[:-1], getattr(RIGHT, what) * 2
    length = len(getattr(RIGHT, what))
    assert difference(RIGHT, replace(RIGHT, **{what: many})) == f"expected {length} {what}, and there are {2 * length}"
    assert difference(RIGHT, replace(RIGHT, **{what: few})) == f"expected {length} {what}, and there are {length - 1}"
    assert difference(replace(RIGHT, **{what: many}), RIGHT) == f"expected {2 * length} {what}, and there are {length}"
    assert difference(replace(RIGHT, **{what: few}), RIGHT) == f"expected {length - 1} {what}, and there are {length}"


def test_equal_results_do_not_differ() -> None:
    assert difference(RIGHT, apply_block(Toy(), CONFLICTING, RICH)) == ""


def test_one_receipt_that_differs_is_named() -> None:
    wrong = replace(RIGHT.receipts[1], gas_used=1)
    given = replace(RIGHT, receipts=(RIGHT.receipts[0], wrong, RIGHT.receipts[2]))
    assert difference(RIGHT, given).startswith("step 1: receipt: expected Receipt(")


def test_rejections_differ_by_code_and_transaction_alone() -> None:
    def rejected(code: Invalid, detail: str, transaction: int) -> Rejection:
        return Rejection(code, detail, transaction)

    right = rejected(Invalid.NONCE_TOO_LOW, "so", 1)
    assert difference(right, rejected(Invalid.NONCE_TOO_LOW, "or so", 1)) == ""
    assert difference(right, rejected(Invalid.NONCE_TOO_LOW, "so", 2)) != ""
    assert difference(right, rejected(Invalid.NONCE_TOO_HIGH, "so", 1)) != ""
    assert difference(right, RIGHT) != "" != difference(RIGHT, right)


def test_a_crash_of_the_specification_is_no_ending() -> None:
    def crash() -> None:
        raise ZeroDivisionError

    def reject() -> None:
        raise Rejection(Invalid.NONCE_TOO_LOW)

    assert isinstance(end_of(crash), ZeroDivisionError)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        right_end_of(crash)  # type: ignore[arg-type]
    assert isinstance(right_end_of(reject), Rejection)  # type: ignore[arg-type]


@dataclass(frozen=True)
class TwoAccountsLoseTheirStorage(Toy):
    """The toy, with an opening step that wipes two accounts, the later one first."""

    def open(self, block: Block, view: View) -> None:
        view.wipe(LATER)
        view.wipe(EARLIER)


EARLIER, LATER = b"\x01" * 20, b"\x02" * 20


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_wipes_are_sorted_whatever_their_order_in_the_block(strategy: str) -> None:
    machine = TwoAccountsLoseTheirStorage()
    right = apply_block(machine, CONFLICTING, RICH)
    given = run_block(machine, CONFLICTING, RICH, strategy, predictions={}).result
    assert right.wipes == given.wipes == (EARLIER, LATER)
    assert difference(right, given) == ""


def test_outcomes_are_values() -> None:
    """An outcome that says why a frame failed is the same outcome when the block is executed again."""
    assert OutOfGas(3) == OutOfGas(3)
    assert hash(OutOfGas(3)) == hash(OutOfGas(3))
    assert len({OutOfGas(3), OutOfGas(4), OutOfGas(), Reverted(), Halt()}) == 5
    assert OutOfGas(3) != (3,)
    assert pickle.loads(pickle.dumps(OutOfGas(3))) == OutOfGas(3)
