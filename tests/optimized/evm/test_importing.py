"""Whole blocks: taken out of their bytes, executed, and held against all that their headers say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.benchmarking.evm_workloads import EvmWorkload, block, transfers, with_raw_block
from samestate.conformance.engines.optimized.evm import page_of
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.encodings import Refused
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.importing import Imported
from samestate.optimized.evm.world import World
from samestate.spec.evm.block import decode_block, encode_block
from samestate.spec.evm.block_access_list import decode_access_list, encode_access_list
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.hashing import keccak256

COUNT = 24


@pytest.fixture(scope="module")
def workload() -> EvmWorkload:
    return with_raw_block(transfers("raw", AMSTERDAM, COUNT, lambda place: f"shop {place % 3}"))


@pytest.fixture(params=["sequential", "block-stm", "locks", "waves"])
def engine(request: pytest.FixtureRequest) -> Iterator[EvmEngine]:
    with EvmEngine(Configuration(strategy=request.param, workers=2, record=False)) as made:
        yield made


def imported(
    engine: EvmEngine, workload: EvmWorkload, world: World, access_list: bytes | None = None, **changed: Any
) -> Imported:
    """What comes of a workload's block, some fields of its header replaced."""
    assert workload.link is not None
    raw = workload.link.block
    if changed:
        decoded = decode_block(raw)
        raw = encode_block(replace(decoded, header=replace(decoded.header, **changed)))
    page = page_of(name_fork(workload.case.fork))
    return engine.import_block(page, raw, workload.case.chain_id, world, access_list=access_list)


def test_a_block_that_is_right_leaves_its_state(engine: EvmEngine, workload: EvmWorkload) -> None:
    assert workload.link is not None
    world = world_of(workload.case.state())
    found = imported(engine, workload, world)
    assert found.rejection is None
    names = [claim.name for claim in found.claims]
    assert {"transactions root", "receipts root", "logs bloom", "gas used", "requests hash", "state root"} <= set(names)
    assert world.root() != workload.link.header.state_root
    found.keep()
    assert world.root() == workload.link.header.state_root
    assert {"decode", "execute", "receipts", "body", "state"} <= set(found.stages.seconds)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("transactions_root", "INVALID_TRANSACTIONS_ROOT"),
        ("withdrawals_root", "INVALID_WITHDRAWALS_ROOT"),
        ("receipts_root", "INVALID_RECEIPTS_ROOT"),
        ("bloom", "INVALID_LOGS_BLOOM"),
        ("gas_used", "INVALID_GAS_USED"),
        ("requests_hash", "INVALID_REQUESTS_HASH"),
        ("block_access_list_hash", "INVALID_BAL_HASH"),
        ("state_root", "INVALID_STATE_ROOT"),
    ],
)
def test_a_header_that_says_something_else(workload: EvmWorkload, field: str, code: str) -> None:
    world = world_of(workload.case.state())
    before = world.root()
    wrong: object = 1 if field == "gas_used" else bytes(255) + b"\x01" if field == "bloom" else bytes(31) + b"\x01"
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine:
        found = imported(engine, workload, world, **{field: wrong})
        assert found.rejection is not None
        assert (found.rejection.code, found.rejection.transaction) == (code, None)
        assert "the header says" in found.rejection.detail
        with pytest.raises(ValueError, match="an invalid block leaves no state"):
            found.keep()
        assert world.root() == before
        assert imported(engine, workload, world).rejection is None


@pytest.mark.parametrize("strategy", ["sequential", "access-list"])
def test_the_list_that_came_with_a_block_is_judged(workload: EvmWorkload, strategy: str) -> None:
    assert workload.link is not None
    world = world_of(workload.case.state())
    before = world.root()
    right = workload.link.access_list
    wrong = encode_access_list(decode_access_list(right)[1:])
    with EvmEngine(Configuration(strategy=strategy, workers=2, record=False)) as engine:

        def verdict(access_list: bytes, **changed: Any) -> str | None:
            found = imported(engine, workload, world, access_list, **changed)
            assert world.root() == before
            return found.rejection and found.rejection.code

        assert verdict(right) is None
        assert verdict(wrong) == "INVALID_BAL_HASH"
        assert verdict(right, block_access_list_hash=keccak256(wrong)) == "INVALID_BAL_HASH"
        assert verdict(wrong, block_access_list_hash=keccak256(wrong)) == "INVALID_BLOCK_ACCESS_LIST"
        assert verdict(b"\x80", block_access_list_hash=keccak256(b"\x80")) == "MALFORMED_ACCESS_LIST"


def test_bytes_that_are_no_block(engine: EvmEngine, workload: EvmWorkload) -> None:
    assert workload.link is not None
    page = page_of(name_fork(workload.case.fork))
    with pytest.raises(Refused) as refused:
        engine.import_block(page, workload.link.block[:-1], 1, World())
    assert refused.value.code == "MALFORMED_BLOCK"


def test_the_list_that_comes_with_a_block_is_verified(engine: EvmEngine, workload: EvmWorkload) -> None:
    assert workload.link is not None
    page, raw, proposed = page_of(name_fork(workload.case.fork)), workload.link.block, workload.link.access_list
    world = world_of(workload.case.state())
    found = engine.import_block(page, raw, workload.case.chain_id, world, access_list=proposed)
    assert (found.rejection, found.access_list) == (None, proposed)
    other = encode_access_list(decode_access_list(proposed)[:-1])
    found = engine.import_block(page, raw, workload.case.chain_id, world, access_list=other)
    assert found.rejection is not None
    assert (found.rejection.code, found.result) == ("INVALID_BAL_HASH", None)
    decoded = decode_block(raw)
    committed = encode_block(replace(decoded, header=replace(decoded.header, block_access_list_hash=keccak256(other))))
    found = engine.import_block(page, committed, workload.case.chain_id, world, access_list=other)
    assert found.rejection is not None
    assert found.rejection.code == "INVALID_BLOCK_ACCESS_LIST"


def test_a_block_of_nothing(engine: EvmEngine) -> None:
    empty = with_raw_block(block("empty", AMSTERDAM, {}, []))
    assert imported(engine, empty, world_of(empty.case.state())).rejection is None
