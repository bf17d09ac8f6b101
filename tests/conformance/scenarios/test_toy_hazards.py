"""That toy vectors have in them what the hazards that they claim take, and that no hazard of the toy lacks a vector."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector, member, members, text
from samestate.conformance.vectors.places import vector_files

OF_THE_TOY: Final = {
    "validity and order": {"H01", "H02", "H03", "H04", "H05"},
    "coinbase and fees": {"H12", "H13", "H14", "H15", "H16", "H18", "H19"},
    "receipts and gas": {"H50", "H51", "H54", "H55", "H56"},
    "scheduling and speculation": {"H57", "H58", "H59", "H60", "H61", "H62", "H63", "H64", "H65"},
}
"""The hazards that the toy machine can express, of the groups that are about it: A, B, F and G."""

NOT_OF_THE_TOY: Final = {"H33"}
"""Logs of the toy hold constants, so there is no data in them that could be wrong."""


@functools.cache
def vectors() -> tuple[Vector, ...]:
    return tuple(load_vector_file(path) for path in vector_files("toy"))


def claiming(hazard: str) -> list[Vector]:
    return [vector for vector in vectors() if hazard in vector.hazards]


def blocks(vector: Vector) -> Iterator[tuple[Object, Object]]:
    """Each block with what is expected of it."""
    yield from zip(vector.case.blocks, vector.expected, strict=True)


def coinbase_key(block: Object) -> str:
    return f"balance {text(member(block, 'env'), 'coinbase')}"


def somebody_reads_fees(vector: Vector) -> bool:
    """A step reads the coinbase's balance after fees were credited, or after the block in which they were."""
    paid: set[str] = set()
    for block, expected in blocks(vector):
        for step in members(expected, "access"):
            if member(step, "reads").keys() & paid:
                return True
            paid |= {coinbase_key(block)} & member(step, "credits").keys()
    return False


def a_list_has_the_coinbase(vector: Vector) -> bool:
    """A block carries an access list, and some step of the block changes the coinbase's balance, or should have."""
    return any(
        any(coinbase_key(block) in member(entry, "changes") for entry in members(block, "access_list"))
        for block in vector.case.blocks
    )


def the_coinbase_pays_itself(vector: Vector) -> bool:
    """A transaction of the coinbase has a fee, and it is the one that sets its nonce."""
    return any(
        transaction["sender"] == member(block, "env")["coinbase"]
        and transaction["gas_price"] != "0"
        and f"nonce {transaction['sender']}" in member(members(expected, "access")[place + 1], "writes")
        for block, expected in blocks(vector)
        for place, transaction in enumerate(members(block, "txs"))
    )


def something_can_run_too_early(vector: Vector) -> bool:
    return any(len(members(block, "txs")) > 1 for block in vector.case.blocks)


def blocks_have_lists(vector: Vector) -> bool:
    return sum("access_list" in block for block in vector.case.blocks) > 1


def a_leak_would_show(vector: Vector) -> bool:
    """What a leak makes of the record is compared: a record is expected, or the list is wrong by just that access."""
    return something_can_run_too_early(vector) and (
        any("access" in expected for expected in vector.expected) or "read_too_many" in vector.case.id
    )


@pytest.mark.parametrize(
    ("hazard", "has_it"),
    [
        ("H13", somebody_reads_fees),
        ("H15", a_list_has_the_coinbase),
        ("H19", the_coinbase_pays_itself),
        ("H58", something_can_run_too_early),
        ("H69", a_leak_would_show),
        ("H74", blocks_have_lists),
    ],
)
def test_a_vector_has_what_its_hazard_takes(hazard: str, has_it: Callable[[Vector], bool]) -> None:
    claimed = claiming(hazard)
    assert claimed
    assert [vector.case.id for vector in claimed if not has_it(vector)] == []


@pytest.mark.parametrize("group", OF_THE_TOY)
def test_every_hazard_of_the_toy_has_a_vector(group: str) -> None:
    assert {hazard for hazard in OF_THE_TOY[group] if not claiming(hazard)} == set()


def test_nothing_is_claimed_that_the_toy_cannot_express() -> None:
    assert not any(claiming(hazard) for hazard in NOT_OF_THE_TOY)
