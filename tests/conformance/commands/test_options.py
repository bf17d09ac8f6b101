"""Every option of every command: a value that it does not take is told, with the option and what it does take."""

from __future__ import annotations

import enum
import importlib
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.benchmarking.evm_workloads import WORKLOADS
from samestate.conformance.benchmarking.peer_programs import PEERS
from samestate.conformance.checking.selection import SELECTOR_GROUPS
from samestate.conformance.engines.names import REGISTRY
from samestate.conformance.fixtures.choices import PUBLIC_CHAINS
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.generating.toy import PRESETS
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import SELECTORS
from samestate.conformance.vectors.places import VECTORS
from samestate.optimized.stores.opening import SETTINGS
from samestate.spec.evm.forks import FORKS
from tests.conformance.transition_tool.tool import ALLOC, parts

WRONG: Final = "wrong"
TOY: Final = str(VECTORS / "toy/conflicts/later_one_is_quick.yaml")
EVM: Final = str(VECTORS / "evm/transfers/many_pay_one-paris.yaml")

ARGUMENTS: Final = {
    "check": [TOY],
    "run": [EVM],
    "fill": ["toy"],
    "generate": ["-o", "made.yaml"],
    "schedule": [EVM, "-o", "made.yaml"],
    "export": [EVM, "--to", "eest", "--output", "made"],
    "fuzz": ["--blocks", "1"],
    "explain": [EVM, "--engine", "optimized"],
    "dispute": [EVM, "--engine", "optimized"],
    "trace": [EVM],
    "access-list": [EVM],
    "state": ["lmdb:state"],
    "verify": [TOY],
    "keygen": ["key"],
    "t8n": ["--state.fork", "Paris"],
}
"""What a command takes beside the option. An option that needs others has them in :data:`BESIDE`."""
BESIDE: Final = {
    ("bench", "--workload"): ["--machine", "evm"],
    ("bench", "--peer"): ["--machine", "evm", "--workload", "transfers"],
    ("state", "--fork"): ["--import", "alloc.json"],
}
ENGINES: Final = (*REGISTRY, "geth:blocktest", "command:PATH")

CHOICES: Final[dict[str, tuple[str, ...] | dict[str, tuple[str, ...]]]] = {
    "--engine": {
        "": ENGINES,
        "mutants": ("spec", "reference:waves", "optimized:block-stm"),
        "dispute": ("spec", "optimized", "bug:NAME"),
    },
    "--estimator": ("declared", "static", "last-run", "pattern", "learned", "rehearsed", "none"),
    "--fork": {"": tuple(fork.name.replace(" ", "") for fork in FORKS), "generate": toy.FORKS, "fuzz": toy.FORKS},
    "--form": ("blockchain_test", "blockchain_test_engine", "state_test"),
    "--limit": ("NAME=N",),
    "--machine": tuple(MACHINES),
    "--peer": tuple(PEERS),
    "--preset": tuple(name for name in PRESETS if "-" not in name),
    "--quick": ("given", "signed"),
    "--ruleset": ("NAME=FORK",),
    "--selector": (*SELECTORS, *SELECTOR_GROUPS),
    "--chain": tuple(PUBLIC_CHAINS),
    "--state": {"run": ("lmdb:PATH", "rocksdb:PATH"), "bench": tuple(SETTINGS)},
    "--state.fork": tuple(BY_NAME),
    "--to": ("eest",),
    "--weight": ("gas", "time"),
    "--without": (*SELECTORS, *SELECTOR_GROUPS),
    "--workload": tuple(WORKLOADS),
    "--workers": ("auto", "a number from 1 to 999999"),
}
"""What an error names that is about a value of an option: in all commands alike, or by command, "" for the others."""

FREE: Final = frozenset(
    {
        "ADDRESS",
        "ARCHIVE",
        "DIR",
        "EXPRESSION",
        "FILE",
        "FILE|stdin",
        "FILE|stdout|stderr",
        "FOLDER",
        "KEY",
        "PATH",
        "SIZE",
        "SLOT",
        "TARGET",
        "WEI",
    }
)
"""What options take, as their help calls it, that is none of a few choices."""
NAMES: Final = frozenset({"--account", "--case"})
"""Options that take a name of something in the input."""

Option = tuple[str, str, Any]


def options() -> Iterator[Option]:
    """Every option that takes a value: its command, its longest name, and the type of its value."""
    for name in command.COMMANDS:
        parameters = {parameter.name: parameter for parameter in command.load(name).params}
        word = name.replace("-", "_")
        function = getattr(importlib.import_module(f"samestate.conformance.commands.{word}"), word)
        for parameter, hint in typing.get_type_hints(function).items():
            option = parameters.get(parameter)
            if option is not None and option.param_type_name == "option" and plain(hint) is not bool:
                yield name, max(option.opts, key=len), plain(hint)


def plain(hint: Any) -> Any:
    """The type of one value: of a list the type of its elements, of what may be None that of the others."""
    arguments = [each for each in typing.get_args(hint) if each is not types.NoneType]
    return plain(arguments[0]) if arguments else hint


OPTIONS: Final = list(options())
CHOOSING: Final = [
    pytest.param(name, option, kind, id=f"{name} {option}")
    for name, option, kind in OPTIONS
    if option in CHOICES or (isinstance(kind, type) and issubclass(kind, enum.Enum))
]
COUNTING: Final = [
    pytest.param(name, option, id=f"{name} {option}")
    for name, option, kind in OPTIONS
    if kind in (int, float) and option not in CHOICES
]


def test_it_is_known_of_every_option_what_it_takes() -> None:
    """A new option comes in by itself where its type says it; else it says above what it takes."""
    known = {(each.values[0], each.values[1]) for each in (*CHOOSING, *COUNTING)}
    left = {(name, option) for name, option, _ in OPTIONS} - known
    assert [each for each in sorted(left) if metavar(*each) not in FREE and each[1] not in NAMES] == []
    assert {option for _, option, _ in OPTIONS} >= {*CHOICES, *NAMES}


def metavar(name: str, option: str) -> str:
    """What help calls the value of an option."""
    (found,) = (str(each.metavar) for each in command.load(name).params if option in each.opts)
    return found


def wrong(name: str, option: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command says of a value that its option does not take, on a terminal of 80 columns, as one line."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    block = parts(env={"currentRandom": "0x0"})
    for part, content in (("alloc", ALLOC), ("env", block["env"]), ("txs", [])):
        Path(f"{part}.json").write_text(json.dumps(content), encoding="utf-8")
    given = ARGUMENTS.get(name, [])
    if option in given:
        place = given.index(option)
        given = given[:place] + given[place + 2 :]
    result = CliRunner().invoke(command.application, [name, *given, *BESIDE.get((name, option), []), option, WRONG])
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    if "╭" in result.stderr:
        assert max(map(len, result.stderr.splitlines())) <= 80
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(("name", "option", "kind"), CHOOSING)
def test_a_choice_that_there_is_not_is_told_with_those_that_there_are(
    name: str, option: str, kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = wrong(name, option, tmp_path, monkeypatch)
    assert option in told and WRONG in told
    choices = CHOICES.get(option, ())
    if isinstance(choices, dict):
        choices = choices.get(name, choices.get("", ()))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        choices = tuple(kind)
    assert choices
    assert [each for each in choices if each not in told] == [], told


@pytest.mark.parametrize(("name", "option"), COUNTING)
def test_what_is_no_number_is_told(name: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = wrong(name, option, tmp_path, monkeypatch)
    assert (option in told and "number" in told) or "integer" in told, told
