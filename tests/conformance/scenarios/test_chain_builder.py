"""The chain builder: headers are right unless something is said of them, and who said what stands in the vector."""

from __future__ import annotations

import pytest

from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.scenarios.chain_builder import ChainBuilder
from samestate.conformance.scenarios.chain_draft import transition
from samestate.conformance.scenarios.chain_executing import execute_scenario
from samestate.conformance.scenarios.draft import ETHER, GWEI, Unexpected
from samestate.conformance.scenarios.scenario import Scenario, Story
from samestate.conformance.vectors.model import member, text
from samestate.spec.evm.forks import ARROW_GLACIER, BERLIN, CANCUN, LONDON, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid


def scenario_of(story: Story) -> Scenario:
    return Scenario("suite", "name", (), (), story, is_chain=True)


def test_a_block_of_which_nothing_is_said_is_valid() -> None:
    def story(chain: ChainBuilder) -> None:
        alice, bob = chain.accounts(alice=ETHER, bob=0)
        chain.transfer(alice, to=bob, value=7)
        chain.next_block()
        chain.transfer(alice, to=bob, value=7)
        chain.expect_balance(bob, 14)

    for ruleset in (BERLIN, LONDON, PARIS, SHANGHAI, CANCUN, PRAGUE, transition(SHANGHAI, CANCUN)):
        executed = execute_scenario(scenario_of(story), ruleset)
        assert [text(expect, "status") for expect in executed.expected] == ["valid", "valid"]
        assert not any("header" in path for path in executed.comments)


def test_what_is_said_of_a_field_is_in_the_header_with_a_comment() -> None:
    def story(chain: ChainBuilder) -> None:
        chain.header(base_fee_per_gas=lambda right: right + 1)
        chain.header("much too long", extra_data=bytes(40))
        chain.expect(Invalid.EXTRA_DATA_TOO_LONG)

    executed = execute_scenario(scenario_of(story), LONDON)
    header = member(executed.case.blocks[0], "header")
    assert header["base_fee_per_gas"] == str(GWEI - GWEI // 8 + 1)
    assert header["extra_data"] == "0x" + "00" * 40
    assert executed.comments[("blocks", 0, "header", "base_fee_per_gas")] == f"in place of {GWEI - GWEI // 8}"
    assert executed.comments[("blocks", 0, "header", "extra_data")] == "much too long"


def test_an_expectation_that_does_not_come_out_is_told() -> None:
    def story(chain: ChainBuilder) -> None:
        chain.header(base_fee_per_gas=lambda right: right + 1)

    with pytest.raises(Unexpected, match="block 0: the scenario says it is valid, and the specification rejects it"):
        execute_scenario(scenario_of(story), LONDON)


def test_nonces_are_those_of_the_branch() -> None:
    chain = ChainBuilder(ForkSchedule(PARIS))
    alice, bob = chain.accounts(alice=ETHER, bob=0)
    chain.transfer(alice, to=bob, value=1)
    chain.next_block()
    chain.transfer(alice, to=bob, value=1)
    assert chain.nonces[alice.address] == 2
    chain.next_block(on=-1)
    assert chain.nonces[alice.address] == 0
    chain.transfer(alice, to=bob, value=1)
    chain.expect(Invalid.INVALID_STATE_ROOT)
    chain.next_block(on=0)
    assert chain.nonces[alice.address] == 1


def test_the_pre_state_is_complete_once_a_block_has_ended() -> None:
    chain = ChainBuilder(ForkSchedule(PARIS))
    chain.next_block()
    with pytest.raises(ValueError, match="alice: the pre-state is complete once a block has ended"):
        chain.account("alice", ETHER)


def test_a_transition_begins_where_every_client_has_it() -> None:
    to_london, to_paris, to_cancun = (
        transition(BERLIN, LONDON),
        transition(ARROW_GLACIER, PARIS),
        transition(SHANGHAI, CANCUN),
    )
    assert to_london.schedule.from_number == 5
    assert to_paris.schedule.from_total_difficulty == 0xC0000
    assert to_cancun.schedule.from_timestamp == 15_000
    assert to_cancun.name == "Shanghai to Cancun"
    chain = ChainBuilder(to_cancun.schedule)
    assert chain.fork is SHANGHAI
    chain.next_block()
    assert chain.fork is CANCUN
    chain.next_block(on=-1, seconds=24)
    assert chain.fork is CANCUN
