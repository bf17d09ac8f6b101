"""@ethereumjs/vm agrees on every generated block, but for what docs/outside-clients.md explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers.ethereumjs import HARDFORKS, EthereumJs
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock
from samestate.spec.evm.block_access_list import decode_access_list, encode_access_list
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, FORKS
from tests.peers.blocks import MAKERS, amsterdam_blocks, disagreements, invalid_blocks, valid_blocks
from tests.peers.compare import compare

pytestmark = [pytest.mark.peers, pytest.mark.slow]

SHARED = [fork for fork in FORKS if fork.name in HARDFORKS and fork is not AMSTERDAM]


@pytest.fixture(scope="module")
def ethereumjs() -> Iterator[EthereumJs]:
    try:
        peer = EthereumJs()
    except PeerMissing as missing:
        pytest.skip(str(missing))
    with peer:
        yield peer


class Corrected:
    """The client, with the one known mistake in its access lists put right.

    A slot that was changed, and that a frame which then failed gave its first value back, is among the reads too.
    """

    def __init__(self, peer: EthereumJs) -> None:
        self.name, self.version, self.supports = peer.name, peer.version, peer.supports
        self._peer = peer

    def run(self, case: GeneratedCase) -> ReportedBlock:
        summary = self._peer.run(case)
        if summary.access_list is None:
            return summary
        corrected = []
        for account in decode_access_list(summary.access_list):
            changed = {changes.slot for changes in account.storage_changes}
            reads = tuple(slot for slot in account.storage_reads if slot not in changed)
            corrected.append(account._replace(storage_reads=reads))
        return replace(summary, access_list=encode_access_list(tuple(corrected)))


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_valid_blocks(ethereumjs: EthereumJs, fork: Fork) -> None:
    assert disagreements(Corrected(ethereumjs), valid_blocks(fork)) == []


@pytest.mark.parametrize("fork", SHARED, ids=lambda fork: fork.name)
def test_invalid_blocks(ethereumjs: EthereumJs, fork: Fork) -> None:
    # It counts a block's blobs where it validates headers against parents, and headers are left out here.
    cases = [case for case in invalid_blocks(fork) if "more blobs than are left" not in case.name]
    assert disagreements(ethereumjs, cases) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_blocks_of_amsterdam(ethereumjs: EthereumJs, kind: str) -> None:
    """The block agrees, or differs as nothing but faults that are known explains."""
    unexplained = [
        difference for case in amsterdam_blocks(kind) for difference in compare(ethereumjs, case).differences
    ]
    assert unexplained == []
