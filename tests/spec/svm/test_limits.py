"""The cost of transactions, and what a block has room for: at each limit, below it and above it."""

from __future__ import annotations

from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import CLOCK, ED25519, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.cost import TransactionCost, transaction_cost
from samestate.spec.svm.locks import resolve
from samestate.spec.svm.slot_time import SLOT_TIMES, CostLimits
from tests.spec.svm.small import RICH, SOL, SmallChain, key, message_of, signed, transfer, transfer_data

MEBIBYTE = 2**20
TRANSFER = 1_481
"""What a plain transfer costs."""


def cost(*instructions: tuple[int, Any, bytes], units: int = 0, loaded: int = 0, **fields: Any) -> TransactionCost:
    keys = (key(1), key(2), SYSTEM, ED25519, SECP256K1, SECP256R1)
    message = message_of(keys, instructions, **{"header": (1, 0, 4)} | fields)
    return transaction_cost(resolve(message, (), ()), units, loaded)


def test_the_parts() -> None:
    assert cost((2, (0, 1), transfer_data(1)), units=150, loaded=213) == TransactionCost(720, 600, 3, 150, 8, 0)
    assert cost((2, (0, 1), transfer_data(1)), units=150, loaded=213).total == TRANSFER
    assert cost(header=(2, 0, 4)).signatures == 1_440


@pytest.mark.parametrize(("program", "units"), [(3, 2_400), (4, 6_690), (5, 4_800)])
def test_signatures_of_precompiles_are_what_their_first_byte_says(program: int, units: int) -> None:
    assert cost((program, (), b"\x02...")).signatures == 720 + 2 * units
    assert cost((program, (), b"")).signatures == 720
    assert cost((program, (), b"\x01"), (program, (), b"\xff")).signatures == 720 + 256 * units


def test_locks_cost_what_they_were_requested_as() -> None:
    reserved = message_of((key(1), key(2), CLOCK, SYSTEM), [(3, (), b"")], header=(1, 0, 0))
    resolved = resolve(reserved, (), ())
    assert sum(resolved.writable) == 2
    assert transaction_cost(resolved, 0, 0).write_locks == 1_200


@pytest.mark.parametrize(
    ("data", "units"), [(0, 0), (3, 0), (4, 1), (7, 1), (65_535, 16_383), (65_536, 16_383), (80_000, 16_383)]
)
def test_four_bytes_of_data_cost_a_unit(data: int, units: int) -> None:
    assert cost((3, (), bytes(data // 2)), (3, (), bytes(data - data // 2))).data == units


@pytest.mark.parametrize(("loaded", "units"), [(0, 0), (1, 8), (32_768, 8), (32_769, 16), (64 * MEBIBYTE, 16_384)])
def test_pages(loaded: int, units: int) -> None:
    assert cost(loaded=loaded).loaded_pages == units


def number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def create(space: int) -> bytes:
    return bytes(4) + number(1) + number(space) + bytes(32)


def create_with_seed(space: int) -> bytes:
    return (3).to_bytes(4, "little") + bytes(32) + number(4) + b"seed" + number(1) + number(space) + bytes(32)


def allocate(space: int) -> bytes:
    return (8).to_bytes(4, "little") + number(space)


def allocate_with_seed(space: int) -> bytes:
    return (9).to_bytes(4, "little") + bytes(32) + number(4) + b"seed" + number(space) + bytes(32)


def create_prefunded(space: int) -> bytes:
    return (13).to_bytes(4, "little") + number(1) + number(space) + bytes(32)


@pytest.mark.parametrize("instruction", [create, create_with_seed, allocate, allocate_with_seed, create_prefunded])
def test_what_asks_for_space(instruction: Any) -> None:
    assert cost((2, (), instruction(100))).allocation == 100
    assert cost((2, (), instruction(100)), (2, (), instruction(200)), (3, (), instruction(7))).allocation == 300
    assert cost((2, (), instruction(10 * MEBIBYTE))).allocation == 10 * MEBIBYTE
    assert cost((2, (), instruction(10 * MEBIBYTE)), (2, (), allocate(10 * MEBIBYTE))).allocation == 20 * MEBIBYTE
    assert cost(*[(2, (), instruction(10 * MEBIBYTE))] * 3).allocation == 20 * MEBIBYTE


@pytest.mark.parametrize(
    "failing", [b"", b"\x02", bytes(4), allocate(10 * MEBIBYTE + 1), (14).to_bytes(4, "little"), create(1)[:-1]]
)
def test_a_transaction_that_must_fail_asks_for_nothing(failing: bytes) -> None:
    assert cost((2, (), allocate(100)), (2, (), failing)).allocation == 0


def test_limits_by_the_length_of_a_slot() -> None:
    for milliseconds, time in SLOT_TIMES.items():
        assert time.limits.block == 250_000 * milliseconds == time.limits.allocation
        assert time.limits.account == time.limits.block * 2 // 5
        assert time.hashes_per_tick == 62_500 * milliseconds // 400


def code(limits: tuple[int, int, int], *transactions: Any) -> str | None:
    """Why the block is invalid: limits of an account, of the block, and of bytes."""
    chain = SmallChain(RICH)
    try:
        chain.add(transactions, limits=CostLimits(*limits))
    except Rejection as rejection:
        return f"{rejection.code.name} {rejection.transaction}"
    return None


FAR = 10**9
PAY_2, PAY_3, OTHER = transfer(1, key(2), SOL), transfer(1, key(3), SOL), transfer(2, key(9), SOL)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((FAR, 3 * TRANSFER, FAR), None),
        ((FAR, 3 * TRANSFER - 1, FAR), "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT 2"),
        ((FAR, 2 * TRANSFER - 1, FAR), "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT 1"),
        ((2 * TRANSFER, FAR, FAR), None),
        ((2 * TRANSFER - 1, FAR, FAR), "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT 1"),
        ((TRANSFER, FAR, FAR), "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT 1"),
        ((TRANSFER - 1, FAR, FAR), "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT 0"),
        ((TRANSFER - 1, TRANSFER - 1, FAR), "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT 0"),
        ((FAR, FAR, 0), None),
    ],
)
def test_room(limits: tuple[int, int, int], expected: str | None) -> None:
    assert code(limits, PAY_2, PAY_3, OTHER) == expected


def creation(payer: int, number: int, space: int) -> Any:
    message = message_of(
        (key(payer), key(number), SYSTEM),
        [(2, (0, 1), bytes(4) + SOL.to_bytes(8, "little") + space.to_bytes(8, "little") + bytes(32))],
        header=(2, 0, 1),
    )
    return signed(message, payer, number)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((FAR, FAR, 300), None),
        ((FAR, FAR, 299), "WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT 1"),
        ((FAR, FAR, 99), "WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT 0"),
        ((100, FAR, 99), "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT 0"),
        ((3_000, FAR, 299), "WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT 1"),
    ],
)
def test_room_for_bytes(limits: tuple[int, int, int], expected: str | None) -> None:
    """The limit of bytes goes before that of what is on an account already, and after that of one transaction."""
    assert code(limits, creation(1, 20, 100), creation(1, 21, 200)) == expected


def test_a_failed_transaction_costs_too() -> None:
    failing = transfer(1, key(2), 100 * SOL)
    assert code((FAR, 2 * TRANSFER, FAR), failing, OTHER) is None
    assert code((FAR, 2 * TRANSFER - 1, FAR), failing, OTHER) == "WOULD_EXCEED_MAX_BLOCK_COST_LIMIT 1"


def test_a_lock_that_is_not_granted_is_on_no_account() -> None:
    """Both ask to write to a reserved account. They pay for that, and do not meet there."""

    def paying(payer: int, to: int) -> Any:
        message = message_of((key(payer), key(to), CLOCK, SYSTEM), [(3, (0, 1), transfer_data(SOL))], header=(1, 0, 1))
        return signed(message, payer)

    each = 720 + 900 + 3 + 150 + 8
    assert code((each, 2 * each, FAR), paying(1, 8), paying(2, 9)) is None
    assert code((each, FAR, FAR), paying(1, 8), paying(2, 8)) == "WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT 1"
