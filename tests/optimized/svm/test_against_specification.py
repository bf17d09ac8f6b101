"""Every strategy of the compiled machine gives what the specification gives: receipts, record, state, bank hash."""

from __future__ import annotations

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.chain import block_on
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from tests.optimized.svm.comparing import differences, engines, specified
from tests.optimized.svm.random_blocks import random_chain
from tests.spec.svm.bank_cases import LEADER, blockhash_of, chain_of, decoded
from tests.spec.svm.real_blocks import facts


@pytest.mark.parametrize("ruleset", [MAINNET_2026_07, MAINNET_2026_09], ids=lambda ruleset: str(ruleset.name))
@pytest.mark.parametrize("seed", range(4))
def test_random_chains(ruleset: object, seed: int) -> None:
    ways = engines()
    count = 0
    for drawn in random_chain(seed, ruleset, 6, 12):  # type: ignore[arg-type]
        for name, engine in ways.items():
            assert differences(engine, ruleset, drawn.block, drawn.state, drawn.expected) == [], name  # type: ignore[arg-type]
        count += not isinstance(drawn.expected, Rejection)
    assert count >= 3
    for engine in ways.values():
        engine.close()


@pytest.mark.fixtures
def test_the_cases_that_were_run_on_the_bank() -> None:
    """Each block as it is valid, and with the first transactions that it may not have."""
    ways = engines()
    compared = 0
    for case in facts("bank-cases")["cases"]:
        chain = chain_of(case)
        for block in case["blocks"]:
            given = {"slot": block, "entries": []} if isinstance(block, int) else block
            slot = given["slot"]
            entries = [[one for one in decoded(entry) if not isinstance(one, Rejection)] for entry in given["entries"]]
            state, bank = chain.state, chain.bank
            _, placed = chain.add(slot, entries)
            came_to = iter(placed)
            kept: list[list[object]] = []
            blocks = []
            for entry in entries:
                kept.append([])
                for one in entry:
                    if not isinstance(next(came_to), Rejection):
                        kept[-1].append(one)
                    elif len(blocks) < 4:
                        blocks.append([*map(list, kept[:-1]), [*kept[-1], one]])
            for content in (*blocks, kept):
                history = [HistoryEntry(0, bytes(32), tuple(each)) for each in content]  # type: ignore[arg-type]
                made = block_on(bank, state, slot, LEADER, history, blockhash_of(slot))
                expected = specified(chain.ruleset, made, state)
                for name, engine in ways.items():
                    assert differences(engine, chain.ruleset, made, state, expected) == [], (case["name"], name)
                    compared += 1
    assert compared > 1000
