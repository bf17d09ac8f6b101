"""The option --no-fallback: engines of `optimized` are told for as long as the command runs, and no longer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import samestate.optimized
from samestate.conformance.benchmarking import lineup
from samestate.conformance.checking.document import engine_of
from samestate.conformance.command import application
from samestate.conformance.engines.optimized import NO_FALLBACK
from samestate.conformance.vectors.places import VECTORS
from samestate.optimized import load
from samestate.optimized.configuration import Configuration

VECTOR = str(VECTORS / "toy/conflicts/crossing.yaml")
COMMANDS: dict[str, Sequence[str]] = {
    "check": ("check", VECTOR, "--engine", "optimized:locks"),
    "run": ("run", VECTOR, "--engine", "optimized:locks"),
    "fuzz": ("fuzz", "--machine", "toy", "--blocks", "1", "--seed", "1", "--engine", "optimized:locks"),
    "bench": ("bench", "--preset", "small", "--engine", "optimized:locks", "--repeat", "1"),
}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Configuration]]:
    """The settings of all engines that are made from now on."""
    found: list[Configuration] = []

    def watched(*arguments: Any, **named: Any) -> Configuration:
        found.append(load(*arguments, **named))
        return found[-1]

    monkeypatch.setattr(samestate.optimized, "load", watched)
    monkeypatch.setattr(lineup, "load", watched)
    engine_of.cache_clear()  # in a process of its own a command finds no engine of another one
    yield found
    engine_of.cache_clear()


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_engines_refuse_it_while_the_command_runs(
    loaded: list[Configuration], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, given: bool
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("no_fallback: no\n", encoding="utf-8")
    monkeypatch.setenv("SAMESTATE_CONFIGURATION", str(settings))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(application, [*COMMANDS[command], *(["--no-fallback"] if given else [])])
    assert result.exit_code == 0, result.output
    assert {each.no_fallback for each in loaded} == {given}
    assert NO_FALLBACK not in os.environ


def test_transition_tools_take_it_too() -> None:
    assert "--no-fallback" in CliRunner().invoke(application, ["t8n", "--help"]).output
