"""The command line: help without imports, errors in one line, exit codes."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.commands.workers_option import parse_workers
from samestate.conformance.errors import InputError
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.machines import MACHINES, machine_called
from samestate.conformance.vectors.places import VECTORS
from samestate.spec.svm.rulesets import RULESETS

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("name", ["fuzz", "generate"])
def test_help_names_every_machine(name: str) -> None:
    output = " ".join(CliRunner().invoke(command.application, [name, "--help"]).output.split())
    for machine in MACHINES:
        assert re.search(rf"--machine MACHINE\b[^\[]*\b{machine}\b", output), machine


@pytest.mark.parametrize("given", ["0", "-1", "1000000", "AUTO", "1.5", ""])
def test_how_many_workers_there_may_be_is_told(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="must be auto or a number from 1 to 999999"):
        parse_workers(given)


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


def test_what_the_file_system_refuses_is_one_line_and_exit_code_two(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, OSError(errno.ENAMETOOLONG, "File name too long", "some/file"))
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert (result.exit_code, result.stderr) == (2, "samestate: some/file: File name too long\n")
    register(monkeypatch, OSError(errno.ENOMEM, "Cannot allocate memory"))
    assert isinstance(CliRunner().invoke(command.application, ["trial", "here"]).exception, OSError)


@pytest.mark.parametrize("name", ["check", "run", "export", "trace", "access-list", "explain", "dispute", "schedule"])
def test_a_name_that_is_too_long_is_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = EVERY[name] if EVERY[name][:1] and EVERY[name][0].startswith("-") else EVERY[name][1:]
    result = CliRunner().invoke(command.application, [name, "n" * 300, *given])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert "n" * 300 in result.stderr and "File name too long" in result.stderr


def test_an_interruption_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, KeyboardInterrupt())
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert (result.exit_code, result.stderr) == (130, "samestate: interrupted\n")


def test_an_unknown_command_is_bad_input() -> None:
    result = CliRunner().invoke(command.application, ["nothing"])
    assert result.exit_code == 2
    assert "nothing" in result.stderr


EVERY = {
    "check": [],
    "rules": [],
    "hazards": [],
    "run": ["block.json"],
    "fill": ["--output", "out", "toy"],
    "generate": ["-o", "block.yaml"],
    "schedule": ["pool.yaml", "-o", "block.yaml"],
    "export": ["--to", "eest", "--output", "out"],
    "fuzz": ["--blocks", "1"],
    "bench": ["--preset", "small", "--repeat", "1"],
    "mutants": [],
    "engines": [],
    "t8n": ["--state.fork", "Prague"],
    "explain": ["block.yaml", "--engine", "spec"],
    "dispute": ["block.json", "--engine", "spec"],
    "trace": ["block.json"],
    "access-list": ["block.json"],
    "state": ["lmdb:state"],
    "verify": ["verdict.json"],
    "keygen": ["key"],
}


def in_a_folder_that_is_gone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    words = [
        "sh",
        "-c",
        'cd "$0" && rmdir "$0" && exec "$@"',
        str(folder),
        sys.executable,
        "-m",
        "samestate",
        *arguments,
    ]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", command.COMMANDS)
def test_a_current_folder_that_is_gone_is_one_line(tmp_path: Path, name: str) -> None:
    done = in_a_folder_that_is_gone(tmp_path / "gone", name, *EVERY[name])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "samestate: the current folder is no longer there: change to one that is\n"


def test_help_needs_no_folder(tmp_path: Path) -> None:
    done = in_a_folder_that_is_gone(tmp_path / "gone", "check", "-h")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", command.COMMANDS)
def test_help_fits_the_narrowest_terminal_and_says_what_each_option_takes(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing is cut, no line is left to the terminal to break, and no option takes a type of Python."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    short, long = (CliRunner().invoke(command.application, [name, option]) for option in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)
    lines = short.output.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in short.output
    (options,) = re.findall(r"Options ─.*", short.output, re.DOTALL)
    assert not re.search(r"<(?!bool>)\w|list\[|default: \(", options)
    assert f" {name} [OPTIONS]" in short.output
    assert all(option in short.output for option in options_of(name))


def options_of(name: str) -> list[str]:
    """Every option of a command that is not hidden, by its longest name."""
    options = [parameter for parameter in command.load(name).params if parameter.param_type_name == "option"]
    return [max(option.opts, key=len) for option in options if not option.hidden]


def test_a_compiled_engine_that_cannot_be_used_is_one_line_wherever_it_is_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch, ImportError("samestate.optimized is not compiled", name="samestate.optimized"))
    result = CliRunner().invoke(command.application, ["trial", "here"])
    assert result.exit_code == 2
    assert result.stderr == "samestate: trial: needs the compiled engine: samestate.optimized is not compiled\n"
    register(monkeypatch, ImportError("something else", name="elsewhere"))
    assert isinstance(CliRunner().invoke(command.application, ["trial", "here"]).exception, ImportError)


@pytest.mark.parametrize("engine", ["spec", "reference:waves", "optimized"])
def test_other_machines_than_that_of_a_case_are_not_imported(engine: str) -> None:
    """Solana's alone takes a fifth of what a short run takes."""
    arguments = ["check", str(VECTORS / "evm/transfers/many_pay_one-paris.yaml"), "--engine", engine]
    code = (
        "import sys; from samestate.conformance.command import main\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code, ended.code\n"
        "print(sorted(name for name in sys.modules if name.startswith(('samestate.spec.svm', 'nacl'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout


def test_the_names_of_rulesets_are_known_without_their_machines() -> None:
    assert MACHINES["svm"] == tuple(RULESETS)
    assert MACHINES["toy"] == toy.FORKS
    assert [machine_called(name).name for name in MACHINES] == list(MACHINES)
