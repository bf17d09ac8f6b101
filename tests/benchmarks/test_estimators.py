"""What is given beforehand is what its row says."""

from __future__ import annotations

import pytest

from benchmarks.estimators import BASELINE, EXACT, FREE, generated_blocks, measure, row_of


@pytest.mark.parametrize("name", ["erc20-pair", "swaps-one"])
def test_nothing_more_is_to_be_expected_than_what_was_accessed(name: str) -> None:
    blocks = list(generated_blocks(name))
    figures = measure(blocks, [BASELINE, FREE, EXACT], workers=2, repetitions=1, latency=0.0)
    (measured,) = [found for each, found in zip(blocks, figures, strict=True) if each.counts]
    count = sum(each.block.transaction_count for each in blocks if each.counts)
    exact, free, declared = measured[EXACT], measured[FREE], measured[BASELINE]
    assert exact.recall == 1.0
    assert exact.executions == count
    assert declared.recall is not None
    assert free.recall is not None
    assert declared.recall < free.recall
    assert all(len(times) == 1 for each in measured.values() for times in each.seconds.values())
    assert row_of(name, EXACT, [measured], count)["executions"] == 1.0
