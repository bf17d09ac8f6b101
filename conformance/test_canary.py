"""The suite proves itself: a wrong digit fails on every engine, and each engine executes as much as it should."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

import pytest

from conformance.engine import Engine
from conformance.engines import REGISTRY, find_engine
from conformance.vectors.checking import check_document
from conformance.vectors.loading import load_vector_file
from conformance.vectors.model import Case
from conformance.vectors.places import SUFFIX, VECTORS, vector_files
from conformance.verdict import Result

CANARIES: Final = {
    "toy": ("toy/conflicts/long_chain", "toy/access_lists/list_of_a_long_chain"),
    "evm": ("evm/storage/read_after_write-amsterdam", "evm/access_lists/right_list-amsterdam"),
}
"""For each machine a vector, and one whose block carries an access list."""

FIELDS: Final = ("state_root", "receipts_root", "gas_used")

LEAST: Final = {
    "spec": 430,
    "reference:access-list": 35,
    "reference": 430,
    "optimized:access-list@processes": 35,
    "optimized@processes": 430,
    "optimized:access-list": 30,
    "optimized": 175,
}
"""How many vectors an engine executes at least: by its id, or else by what its id begins with and its kind."""


@functools.cache
def engine_of(id: str) -> Engine:
    return find_engine(id)


@functools.cache
def cases() -> tuple[Case, ...]:
    return tuple(load_vector_file(path).case for path in vector_files())


def least(id: str) -> int:
    """The least number of vectors that an engine executes."""
    room, _, rest = id.partition(":")
    kind = "@processes" if rest.endswith("@processes") else ""
    return LEAST.get(id) or LEAST[room + kind]


def canary_for(id: str, machine: str) -> Path:
    """The vector that must fail once a digit is wrong."""
    plain, listed = CANARIES[machine]
    return VECTORS / f"{listed if engine_of(id).capabilities.needs_access_list else plain}{SUFFIX}"


def pairs() -> list[tuple[str, str]]:
    """Every engine with each machine that it has."""
    return [(id, machine) for id in REGISTRY for machine in sorted(engine_of(id).capabilities.machines)]


@pytest.mark.parametrize(("id", "machine"), pairs())
def test_the_canary_lives_on_every_engine(id: str, machine: str) -> None:
    path = canary_for(id, machine)
    (verdict,) = check_document(str(path), path.read_bytes(), engine_of(id))
    assert verdict.result is Result.PASSED, verdict.reason


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("id", "machine"), pairs())
def test_a_wrong_digit_fails_on_every_engine(id: str, machine: str, field: str) -> None:
    path = canary_for(id, machine)
    text = path.read_text(encoding="utf-8")
    place = re.search(rf'\n      {field}: "(0x)?[0-9a-f]*([0-9a-f])"', text)
    assert place is not None
    at = place.end(2) - 1
    wrong = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
    (verdict,) = check_document(str(path), wrong.encode(), engine_of(id))
    assert verdict.result is Result.FAILED
    assert verdict.reason.startswith(f"{field}: expected ")


@pytest.mark.parametrize("id", REGISTRY)
def test_every_engine_executes_so_many_cases(id: str) -> None:
    capabilities = engine_of(id).capabilities
    executed = sum(not capabilities.missing(case) for case in cases())
    assert executed >= least(id)
    skipped = {capabilities.missing(case) for case in cases()} - {""}
    allowed = {"the engine has no machine evm", "the engine executes from access lists, and a block comes without one"}
    assert skipped <= allowed


def test_no_engine_is_missing() -> None:
    assert {id.split("@")[0] for id in REGISTRY} >= {
        "spec",
        *(
            f"{room}:{strategy}"
            for room in ("reference", "optimized")
            for strategy in ("sequential", "block-stm", "locks", "waves", "access-list")
        ),
    }
    assert sum(id.endswith("@processes") for id in REGISTRY) >= 5
