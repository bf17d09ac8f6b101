"""The compute budget: defaults, requests, and each defect of a request."""

from __future__ import annotations

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import COMPUTE_BUDGET, ED25519, LOADER_V3, SECP256R1, SYSTEM, VOTE
from samestate.spec.svm.compute_budget import ComputeBudget, compute_budget, read_budget_requests
from samestate.spec.svm.message import Config, TransactionMessage
from tests.spec.svm.execution import PAYER, Sent, message_of

OTHER = b"\x0e" * 32
MEBIBYTES_64 = 64 * 2**20


def request(tag: int, value: int, size: int = 4) -> Sent:
    return Sent(COMPUTE_BUDGET, bytes([tag]) + value.to_bytes(size, "little"))


def heap(value: int) -> Sent:
    return request(1, value)


def limit(value: int) -> Sent:
    return request(2, value)


def price(value: int) -> Sent:
    return request(3, value, 8)


def loaded(value: int) -> Sent:
    return request(4, value)


def budget_of(*sent: Sent) -> ComputeBudget:
    return budget_of_message(message_of(PAYER, *sent))


def budget_of_message(message: TransactionMessage) -> ComputeBudget:
    return compute_budget(message, read_budget_requests(message))


def rejection_of(*sent: Sent) -> tuple[str, str]:
    with pytest.raises(Rejection) as raised:
        budget_of(*sent)
    return raised.value.code.name, raised.value.detail


@pytest.mark.parametrize(
    ("programs", "units"),
    [
        ((), 0),
        ((SYSTEM,), 3_000),
        ((SYSTEM, COMPUTE_BUDGET, LOADER_V3, ED25519), 12_000),
        ((OTHER,), 200_000),
        ((VOTE,), 200_000),
        ((SECP256R1,), 200_000),
        ((SYSTEM, OTHER), 203_000),
        ((OTHER,) * 7, 1_400_000),
        ((OTHER,) * 8, 1_400_000),
    ],
)
def test_each_instruction_brings_units_where_no_limit_is_named(programs: tuple[bytes, ...], units: int) -> None:
    sent = [price(1) if program == COMPUTE_BUDGET else Sent(program, b"") for program in programs]
    assert budget_of(*sent).unit_limit == units


def test_what_is_requested() -> None:
    budget = budget_of(heap(32_768 + 1_024), price(2_000_000), limit(1_000), loaded(77))
    assert budget == ComputeBudget(1_000, 2_000, 77, 33_792)
    assert budget_of() == ComputeBudget(0, 0, MEBIBYTES_64, 32_768)


def test_requests_are_capped() -> None:
    assert budget_of(limit(2**32 - 1), loaded(2**32 - 1)) == ComputeBudget(1_400_000, 0, MEBIBYTES_64, 32_768)
    assert budget_of(limit(2**32 - 1), price(1_000_000)).priority_fee == 1_400_000
    assert budget_of(heap(262_144)).heap_size == 262_144
    assert budget_of(heap(32_768)).heap_size == 32_768


def test_what_follows_a_request_does_not_matter() -> None:
    more = Sent(COMPUTE_BUDGET, limit(9).data + b"more")
    assert budget_of(more).unit_limit == 9


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x00\x00\x00\x00\x00\x00\x00\x00", b"\x05" + bytes(8), limit(1).data[:-1], price(1).data[:-1]]
)
def test_what_is_no_request(data: bytes) -> None:
    found = rejection_of(Sent(SYSTEM, b""), Sent(COMPUTE_BUDGET, data))
    assert found == ("INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA", "instruction 1")


@pytest.mark.parametrize("sent", [heap(32_768), limit(1), price(1), loaded(1)])
def test_the_same_request_twice(sent: Sent) -> None:
    assert rejection_of(sent, Sent(SYSTEM, b""), sent) == ("DUPLICATE_INSTRUCTION", "instruction 2")


@pytest.mark.parametrize("size", [0, 32_767, 32_769, 33_791, 262_145, 262_144 + 1_024, 2**32 - 1])
def test_a_heap_of_another_size(size: int) -> None:
    found = rejection_of(Sent(SYSTEM, b""), heap(size))
    assert found == ("INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA", "instruction 1")


def test_nothing_loaded() -> None:
    assert rejection_of(loaded(0))[0] == "INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT"
    assert rejection_of(loaded(0), heap(1))[0] == "INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA", "the heap comes first"


@pytest.mark.parametrize(
    ("config", "budget"),
    [
        (Config(), ComputeBudget(0, 0, 0, 32_768)),
        (Config(7, 2_000_000, 2**32 - 1, 65_536), ComputeBudget(1_400_000, 7, MEBIBYTES_64, 65_536)),
        (Config(2**64 - 1, 5, 6), ComputeBudget(5, 2**64 - 1, 6, 32_768)),
    ],
)
def test_a_message_of_version_1_says_it_itself(config: Config, budget: ComputeBudget) -> None:
    ignored = [limit(3), limit(4), Sent(COMPUTE_BUDGET, b"")]
    assert budget_of_message(message_of(PAYER, *ignored, version=1, config=config)) == budget
