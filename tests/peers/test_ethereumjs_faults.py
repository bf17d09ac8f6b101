"""Each fault of ethereumjs that is emulated is there, and an emulation explains nothing but what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.ethereumjs import EthereumJs
from samestate.conformance.peers.ethereumjs_faults import GAS_FAULTS, explain
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock, differences, run_specification
from tests.peers.blocks import MAKERS

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SEEDS = {
    "creation paid before it is known to fail": ("sweeps of gas", 18),
    "spill of a failing precompile comes back": ("any", 40),
    "reservoir burnt by a call out of gas": ("any", 100),
    "spill not repaid by a call that succeeds": ("any", 116),
    "gas forwarded as if no account were paid for": ("any", 164),
    "creation in a static context is listed": ("sweeps of gas", 20),
    "delegations of a failed transaction stay listed": ("any", 17),
    "account that could not be paid for is not listed": ("any", 5),
}
"""Blocks that show a fault, by kind and seed."""


@pytest.fixture(scope="module")
def ethereumjs() -> Iterator[EthereumJs]:
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        yield peer


def block_of(fault: str) -> GeneratedCase:
    kind, seed = SEEDS[fault]
    return MAKERS[kind](seed)[0]


@pytest.mark.parametrize("fault", SEEDS)
def test_the_fault_is_there(ethereumjs: EthereumJs, fault: str) -> None:
    case = block_of(fault)
    theirs = ethereumjs.run(case)
    assert differences(run_specification(case), theirs) != ()
    assert fault in explain(case, theirs)


def test_every_fault_of_gas_is_shown() -> None:
    assert {*GAS_FAULTS} <= {*SEEDS}


@pytest.mark.parametrize("fault", GAS_FAULTS)
def test_what_is_wrong_in_another_way_is_not_explained(fault: str) -> None:
    """The block as it is has no fault; with one receipt, root or entry that is off nothing explains it."""
    case = block_of(fault)
    right = run_specification(case)
    assert right.gas_used is not None and right.cumulative_gas is not None and right.access_list is not None
    for wrong in (
        replace(right, state_root=bytes(32)),
        replace(right, receipts_root=bytes(32)),
        replace(right, gas_used=right.gas_used + 1),
        replace(right, cumulative_gas=(*right.cumulative_gas[:-1], right.cumulative_gas[-1] + 1)),
        replace(right, requests=(b"\x00\x01",)),
        replace(right, access_list=b"\xc0"),
        ReportedBlock(rejection="no"),
    ):
        assert explain(case, wrong) == ()
