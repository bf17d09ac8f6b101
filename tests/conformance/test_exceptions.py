"""The table of rejections: every name that a fixture of a supported fork expects is within reach."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from conformance.exceptions import names_of, satisfies
from conformance.fixtures.cases import parse_exceptions
from conformance.fixtures.forks import UnsupportedFork, parse_schedule
from spec.evm.rejections import Invalid
from spec.machine import RejectionCode
from tests.data import archive_members

ARCHIVES = [
    ("ethereum-tests", "BlockchainTests/"),
    ("ethereum-tests", "GeneralStateTests/"),
    ("ethereum-tests", "TransactionTests/"),
    ("eest-prague", ""),
    ("eest-osaka", ""),
    ("eest-amsterdam-7928", ""),
    ("eest-older-at-amsterdam", ""),
    ("eest-static-at-amsterdam", ""),
    ("eest-bal-devnet-4", ""),
]

BESIDE_THE_POINT = {"BlockException.INVALID_BLOCK_HASH"}
"""Never the only name: whoever gets a block as RLP is told no hash that it could fail to have."""

SHARED = {
    "BlockException.INCORRECT_BLOCK_FORMAT",
    "BlockException.INVALID_DIFFICULTY",
    "BlockException.UNCLE_PARENT_INCORRECT",
    "TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED",
}
"""Names that the fixtures use for more than one of our rules."""


class Other(RejectionCode):
    """The code of some other machine."""

    ODD = "the number is odd"


def expected_names(document: object) -> Iterator[str]:
    """Each ``expectException`` or ``exception`` of a fixture file that is for a supported fork."""
    assert isinstance(document, dict)
    for name, test in document.items():
        by_fork = test.get("post", test.get("result", {}))
        entries = [(test.get("network", ""), block) for block in test.get("blocks", ())]
        for fork, value in by_fork.items():
            entries += [(fork, entry) for entry in (value if isinstance(value, list) else [value])]
        for network, entry in entries:
            names = entry.get("expectException") or entry.get("exception")
            if names is None:
                continue
            try:
                parse_schedule(name, network)
            except UnsupportedFork:
                continue
            yield names


@pytest.mark.fixtures
@pytest.mark.slow
@pytest.mark.parametrize(("archive", "prefix"), ARCHIVES, ids=[archive + prefix for archive, prefix in ARCHIVES])
def test_every_name_in_fixtures_is_within_reach(archive: str, prefix: str) -> None:
    known = frozenset().union(*(names_of(code) for code in Invalid))
    found = 0
    for path, content in archive_members(archive, prefix):
        if b"xception" not in content:
            continue
        for names in expected_names(json.loads(content)):
            alternatives = set(parse_exceptions(names))
            found += 1
            assert alternatives <= known | BESIDE_THE_POINT, path
            assert alternatives & known, path
    assert found > 0


def test_names_are_of_transactions_or_blocks() -> None:
    for code in Invalid:
        for name in names_of(code):
            assert re.fullmatch(r"(Transaction|Block)Exception\.[A-Z0-9_]+", name)


def test_a_name_means_one_rule() -> None:
    owners: dict[str, list[Invalid]] = {}
    for code in Invalid:
        for name in names_of(code):
            owners.setdefault(name, []).append(code)
    assert {name for name, codes in owners.items() if len(codes) > 1} == SHARED


def test_any_of_the_alternatives_is_right() -> None:
    expected = ("TransactionException.NONCE_MISMATCH_TOO_LOW", "TransactionException.NONCE_IS_MAX")
    assert satisfies(Invalid.NONCE_IS_MAX, expected)
    assert satisfies(Invalid.NONCE_TOO_LOW, expected)
    assert not satisfies(Invalid.NONCE_TOO_HIGH, expected)
    assert not satisfies(Invalid.NONCE_IS_MAX, ())


def test_a_code_of_another_machine_satisfies_nothing() -> None:
    assert names_of(Other.ODD) == frozenset()
    assert not satisfies(Other.ODD, ("BlockException.INVALID_STATE_ROOT",))


def test_every_message_is_of_its_own() -> None:
    # members of an Enum with the same value would be one member under two names
    assert len(Invalid.__members__) == len(list(Invalid))
    for code in Invalid:
        assert re.fullmatch(r"[a-z][^.]*[a-z]", code.value), code.value
