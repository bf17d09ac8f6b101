"""The suite proves itself: a wrong digit fails on every engine, and each engine executes as much as it should."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from samestate.conformance.checking.vectors import check_document
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.names import REGISTRY
from samestate.conformance.engines.optimized import has_engine
from samestate.conformance.engines.protocol import Capabilities, Engine
from samestate.conformance.engines.registry import SpecEngine, find_engine
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import OUTPUTS, Case
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files

CANARIES: Final = {
    "toy": ("toy/conflicts/long_chain", "toy/access_lists/list_of_a_long_chain"),
    "evm": ("evm/storage/read_after_write-amsterdam", "evm/access_lists/right_list-amsterdam"),
    "svm": ("svm/transfers/one_transfer-mainnet-2026-09", ""),
    "chains": ("chains/failures/a_slot_that_is_cleared", ""),
}
"""For each machine a vector, and one whose block carries an access list, where the machine has such."""

WITHOUT_SUMS: Final = {
    **CANARIES,
    "evm": ("evm/storage/read_after_write-berlin", "evm/access_lists/right_list-bpo2withaccesslists"),
}
"""The same without gas in two dimensions, from which a vector's gas used follows: there a wrong one is bad input."""

FIELDS: Final = {
    "toy": ("state_root", "receipts_root", "gas_used"),
    "evm": ("state_root", "receipts_root", "gas_used"),
    "svm": ("state_root", "bank_hash", "block_cost"),
    "chains": ("joint_root",),
}
"""What is spoilt in the vector of each machine."""

REJECTED: Final = (
    "evm/nonces/gap_in_mid_block-london",
    "toy/nonces/gap_in_mid_block",
    "toy/access_lists/wrong_value",
)
"""Vectors whose block is rejected for a transaction."""

REJECTED_AS_A_WHOLE: Final = ("evm/access_lists/account_too_many-amsterdam", "toy/access_lists/withdrawal_left_out")
"""Vectors whose block is rejected for no transaction."""

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


@functools.lru_cache(maxsize=64)
def engine_of(id: str) -> Engine:
    return find_engine(id)


@functools.cache
def cases() -> tuple[Case, ...]:
    return tuple(load_vector_file(path).case for path in vector_files())


@dataclass
class Spoiling:
    """The specification, but for what happens to its results."""

    spoil: Callable[[Object], None]
    id: str = "spoiling"
    capabilities: Capabilities = SpecEngine.capabilities

    def run(self, case: Case) -> list[Object]:
        """The results, spoilt."""
        results = [{**result} for result in execute(case)]
        for result in results:
            self.spoil(result)
        return results

    def close(self) -> None:
        """Nothing was started."""


def verdict_on(identity: str, engine: Engine) -> Verdict:
    """What becomes of a vector."""
    path = VECTORS / f"{identity}{SUFFIX}"
    (verdict,) = check_document(str(path), path.read_bytes(), engine)
    return verdict


def least(id: str) -> int:
    """The least number of vectors that an engine executes."""
    room, _, rest = id.partition(":")
    kind = "@processes" if rest.endswith("@processes") else ""
    return LEAST.get(id) or LEAST[room + kind]


def canary_for(id: str, machine: str, field: str = "") -> Path:
    """The vector that must fail once a digit of a field is wrong."""
    plain, listed = (WITHOUT_SUMS if field == "gas_used" else CANARIES)[machine]
    return VECTORS / f"{listed if engine_of(id).capabilities.needs_access_list else plain}{SUFFIX}"


def pairs() -> list[tuple[str, str]]:
    """Every engine with each machine that it has, and of which it can execute something."""
    return [
        (id, machine)
        for id in REGISTRY
        for machine in sorted(engine_of(id).capabilities.machines)
        if CANARIES[machine][1] or not engine_of(id).capabilities.needs_access_list
    ]


@pytest.mark.parametrize(("id", "machine"), pairs())
def test_the_canary_lives_on_every_engine(id: str, machine: str) -> None:
    path = canary_for(id, machine)
    (verdict,) = check_document(str(path), path.read_bytes(), engine_of(id))
    assert verdict.result is Result.PASSED, verdict.reason


@pytest.mark.parametrize(
    ("id", "machine", "field"), [(id, machine, field) for id, machine in pairs() for field in FIELDS[machine]]
)
def test_a_wrong_digit_fails_on_every_engine(id: str, machine: str, field: str) -> None:
    path = canary_for(id, machine, field)
    text = path.read_text(encoding="utf-8")
    place = re.search(rf'\n      {field}: "(0x)?[0-9a-f]*([0-9a-f])"', text)
    assert place is not None
    at = place.end(2) - 1
    wrong = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]
    (verdict,) = check_document(str(path), wrong.encode(), engine_of(id))
    assert verdict.result is Result.FAILED
    assert verdict.reason.startswith(f"{field}: expected ")


def outputs() -> list[tuple[str, str]]:
    """Every output with each machine whose blocks have it; rejections are no part of a valid block."""
    return [
        (identity, name)
        for identity in (listed or plain for plain, listed in CANARIES.values())
        for name in OUTPUTS
        if name in load_vector_file(VECTORS / f"{identity}{SUFFIX}").expected[0]
    ]


def test_whatever_a_valid_block_gives_is_an_output_and_has_a_canary() -> None:
    for case in CANARIES.values():
        for identity in filter(None, case):
            (expected,) = load_vector_file(VECTORS / f"{identity}{SUFFIX}").expected
            blocks = expected.get("chains", {})
            assert isinstance(blocks, dict)
            for each in (expected, *blocks.values()):
                assert isinstance(each, dict)
                assert each.keys() - {"status", "access", "chains"} <= {*OUTPUTS}
    assert {name for _, name in outputs()} == {*OUTPUTS} - {"rejection_code"}


@pytest.mark.parametrize(("identity", "name"), outputs())
def test_an_output_that_is_lost_or_wrong_fails(identity: str, name: str) -> None:
    def lose(result: Object) -> None:
        del result[name]

    def change(result: Object) -> None:
        given = result[name]
        result[name] = [*given, {}] if isinstance(given, list) else "0x77"

    for spoil in (lose, change):
        verdict = verdict_on(identity, Spoiling(spoil))
        assert verdict.result is Result.FAILED
        assert verdict.reason.startswith((name, "receipt 0", "number of receipts"))


@pytest.mark.parametrize("name", ["state_root", "receipts_root", "gas_used", "receipts"])
def test_an_output_of_one_chain_of_a_plan_that_is_wrong_fails(name: str) -> None:
    def change(result: Object) -> None:
        blocks = result["chains"]
        assert isinstance(blocks, dict)
        chain = min(blocks)
        block = blocks[chain]
        assert isinstance(block, dict)
        result["chains"] = {**blocks, chain: {**block, name: [] if name == "receipts" else "0x77"}}

    verdict = verdict_on(CANARIES["chains"][0], Spoiling(change))
    assert verdict.result is Result.FAILED
    assert name.removesuffix("s") in verdict.reason


@pytest.mark.parametrize("identity", REJECTED)
def test_a_rejection_without_the_transaction_at_fault_fails(identity: str) -> None:
    verdict = verdict_on(identity, Spoiling(lambda result: result.pop("transaction", None) and None))
    assert verdict.result is Result.FAILED
    assert verdict.reason.startswith("rejected transaction: expected ")
    assert verdict_on(identity, SpecEngine()).result is Result.PASSED


@pytest.mark.parametrize("identity", REJECTED_AS_A_WHOLE)
def test_a_rejection_that_blames_a_transaction_for_nothing_fails(identity: str) -> None:
    verdict = verdict_on(identity, Spoiling(lambda result: result.update(transaction="0")))
    assert verdict.result is Result.FAILED
    assert verdict.reason.startswith("rejected transaction: expected nothing, the engine gives ")


def test_who_tells_only_validity_may_leave_the_transaction_out_but_not_give_a_wrong_one() -> None:
    silent = replace(SpecEngine.capabilities, outputs=frozenset({"state_root"}))
    for identity in REJECTED:
        lost = Spoiling(lambda result: result.pop("transaction", None) and None, capabilities=silent)
        assert verdict_on(identity, lost).result is Result.PASSED
        wrong = Spoiling(lambda result: result.update(transaction="77"), capabilities=silent)
        assert verdict_on(identity, wrong).result is Result.FAILED


@pytest.mark.parametrize("id", REGISTRY)
def test_every_engine_executes_so_many_cases(id: str) -> None:
    capabilities = engine_of(id).capabilities
    executed = sum(not capabilities.missing(case) for case in cases())
    assert executed >= least(id)
    skipped = {capabilities.missing(case) for case in cases()} - {""}
    allowed = {
        "the engine has no machine evm",
        "the engine has no machine svm",
        "the engine executes from access lists, and a block comes without one",
    }
    assert skipped <= allowed


def test_no_engine_is_missing() -> None:
    assert {id.split("@")[0] for id in REGISTRY} >= {
        "spec",
        *(
            f"{room}:{strategy}"
            for room in ("reference", *(["optimized"] if has_engine() else []))
            for strategy in ("sequential", "block-stm", "locks", "waves", "access-list")
        ),
    }
    assert sum(id.endswith("@processes") for id in REGISTRY) >= 5 * has_engine()
