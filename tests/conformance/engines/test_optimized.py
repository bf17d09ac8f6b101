"""Engines of `optimized` on the command line: their schedules, and settings from the environment."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.checking import document
from samestate.conformance.engines.optimized import parts as optimized_parts
from samestate.conformance.engines.optimized import toy as optimized_toy
from samestate.conformance.engines.optimized.engine import MEMORY, make_optimized_engine
from samestate.conformance.engines.optimized.parts import OptimizedBlocks
from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.engines.registry import compare_engine, find_engine
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.optimized import Configuration

CHAIN = VECTORS / f"toy/conflicts/long_chain{SUFFIX}"
EVM = VECTORS / f"evm/storage/read_after_write-amsterdam{SUFFIX}"


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


@pytest.mark.parametrize(
    ("engine", "vector"),
    [
        ("optimized", CHAIN),
        ("optimized:waves", CHAIN),
        ("optimized@processes", CHAIN),
        ("optimized:locks@processes", EVM),
    ],
)
def test_a_run_tells_what_each_worker_did(engine: str, vector: Path, tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    result = samestate("run", str(vector), "--engine", engine, "--workers", "3", "--trace", str(target), "--json", "-")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == json.loads(samestate("run", str(vector), "--json", "-").stdout)
    events = json.loads(target.read_text())["traceEvents"]
    executed = {event["args"]["transaction"] for event in events if event["name"].startswith("execute ")}
    assert executed == set(range(len(load_vector_file(vector).case.blocks[0]["txs"])))
    assert {event["args"]["name"] for event in events if event["name"] == "thread_name"} <= {
        f"worker {number}" for number in range(3)
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--engine", "spec", "--trace", "t.json"), "spec does not tell what its workers did"),
        (("--engine", "reference:waves", "--trace", "t.json"), "reference:waves does not tell what its workers did"),
        (("--engine", "optimized:magic", "--trace", "t.json"), "choose of adaptive, sequential"),
        (("--engine", "optimized", "--trace", "/nowhere/t.json"), "--trace /nowhere/t.json: cannot be written"),
        (("--engine", "optimized", "--workers", "1000"), "workers = 1000"),
    ],
)
def test_what_cannot_be_traced_is_told(options: tuple[str, ...], complaint: str) -> None:
    result = samestate("run", str(CHAIN), *options)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_settings_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMESTATE_MAXIMUM_BLOCK", "3")
    document.engine_of.cache_clear()  # what an earlier test made knows nothing of the variable
    result = samestate("check", str(CHAIN), "--engine", "optimized:locks")
    assert result.exit_code == 1
    assert "more than maximum_block = 3" in result.stdout
    with pytest.raises(EngineFailure, match="more than maximum_block = 3"):
        make_optimized_engine("locks", "threads", 2).run(load_vector_file(CHAIN).case)
    monkeypatch.delenv("SAMESTATE_MAXIMUM_BLOCK")
    document.engine_of.cache_clear()
    assert samestate("check", str(CHAIN), "--engine", "optimized:locks").exit_code == 0
    settings = tmp_path / "settings.yaml"
    settings.write_text("time_limit: soon\n")
    monkeypatch.setenv("SAMESTATE_CONFIGURATION", str(settings))
    result = samestate("run", str(CHAIN), "--engine", "optimized:sequential")
    assert result.exit_code == 2
    assert f"--engine optimized:sequential: file {settings}, key time_limit = soon" in result.stderr


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [("268435456", None, 256 << 20), (None, "256 MiB", 256 << 20), (None, None, MEMORY), ("2097152", None, 2 << 20)],
)
def test_memory_is_what_was_configured(
    variable: str | None, file: str | None, expected: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is what would be the default of a single engine, too."""
    given: list[int] = []

    class Remembering(OptimizedBlocks):
        def __init__(self, configuration: Configuration) -> None:
            super().__init__(configuration)
            given.append(configuration.memory_limit)

    monkeypatch.setattr(optimized_parts, "OptimizedBlocks", Remembering)
    if variable is not None:
        monkeypatch.setenv("SAMESTATE_MEMORY_LIMIT", variable)
    if file is not None:
        settings = tmp_path / "settings.yaml"
        settings.write_text(f"memory_limit: {file}\n")
        monkeypatch.setenv("SAMESTATE_CONFIGURATION", str(settings))
    make_optimized_engine("locks", "threads", 2)
    assert given == [expected]


def test_an_engine_runs_again_after_it_was_closed() -> None:
    case = load_vector_file(CHAIN).case
    for id in ("optimized", "optimized@processes"):
        engine = find_engine(id)
        first = engine.run(case)
        engine.close()
        assert engine.run(case) == first
        engine.close()


def differences_of(vector: Path, strategy: str = "block-stm") -> str:
    """What a new engine on threads gets wrong about a vector, empty if nothing."""
    engine = make_optimized_engine(strategy, "threads", 2)
    try:
        return str(compare_engine(engine, load_vector_file(vector)) or "")
    finally:
        engine.close()


class WrongReceiptsRoot:
    """A compiled result with another receipts root."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.result, name)

    def receipts_root(self) -> bytes:
        return bytes(32)


def test_a_wrong_root_of_the_compiled_code_is_a_failure_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    zero = f"0x{'00' * 32}"
    assert differences_of(CHAIN) == ""
    with monkeypatch.context() as patch:
        patch.setattr(optimized_toy, "state_root", lambda base, changes: bytes(32))
        found = differences_of(CHAIN)
        assert found.startswith("state_root: expected 0x")
        assert f"the engine gives {zero}" in found
    with monkeypatch.context() as patch:
        right = optimized_parts.finished_result
        patch.setattr(
            optimized_parts,
            "finished_result",
            lambda result, block, state: right(WrongReceiptsRoot(result), block, state),
        )
        found = differences_of(CHAIN)
        assert found.startswith("receipts_root: expected 0x")
        assert f"the engine gives {zero}" in found


def test_a_wrong_access_list_that_the_compiled_code_accepts_is_a_failure_of_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = VECTORS / f"toy/access_lists/wrong_value{SUFFIX}"
    assert differences_of(wrong) == ""
    monkeypatch.setattr(optimized_parts, "packed_block", partial(packed_block, with_access_list=False))
    assert differences_of(wrong) == (
        "status: expected rejection ACCESS_LIST_MISMATCH of transaction 0, the engine gives a valid block"
    )
