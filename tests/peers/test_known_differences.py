"""Differences that docs/outside-clients.md explains are still there; once one is gone, its explanation goes too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.generating.bytecode import Code
from conformance.generating.case import GeneratedCase
from conformance.generating.evm import generate_block, generate_invalid_block
from conformance.peers.eels import Eels
from conformance.peers.ethereumjs import EthereumJs
from conformance.peers.peer import PeerMissing, differences, run_specification
from spec.evm.forks import PRAGUE
from spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES

pytestmark = [pytest.mark.peers]


@pytest.fixture(scope="module")
def eels() -> Eels:
    try:
        return Eels()
    except PeerMissing as missing:
        pytest.skip(str(missing))


def block_for_another_chain() -> GeneratedCase:
    """A block whose last transaction is typed and names another chain."""
    cases = (generate_invalid_block(PRAGUE, seed, transactions=1) for seed in range(1000))
    return next(case for case in cases if "another chain" in case.name)


def block_with_other_code(contract: bytes) -> GeneratedCase:
    """An empty block on a state in which a system contract is not the usual one: it stores what it is called with."""
    code = Code().push(0).op("CALLDATALOAD").push(5).op("SSTORE", "STOP").build()
    case = generate_block(PRAGUE, 1, transactions=0)
    account: dict[str, str | dict[str, str]] = {"nonce": "0x1", "code": f"0x{code.hex()}"}
    return replace(case, pre={**case.pre, f"0x{contract.hex()}": account})


def test_eels_accepts_a_transaction_for_another_chain(eels: Eels) -> None:
    case = block_for_another_chain()
    assert run_specification(case).rejection is not None
    assert eels.run(case).rejection is None


@pytest.mark.parametrize("contract", [BEACON_ROOTS, BLOCK_HASHES], ids=["beacon roots", "block hashes"])
def test_ethereumjs_does_not_call_the_contracts_of_the_opening(eels: Eels, contract: bytes) -> None:
    case = block_with_other_code(contract)
    ours = run_specification(case)
    assert differences(ours, eels.run(case)) == ()
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        assert differences(ours, peer.run(case)) == ("state_root",)


def test_ethereumjs_rejects_a_transaction_for_another_chain() -> None:
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        assert peer.run(block_for_another_chain()).rejection is not None
