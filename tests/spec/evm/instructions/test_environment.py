"""The call and other accounts: copies past the end, prices of access, and what an access leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import OutOfGas, ReturnDataOutOfBounds
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.instructions import Instruction, environment
from samestate.spec.evm.instructions.access import account_access_cost, charge_account_access, warm_account
from samestate.spec.evm.keys import balance_key, code_key, nonce_key

Execute = Callable[..., Frame]
Result = Callable[..., int]

OTHER = b"\xee" * 20
OTHER_WORD = int.from_bytes(OTHER, "big")
DIRTY_WORD = OTHER_WORD + 2**160 * 77
CODE = bytes(range(1, 71))
DESIGNATOR = b"\xef\x01\x00" + b"\x33" * 20
OTHER_HAS_CODE = {code_key(OTHER): CODE}
ACCOUNT_READERS = [
    (environment.balance, ()),
    (environment.external_code_size, ()),
    (environment.external_code_copy, (0, 0, 0)),
    (environment.external_code_hash, ()),
]
SIZES = st.integers(0, 100)
SOURCES = SIZES | st.sampled_from((2**64, 2**256 - 1))


def test_who_calls_whom(result: Result) -> None:
    assert result(environment.origin) == int("0a" * 20, 16)
    assert result(environment.caller) == int("0b" * 20, 16)
    assert result(environment.address) == int("0c" * 20, 16)
    assert result(environment.call_value, value=5) == 5
    assert result(environment.gas_price, gas_price=6) == 6


def test_sizes(result: Result) -> None:
    assert result(environment.call_data_size, data=bytes(3)) == 3
    assert result(environment.code_size, code=bytes(4)) == 4
    assert result(environment.return_data_size, return_data=bytes(5)) == 5


@given(SOURCES)
def test_call_data_goes_on_as_zeros(result: Result, offset: int) -> None:
    window = (CODE + bytes(200))[offset : offset + 32] if offset < 150 else bytes(32)
    assert result(environment.call_data_load, offset, data=CODE) == int(window.hex(), 16)


@given(SIZES, SOURCES, SIZES)
def test_copies_go_on_as_zeros(execute: Execute, destination: int, source: int, size: int) -> None:
    before = b"\xff" * 128
    expected = bytearray(before.ljust(-(-(destination + size) // 32) * 32 if size else 0, b"\x00"))
    for index in range(size):
        expected[destination + index] = CODE[source + index] if source + index < len(CODE) else 0
    operands = (destination, source, size)
    assert execute(environment.call_data_copy, *operands, data=CODE, memory=before).memory == expected
    assert execute(environment.code_copy, *operands, code=CODE, memory=before).memory == expected
    other = execute(environment.external_code_copy, DIRTY_WORD, *operands, state=OTHER_HAS_CODE, memory=before)
    assert other.memory == expected


def test_prices_of_copies(price: Result) -> None:
    for copy in (environment.call_data_copy, environment.code_copy):
        assert price(copy, 2**256 - 1, 2**256 - 1, 0) == 3
        assert price(copy, 0, 0, 33) == 3 + 6 + 6
        assert price(copy, 31, 2**256 - 1, 2) == 3 + 3 + 6
    assert price(environment.return_data_copy, 0, 0, 33, return_data=bytes(33)) == 3 + 6 + 6
    assert price(environment.external_code_copy, OTHER_WORD, 0, 0, 33) == 2600 + 6 + 6
    assert price(environment.external_code_copy, OTHER_WORD, 0, 0, 33, warm=[OTHER]) == 100 + 6 + 6


@pytest.mark.parametrize(("source", "size"), [(0, 4), (4, 0), (3, 1), (2**256 - 1, 0), (2**256 - 1, 1)])
def test_return_data_does_not_go_on(execute: Execute, source: int, size: int) -> None:
    with pytest.raises(ReturnDataOutOfBounds) as caught:
        execute(environment.return_data_copy, 0, source, size, return_data=b"abc", gas=100)
    words = -(-size // 32)
    assert caught.value.frame.gas_left == 100 - 3 - 6 * words  # type: ignore[attr-defined]
    with pytest.raises(OutOfGas):
        execute(environment.return_data_copy, 0, source, size, return_data=b"abc", gas=2)


def test_return_data_up_to_its_end(execute: Execute) -> None:
    assert execute(environment.return_data_copy, 1, 1, 2, return_data=b"abc").memory == b"\x00bc".ljust(32, b"\x00")
    assert execute(environment.return_data_copy, 1, 3, 0, return_data=b"abc").memory == b""


@pytest.mark.parametrize(("instruction", "more"), ACCOUNT_READERS)
def test_cold_and_warm_access(execute: Execute, price: Result, instruction: Instruction, more: tuple[int, ...]) -> None:
    assert price(instruction, DIRTY_WORD, *more) == 2600
    assert price(instruction, DIRTY_WORD, *more, warm=[OTHER]) == 100
    frame = execute(instruction, DIRTY_WORD, *more, gas=2600)
    assert OTHER in frame.substate.warm
    assert frame.world.view.touches == {OTHER}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("instruction", "more"), ACCOUNT_READERS)
def test_an_access_that_is_not_paid_for_did_not_happen(
    execute: Execute, instruction: Instruction, more: tuple[int, ...]
) -> None:
    for cost, warm in ((2600, set[bytes]()), (100, {OTHER})):
        with pytest.raises(OutOfGas) as caught:
            execute(instruction, OTHER_WORD, *more, gas=cost - 1, warm=warm)
        frame = caught.value.frame  # type: ignore[attr-defined]
        assert set(frame.substate.warm) == warm
        assert not frame.world.view.touches
        assert not frame.world.view.reads


def test_memory_that_is_not_paid_for_keeps_code_unread(execute: Execute) -> None:
    with pytest.raises(OutOfGas) as caught:
        execute(environment.external_code_copy, OTHER_WORD, 0, 0, 1, gas=2600 + 3 + 2)
    assert not caught.value.frame.world.view.touches  # type: ignore[attr-defined]


def test_a_failed_frame_makes_its_accesses_cold_again(execute: Execute) -> None:
    frame = execute(environment.balance, OTHER_WORD)
    frame.substate.rollback((0, 0, 0))
    assert account_access_cost(frame, OTHER) == 2600
    assert frame.world.view.touches == {OTHER}  # type: ignore[attr-defined]


def test_access_by_steps_is_access_at_once(execute: Execute) -> None:
    at_once, by_steps = (execute(environment.address, gas=5000) for _ in range(2))
    charge_account_access(at_once, OTHER, more=9)
    by_steps.charge(account_access_cost(by_steps, OTHER) + 9)
    warm_account(by_steps, OTHER)
    assert at_once.gas_left == by_steps.gas_left == 5000 - 2 - 2609
    assert at_once.substate.warm == by_steps.substate.warm
    assert account_access_cost(at_once, OTHER) == account_access_cost(by_steps, OTHER) == 100


def test_balance(result: Result) -> None:
    assert result(environment.balance, DIRTY_WORD, state={balance_key(OTHER): b"\x01\x00"}) == 256
    assert result(environment.balance, DIRTY_WORD) == 0
    assert result(environment.self_balance, state={balance_key(b"\x0c" * 20): b"\x07"}) == 7


def test_hash_of_an_account(result: Result) -> None:
    code_hash = environment.external_code_hash
    nothing = int.from_bytes(keccak256(b""), "big")
    assert result(code_hash, DIRTY_WORD) == 0
    assert result(code_hash, DIRTY_WORD, state={nonce_key(OTHER): b"\x01"}) == nothing
    assert result(code_hash, DIRTY_WORD, state={balance_key(OTHER): b"\x01"}) == nothing
    assert result(code_hash, DIRTY_WORD, state=OTHER_HAS_CODE) == int.from_bytes(keccak256(CODE), "big")


def test_a_delegation_is_not_followed(execute: Execute, result: Result) -> None:
    state = {code_key(OTHER): DESIGNATOR, code_key(b"\x33" * 20): CODE}
    assert result(environment.external_code_size, OTHER_WORD, state=state) == 23
    assert result(environment.external_code_hash, OTHER_WORD, state=state) == int.from_bytes(
        keccak256(DESIGNATOR), "big"
    )
    assert execute(environment.external_code_copy, OTHER_WORD, 0, 0, 32, state=state).memory == DESIGNATOR + bytes(9)
