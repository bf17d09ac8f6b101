"""The compiled EVM traces every transaction of every vector as the specification does, line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.errors import InputError
from samestate.conformance.suite.tiers import one_in
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.tracing.traceable import TraceableBlock, find_case, trace_transaction
from samestate.spec.machine import Rejection

pytest.importorskip("samestate.optimized.built", reason="needs the compiled engine")

from samestate.conformance.tracing.compiled import trace_compiled

VECTORS = Path(__file__).parents[3] / "vectors" / "evm"
SUITES = sorted(path.name for path in VECTORS.iterdir() if path.is_dir())
EVERYTHING = TraceOptions(stack=True, memory=True, return_data=True)

Trace = Callable[[TraceableBlock, int, Callable[[str], object], TraceOptions], Rejection | None]


NEVER_EXECUTED = {"block_encodings", "encodings"}
"""Suites of which no block gets as far as being executed."""


def blocks_of(suite: str) -> Iterator[tuple[Path, TraceableBlock]]:
    for path in sorted((VECTORS / suite).rglob("*.yaml")):
        case = find_case(path, None)
        for index in range(case.blocks):
            try:
                yield path, case.prepare(index)
            except Rejection:
                continue  # malformed, or on a block that is invalid: nothing is executed


def lines_of(trace: Trace, block: TraceableBlock, transaction: int) -> list[dict[str, Any]] | None:
    """The lines; of a rejection the code alone, whose numbers each words in its way; None where there is no trace."""
    lines: list[str] = []
    try:
        rejection = trace(block, transaction, lines.append, EVERYTHING)
    except (InputError, Rejection):
        return None
    if rejection is not None:
        return [{"rejected": rejection.code.name}]
    return [json.loads(line) for line in "".join(lines).splitlines()]


@pytest.mark.parametrize("suite", one_in(3, SUITES))
def test_the_compiled_engine_writes_the_lines_of_the_specification(suite: str) -> None:
    traced = 0
    for path, block in blocks_of(suite):
        for transaction in range(len(block.payload.transactions)):
            expected = lines_of(trace_transaction, block, transaction)
            if expected is None:
                continue
            assert lines_of(trace_compiled, block, transaction) == expected, f"{path}: transaction {transaction}"
            traced += 1
    assert traced > 0 or suite in NEVER_EXECUTED


def test_the_command_takes_either_engine() -> None:
    vector = str(next((VECTORS / "creation").glob("*.yaml")))
    by_engine = [
        CliRunner().invoke(application, ["trace", vector, "--engine", engine]) for engine in ("spec", "optimized")
    ]
    assert [result.exit_code for result in by_engine] == [0, 0]
    assert by_engine[0].stdout == by_engine[1].stdout
