"""Differences that are known are no findings; but only where nothing else can be the reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samestate.conformance.engines.in_process import capabilities
from samestate.conformance.engines.protocol import Engine, EngineFailure
from samestate.conformance.fuzzing import known
from samestate.conformance.fuzzing.campaign import EngineChoice, case_of, evm_plan
from samestate.conformance.fuzzing.database import Database
from samestate.conformance.fuzzing.known import known_fault
from samestate.conformance.fuzzing.panel import Panel, SearchQuestion
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, member, members

Act = Callable[[Case], bool]


class Client:
    """A stand-in for a client: it is wrong where it is said to be."""

    capabilities = capabilities(("evm",), "", "")

    def __init__(self, id: str, version: str, is_wrong: Act) -> None:
        self.id, self.version, self._is_wrong = id, version, is_wrong

    def run(self, case: Case) -> Any:
        if self._is_wrong(case):
            raise EngineFailure("OverflowError: int too large")
        return execute(case)

    def close(self) -> None:
        pass


def block_of(wanted: Callable[[Case, tuple[Object, ...]], bool], seeds: range = range(4000)) -> tuple[int, Case, Any]:
    """The first generated block that is like that."""
    for seed in seeds:
        if evm_plan(seed).fork.blob_schedule is None:
            continue
        case, expected = case_of("evm", seed, 6)
        if wanted(case, expected):
            return seed, case, expected
    raise AssertionError("no block is like that")


def excess(case: Case) -> int:
    return int(str(member(case.blocks[0], "env")["excess_blob_gas"]))


def about(engine: Engine, case: Case, expected: Any) -> str:
    return known_fault(engine, case, expected, "OverflowError")


def test_a_price_of_blobs_is_known_where_the_lowest_price_is_agreed_about() -> None:
    _, case, expected = block_of(lambda case, _: excess(case) > 0)
    assert about(Client("revm", "revme 43.0.3", lambda case: excess(case) > 0), case, expected).startswith("takes the")
    assert about(Client("revm", "revme 43.0.3", lambda case: True), case, expected) == ""
    assert about(Client("revm", "revme 44.0.0", lambda case: excess(case) > 0), case, expected) == ""
    assert about(Client("other", "revme 43.0.3", lambda case: excess(case) > 0), case, expected) == ""


def test_what_a_client_gets_wrong_now_and_then_is_not_known() -> None:
    """Who agrees when asked again would agree without what a fault is about, too, which says nothing."""
    _, case, expected = block_of(lambda case, _: excess(case) > 0)
    assert about(Client("revm", "revme 43.0.3", lambda case: False), case, expected) == ""


def test_two_known_faults_at_once_are_known() -> None:
    def pays(case: Case) -> bool:
        return known.pays_to_closing_contract(case, (), "")

    _, case, expected = block_of(lambda case, _: case.fork == "Amsterdam" and excess(case) > 0)
    withdrawal: Any = {"index": "1", "validator_index": "1", "amount": "5",
                       "address": "0x00000961ef480eb55e80d19ad83579a64c007002"}  # fmt: skip
    case = dataclasses.replace(case, blocks=({**case.blocks[0], "withdrawals": [withdrawal]},))
    case = known.with_blocks(case, lambda block: {name: part for name, part in block.items() if name != known.LIST})
    expected = tuple(execute(case))
    sentence = about(Client("revm", "revme 43.0.3", lambda case: pays(case) or excess(case) > 0), case, expected)
    assert sentence.count(";") == 1
    assert "withdrawal" in about(Client("revm", "revme 43.0.3", pays), case, expected)
    assert about(Client("revm", "revme 43.0.3", lambda case: True), case, expected) == ""


def test_a_transaction_for_another_chain_is_known_where_the_rest_is_agreed_about() -> None:
    def has_it(case: Case) -> bool:
        return any(result["status"] == "WRONG_CHAIN_ID" for result in execute(case))

    def is_that(case: Case, expected: Any) -> bool:
        return expected[0]["status"] == "WRONG_CHAIN_ID" and len(case.blocks[0]["txs"]) > 1

    _, case, expected = block_of(is_that)
    count = len(members(case.blocks[0], "txs"))
    assert len(members(known.without_rejected(case, expected).blocks[0], "txs")) == count - 1
    assert about(Client("eels", "ethereum-execution 2.20.0", has_it), case, expected) != ""
    assert count > 1
    wrong_of_others = Client("eels", "ethereum-execution 2.20.0", lambda case: len(case.blocks[0]["txs"]) > 0)
    assert about(wrong_of_others, case, expected) == ""


def test_what_is_known_is_counted_and_is_no_finding(tmp_path: Path) -> None:
    seed, _, _ = block_of(lambda case, _: excess(case) > 0)
    question = SearchQuestion("evm", 6, {"revm": EngineChoice("revm", 1), "spec": EngineChoice("spec", 1)})
    panel = Panel(
        question,
        {
            "revm": Client("revm", "revme 43.0.3", lambda case: excess(case) > 0),
            "spec": Client("spec", "", lambda case: False),
        },
    )
    outcome = panel.ask(seed, ("revm", "spec"))
    assert outcome.found == () and outcome.executed == ("spec",)
    ((name, sentence),) = outcome.known
    assert name == "revm"
    with Database(tmp_path) as database:
        database.take([outcome], 1.0)
        assert database.counted(["revm"])["revm"].known == {sentence: 1}
        assert database.counted(["revm"])["revm"].blocks == {}
