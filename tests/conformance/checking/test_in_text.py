"""Tests checked in the text of a document: whatever they are, the verdict is that of a fixture that is read.

Each document is checked twice by the same engine, once in its text and once read, and all that is reported is compared.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from samestate.conformance.checking import document
from samestate.conformance.checking.document import check_task, engine_of
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.optimized.text_tests import TextTests
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS, CANCUN, LONDON
from tests.conformance.checking.cases import RLP_TEST, block_file, blockchain_test, state_test
from tests.conformance.checking.mutated import mutated
from tests.data import archive_members

ENGINE = "optimized:sequential"
PLACE = "place.json"

DOCUMENTS: dict[str, Callable[[], Any]] = {
    "state test": lambda: {"case": whole_state_test()},
    "blockchain test": lambda: {"case": blockchain_test()},
    "blockchain test of London": lambda: {"case": blockchain_test(LONDON)},
    "with block access lists": lambda: {"case": blockchain_test(AMSTERDAM)},
    "of an Amsterdam before": lambda: {"case": blockchain_test(BPO2_ACCESS_LISTS)},
    "with an invalid block": lambda: {
        "case": blockchain_test(CANCUN, exception="BlockException.INVALID_GASLIMIT", gas_limit=1)
    },
    "with a block that is refused for another reason": lambda: {
        "case": blockchain_test(CANCUN, exception="BlockException.INVALID_BASEFEE_PER_GAS", gas_limit=1)
    },
    "some of each": lambda: {"state": whole_state_test(), "blocks": blockchain_test(), "rlp": RLP_TEST},
}


def whole_state_test() -> dict[str, Any]:
    """A state test that has its transaction in lists, too."""
    test = state_test()
    transaction = {"nonce": "0x0", "gasPrice": "0xa", "gasLimit": ["0x5208"], "to": "0x" + "bb" * 20, "value": ["0x5"]}
    test["transaction"] = {**transaction, "data": ["0x"]}
    return test


def report(content: bytes, engine: str = ENGINE) -> DocumentReport:
    """What becomes of a document."""
    return check_task(DocumentTask(PLACE, content, PLACE, (engine,)))


def read(content: bytes, monkeypatch: pytest.MonkeyPatch, engine: str = ENGINE) -> DocumentReport:
    """What becomes of a document that is read."""
    with monkeypatch.context() as context:
        context.setattr(document, "text_of", lambda content, engines: None)
        return report(content, engine)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each case that was checked in a text whether that was enough."""
    found: list[bool] = []
    passed = TextTests.passed

    def watched(self: TextTests, case: Any) -> tuple[str, ...] | None:
        checks = passed(self, case)
        found.append(checks is not None)
        return checks

    monkeypatch.setattr(TextTests, "passed", watched)
    return found


@pytest.mark.parametrize("name", ["state test", "blockchain test", "with block access lists", "with an invalid block"])
def test_what_is_usual_is_checked_in_its_text(name: str, told: list[bool]) -> None:
    content = json.dumps(DOCUMENTS[name]()).encode()
    assert [verdict.result for verdict in report(content).verdicts] == [Result.PASSED]
    assert told == [True]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_report_is_that_of_a_document_that_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(DOCUMENTS[name]()).encode()
    assert report(content) == read(content, monkeypatch)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_whatever_is_changed_the_report_is_that_of_a_document_that_is_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = DOCUMENTS[name]()
    random_ = random.Random(name)
    results: set[Result] = set()
    for _ in range(150):
        content = json.dumps(mutated(right, random_)).encode()
        given = report(content)
        assert given == read(content, monkeypatch), content.decode()
        results |= {verdict.result for verdict in given.verdicts}
    right_ones = {verdict.result for verdict in report(json.dumps(right).encode()).verdicts}
    assert {Result.FAILED} | right_ones <= results


ARCHIVES = ("eest-prague", "eest-osaka", "eest-static-at-amsterdam", "eest-amsterdam-7928")


@pytest.mark.fixtures
@pytest.mark.parametrize("archive", ARCHIVES)
def test_whatever_is_changed_in_official_fixtures(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(archive)
    members = [content for _, content in archive_members(archive) if len(content) < 300_000]
    for content in random_.sample(members, 40):
        tests = json.loads(content)
        name = random_.choice([*tests])
        for _ in range(5):
            changed = json.dumps(mutated({name: tests[name]}, random_)).encode()
            assert report(changed) == read(changed, monkeypatch), changed.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"a": {}, "a": {}}',
        b'{"case": {"pre": 1e5}}',
        b'{"case": NaN}',
        b'{"case": "\xff"}',
        b'{"$schema": {}}',
        b'{"case": {"_info": {"fixture-format": "of another world"}}}',
        '{"case": {"blocks": "ä"}}'.encode("utf-16"),
        b"[" * 2000,
    ],
)
def test_what_is_no_document_of_tests_is_told_as_before(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert report(content) == read(content, monkeypatch)


def test_a_block_file_is_not_taken_for_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps(block_file()[0]).encode()
    assert report(content) == read(content, monkeypatch)
    assert report(content).verdicts


@pytest.mark.parametrize("engine", ["optimized:adaptive", "optimized:block-stm", "optimized:access-list"])
def test_every_strategy_gives_the_report_of_a_document_that_is_read(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = {"state": whole_state_test(), "blocks": blockchain_test(AMSTERDAM)}
    content = json.dumps(tests).encode()
    assert report(content, engine) == read(content, monkeypatch, engine)


def test_an_engine_that_is_closed_starts_again() -> None:
    content = json.dumps({"case": blockchain_test()}).encode()
    first = report(content)
    engine_of(ENGINE).close()
    assert report(content) == first
