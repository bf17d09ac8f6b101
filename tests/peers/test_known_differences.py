"""Differences that docs/outside-clients.md explains are still there; once one is gone, its explanation goes too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.conformance.peers.eels import Eels
from samestate.conformance.peers.ethereumjs import EthereumJs
from samestate.conformance.peers.peer import PeerMissing, differences, run_specification
from samestate.spec.evm.address import created_address
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block_access_list import decode_access_list
from samestate.spec.evm.forks import BPO2_ACCESS_LISTS, PRAGUE
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES
from samestate.spec.evm.transaction import LegacyTransaction, encode_transaction
from tests.peers.geth import disagreements, find_geth
from tests.peers.rulesets import without_eip_7610

pytestmark = [pytest.mark.peers]

NOTHING: dict[str, str | dict[str, str]] = {"nonce": "0x0", "balance": "0x0", "code": "0x", "storage": {}}


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


def block_with_a_slot_restored_in_vain() -> GeneratedCase:
    """A contract writes slot 1 and calls itself; the inner call writes back what was there first, and reverts."""
    code = Code()
    inner = code.label()
    code.op("CALLDATASIZE").jump_if(inner)
    code.push(7, 1).op("SSTORE").push(0, 0, 1, 0, 0).op("ADDRESS", "GAS", "CALL", "STOP")
    code.mark(inner).push(0, 1).op("SSTORE").push(0, 0).op("REVERT")
    contract, key = b"\xcc" * 20, b"\x01" * 32
    case = generate_block(BPO2_ACCESS_LISTS, 1, transactions=0)
    transaction = LegacyTransaction(
        nonce=0,
        gas_price=case.environment.base_fee_per_gas,
        gas_limit=200_000,
        to=contract,
        value=0,
        data=b"",
    )
    pre: Alloc = {
        **case.pre,
        f"0x{contract.hex()}": {"nonce": "0x1", "code": f"0x{code.build().hex()}"},
        f"0x{address_of(key).hex()}": {"balance": hex(10**20)},
    }
    return replace(case, pre=pre, transactions=(encode_transaction(sign(transaction, key)),))


def test_ethereumjs_lists_a_changed_slot_as_a_read_too() -> None:
    case = block_with_a_slot_restored_in_vain()
    ours = run_specification(case)
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        theirs = peer.run(case)
    assert differences(ours, theirs) == ("access_list",)
    assert ours.access_list is not None and theirs.access_list is not None
    (right,) = [entry for entry in decode_access_list(ours.access_list) if entry.address == b"\xcc" * 20]
    (wrong,) = [entry for entry in decode_access_list(theirs.access_list) if entry.address == b"\xcc" * 20]
    # EIP-7928: a slot that is written is not listed as a read as well.
    assert right.storage_reads == ()
    assert wrong == right._replace(storage_reads=(1,))


def block_that_creates_onto_storage_alone() -> GeneratedCase:
    """A creation whose address has a slot, and neither nonce nor code."""
    key = b"\x01" * 32
    sender = address_of(key)
    case = generate_block(PRAGUE, 1, transactions=0)
    transaction = LegacyTransaction(
        nonce=0,
        gas_price=case.environment.base_fee_per_gas,
        gas_limit=200_000,
        to=None,
        value=0,
        data=b"",
    )
    pre: Alloc = {
        **case.pre,
        f"0x{sender.hex()}": {**NOTHING, "balance": hex(10**20)},
        f"0x{created_address(sender, 0).hex()}": {**NOTHING, "balance": "0x1", "storage": {"0x0": "0x2"}},
    }
    return replace(case, pre=pre, transactions=(encode_transaction(sign(transaction, key)),))


def test_geth_creates_onto_storage_alone(eels: Eels) -> None:
    geth, case = find_geth(), block_that_creates_onto_storage_alone()
    assert differences(run_specification(case), eels.run(case)) == ()
    (difference,) = disagreements(geth, [case])
    assert "status: expected failure, the engine gives success" in difference
    with without_eip_7610():
        assert disagreements(geth, [case]) == []


def test_ethereumjs_rejects_a_transaction_for_another_chain() -> None:
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        assert peer.run(block_for_another_chain()).rejection is not None
