"""Names of networks and of rejections: those that consumers have, and that this project's own reader takes back."""

from __future__ import annotations

import pytest

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.networks import NETWORKS, TRANSITIONS, configuration, network_of
from samestate.conformance.exporting.rejections import CHOSEN, exception_of, of_transaction
from samestate.conformance.fixtures.exceptions import names_of, satisfies
from samestate.conformance.fixtures.fields import Fields
from samestate.conformance.fixtures.forks import BY_NAME, ForkSchedule, parse_schedule
from samestate.spec.evm.forks import AMSTERDAM, BPO2, BPO2_ACCESS_LISTS, LONDON, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

WITHOUT_NAME = {
    Invalid.BALANCE_OVERFLOW,
    Invalid.BLOB_BASE_FEE_OVERFLOW,
    Invalid.NONCE_NOT_ZERO,
    Invalid.OMMER_TOO_OLD,
}
"""Rejections that execution-spec-tests does not name: two that no chain can reach, and two of headers."""


@pytest.mark.parametrize("name", [*NETWORKS, *sorted(TRANSITIONS)])
def test_a_network_is_read_back(name: str) -> None:
    assert network_of(parse_schedule(name)) == name


@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        (ForkSchedule(BPO2_ACCESS_LISTS), "BPO2withaccesslists"),
        (ForkSchedule(BPO2, AMSTERDAM, from_timestamp=15_001), "BPO2ToAmsterdamAtTime15001"),
        (ForkSchedule(LONDON, BY_NAME["ArrowGlacier"], from_number=5), "LondonToArrowGlacierAt5"),
    ],
)
def test_a_network_that_nobody_knows_is_told(schedule: ForkSchedule, name: str) -> None:
    with pytest.raises(Inexpressible, match=f"no consumer knows a network of these rules: {name}"):
        network_of(schedule)


def test_the_configuration_has_the_blob_schedules_up_to_the_last_fork() -> None:
    schedule = ForkSchedule(PRAGUE, OSAKA, from_timestamp=15_000)
    config = configuration(schedule, network_of(schedule), 1)
    assert config["chainid"] == "0x01"
    assert isinstance(config["blobSchedule"], dict)
    assert list(config["blobSchedule"]) == ["Cancun", "Prague", "Osaka"]
    assert parse_schedule("Osaka", Fields("config", config)).first is OSAKA
    assert "blobSchedule" not in configuration(ForkSchedule(LONDON), "London", 1)


@pytest.mark.parametrize("code", Invalid)
def test_a_rejection_has_names_that_satisfy_it(code: Invalid) -> None:
    if code in WITHOUT_NAME:
        with pytest.raises(Inexpressible, match=f"no name for the rejection: {code.name}"):
            exception_of(code)
        return
    assert set(exception_of(code)) <= names_of(code)
    assert satisfies(code, exception_of(code))


def test_names_are_chosen_only_where_there_are_several() -> None:
    assert all(len(names_of(code)) > 1 for code in CHOSEN)


def test_of_a_transaction_only_such_names_are_said() -> None:
    assert of_transaction(Invalid.GAS_ALLOWANCE_EXCEEDED) == ("TransactionException.GAS_ALLOWANCE_EXCEEDED",)
    with pytest.raises(Inexpressible, match="the block is rejected, and not its transaction: INVALID_BASE_FEE"):
        of_transaction(Invalid.INVALID_BASE_FEE)
