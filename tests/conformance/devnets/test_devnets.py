"""Fixtures of devnets before Amsterdam, under the rules that they had: evidence for forms and mechanics that stayed.

The pages of rules lie beside this test and not in the specification: no chain runs them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from samestate.conformance.checking.session import Options, Session, check
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.rulesets import choose_rulesets
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS
from samestate.spec.evm.hashing import keccak256
from tests.conformance.checking.cases import blockchain_test, samestate, write
from tests.conformance.devnets import april

PAGE = Path(april.__file__)

WRONG_NAME = (
    "rejected as FLOOR_GAS_TOO_LOW, expected TransactionException.INTRINSIC_GAS_TOO_LOW: "
    "the gas limit does not cover the floor of the calldata"
)
"""These say that the intrinsic gas was too low where it was the floor: EELS of then had one error for both."""

TWICE = "/state_gas_sstore/sstore_restoration_charge_in_ancestor.json"
"""A slot that a caller sets and its callee clears came back twice in snobal-devnet-5, which was a fault: in one of
these cases a sender pays 21,000 gas for four calls and a write."""


@dataclass(frozen=True)
class Release:
    """An archive, the devnet that it names and the rules of that.

    ``cannot``: what the reasons or the ids of the cases hold that cannot pass, and how many they are.
    """

    path: str
    devnet: str
    attribute: str
    suites: frozenset[str] = frozenset()
    cannot: tuple[tuple[str, int], ...] = ()

    @property
    def option(self) -> str:
        return f"{self.devnet}={PAGE}:{self.attribute}"


SUITES = frozenset({"eip7708", "eip7778", "eip7843", "eip7928", "eip7954", "eip7976", "eip7981", "eip8024", "eip8037"})
"""The suites of what stayed, but for constants."""

RELEASES = {
    "bal-devnet-4": Release(
        "eest-bal-devnet-4.tar.xz", "bal-devnet-4", "BAL_DEVNET_4", SUITES, cannot=((WRONG_NAME, 56),)
    ),
    "snobal-devnet-5": Release(
        "more/eest-snobal-devnet-5-amsterdam.tar.xz",
        "snobal-devnet-5",
        "SNOBAL_DEVNET_5",
        SUITES,
        ((WRONG_NAME, 5), (TWICE, 6)),
    ),
    "transitions": Release("more/eest-transitions.tar.xz", "snobal-devnet-5", "SNOBAL_DEVNET_5"),
    "zkevm": Release("more/eest-zkevm-v0.3.3.tar.xz", "zkevm-v0.3", "ZKEVM_V0_3", frozenset({"eip8025"})),
}


def checked(data_folder: Path, release: Release) -> Session:
    path = data_folder / release.path
    if not path.exists():
        pytest.skip(f"SAMESTATE_DATA has no {release.path}")
    session = Session()
    check(Options((path,), rulesets=choose_rulesets([release.option])), session)
    return session


def suite_of(verdict: Verdict) -> str:
    """The EIP that a case is about, by its file."""
    return next((part.partition("_")[0] for part in verdict.id.split("/") if part.startswith("eip")), "")


@pytest.mark.fixtures
@pytest.mark.slow
@pytest.mark.parametrize("name", RELEASES)
def test_the_fixtures_of_a_devnet_pass_under_its_rules(data_folder: Path, name: str) -> None:
    release = RELEASES[name]
    session = checked(data_folder, release)
    failed = [verdict for verdict in session.verdicts if verdict.result is Result.FAILED]
    explained = Counter(
        next((why for why, _ in release.cannot if why in verdict.reason or why in verdict.id), verdict.reason)
        for verdict in failed
    )
    assert explained == dict(release.cannot)
    assert not session.count(Result.SKIPPED)
    passed = Counter(suite_of(verdict) for verdict in session.verdicts if verdict.result is Result.PASSED)
    assert release.suites <= passed.keys(), passed


@pytest.mark.fixtures
def test_blocks_with_a_witness_are_executed_from_it_alone(data_folder: Path) -> None:
    """And those whose witness lacks something are not, but for codes of which only the hash is asked."""
    session = checked(data_folder, RELEASES["zkevm"])
    from_witness = [verdict for verdict in session.verdicts if "execution witness" in verdict.checks]
    mutated = [verdict for verdict in from_witness if "/witness_validation_" in verdict.id]
    assert len(mutated) == sum("/witness_validation_" in verdict.id for verdict in session.verdicts) > 0
    others = {verdict.id for verdict in session.verdicts} - {verdict.id for verdict in from_witness}
    assert len(session.notes) == len(others)
    for note in session.notes:
        assert ": not executed from its witness: code 0x" in note
        assert any(name in note for name in ("extcode", "selfdestruct", "create_same_hash")), note


@pytest.mark.parametrize("release", RELEASES.values(), ids=RELEASES)
def test_a_block_is_executed_under_the_rules_of_a_devnet(tmp_path: Path, release: Release) -> None:
    """Whether or not there are fixtures, the page is made of functions that the specification has."""
    test = blockchain_test(getattr(april, release.attribute)) | {"network": "Devnet"}
    path = write(tmp_path / "case.json", {"name": test})
    result = samestate("check", path, "--ruleset", f"Devnet={PAGE}:{release.attribute}")
    assert result.exit_code == 0, result.output


def test_a_burn_is_told_from_a_transfer_by_its_topic() -> None:
    assert keccak256(b"Burn(address,uint256)") == april.BURN


def test_the_price_of_a_byte_follows_from_the_gas_limit_of_the_block() -> None:
    """As EIP-8037 had it in April 2026; later the price of 100 million was fixed, and then another."""

    def price(gas_limit: int) -> int:
        environment = Environment(
            chain_id=1, number=1, timestamp=1, coinbase=bytes(20), gas_limit=gas_limit, base_fee_per_gas=7
        )
        return april.cost_per_byte(environment)

    assert [price(millions * 10**6) for millions in (1, 100, 120)] == [1, 1174, 1174]
    assert price(200 * 10**6) > price(120 * 10**6)


def test_the_rules_of_a_devnet_are_made_of_those_before_and_after() -> None:
    """The page says what was another then; all else is the specification's own."""
    for opcode in (0x4B, 0xE6, 0xE7, 0xE8):
        assert april.BAL_DEVNET_4.instructions[opcode] is AMSTERDAM.instructions[opcode]
    assert april.BAL_DEVNET_4.log_transfer is AMSTERDAM.log_transfer
    assert april.BAL_DEVNET_4.charge_call is AMSTERDAM.charge_call
    assert april.BAL_DEVNET_4.closing == BPO2_ACCESS_LISTS.closing
