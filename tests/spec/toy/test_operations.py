"""Operations: prices to the unit, what is read when, and the accumulator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.hashing import keccak256
from samestate.spec.toy.keys import slot_key
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.receipt import Error
from samestate.spec.toy.word import WORD_MODULUS, to_value
from tests.spec.toy.helpers import rich, run

HELD, ABSENT = 1, 2
COLD, SET, CHANGE, LEAST = 2100, 20000, 2900, 100

PRICES: list[tuple[list[Operation], int]] = [
    ([], 0),
    ([Noop()], 1),
    ([Add(0)], 3),
    ([Sub(0)], 3),
    ([Keccak(b"")], 30),
    ([Keccak(bytes(1))], 36),
    ([Keccak(bytes(32))], 36),
    ([Keccak(bytes(33))], 42),
    ([Keccak(bytes(64))], 42),
    ([Keccak(bytes(65))], 48),
    ([Sload(HELD)], COLD),
    ([Sload(ABSENT)], COLD),
    ([Sload(HELD), Sload(HELD)], COLD + 100),
    ([Sstore(HELD, 9), Sload(HELD)], COLD + CHANGE + 100),
    ([Sstore(HELD, 7)], COLD + LEAST),
    ([Sstore(HELD, 8)], COLD + CHANGE),
    ([Sstore(HELD, 0)], COLD + CHANGE),
    ([Sstore(ABSENT, 0)], COLD + LEAST),
    ([Sstore(ABSENT, 1)], COLD + SET),
    ([Sload(ABSENT), Sstore(ABSENT, 1)], COLD + SET),
    ([Sload(HELD), Sstore(HELD, 8)], COLD + CHANGE),
    ([Sload(HELD), Sstore(HELD, None)], COLD + LEAST),
    ([Sstore(HELD, 0), Sstore(HELD, 7)], COLD + CHANGE + SET),
    ([Sstore(ABSENT, 1), Sstore(ABSENT, 0), Sstore(ABSENT, 1)], COLD + SET + CHANGE + SET),
    ([Sstore(ABSENT, 1), Sstore(ABSENT, 1)], COLD + SET + LEAST),
]


@pytest.mark.parametrize(("operations", "gas"), PRICES)
def test_price_to_the_unit(operations: list[Operation], gas: int) -> None:
    (receipt,) = run(*operations, gas_limit=gas, state=rich({HELD: 7})).receipts
    assert (receipt.gas_used, receipt.error) == (gas, None)
    (generous,) = run(*operations, gas_limit=gas + 1, state=rich({HELD: 7})).receipts
    assert generous.gas_used == gas
    if gas:
        (receipt,) = run(*operations, gas_limit=gas - 1, state=rich({HELD: 7})).receipts
        assert (receipt.gas_used, receipt.error) == (gas - 1, Error.OUT_OF_GAS)


@pytest.mark.parametrize(
    ("operations", "gas", "is_read"),
    [
        ([Sload(HELD)], 2099, False),
        ([Sload(HELD)], 2100, True),
        ([Sstore(HELD, 8)], 2199, False),
        ([Sstore(HELD, 8)], 2200, True),
        ([Sstore(HELD, 7)], 2199, False),
        ([Noop(), Sstore(ABSENT, 1)], 2200, False),
        ([Noop(), Sstore(ABSENT, 1)], 2201, True),
    ],
)
def test_a_slot_is_read_once_the_least_price_is_there(operations: list[Operation], gas: int, is_read: bool) -> None:
    slot = next(operation.slot for operation in operations if isinstance(operation, Sload | Sstore))
    assert (slot_key(slot) in run(*operations, gas_limit=gas, state=rich({HELD: 7})).steps[1].reads) is is_read


def stored(*operations: Operation) -> int:
    """What the accumulator holds after the operations: stored to the last slot there is."""
    last = WORD_MODULUS - 1
    changes = run(*operations, Sstore(last, None), state=rich({HELD: 7})).changes
    return int.from_bytes(changes.get(slot_key(last)) or b"", "big")


@pytest.mark.parametrize(
    ("operations", "value"),
    [
        ([], 0),
        ([Add(5)], 5),
        ([Sub(1)], WORD_MODULUS - 1),
        ([Sub(1), Add(1)], 0),
        ([Add(WORD_MODULUS - 1), Add(2)], 1),
        ([Sload(HELD)], 7),
        ([Add(5), Sload(HELD)], 7),
        ([Sload(HELD), Sload(ABSENT)], 0),
        ([Add(5), Sstore(3, 9)], 5),
        ([Sstore(3, 9), Sload(3)], 9),
        ([Add(5), Noop()], 5),
        ([Add(5), Keccak(b"x")], int.from_bytes(keccak256(b"x"), "big")),
    ],
)
def test_accumulator(operations: list[Operation], value: int) -> None:
    assert stored(*operations) == value


words = st.integers(0, WORD_MODULUS - 1)


@given(words, words)
def test_sums_are_modulo_the_word(first: int, second: int) -> None:
    assert stored(Add(first), Add(second)) == (first + second) % WORD_MODULUS
    assert stored(Add(first), Sub(second)) == (first - second) % WORD_MODULUS


@given(words)
def test_values_are_as_short_as_can_be(number: int) -> None:
    value = run(Sstore(5, number)).changes.get(slot_key(5))
    assert value == to_value(number)
    assert value is None or (value[0] != 0 and len(value) <= 32)


@given(st.binary(max_size=300))
def test_digest_is_logged_and_accumulated(data: bytes) -> None:
    (receipt,) = run(Keccak(data)).receipts
    assert receipt.logs == (keccak256(data),)
    assert receipt.gas_used == 30 + 6 * ((len(data) + 31) // 32)


def test_a_restored_slot_is_not_written() -> None:
    result = run(Sstore(HELD, 8), Sstore(HELD, 7), state=rich({HELD: 7}))
    assert slot_key(HELD) in result.steps[1].reads
    assert slot_key(HELD) not in result.steps[1].writes


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sload(WORD_MODULUS),
        lambda: Sload(-1),
        lambda: Sstore(WORD_MODULUS, 0),
        lambda: Sstore(0, WORD_MODULUS),
        lambda: Sstore(0, -1),
        lambda: Add(WORD_MODULUS),
        lambda: Sub(-1),
    ],
)
def test_what_is_no_word_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match="does not fit 256 bits"):
        make()  # type: ignore[operator]
