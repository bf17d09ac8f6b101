"""The engine's pages of forks beside the specification's."""

from __future__ import annotations

import pytest

from samestate.conformance.engines.optimized.evm import page_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized.evm.forks import FORKS as PAGES
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import FORKS


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_every_fork_has_a_page(fork: Fork) -> None:
    page = page_of(name_fork(fork))
    assert page.numbers["block_reward"] == fork.block_reward
    assert page.numbers.get("blob_maximum", 0) == (fork.blob_schedule.maximum if fork.blob_schedule else 0)


def test_no_page_is_of_another_fork() -> None:
    assert list(PAGES) == [name_fork(fork).rules for fork in FORKS]
