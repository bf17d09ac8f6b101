"""What vectors expect, against EELS: roots, gas and requests of every block that it can execute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.eels import Eels
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock, differences
from samestate.conformance.scenarios.block_builder import block_hash
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.evm.case import encoded_transactions
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import OF_CHAINS, VALID, members, text, texts
from samestate.conformance.vectors.places import vector_files
from samestate.spec.evm.chain import BLOCK_HASH_WINDOW
from samestate.spec.evm.forks import BPO2, BPO2_ACCESS_LISTS
from samestate.spec.machine import Rejection

UNKNOWN_TO_EELS = OF_CHAINS | {"ommers", "proposed-access-list"}

ACCEPTED_BY_EELS = {"WRONG_CHAIN_ID"}
"""EELS 2.20 looks at the chain of legacy transactions only: it takes typed ones of any chain."""

KEPT_BY_EELS: dict[str, tuple[str, ...]] = {
    "evm/empty_accounts/authority_that_was_touched-prague": ("state_root", "receipts_root", "gas_used"),
    "evm/empty_accounts/ripemd_in_a_reverted_frame-shanghai": ("state_root",),
}
"""States that no chain has after Paris (EIP-7523), and what differs: EELS leaves a touched empty account there."""

CRASHES_EELS: dict[str, type[Exception]] = {
    "evm/precompile_modular_exponentiation/lengths_beyond_all_measure-berlin": OverflowError,
    "evm/precompile_modular_exponentiation/lengths_beyond_all_measure-prague": OverflowError,
    "evm/invalid/asked_for_a_blob_price_beyond_all_numbers-cancun": OverflowError,
    "evm/invalid/closing_asks_for_a_blob_price_beyond_all_numbers-prague": OverflowError,
    "evm/invalid/opening_asks_for_a_blob_price_beyond_all_numbers-prague": OverflowError,
    "evm/invalid/more_wei_than_there_can_be-london": OverflowError,
    "evm/invalid/no_bytes_at_all-london": IndexError,
    "evm/invalid/read_and_then_lifted_over_all_numbers-london": OverflowError,
    "evm/invalid/read_and_then_lifted_over_all_numbers-osaka": OverflowError,
}
"""Blocks that end EELS 2.20: no chain holds so much wei or had so many blobs, its decoder takes the first byte for
granted, and MODEXP adds lengths of 256 bits to a place in its input."""

FIRST_BYTE_OF_A_LIST = 0xC0
"""Of a legacy transaction."""


@pytest.fixture(scope="module")
def eels() -> Eels:
    try:
        return Eels()
    except PeerMissing as missing:
        pytest.skip(str(missing))


def summary_of(expect: Any) -> ReportedBlock:
    if text(expect, "status") != VALID:
        return ReportedBlock(rejection=text(expect, "status"))
    return ReportedBlock(
        state_root=unhexed(text(expect, "state_root")),
        receipts_root=unhexed(text(expect, "receipts_root")),
        gas_used=int(text(expect, "gas_used")),
        requests=tuple(map(unhexed, texts(expect, "requests"))) if "requests" in expect else None,
    )


def is_accepted_by_eels(block: Any, expect: Any) -> bool:
    if text(expect, "status") not in ACCEPTED_BY_EELS:
        return False
    wrong = unhexed(text(members(block, "txs")[int(text(expect, "transaction"))], "raw"))
    return wrong[0] < FIRST_BYTE_OF_A_LIST


MINUTES_IN_EELS = "blob_price_beyond_all_numbers"
"""EELS 2.20 computes such a price to its last digit, which takes minutes: in the soak alone."""

KNOWN_TO_EELS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.soak] * (MINUTES_IN_EELS in path.stem))
    for path in vector_files("evm")
    if not path.stem.endswith("-amsterdam")
]
"""EELS 2.20 ends at BPO2. Amsterdam is compared with geth: tests/peers/test_geth_vectors.py."""


@pytest.mark.peers
@pytest.mark.parametrize("path", KNOWN_TO_EELS)
def test_eels_expects_the_same(path: Path, eels: Eels) -> None:
    vector = load_vector_file(path)
    case = vector.case
    if case.selectors & UNKNOWN_TO_EELS:
        pytest.skip("EELS cannot be given this")
    fork = evm.fork_of(case)
    state = evm.state_of(case)
    for block, expect in zip(case.blocks, vector.expected, strict=True):
        environment = evm.read_environment(case, cast(Any, block)["env"])
        # EELS wants the hashes of all ancestors in reach, and a vector has only those that are asked for
        reach = range(max(0, environment.number - BLOCK_HASH_WINDOW), environment.number)
        hashes = {**{number: block_hash(number) for number in reach}, **environment.block_hashes}
        asked = GeneratedCase(
            name=case.id,
            fork=BPO2 if fork is BPO2_ACCESS_LISTS else fork,
            chain_id=environment.chain_id,
            parent=cast(Any, None),  # EELS executes bodies only
            pre=state.to_alloc(),
            environment=replace(environment, block_hashes=hashes),
            transactions=tuple(encoded_transactions(block)),
            withdrawals=evm.read_payload(case, block, ()).withdrawals,
        )
        if case.id in CRASHES_EELS:
            with pytest.raises(CRASHES_EELS[case.id]):
                eels.run(asked)
            continue
        known = ("rejection",) if is_accepted_by_eels(block, expect) else KEPT_BY_EELS.get(case.id, ())
        assert differences(summary_of(expect), eels.run(asked)) == known
        try:
            _, state, _ = evm.execute_block(case, fork, block, state)
        except Rejection:
            continue
