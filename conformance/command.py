"""The command `samestate`: one subcommand a module of :mod:`samestate.conformance.commands`, imported when called."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import os
import sys
from typing import Annotated, Any, Final

import typer
import typer.core

from samestate.conformance.engines.optimized import OPTIMIZED, without_engine
from samestate.conformance.errors import InputError, UnknownEngine
from samestate.conformance.output.log import LogFormat, say, use_format
from samestate.conformance.output.streams import OutputLost, guard_streams

COMMANDS: Final[dict[str, str]] = {
    "check": "Run vectors, official fixtures and real blocks.",
    "rules": "Rules by name: where each stands and is from, and which no case reached.",
    "hazards": "Ways for parallel engines to go wrong, and which vectors are about each.",
    "run": "Execute one vector, fixture or real block, and print what comes out of it.",
    "state": "A state on disk: put it there, show it, verify it. `run --state` executes blocks on it.",
    "fill": "Write vectors from scenarios.",
    "generate": "Write a vector that a seed makes.",
    "schedule": "Choose transactions of a mempool for a block, and put them in order.",
    "export": "Write vectors in the forms that other clients read.",
    "fuzz": "Compare engines with the specification on random blocks.",
    "bench": "Measure engines on a block, against sequential execution and the ceiling of the machine.",
    "mutants": "Engines with a seeded bug, and which vector or schedule finds each.",
    "verify": "Verify signed verdicts of one or several parties, and what they come to together.",
    "keygen": "Make a key that signs verdicts.",
    "engines": "What is registered, and what each can do.",
    "t8n": "The transition tool interface of geth and EELS: alloc, env and txs in, result and alloc out.",
    "explain": "Say where an engine parts from the specification, and why.",
    "dispute": "Find the one instruction over which two engines differ, and prove who is right.",
    "trace": "Trace a transaction of any case: a line of JSON for each instruction (EIP-3155).",
    "access-list": "The access list of each transaction (EIP-2930), and what it would save in gas.",
}
"""Every command with its one line of help. The command `a-name` is the function `a_name` of the module `a_name`."""

HELP: Final = frozenset({"-h", "--help"})
HELP_OPTIONS: Final = {"help_option_names": sorted(HELP, key=len)}
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130


class Commands(typer.core.TyperGroup):
    """The group of all commands. It imports a command's module only when that command is called, so help is quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order in which help lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> typer.core.TyperCommand | None:
        """The command's name and line of help, without its module: enough for the list of commands."""
        if cmd_name not in COMMANDS:
            return None
        return typer.core.TyperCommand(cmd_name, help=COMMANDS[cmd_name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that ``args`` call, from its module. Raises InputError where there is no folder to be in."""
        name, command, rest = super().resolve_command(ctx, args)
        if HELP.isdisjoint(rest):
            refuse_no_folder()
        return name, command if name is None else load(name), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Bad input is one line on stderr and exit code 2, an interruption 130."""
        use_format(LogFormat.TEXT)  # until an option says otherwise
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except InputError as error:
            say(f"--engine: {error}" if isinstance(error, UnknownEngine) else str(error), "error", "error")
            raise typer.Exit(BAD_INPUT) from error
        except ImportError as error:
            say(str(needs_engine(ctx.invoked_subcommand or "", error)), "error", "error")
            raise typer.Exit(BAD_INPUT) from error
        except OSError as error:
            # a name that is too long, a folder that may not be searched: whoever asked whether a file is there
            if error.filename is None:
                raise
            say(f"{os.fsdecode(error.filename)}: {error.strerror or error}", "error", "error")
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt:
            say("interrupted", "interrupted", "warning")
            raise typer.Exit(INTERRUPTED) from None


def refuse_no_folder() -> None:
    """Raise InputError where the current folder was removed: relative paths mean nothing, and no process can start."""
    try:
        os.getcwd()  # noqa: PTH109 - a path of that folder is not asked for
    except OSError as error:
        raise InputError("the current folder is no longer there: change to one that is") from error


def load(name: str) -> Any:
    """The command ``name`` of its own module, with all its options.

    Raises InputError where the command needs the compiled engine and this installation has none that can be used.
    """
    word = name.replace("-", "_")
    try:
        module = importlib.import_module(f"samestate.conformance.commands.{word}")
    except ImportError as error:
        raise needs_engine(name, error) from error
    function = getattr(module, word)
    single = typer.Typer(add_completion=False, context_settings=HELP_OPTIONS)
    single.command(name, help=COMMANDS[name], epilog=unwrapped(function.__doc__ or ""))(function)
    return typer.main.get_command(single)


def needs_engine(name: str, error: ImportError) -> InputError:
    """That a command needs the compiled engine, where the error is that it cannot be used; else the error is raised."""
    if not (error.name or "").startswith(OPTIMIZED):
        raise error
    return InputError(f"{name}: needs the compiled engine: {without_engine(error)}")


def unwrapped(docstring: str) -> str:
    """The paragraphs of a docstring, a line each: help breaks lines where the terminal ends."""
    paragraphs = inspect.cleandoc(docstring).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


application = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True, context_settings=HELP_OPTIONS)


def show_version(wanted: bool) -> None:
    """Print the version and stop, where ``--version`` was given."""
    if wanted:
        print(f"samestate {importlib.metadata.version('samestate')}")
        raise typer.Exit


@application.callback()
def samestate(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """An executable specification of Ethereum execution, and engines compared with it."""


def main() -> None:
    """The entry point `samestate`. What a terminal has no letters for is printed as its number.

    Where stdout takes no more, what help prints included, the exit code is that of bad input and never another one.
    """
    guard_streams()
    try:
        try:
            application(prog_name="samestate")
        finally:
            sys.stdout.flush()
    except OutputLost as lost:
        print(f"samestate: {lost}", file=sys.stderr)
        sys.exit(BAD_INPUT)
