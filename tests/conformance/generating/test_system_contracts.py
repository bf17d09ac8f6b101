"""The system contracts do what their EIPs say, and the inputs of precompiles are mostly accepted."""

from __future__ import annotations

from random import Random

import pytest

from samestate.conformance.generating.precompile_inputs import precompile_input
from samestate.conformance.generating.system_contracts import deposit_data, deposit_logger, system_contracts
from samestate.spec.evm.forks import BERLIN, CANCUN, OSAKA, PRAGUE
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.precompiles.precompile import PrecompileFailure
from samestate.spec.evm.requests import parse_deposit
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES, CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS


def test_each_fork_has_its_own() -> None:
    assert set(system_contracts(BERLIN)) == set()
    assert set(system_contracts(CANCUN)) == {BEACON_ROOTS}
    assert set(system_contracts(PRAGUE)) == {BEACON_ROOTS, BLOCK_HASHES, WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS}


def test_the_code_is_the_deployed_one() -> None:
    # code hash on mainnet, as EIP-4788's contract has it in every client's genesis
    assert keccak256(system_contracts(PRAGUE)[BEACON_ROOTS]).hex() == (
        "f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c"
    )


def test_deposits_parse() -> None:
    assert len(parse_deposit(deposit_data(Random(1)))) == 192
    assert deposit_logger().endswith(b"\xa1\x00")


@pytest.mark.parametrize("address", sorted(OSAKA.precompiles), ids=lambda address: OSAKA.precompiles[address].name)
def test_inputs_are_accepted_and_refused(address: bytes) -> None:
    random = Random(2)
    precompile = OSAKA.precompiles[address]
    accepted = 0
    for _ in range(20):
        data = precompile_input(random, address)
        assert precompile.gas(data) >= 0
        try:
            precompile.run(data)
        except PrecompileFailure:
            continue
        accepted += 1
    assert accepted >= 10
