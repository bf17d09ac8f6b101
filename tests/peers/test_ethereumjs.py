"""@ethereumjs/vm agrees on every generated block, but for what docs/outside-clients.md explains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.peers.ethereumjs import HARDFORKS, EthereumJs
from conformance.peers.peer import PeerMissing
from spec.evm.fork import Fork
from spec.evm.forks import FORKS
from tests.peers.blocks import disagreements, invalid_blocks, valid_blocks

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SHARED = [fork for fork in FORKS if fork.name in HARDFORKS]


@pytest.fixture(scope="module")
def ethereumjs() -> Iterator[EthereumJs]:
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        yield peer


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_valid_blocks(ethereumjs: EthereumJs, fork: Fork) -> None:
    assert disagreements(ethereumjs, valid_blocks(fork)) == []


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_invalid_blocks(ethereumjs: EthereumJs, fork: Fork) -> None:
    assert disagreements(ethereumjs, invalid_blocks(fork)) == []
