"""EELS agrees on every generated block, but for what docs/outside-clients.md explains."""

from __future__ import annotations

import pytest

from samestate.conformance.peers.eels import MODULES, Eels
from samestate.conformance.peers.peer import PeerMissing
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import FORKS
from tests.peers.blocks import disagreements, invalid_blocks, valid_blocks

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SHARED = [fork for fork in FORKS if fork.name in MODULES]


@pytest.fixture(scope="module")
def eels() -> Eels:
    try:
        return Eels()
    except PeerMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_valid_blocks(eels: Eels, fork: Fork) -> None:
    assert disagreements(eels, valid_blocks(fork)) == []


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_invalid_blocks(eels: Eels, fork: Fork) -> None:
    # EELS before the fix of ethereum/execution-specs#3000 does not compare the chain id that typed transactions name.
    cases = [case for case in invalid_blocks(fork) if "another chain" not in case.name]
    assert disagreements(eels, cases) == []
