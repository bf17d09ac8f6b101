"""geth's transition tool agrees on every generated block, but for what docs/outside-clients.md explains."""

from __future__ import annotations

import pytest

from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.vectors import evm
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, FORKS
from tests.peers.blocks import MAKERS, amsterdam_blocks, invalid_blocks, valid_blocks
from tests.peers.geth import disagreements, find_geth
from tests.peers.rulesets import without_eip_7610

pytestmark = [pytest.mark.peers, pytest.mark.slow]


@pytest.fixture(scope="module")
def geth() -> TransitionToolEngine:
    return find_geth()


OLDER = [fork for fork in FORKS if not fork.has_access_list]


@pytest.mark.parametrize("fork", OLDER, ids=lambda fork: fork.name)
def test_valid_blocks(geth: TransitionToolEngine, fork: Fork) -> None:
    # Some generated blocks create onto accounts with storage alone, which no chain has.
    with without_eip_7610():
        assert disagreements(geth, valid_blocks(fork)) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_blocks_of_amsterdam(geth: TransitionToolEngine, kind: str) -> None:
    assert disagreements(geth, amsterdam_blocks(kind)) == []


@pytest.mark.parametrize("fork", OLDER, ids=lambda fork: fork.name)
def test_invalid_blocks(geth: TransitionToolEngine, fork: Fork) -> None:
    assert disagreements(geth, invalid_blocks(fork)) == []


def test_the_forks_that_are_shared_are_those_of_the_tool(geth: TransitionToolEngine) -> None:
    assert {fork.name.replace(" ", "") for fork in [*OLDER, AMSTERDAM]} == set(geth.capabilities.machines[evm.NAME])
