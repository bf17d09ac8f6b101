"""The command line: help without imports, errors in one line, exit codes."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.errors import InputError


def register(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> None:
    def trial(path: str) -> None:
        """Longer help."""
        print(f"path {path}")
        if error is not None:
            raise error

    module = ModuleType("samestate.conformance.commands.trial")
    module.trial = trial  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "samestate.conformance.commands.trial", module)
    monkeypatch.setitem(command.COMMANDS, "trial", "Tries.")


def test_every_command_has_a_module_with_a_function_of_its_name() -> None:
    for name in command.COMMANDS:
        assert command.load(name).name == name


def test_help_lists_commands_without_importing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(command.COMMANDS, "absent", "No module has this.")
    result = CliRunner().invoke(command.application, ["--help"])
    assert result.exit_code == 0
    assert "absent" in result.output
    assert "No module has this." in result.output


def test_a_command_runs_with_its_own_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, None)
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert (result.exit_code, result.output) == (0, "path here\n")
    assert "Longer help." in CliRunner().invoke(command.application, ["trial", "--help"]).output


def test_bad_input_is_one_line_and_exit_code_two(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, InputError("a.json: not JSON"))
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert result.exit_code == 2
    assert result.stderr == "samestate: a.json: not JSON\n"


def test_an_interruption_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, KeyboardInterrupt())
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert (result.exit_code, result.stderr) == (130, "samestate: interrupted\n")


def test_an_unknown_command_is_bad_input() -> None:
    result = CliRunner().invoke(command.application, ["nothing"])
    assert result.exit_code == 2
    assert "nothing" in result.stderr
