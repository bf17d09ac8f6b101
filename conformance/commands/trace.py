"""`samestate trace`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.commands.chain_option import ChainOption, network_of_option
from samestate.conformance.commands.ruleset_option import RulesetOption
from samestate.conformance.fixtures.rulesets import choose_rulesets
from samestate.conformance.output.targets import STANDARD_OUTPUT, Output, check_file, check_spares
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.tracing.traceable import choose_block, find_case, trace_transaction


class TracingEngine(StrEnum):
    """The engines that can trace."""

    SPEC = "spec"
    OPTIMIZED = "optimized"


def trace(
    path: Annotated[Path, typer.Argument(metavar="CASE", help="A vector, a fixture file or a block file.")],
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="NAME", help="Part of the name of the case, where there are several."),
    ] = None,
    block: Annotated[
        int | None,
        typer.Option("--block", metavar="N", help="Index of the block; the first with transactions unless given."),
    ] = None,
    transaction: Annotated[
        int, typer.Option("--transaction", metavar="N", help="Index of the transaction in its block.")
    ] = 0,
    engine: Annotated[
        TracingEngine, typer.Option("--engine", metavar="ID", help="Who executes it: spec, or optimized.")
    ] = TracingEngine.SPEC,
    chain: ChainOption = None,
    ruleset: RulesetOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", "--json", metavar="FILE", help="Write here, not to stdout.")
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Each line shows memory, too.")] = False,
    no_stack: Annotated[bool, typer.Option("--no-stack", help="Lines do not show the stack.")] = False,
    no_return_data: Annotated[
        bool, typer.Option("--no-return-data", help="Lines do not show what the last call returned.")
    ] = False,
) -> None:
    """A line of JSON for each instruction that a transaction of a vector, fixture or real block executes (EIP-3155).

    The last line says what came of the transaction: output, gas used, whether it succeeded, and the state root after
    it, where the whole state is known.
    """
    target: Path | str = STANDARD_OUTPUT if output is None else output
    check_file("--output", target, make_folders=True)
    check_spares((path,), ("--output", target))
    options = TraceOptions(stack=not no_stack, memory=memory, return_data=not no_return_data)
    chosen = choose_block(find_case(path, case, network_of_option(chain), choose_rulesets(ruleset or ())), block)
    with Output("--output", target, make_folders=True) as out:
        if engine is TracingEngine.OPTIMIZED:
            # only now: the specification traces without the compiled engine
            from samestate.conformance.tracing.compiled import trace_compiled

            trace_compiled(chosen, transaction, out.write, options)
        else:
            trace_transaction(chosen, transaction, out.write, options)
