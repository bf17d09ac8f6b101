"""The block builder: names, nonces, and what it says where a scenario is not about what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.conformance.hazards.known import HAZARDS
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, Unexpected
from samestate.conformance.scenarios.filling import fill
from samestate.conformance.scenarios.scenario import LATEST, SCENARIOS, Scenario, all_scenarios, scenario, since, until
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, LONDON, SHANGHAI
from samestate.spec.evm.rejections import Invalid


def filled(story: Callable[[BlockBuilder], None]) -> str:
    return fill(Scenario("suite", "name", ("H01",), (LONDON,), story), LONDON).text


def paying(block: BlockBuilder) -> None:
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)


def test_names_are_accounts() -> None:
    block, other = BlockBuilder(BERLIN), BlockBuilder(AMSTERDAM)
    assert block.account("alice", 1).address == other.account("alice", 2).address
    assert block.nobody("alice") is block.named["alice"]
    assert block.nobody("alice") != block.nobody("bob")


def test_nonces_count_themselves() -> None:
    block = BlockBuilder(LONDON)
    alice = block.account("alice", ETHER, nonce=5)
    block.transfer(alice, to=alice, value=1)
    block.transfer(alice, to=alice, value=1, nonce=9)
    assert block.nonces[alice.address] == 6


def test_filling_is_deterministic() -> None:
    assert filled(paying) == filled(paying)


@pytest.mark.parametrize(
    ("expectation", "complaint"),
    [
        (lambda block: block.expect(Invalid.NONCE_TOO_LOW), "the scenario says NONCE_TOO_LOW"),
        (lambda block: block.expect_success(False), "says (False,) of the receipts, and they are (True,)"),
        (lambda block: block.expect_balance(block.nobody("bob"), 8), "balance of bob: the scenario says 0x8"),
        (lambda block: block.expect_nonce(block.nobody("alice"), 0), "nonce of alice"),
        (lambda block: block.expect_slot(block.nobody("bob"), 3, 1), "slot 3 of bob"),
        (lambda block: block.expect_code(block.nobody("bob"), b"1"), "code of bob"),
        (lambda block: block.expect_gone(block.nobody("bob")), "bob, which should be gone"),
        (lambda block: block.transfer(block.nobody("bob"), block.nobody("bob"), 1), "the specification rejects it"),
    ],
)
def test_a_scenario_must_be_about_what_it_says(expectation: Callable[[BlockBuilder], None], complaint: str) -> None:
    def story(block: BlockBuilder) -> None:
        paying(block)
        expectation(block)

    with pytest.raises(Unexpected) as raised:
        filled(story)
    assert complaint in str(raised.value)
    assert str(raised.value).startswith("evm/suite/name-london: block 0: ")


@pytest.mark.parametrize(
    ("expectation", "complaint"),
    [
        (lambda block: block.expect_paid(21_000), "gas paid: the scenario says (21000,), the specification (204600,)"),
        (lambda block: block.expect_counted((21_000, 0)), "the specification ((21000, 183600),)"),
        (lambda block: block.expect_gas_used(204_600), "gas used: the scenario says 204600, the specification 183600"),
        (lambda block: block.expect_logs([]), "logs: the scenario says [[]], the specification [['7 wei from 0x"),
        (lambda block: block.expect_logs([block.nobody("bob")]), "says [['log of 0x"),
        (lambda block: block.expect_requests(b"\x04"), "requests: the scenario says ['0x04'], the specification []"),
        (lambda block: block.expect_listed(block.nobody("carol")), "carol on the list: the scenario says True"),
        (lambda block: block.expect_unlisted(block.nobody("bob")), "bob on the list: the scenario says False"),
        (
            lambda block: block.expect_entry(block.nobody("bob"), balance_changes=((1, 8),)),
            "entry of bob: the scenario says {'balance_changes': ((1, 8),)}, the specification",
        ),
    ],
)
def test_a_scenario_of_amsterdam_must_be_about_what_it_says(
    expectation: Callable[[BlockBuilder], None], complaint: str
) -> None:
    def story(block: BlockBuilder) -> None:
        paying(block)
        expectation(block)

    with pytest.raises(Unexpected) as raised:
        fill(Scenario("suite", "name", ("H01",), (AMSTERDAM,), story), AMSTERDAM)
    assert complaint in str(raised.value)
    assert str(raised.value).startswith("evm/suite/name-amsterdam: block 0: ")


def test_forks_of_scenarios() -> None:
    assert since(LONDON) == (LONDON, LATEST)
    assert since(LATEST) == (LATEST,)
    assert until(LONDON, SHANGHAI) == (LONDON, SHANGHAI)
    with pytest.raises(ValueError, match="comes after"):
        until(SHANGHAI, LONDON)


def test_scenarios_have_hazards_that_are_known_and_a_sentence() -> None:
    for each in all_scenarios():
        assert set(each.hazards) <= set(HAZARDS)
        assert each.story.__doc__ is not None, each.title
        assert each.story.__doc__.strip().endswith("."), each.title


def test_two_scenarios_cannot_have_one_name() -> None:
    all_scenarios()
    story = SCENARIOS["funding.drained_by_an_earlier_transaction"].story
    with pytest.raises(ValueError, match="two scenarios"):
        scenario(forks=(LONDON,))(story)
