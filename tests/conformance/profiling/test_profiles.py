"""Profiles of blocks: they add up to what receipts and traces say, and are told on every machine."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.generating.evm import generate_block
from samestate.conformance.profiling.block_profile import MachineProfile, ProfileTable
from samestate.conformance.profiling.conflicts import ConflictCounter, KeyConflicts
from samestate.conformance.profiling.evm import profile_evm
from samestate.conformance.profiling.flame import FlameNode, draw
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.tracing.traceable import TraceableBlock, trace_transaction
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.places import VECTORS
from samestate.optimized.trace import TraceEvent
from samestate.spec.access import Read, StepAccess
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, OSAKA
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.validity import intrinsic_gas
from samestate.spec.toy.keys import slot_key
from samestate.spec.transition import apply_block

CHAIN = str(VECTORS / "toy/conflicts/long_chain.yaml")
CALLS = sorted((VECTORS / "evm/calls").glob("*.yaml"))[0]
SVM = sorted((VECTORS / "svm/locks").glob("*.yaml"))[0]


def table(profile: MachineProfile, subject: str) -> ProfileTable:
    return next(each for each in profile.tables if each.subject == subject)


@pytest.mark.parametrize("fork", [BERLIN, OSAKA, AMSTERDAM], ids=lambda fork: fork.name)
@pytest.mark.parametrize("seed", range(4))
def test_gas_and_counts_are_those_of_the_specification(fork: Any, seed: int) -> None:
    made = generate_block(fork, seed, 12, 0.5)
    machine, payload, state = Evm(fork), made.payload(), made.state()
    profile = profile_evm(machine, payload, state, "gas")
    result = apply_block(machine, payload, state)
    assert profile.gas == tuple(outcome.gas_used for outcome in result.outcomes)

    counted: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    options = TraceOptions(stack=False, memory=False, return_data=False)
    for index in range(len(payload.transactions)):
        lines: list[str] = []
        trace_transaction(TraceableBlock(fork, payload, state), index, lines.append, options)
        steps = [json.loads(line) for line in "".join(lines).splitlines()]
        for step in (each for each in steps if "op" in each):
            counted[step["opName"]] += 1
            if step["opName"] in ("SLOAD", "KECCAK256", "MSTORE") and "error" not in step:
                spent[step["opName"]] += int(step["gasCost"], 16)
    rows = dict(table(profile, "instruction").rows)
    assert {name: each.count for name, each in rows.items() if not name.startswith("(")} == counted
    failed = any(outcome.halt is not None for outcome in result.outcomes)
    for name, gas in spent.items():
        assert rows[name].gas >= gas if failed else rows[name].gas == gas
    by_contract = dict(table(profile, "contract").rows)
    inside = sum(each.gas for name, each in by_contract.items() if name != "(before and after code)")
    assert inside == sum(each.gas for each in rows.values())
    assert sum(each.gas for each in by_contract.values()) == sum(profile.gas)
    assert profile.tree is not None and profile.tree.amount >= inside
    assert len(table(profile, "transaction").rows) == len(payload.transactions)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_outside_of_code_is_the_intrinsic_gas_less_the_refund(seed: int) -> None:
    made = generate_block(BERLIN, seed, 12, 0.5)  # which has neither floors nor delegations
    machine, payload, state = Evm(BERLIN), made.payload(), made.state()
    profile = profile_evm(machine, payload, state, "gas")
    outcomes = apply_block(machine, payload, state).outcomes
    outside = dict(table(profile, "contract").rows)["(before and after code)"].gas
    refunded = sum(outcome.gas_refunded for outcome in outcomes)
    assert outside + refunded == sum(
        intrinsic_gas(BERLIN, transaction, outcome.sender)
        for transaction, outcome in zip(payload.transactions, outcomes, strict=True)
    )


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(application, ["run", *arguments])


@pytest.mark.parametrize("path", [CHAIN, str(CALLS), str(SVM)])
def test_every_machine_is_profiled_and_drawn(path: str, tmp_path: Path) -> None:
    flame, document = tmp_path / "flame.svg", tmp_path / "profile.json"
    result = invoke(path, "--profile", "--flame-graph", str(flame), "--weight", "time", "--json", str(document))
    assert result.exit_code == 0, result.output
    assert "by transaction" in result.stdout
    ElementTree.fromstring(flame.read_text())
    (block, *_) = json.loads(document.read_text())
    assert block["machine"] in path
    assert {each["by"] for each in block["tables"]} >= {"transaction"}
    assert block["transactions"] == len(next(each for each in block["tables"] if each["by"] == "transaction")["rows"])
    assert {"conflicts", "advice", "notes", "seconds", "unit"} <= block.keys()


def test_the_toys_gas_is_that_of_its_receipts(tmp_path: Path) -> None:
    document = tmp_path / "profile.json"
    assert invoke(CHAIN, "--profile", "--json", str(document)).exit_code == 0
    (block,) = json.loads(document.read_text())
    by = {each["by"]: each["rows"] for each in block["tables"]}
    assert sum(row["gas"] for row in by["operation"]) == sum(row["gas"] for row in by["transaction"]) == 726_090
    assert {row["name"]: row["count"] for row in by["operation"]} == {"SSTORE": 30, "SLOAD": 30, "ADD": 30}
    assert all(row["seconds"] > 0 for row in by["transaction"])
    assert [each["dependent_reads"] for each in block["conflicts"] if each["key"] == "slot 0x1"] == [
        [{"transaction": 1, "wrote": 0}]
    ]
    assert "conflict chain" in [each["bottleneck"] for each in block["advice"]]


def test_a_run_on_the_engine_ends_with_advice() -> None:
    result = invoke(CHAIN, "--engine", "optimized:block-stm")
    assert "block 0: advice: conflict chain: 30 of 30 transactions wait for one another" in result.stdout
    assert "advice" not in invoke(CHAIN).stdout
    assert "advice" not in invoke(CHAIN, "--engine", "optimized:sequential").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CHAIN, "--profile", "--weight", "bytes"), "--weight bytes: must be gas or time"),
        ((CHAIN, "--weight", "time"), "--weight time: goes with --profile and --flame-graph alone"),
        ((CHAIN, "--profile", "--weight", "time"), "--weight time: goes with --flame-graph alone"),
        ((CHAIN, "--flame-graph", "a.svg"), "--flame-graph a.svg: goes with --profile alone"),
        ((CHAIN, "--profile", "--flame-graph", "a.png"), "--flame-graph a.png: must be a file whose name ends in .svg"),
        ((CHAIN, "--profile", "--flame-graph", "no/a.svg"), "--flame-graph no/a.svg: cannot be written: there is no"),
        ((CHAIN, "--profile", "--engine", "spec"), "--engine spec: cannot be profiled; engines called optimized:…"),
        ((CHAIN, "--profile", "--engine", "optimized@processes"), "--engine optimized@processes: cannot be profiled"),
        ((CHAIN, "--profile", "--engine", "optimized:*"), "--engine optimized:*: cannot be profiled"),
        ((CHAIN, "--profile", "--trace", "a.json"), "--profile: cannot be given with --trace"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"samestate: {message}")
    assert result.stderr.count("\n") == 1


def test_conflicts_are_those_of_the_record_and_of_the_schedule() -> None:
    counter = ConflictCounter(toy.CODEC)
    hot, cold = slot_key(1), slot_key(2)
    steps = [
        StepAccess(1, {hot: Read(b"\x01", (0,)), cold: Read(None, ())}, {}, {}, {}),
        StepAccess(2, {hot: Read(b"\x01", (1,))}, {}, {}, {}),
    ]
    counter.count_reads(steps, 3)
    events = [
        TraceEvent(0, "execute", 1, 0, 0, 5, "suspended", 0, hot),
        TraceEvent(0, "execute", 2, 0, 0, 5, "suspended", 1),
        TraceEvent(1, "validate", 2, 1, 5, 6, "aborted"),
        TraceEvent(1, "validate", 0, 1, 5, 6, "aborted"),
        TraceEvent(1, "execute", 2, 1, 5, 6, "done"),
    ]
    counter.count_events("block-stm", events)
    first, unknown = counter.hottest()
    assert (first.key, first.readers) == ("slot 0x1", [(1, 0), (2, 1)])
    assert first.by_strategy == {"block-stm": KeyConflicts(waits=2, aborts=1)}
    assert unknown.by_strategy == {"block-stm": KeyConflicts(aborts=1)} and unknown.readers == []


def test_parts_are_as_wide_as_their_shares() -> None:
    top = FlameNode()
    top.part("a").part("b").amount = 30
    top.part("a").part("c").amount = 10
    top.part("d").amount = 60
    top.part("given back").amount = -5
    assert top.sum_up() == 100
    drawn = draw(top, "all", lambda name: "code", {"code": "code"})
    root = ElementTree.fromstring(drawn)
    assert [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")] == [
        "d 60.0%",
        "a 40.0%",
        "b 30.0%",
        "c 10.0%",
    ]
    ElementTree.fromstring(draw(FlameNode(), "nothing", lambda name: "code", {}))
