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
from samestate.spec.evm.block import Block, Header, decode_block, empty_ommers_hash, encode_block, withdrawals_root
from samestate.spec.evm.block_access_list import decode_access_list, encode_access_list, hash_access_list
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, CANCUN, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.requests import requests_hash
from samestate.spec.state.patricia import EMPTY_ROOT

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


def genesis(fork: Fork) -> bytes:
    """A block of nothing with a header of the fork's fields, which commits to an empty state."""
    later = {
        "base_fee_per_gas": 7,
        "withdrawals_root": withdrawals_root(()),
        "blob_gas_used": 0,
        "excess_blob_gas": 0,
        "parent_beacon_block_root": bytes(32),
        "requests_hash": requests_hash(()),
        "block_access_list_hash": hash_access_list(()),
        "slot_number": 1,
    }
    header = Header(
        parent_hash=bytes(32),
        ommers_hash=empty_ommers_hash(),
        coinbase=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(256),
        difficulty=0,
        number=1,
        gas_limit=30_000_000,
        gas_used=0,
        timestamp=1,
        extra_data=b"",
        prev_randao=bytes(32),
        nonce=bytes(8),
        **dict(list(later.items())[: fork.header_fields - 15]),  # type: ignore[arg-type]
    )
    return encode_block(Block(header, (), (), () if fork.header_fields > 16 else None))


@pytest.mark.parametrize("fork", [PARIS, SHANGHAI, CANCUN], ids=lambda fork: fork.name)
def test_headers_have_the_fields_of_their_fork(fork: Fork) -> None:
    page = page_of(name_fork(fork))
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine:
        assert engine.import_block(page, genesis(fork), 1, World()).rejection is None
        for other in {PARIS, SHANGHAI, CANCUN, PRAGUE} - {fork}:
            found = engine.import_block(page, genesis(other), 1, World())
            assert found.rejection is not None
            assert (found.rejection.code, found.result) == ("WRONG_HEADER_FIELDS", None)


def test_withdrawals_are_where_the_header_says() -> None:
    without = replace(decode_block(genesis(SHANGHAI)), withdrawals=None)
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine:
        found = engine.import_block(page_of(name_fork(SHANGHAI)), encode_block(without), 1, World())
    assert found.rejection is not None
    assert found.rejection.code == "MALFORMED_BLOCK"


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
