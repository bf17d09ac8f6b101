"""Blocks whose signers are found out eight at once: all as where each is found out by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.benchmarking.evm_workloads import EvmWorkload, transfers, with_raw_block
from samestate.conformance.engines.optimized.evm import page_of
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized.configuration import Configuration
from samestate.optimized.engine import Engine
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.importing import Imported
from samestate.optimized.evm.native import precompiles
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.spec.evm.block import decode_block, encode_block
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.signature import CURVE_ORDER, sign_authorization
from samestate.spec.evm.transaction import (
    Authorization,
    SetCodeTransaction,
    encode_transaction,
)
from tests.optimized.evm.blocks import STOP, packed, world

COUNT = 27
"""Three whole groups, and three more."""
NEEDS_LANES = pytest.mark.skipif(not precompiles.has_lanes(), reason="the processor has no AVX-512 IFMA")


@pytest.fixture(scope="module")
def workload() -> EvmWorkload:
    return with_raw_block(transfers("raw", AMSTERDAM, COUNT, lambda place: f"shop {place % 3}"))


def imported(workload: EvmWorkload, raw: bytes, access_list: bytes | None, **settings: Any) -> Imported:
    with EvmEngine(Configuration(record=False, **settings)) as engine:
        page, state = page_of(name_fork(workload.case.fork)), world_of(workload.case.state())
        return engine.import_block(page, raw, workload.case.chain_id, state, access_list=access_list)


@NEEDS_LANES
@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("strategy", ["sequential", "block-stm", "locks", "waves", "access-list", "adaptive"])
def test_the_setting_and_what_is_counted(strategy: str, workers: int, workload: EvmWorkload) -> None:
    """All of them where one worker comes to all; others go on by themselves while somebody is at a group."""
    link = workload.link
    assert link is not None
    for lanes in (True, False):
        found = imported(
            workload, link.block, link.access_list, strategy=strategy, workers=workers, signature_lanes=lanes
        )
        assert found.rejection is None
        assert found.result is not None
        assert [found.block.sender(index) for index in range(COUNT)] == list(workload.senders)
        in_lanes = found.result.metrics.signatures_in_lanes
        assert in_lanes is not None
        assert in_lanes == (COUNT if lanes else 0) if workers == 1 else 8 * lanes <= in_lanes <= COUNT * lanes


@pytest.mark.parametrize("strategy", ["sequential", "block-stm"])
@pytest.mark.parametrize("place", [0, 7, 20])
@pytest.mark.parametrize("fault", [{"s": CURVE_ORDER - 1}, {"r": 0}, {"s": 0}, {"r": CURVE_ORDER}, {"r": 5}])
def test_a_signature_that_is_none(fault: dict[str, int], place: int, strategy: str, workload: EvmWorkload) -> None:
    """It is refused by its own number, wherever it lies in its group. There is no point with an x of 5."""
    assert workload.link is not None
    block = decode_block(workload.link.block)
    transactions = [*block.transactions]
    transactions[place] = replace(transactions[place], **fault)
    raw = encode_block(replace(block, transactions=tuple(transactions)))
    verdicts = []
    for lanes in (True, False):
        rejection = imported(workload, raw, None, strategy=strategy, signature_lanes=lanes).rejection
        assert rejection is not None
        verdicts.append(rejection)
    assert verdicts[0] == verdicts[1]
    assert (verdicts[0].code, verdicts[0].transaction) == ("INVALID_SIGNATURE", place)


def delegating(count: int) -> PackedBlock:
    """Two transactions with so many authorizations, every third of which is wrong in some way."""
    authorizations = []
    for number in range(count):
        made = sign_authorization(
            Authorization(chain_id=number % 2, address=STOP, nonce=0), (number + 1).to_bytes(32, "big")
        )
        if number % 3 == 2:
            wrong: list[dict[str, Any]] = [
                {"s": CURVE_ORDER - made.s, "y_parity": 1 - made.y_parity}, {"r": 0}, {"r": 5}, {"y_parity": 2},
                {"chain_id": 9}, {"nonce": 2**64 - 1}, {"s": made.s ^ 1}, {"r": CURVE_ORDER},
            ]  # fmt: skip
            made = replace(made, **wrong[number // 3 % len(wrong)])
        authorizations.append(made)
    fields: dict[str, Any] = {"max_priority_fee_per_gas": 0, "max_fee_per_gas": 0, "to": STOP, "value": 0, "data": b""}
    encoded = encode_transaction(
        SetCodeTransaction(
            chain_id=1, nonce=0, gas_limit=100_000 + 30_000 * count, authorizations=tuple(authorizations), **fields
        )
    )
    return packed([(0, encoded), (1, encoded)], "Prague")


def executed(block: PackedBlock, lanes: bool) -> EvmResult:
    with Engine("evm", Configuration(strategy="sequential", signature_lanes=lanes)) as engine:
        result = engine.execute(block, world())
    assert isinstance(result, EvmResult)
    return result


@NEEDS_LANES
@pytest.mark.parametrize(("count", "in_lanes"), [(1, 0), (2, 2), (9, 8), (10, 8), (40, 32)])
def test_authorizations(count: int, in_lanes: int) -> None:
    """Those that may count by what they say are found out; one that is left over is no lane's."""
    by_lanes, alone = executed(delegating(count), lanes=True), executed(delegating(count), lanes=False)
    assert by_lanes.rejection is None
    assert by_lanes.steps == alone.steps
    assert by_lanes.outcomes == alone.outcomes
    assert by_lanes.changes == alone.changes
    assert alone.metrics.signatures_in_lanes == 0
    assert by_lanes.metrics.signatures_in_lanes == 2 * in_lanes
    delegated = [key for key in by_lanes.changes if key not in executed(delegating(1), lanes=False).changes]
    assert len(delegated) >= count // 2
