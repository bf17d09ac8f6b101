"""Outside clients execute exported files: what each fails is known, and said in docs/outside-clients.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.peers.peer import PeerMissing
from tests.peers.consume import CLIENTS
from tests.peers.consumers import Consumed, Consumer, Fixture, Outcome, fixtures_below

pytestmark = [pytest.mark.peers, pytest.mark.slow]

LEAST: Final[Mapping[str, int]] = {"geth": 900, "revme": 700, "ethereumjs": 900, "EELS": 400}
"""How many tests each executes at least."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[Fixture]:
    folder = tmp_path_factory.mktemp("exported")
    options = ["--to", "eest", "--output", str(folder), "--form", "blockchain_test", "--form", "state_test"]
    result = CliRunner().invoke(command.application, ["export", *options])
    assert result.exit_code == 0, result.output
    return fixtures_below(folder)


def find(name: str) -> Consumer:
    """The client. Skips the test where it is not installed."""
    make: Callable[[], Consumer] = CLIENTS[name]
    try:
        return make()
    except PeerMissing as missing:
        pytest.skip(str(missing))


KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "geth": {
        # two calls of the opening, or of the closing, of which one writes a slot and the other takes it back
        "system_contracts/opening_calls_that_cancel-amsterdam": "access list hash mismatch",
        "builder_requests/closing_calls_that_cancel-amsterdam": "access list hash mismatch",
        # a hash of requests in a header from before Prague
        "headers/with_requests-cancun": "insertion should have failed",
    },
    "revme": {},
    "ethereumjs": {},
    "EELS": {},
}
"""What each client fails, by the vector below `evm`, with a part of what it says."""


@pytest.mark.parametrize("name", CLIENTS)
def test_every_exported_file(exported: list[Fixture], name: str) -> None:
    client = find(name)
    results = list(client.consume(exported))
    assert [result.name for result in results if result.name not in {each.name for each in exported}] == []
    assert len(results) == len(exported)
    executed = [result for result in results if result.outcome is not Outcome.NOT_EXECUTED]
    assert len(executed) >= LEAST[name]
    assert unexplained(results, KNOWN[name]) == []


def unexplained(results: list[Consumed], known: Mapping[str, str]) -> list[str]:
    """Failures that nobody has explained, and explanations of what did not fail."""
    failed = {below(result.name): result.reason for result in results if result.outcome is Outcome.FAILED}
    new = [f"{name}: {reason}" for name, reason in failed.items() if name not in known or known[name] not in reason]
    return new + [f"{name}: no longer fails" for name in known if name not in failed]


def below(name: str) -> str:
    """The vector of a test, below `evm`."""
    return name.partition("[")[0].removeprefix("evm/")


def test_a_client_is_given_each_file_with_its_one_test(exported: list[Fixture]) -> None:
    assert len({fixture.name for fixture in exported}) == len(exported)
    assert all(Path(fixture.path).is_file() for fixture in exported)
