"""Explained differences: the value that was missed or came too soon, the dependency, and what is no fault of a read."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.model import DIMENSIONS, OUTPUTS, Case

NAMES = ("open", "0", "1", "2", "3", "close")


def step(name: str, **parts: Any) -> Any:
    return {"step": name, "reads": {}, "writes": {}, "credits": {}, "wipes": [], "touches": [], **parts}


def read(value: str, *source: str) -> Any:
    return {"value": value, "from": list(source) or "pre"}


def edge(later: str, earlier: str, kind: str, key: str) -> Any:
    return {"later": later, "earlier": earlier, "kind": kind, "key": key}


def block() -> Any:
    """Slot 1 is written by 1 and 3 and read by 2; the fees of 0 and 1 are read by 2."""
    return {
        "status": "valid",
        "state_root": "0x01",
        "receipts": [{"status": "success", "gas_used": str(number)} for number in range(4)],
        "access": [
            step("open"),
            step("0", reads={"slot 0x1": read("0x04")}, credits={"balance 0xcc": "0x05"}),
            step("1", reads={"slot 0x1": read("0x04")}, writes={"slot 0x1": "0x05"}, credits={"balance 0xcc": "0x03"}),
            step(
                "2",
                reads={"slot 0x1": read("0x05", "1"), "balance 0xcc": read("0x08", "0", "1")},
                writes={"slot 0x2": "0x09"},
            ),
            step("3", reads={"slot 0x1": read("0x05", "1")}, writes={"slot 0x1": "0x06"}),
            step("close"),
        ],
        "depends": [
            edge("2", "1", "RAW", "slot 0x1"),
            edge("3", "1", "RAW", "slot 0x1"),
            edge("3", "2", "WAR", "slot 0x1"),
        ],
    }


CASE = Case("toy/x", "toy", "toy", {}, frozenset(), {"accounts": {}, "slots": {}}, ({},))


def difference(given: Any, granularity: Granularity = Granularity.KEYS) -> Difference | None:
    return first_difference(CASE, [block()], [given], frozenset(OUTPUTS), granularity, {})


def changed(place: int, part: str, key: str, value: Any) -> Any:
    given = copy.deepcopy(block())
    given["access"][place][part][key] = value
    return given


def test_what_is_right_has_no_difference() -> None:
    assert difference(block()) is None


@pytest.mark.parametrize(
    ("place", "key", "value", "words"),
    [
        (3, "slot 0x1", read("0x04"), "step 2 reads slot 0x1 = 0x05 from step 1; the engine gives 0x04, "
         "the value from before step 1: RAW on step 1 was missed"),
        (3, "slot 0x1", read("0x06", "3"), "the engine gives 0x06, the value that step 3 leaves: "
         "it was seen too soon, WAR with step 3 was not kept"),
        (3, "slot 0x1", read("0x77"), "the engine gives 0x77, a value that no step leaves there: "
         "RAW on step 1 was not kept"),
        (3, "slot 0x1", read("0x05", "0"), "the right value from the wrong step: from step 0"),
        (3, "balance 0xcc", read("0x03", "1"), "step 2 reads balance 0xcc = 0x08 from steps 0 and 1; "
         "the engine gives 0x03, a value that no step leaves there: RAW on steps 0 and 1 was not kept"),
        (3, "balance 0xcc", None, "the engine has no such read on record: RAW on steps 0 and 1 cannot be kept"),
        (1, "slot 0x1", read("0x05", "1"), "step 0 reads slot 0x1 = 0x04 from before the block; the engine gives 0x05, "
         "the value that step 1 leaves: it was seen too soon"),
        (1, "slot 0x9", read("0x05"), "step 0 does not read slot 0x9"),
    ],
)  # fmt: skip
def test_a_wrong_read_is_explained_by_where_its_value_stands(place: int, key: str, value: Any, words: str) -> None:
    found = difference(changed(place, "reads", key, value))
    assert found is not None
    assert f"step {NAMES[place]}: reads: {key}" in found.where
    assert words in found.explanation


def test_credits_are_part_of_the_history() -> None:
    given = changed(3, "reads", "balance 0xcc", read("0x05", "0"))
    right = block()
    right["access"][1]["reads"]["balance 0xcc"] = read("absent")
    given["access"][1]["reads"]["balance 0xcc"] = read("absent")
    found = first_difference(CASE, [right], [given], frozenset(OUTPUTS), Granularity.KEYS, {})
    assert found is not None
    assert "the engine gives 0x05, the value from before step 1: RAW on step 1 was missed" in found.explanation


def test_a_wrong_write_after_right_reads_is_the_steps_own() -> None:
    found = difference(changed(4, "writes", "slot 0x1", "0x07"))
    assert found is not None
    assert "step 3 read everything right" in found.explanation
    assert "step 3 reads what step 1 wrote, and writes after step 2 read (slot 0x1)" in found.explanation


def test_an_engine_that_records_writes_alone_is_told_what_the_step_had_to_read() -> None:
    given = copy.deepcopy(block())
    for entry in given["access"]:
        for key, amount in entry.pop("credits").items():
            entry["writes"][key] = {"0": "0x05", "1": "0x08"}[entry["step"]] if amount else ""
    given["access"][3]["writes"]["slot 0x2"] = "0x0a"
    found = difference(given, Granularity.WRITES)
    assert found is not None
    assert "step 2 reads slot 0x1 = 0x05 from step 1, balance 0xcc = 0x08 from steps 0 and 1 (RAW)" in found.explanation


def test_a_wrong_receipt_is_explained_by_what_its_step_reads() -> None:
    given = copy.deepcopy(block())
    given["receipts"][3]["gas_used"] = "9"
    found = difference(given)
    assert found is not None
    assert (found.where, found.expected, found.given) == ("receipt 3: gas_used", "3", "9")
    assert found.explanation == "  step 3 reads slot 0x1 = 0x05 from step 1 (RAW)"


def test_a_wrong_state_names_keys_with_several_writers() -> None:
    found = difference({**block(), "state_root": "0x02"})
    assert found is not None
    assert "the last in block order counts" in found.explanation
    assert "slot 0x1 (steps 1 and 3)" in found.explanation


def test_gas_in_a_dimension_is_compared_where_an_engine_gives_it() -> None:
    right, given, silent = block(), block(), block()
    for content, state_gas in ((right, "5"), (given, "6")):
        content["receipts"] = [
            {**receipt, "execution_gas": "9", "state_gas": state_gas} for receipt in content["receipts"]
        ]

    def found(result: Any, outputs: frozenset[str]) -> Difference | None:
        return first_difference(CASE, [right], [result], outputs, Granularity.KEYS, {})

    every = frozenset(OUTPUTS)
    assert (different := found(given, every)) is not None
    assert str(different).startswith("receipt 0: state_gas: expected 5, the engine gives 6")
    assert (different := found(silent, every)) is not None
    assert str(different).startswith("receipt 0: execution_gas: expected 9, the engine gives nothing")
    assert found(silent, every - {*DIMENSIONS}) is None
    assert found(given, every - {"state_gas"}) is None
