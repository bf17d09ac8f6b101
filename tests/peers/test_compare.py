"""The comparison at length counts what it compared, and tells each difference with the block that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.conformance.engines.clients import installed
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.peers import geth
from samestate.conformance.peers.geth import Geth
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock, run_specification
from samestate.spec.evm.forks import AMSTERDAM
from tests.peers.blocks import MAKERS
from tests.peers.compare import SHARES, compare, tasks


class Echo:
    """A client that gives what the specification does, but for ``spoilt``."""

    name = version = "echo"

    def __init__(self, **spoilt: object) -> None:
        self._spoilt = spoilt

    def supports(self, fork: str) -> bool:
        return True

    def run(self, case: GeneratedCase) -> ReportedBlock:
        return replace(run_specification(case), **self._spoilt)  # type: ignore[arg-type]


def test_a_block_that_agrees_is_counted() -> None:
    (case,) = MAKERS["full"](1)
    tally = compare(Echo(), case)
    assert tally.differences == []
    assert tally.counts["blocks of Amsterdam"] == 1
    assert tally.counts["transactions"] == len(case.transactions)


@pytest.mark.parametrize("kind", ["full", "overfull"])
def test_a_block_that_differs_is_named(kind: str) -> None:
    (case,) = MAKERS[kind](1)
    spoilt = {"gas_used": 1, "cumulative_gas": ()} if kind == "full" else {"rejection": None}
    tally = compare(Echo(**spoilt), case)
    what = "gas_used, cumulative_gas" if kind == "full" else "rejection"
    assert tally.differences == [f"{case.name}: {what}"]
    assert tally.counts["blocks that differ"] == 1


def test_so_many_blocks_are_of_each_kind() -> None:
    assert SHARES.keys() == MAKERS.keys()
    assert sum(SHARES.values()) == pytest.approx(1)
    seeds = list(tasks([*MAKERS], 400, 7))
    assert min(seed for _, seed in seeds) == 7
    blocks = {kind: sum(case.fork is AMSTERDAM for case in MAKERS[kind](0)) for kind in MAKERS}
    assert sum(blocks[kind] for kind, _ in seeds) == pytest.approx(400, rel=0.02)


def test_geth_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed.shutil, "which", lambda name, path=None: None)
    assert geth.find_program is installed.find_program
    with pytest.raises(PeerMissing, match="make peers"):
        Geth()
