"""The toy's block builder, and what it says where a scenario is not about what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.scenarios.draft import Unexpected
from samestate.conformance.scenarios.filling import fill
from samestate.conformance.scenarios.scenario import SCENARIOS, Scenario, ToyRuleset, all_scenarios
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, hash_of, load, noop, store
from samestate.conformance.vectors import toy
from samestate.spec.toy.keys import slot_key
from samestate.spec.toy.rejections import Invalid

BY_HAND = 10
"""How many blocks are worked out on paper at least."""


def filled(story: Callable[[ToyBlockBuilder], None], size_limit: int = 60_000) -> str:
    scenario = Scenario("suite", "name", ("H01",), (ToyRuleset(),), story, toy.NAME, size_limit)
    return fill(scenario, ToyRuleset()).text


def small(block: ToyBlockBuilder) -> None:
    alice = block.account("alice")
    block.holding({1: 7})
    block.send(alice, load(1), store(2), hash_of(b""))


def test_names_are_accounts_and_nonces_count_themselves() -> None:
    block = ToyBlockBuilder()
    alice = block.account("alice", nonce=5)
    assert block.nobody("alice") is alice
    assert ToyBlockBuilder().nobody("alice") == alice
    block.send(alice)
    block.send(alice, nonce=9)
    block.send(alice)
    assert [transaction.nonce for transaction in block.draft.transactions] == [5, 9, 6]


def test_filling_is_deterministic() -> None:
    assert filled(small) == filled(small)


@pytest.mark.parametrize(
    ("expectation", "complaint"),
    [
        (lambda block: block.expect(Invalid.NONCE_TOO_LOW), "the scenario says NONCE_TOO_LOW"),
        (lambda block: block.expect_success(False), "says (False,) of the receipts, and they are (True,)"),
        (lambda block: block.expect_gas(1), "gas used: the scenario says ['1'], the specification ['24230']"),
        (lambda block: block.expect_cumulative_gas(1), "cumulative gas used"),
        (lambda block: block.expect_logs([]), "logs"),
        (lambda block: block.expect_first_logs(1), "first log"),
        (lambda block: block.expect_balance(block.nobody("alice"), WEALTH), "balance of alice"),
        (lambda block: block.expect_nonce(block.nobody("alice"), 0), "nonce of alice"),
        (lambda block: block.expect_slot(2, 8), "slot 0x2: the scenario says 8, the specification 7"),
        (lambda block: block.expect_root("state_root", bytes(32)), "state_root"),
        (lambda block: block.expect_critical_path(2), "critical path"),
        (lambda block: block.expect_reads(0, slot_key(1)), "reads of step 0"),
        (lambda block: block.expect_writes(0), "writes of step 0"),
        (lambda block: block.expect_sources(0, slot_key(1), 0), "sources of slot 0x1 in step 0"),
        (lambda block: block.send(block.nobody("bob"), noop()), "the specification rejects it"),
        (lambda block: block.carry_access_list(lambda right: ()), "the specification rejects it"),
    ],
)
def test_a_scenario_must_be_about_what_it_says(expectation: Callable[[ToyBlockBuilder], None], complaint: str) -> None:
    def story(block: ToyBlockBuilder) -> None:
        small(block)
        expectation(block)

    with pytest.raises(Unexpected, match=re.escape(complaint)) as raised:
        filled(story)
    assert str(raised.value).startswith("toy/suite/name: block 0: ")


def test_a_vector_must_not_be_too_large() -> None:
    with pytest.raises(Unexpected, match="bytes, and may have 100"):
        filled(small, size_limit=100)


LARGE = {
    "block_size.just_as_long_as_may_be": "a block of 8 MiB, though runs of one byte are written by their length",
    "builder_requests.more_deposits_than_a_block_takes": "the 64 requests of a block, of 184 bytes each",
    "builder_requests.more_exits_than_a_block_takes": "16 requests of a block, three slots each",
    "code_size.code_that_was_too_long": "code of 24,577 bytes in the block access list",
    "code_size.initialization_code_of_a_transaction_too_long": "131,073 bytes in a transaction",
    "code_size.longest_initialization_code_of_a_transaction": "131,072 bytes in a transaction",
    "fails_before_code.reservoir_that_is_refilled": "so many delegations that 2^24 gas is too little",
    "gas_caps.just_the_cap_before_execution": "so long an access list that it costs 2^24 gas",
    "gas_caps.over_the_cap_before_execution": "so long an access list that it costs more",
    "gas_caps.over_the_cap_by_the_floor": "so much data that its floor is more",
    "toy.sizes.thousand_transactions": "a thousand transactions",
}
"""What the scenarios are about whose vectors may be large: nothing smaller would show it."""


def test_a_scenario_is_large_for_a_reason() -> None:
    large = {scenario.title for scenario in all_scenarios() if scenario.size_limit > 60_000}
    assert large == set(LARGE)


def test_blocks_worked_out_by_hand_say_how() -> None:
    by_hand = [scenario for scenario in all_scenarios() if (scenario.machine, scenario.suite) == ("toy", "by_hand")]
    assert len(by_hand) >= BY_HAND
    for scenario in by_hand:
        assert len((scenario.story.__doc__ or "").split("\n\n")) >= 2, scenario.title


def test_titles_name_the_machine() -> None:
    all_scenarios()
    assert SCENARIOS["toy.nonces.gap_in_mid_block"].id(ToyRuleset()) == "toy/nonces/gap_in_mid_block"
    assert SCENARIOS["nonces.gap_in_mid_block"].machine == "evm"


@pytest.mark.parametrize(("chosen", "count"), [("toy.block_gas", 8), ("toy.sizes.one_transaction", 1)])
def test_fill_takes_suites_of_a_machine(chosen: str, count: int, tmp_path: Path) -> None:
    result = CliRunner().invoke(command.application, ["fill", chosen, "--output", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, f"0 the same, {count} written, 0 different\n")
