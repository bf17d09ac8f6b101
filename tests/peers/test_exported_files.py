"""Outside clients execute exported files. What each fails is known, and said in docs/outside-clients.md."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Final

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.peers.peer import PeerMissing
from tests.peers.consume import CLIENTS
from tests.peers.consumers import Consumed, Consumer, Fixture, Outcome, fixtures_below

pytestmark = [pytest.mark.peers, pytest.mark.slow]

KNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "geth": {
        "*/opening_calls_that_cancel-amsterdam": "merges the lists of two system calls",
        "*/closing_calls_that_cancel-amsterdam": "merges the lists of two system calls",
        "system_address/closing_calls_cancel-amsterdam": "merges the lists of two system calls",
        "headers/with_requests-cancun": "takes a hash of requests before Prague",
        "transitions/requests_a_block_too_soon-cancuntoprague": "takes a hash of requests before Prague",
    },
    "revme": {
        "*/opening_calls_that_cancel-amsterdam": "lists a change that is none",
        "withdrawals/to_what_the_block_calls_at_its_end-*": "lists such a withdrawal wrongly",
        "authorizations/malformed_designators_*": "panics where code in the state only begins like a designator",
        "authorizations/*_sends_nothing-*": "panics where code in the state only begins like a designator",
        "*/*_beyond_128_bits*": "holds prices in 128 bits",
        "base_fee/larger_than_64_bits-*": "holds base fees in 64 bits",
        "blob_fee/*": "takes the price of blobs from the parent's excess, and the fraction of Prague",
        "fees/blob_price_*": "takes the price of blobs from the parent's excess, and the fraction of Prague",
    },
    "ethereumjs": {
        "*-amsterdam": "conformance/peers/ethereumjs_faults.py, and fields that a header lacks",
        "*-bpo2toamsterdam": "its faults of Amsterdam",
        "headers/body_with_withdrawals-*": "takes a list of withdrawals before Shanghai",
        "block_encodings/*": "decodes more than is an encoding",
        "block_size/a_byte_longer-*": "does not ask how long a block is (EIP-7934)",
        "chains/hashes_of_two_branches-*": "finds the hash of a block on the other branch",
        "system_contracts/*": "writes into system contracts itself",
        "system_address/*": "writes into system contracts itself",
        "authorizations/malformed_designators_*": "takes code that only begins like a designator for one",
    },
    "EELS": {
        "headers/gas_limit_over_the_largest-*": "has no largest gas limit (EIP-1985)",
        "headers/largest_gas_limit*": "has no largest gas limit (EIP-1985)",
        "*/lengths_beyond_all_measure-*": "ends with OverflowError",
        "block_encodings/transaction_of_no_bytes-*": "ends with IndexError",
        "system_contracts/hashes_of_ancestors-*": "its statetest knows no hashes of blocks",
    },
    "anvil": {
        "*": "pool, hashes and roots of blocks, authorizations: docs/outside-clients.md",
    },
}
"""What each client may fail, by patterns of the vector below `evm`, and why; geth's are all that it fails."""

LEAST: Final[Mapping[str, float]] = {"geth": 0.99, "revme": 0.9, "ethereumjs": 0.9, "EELS": 0.97, "anvil": 0.5}
"""The share of what it executes that each passes at least."""


def exported(folder: pytest.TempPathFactory, *words: str) -> list[Fixture]:
    """Exported tests of the chosen vectors."""
    target = folder.mktemp("exported")
    options = ["--to", "eest", "--output", str(target), "--form", "blockchain_test", "--form", "state_test"]
    result = CliRunner().invoke(command.application, ["export", *options, *words])
    assert result.exit_code == 0, result.output
    return fixtures_below(target)


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> list[Fixture]:
    words = "transfers or withdrawals or creation or blobs or delegation or right_list or account_too_many or one_more"
    return exported(tmp_path_factory, "-k", words)


def find(name: str) -> Consumer:
    """The client. Skips the test where it is not installed."""
    try:
        return CLIENTS[name]()
    except PeerMissing as missing:
        pytest.skip(str(missing))


def unexplained(name: str, results: list[Consumed]) -> list[str]:
    """What a client fails that nobody has explained."""
    failed = {below(each.name): each.reason for each in results if each.outcome is Outcome.FAILED}
    return [f"{vector}: {why}" for vector, why in failed.items() if not any(fnmatch(vector, k) for k in KNOWN[name])]


def below(name: str) -> str:
    """The vector of a test, below `evm`."""
    return name.partition("[")[0].removeprefix("evm/")


def check(name: str, fixtures: list[Fixture], least: int) -> None:
    """Let a client execute tests: each has a result, nothing fails that is not known, and enough passes."""
    results = list(find(name).consume(fixtures))
    assert sorted(result.name for result in results) == sorted(fixture.name for fixture in fixtures)
    executed = [result for result in results if result.outcome is not Outcome.NOT_EXECUTED]
    passed = sum(result.outcome is Outcome.PASSED for result in executed)
    assert unexplained(name, results) == []
    assert len(executed) >= least
    assert passed >= LEAST[name] * len(executed)


@pytest.mark.parametrize(
    ("name", "least"), [("geth", 80), ("revme", 40), ("ethereumjs", 80), ("EELS", 30), ("anvil", 8)]
)
def test_some_exported_files(some: list[Fixture], name: str, least: int) -> None:
    check(name, some, least)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "least"), [("geth", 1200), ("revme", 700), ("ethereumjs", 1200), ("EELS", 500)])
def test_every_exported_file(tmp_path_factory: pytest.TempPathFactory, name: str, least: int) -> None:
    find(name)
    check(name, exported(tmp_path_factory), least)
