"""What is measured is what its name says."""

from __future__ import annotations

import pytest

from benchmarks.workloads import LOOP_GAS, TRANSACTIONS, TRANSFER_EVENT, loop, token_transfers, transfers
from samestate.conformance.generating.case import GeneratedCase
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.machine import Evm
from samestate.spec.transition import apply_block


def run(case: GeneratedCase) -> EvmResult:
    result = apply_block(Evm(case.fork), case.payload(), case.state())
    assert all(receipt.succeeded for receipt in result.receipts)
    return result


def test_transfers() -> None:
    case = transfers()
    assert len(case.pre) == 2000
    assert run(case).totals.gas_used == 21000 * TRANSACTIONS


@pytest.mark.slow
def test_accounts() -> None:
    assert len(transfers(100_000).pre) == 100_000


def test_token_transfers() -> None:
    result = run(token_transfers())
    assert len(result.receipts) == TRANSACTIONS
    for receipt in result.receipts:
        (log,) = receipt.logs
        assert log.topics[0] == TRANSFER_EVENT
    balances = [write for step in result.steps for write in step.writes if write[0] == 4 and len(write) == 53]
    assert len(balances) >= 2 * TRANSACTIONS


def test_loop() -> None:
    assert 0.999 * LOOP_GAS < run(loop()).totals.gas_used <= LOOP_GAS
