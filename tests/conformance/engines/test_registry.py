"""Engines by name: ids, aliases, patterns, all; what each can do; and workers that are really used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.names import REGISTRY, STRATEGIES, choose_engines
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.spec.transition import apply_block

VECTOR = VECTORS / f"evm/funding/funded_by_an_earlier_transaction-amsterdam{SUFFIX}"
WITH_LIST = VECTORS / f"evm/access_lists/right_list-amsterdam{SUFFIX}"


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["spec"], ["spec"]),
        (["reference"], ["reference:block-stm"]),
        (["reference:*"], [f"reference:{strategy}" for strategy in STRATEGIES]),
        (["*:waves"], [id for id in REGISTRY if id.endswith(":waves")]),
        (["all"], list(REGISTRY)),
        (["spec", "all", "reference"], list(REGISTRY)),
        (["command:./mine", "spec"], ["command:./mine", "spec"]),
    ],
)
def test_names_stand_for_engines(names: Sequence[str], chosen: Sequence[str]) -> None:
    assert choose_engines(names) == list(chosen)


def test_a_name_of_nobody_is_told_with_who_is_near() -> None:
    with pytest.raises(InputError, match="no engine is called 'reference:wave'; did you mean 'reference:waves'"):
        choose_engines(["reference:wave"])
    with pytest.raises(InputError, match="no engine is called 'mine:\\*'; known are spec, reference:sequential"):
        choose_engines(["mine:*"])
    with pytest.raises(InputError, match="--workers 0: must be at least 1"):
        find_engine("reference", workers=0)
    with pytest.raises(InputError, match="--workers 10000000: engines of `reference` have at most 256"):
        find_engine("reference", workers=10_000_000)


def test_the_table_has_every_engine_with_its_strategy_and_machines() -> None:
    output = samestate("engines").output
    for id in REGISTRY:
        assert f"│ {id} " in output
    row = next(line for line in output.splitlines() if "reference:access-list" in line)
    for word in ("access-list", "greenlets", "Berlin to Amsterdam", "toy to signed", "keys", "blocks without an"):
        assert word in row


def test_some_engines_are_shown_in_detail() -> None:
    output = samestate("engines", "--engine", "reference:access-list", "--engine", "spec").output
    assert re.search(
        r"^reference:access-list\n  version: samestate \S+\n  machine chains: chains\n  machine evm: Berlin, London",
        output,
        re.MULTILINE,
    )
    assert "executes only blocks that come with an access list" in output
    assert re.search(r"^spec\n  version: samestate \S+\n  machine chains: chains\n  machine evm", output, re.MULTILINE)


def test_a_case_without_an_access_list_is_skipped_by_who_starts_from_one() -> None:
    engine = find_engine("reference:access-list")
    case = load_vector_file(VECTOR).case
    assert engine.capabilities.missing(case) == "the engine executes from access lists, and a block comes without one"
    case = load_vector_file(WITH_LIST).case
    assert engine.capabilities.missing(case) == ""
    twice = replace(case, blocks=(*case.blocks, {**case.blocks[0]}))
    assert engine.capabilities.missing(twice) == ""
    del twice.blocks[1]["block_access_list"]
    assert "a block comes without one" in engine.capabilities.missing(twice)


@pytest.mark.parametrize("arguments", [("check", str(VECTOR)), ("run", str(VECTOR))])
def test_workers_reach_the_engine(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def make(workers: int) -> BlockEngine:
        asked.append(workers)
        return BlockEngine(
            "counting",
            capabilities(("evm",), "block-stm", "threads"),
            lambda machine, block, state, predictions: apply_block(machine, block, state),
        )

    monkeypatch.setitem(engines.REGISTRY, "counting", make)
    assert samestate(*arguments, "--engine", "counting", "--workers", "3").exit_code == 0
    assert asked == [3]
    refused = samestate(*arguments, "--engine", "counting", "--workers", "0")
    assert refused.exit_code == 2
    assert "--workers" in refused.stderr
