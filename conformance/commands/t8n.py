"""`samestate t8n`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.commands.no_fallback_option import no_fallback_option
from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.engines.registry import EngineFailure, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.tracing.trace import TraceOptions
from samestate.conformance.transition_tool.alloc import read_alloc, write_alloc
from samestate.conformance.transition_tool.building import build
from samestate.conformance.transition_tool.environment import read_context
from samestate.conformance.transition_tool.outputs import Destination, Outputs
from samestate.conformance.transition_tool.quantities import LooseFields
from samestate.conformance.transition_tool.results import write_body, write_result
from samestate.conformance.transition_tool.ruleset import fork_named, with_blob_parameters, with_reward
from samestate.conformance.transition_tool.sources import Sources
from samestate.conformance.transition_tool.trace_files import TraceFiles
from samestate.conformance.transition_tool.transactions import read_transactions

INPUT = "Input"
OUTPUT = "Output"
STATE = "Rules"
TRACE = "Trace"
FORK_NAMES = ", ".join(BY_NAME)


def t8n(
    input_alloc: Annotated[
        str, typer.Option("--input.alloc", metavar="FILE|stdin", help="The accounts.", rich_help_panel=INPUT)
    ] = "alloc.json",
    input_env: Annotated[
        str,
        typer.Option("--input.env", metavar="FILE|stdin", help="The block's environment.", rich_help_panel=INPUT),
    ] = "env.json",
    input_txs: Annotated[
        str,
        typer.Option(
            "--input.txs",
            metavar="FILE|stdin",
            help="The transactions: JSON, signed or with secretKey, or the RLP of their list as hex.",
            rich_help_panel=INPUT,
        ),
    ] = "txs.json",
    input_blob_parameters: Annotated[
        str,
        typer.Option(
            "--input.blobParams",
            metavar="FILE|stdin",
            help="Another blob schedule: target, max, baseFeeUpdateFraction. Also taken from env.",
            rich_help_panel=INPUT,
        ),
    ] = "",
    fork_name: Annotated[
        str,
        typer.Option("--state.fork", metavar="NAME", help=f"The ruleset: {FORK_NAMES}.", rich_help_panel=STATE),
    ] = "",
    chain_id: Annotated[
        int, typer.Option("--state.chainid", metavar="N", help="The id of the chain.", rich_help_panel=STATE)
    ] = 1,
    reward: Annotated[
        str | None,
        typer.Option(
            "--state.reward",
            metavar="WEI",
            help="The block reward, -1 for none at all; the fork's own unless given.",
            rich_help_panel=STATE,
        ),
    ] = None,
    state_test: Annotated[
        bool,
        typer.Option(
            "--state-test",
            help="Transactions only: no system calls, rewards, withdrawals and requests.",
            rich_help_panel=STATE,
        ),
    ] = False,
    folder: Annotated[
        Path, typer.Option("--output.basedir", metavar="FOLDER", help="Where output files go.", rich_help_panel=OUTPUT)
    ] = Path(),
    output_alloc: Annotated[
        str,
        typer.Option(
            "--output.alloc", metavar="FILE|stdout|stderr", help="The accounts after it.", rich_help_panel=OUTPUT
        ),
    ] = "alloc.json",
    output_result: Annotated[
        str,
        typer.Option(
            "--output.result",
            metavar="FILE|stdout|stderr",
            help="Roots, receipts, gas, and what was rejected.",
            rich_help_panel=OUTPUT,
        ),
    ] = "result.json",
    output_body: Annotated[
        str,
        typer.Option(
            "--output.body",
            metavar="FILE|stdout|stderr",
            help="The RLP of the transactions in the block.",
            rich_help_panel=OUTPUT,
        ),
    ] = "",
    engine_id: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="ID",
            help="Who executes it: an engine in process, the specification unless given.",
            rich_help_panel=STATE,
        ),
    ] = SPEC,
    no_fallback: Annotated[bool, no_fallback_option(STATE)] = False,
    trace: Annotated[
        bool,
        typer.Option("--trace", help="Write trace-INDEX-HASH.jsonl for each transaction.", rich_help_panel=TRACE),
    ] = False,
    trace_memory: Annotated[
        bool, typer.Option("--trace.memory", help="Trace with memory.", rich_help_panel=TRACE)
    ] = False,
    no_stack: Annotated[
        bool, typer.Option("--trace.nostack", help="Trace without the stack.", rich_help_panel=TRACE)
    ] = False,
    no_return_data: Annotated[
        bool, typer.Option("--trace.noreturndata", help="Trace without return data.", rich_help_panel=TRACE)
    ] = False,
    trace_return_data: Annotated[bool, typer.Option("--trace.returndata", hidden=True)] = False,
    no_memory: Annotated[bool, typer.Option("--trace.nomemory", hidden=True)] = False,
    verbosity: Annotated[int, typer.Option("--verbosity", hidden=True)] = 0,
) -> None:
    """The transition tool interface of geth and EELS: accounts, environment and transactions in, the result out.

    The parts are files, or for `stdin` the fields alloc, env and txs (or txsRlp) of one JSON object there; outputs for
    `stdout` are the fields alloc, result and body of one JSON object. Transactions that are rejected are left out and
    listed with the index that they have in the input. A block that nonetheless is not valid has a `blockException`.
    Exit code 0, or 2 for input that cannot be used.
    """
    if not fork_name:
        raise InputError(f"--state.fork: must be given: one of {FORK_NAMES}")
    if not 0 <= chain_id < 2**64:
        raise InputError(f"--state.chainid {chain_id}: must be a number of 64 bits")
    outputs = Outputs(
        folder,
        Destination("result", "--output.result", output_result),
        Destination("alloc", "--output.alloc", output_alloc),
        Destination("body", "--output.body", output_body),
    )
    sources = Sources()
    env = LooseFields(*sources.part("--input.env", input_env, "env"))
    state = read_alloc(*sources.part("--input.alloc", input_alloc, "alloc"))
    given = sources.part("--input.txs", input_txs, "txs", "txsRlp")
    fork = fork_named(
        "--state.fork", fork_name, env.quantity("currentNumber", 64), env.quantity("currentTimestamp", 64)
    )
    blob_parameters = None
    if input_blob_parameters:
        blob_parameters = LooseFields(*sources.part("--input.blobParams", input_blob_parameters, "blobParams"))
    else:
        for name in ("blobParams", "blobSchedule"):
            if name in env:
                blob_parameters = LooseFields(f"{env.where}: {name}", env.raw(name))
    fork = with_reward("--state.reward", with_blob_parameters(fork, blob_parameters), reward)
    context = read_context(env, fork, chain_id, state_test)
    transactions = read_transactions(*given, chain_id)
    options = TraceOptions(
        stack=not no_stack,
        memory=trace_memory and not no_memory,
        return_data=trace_return_data or not no_return_data,
    )
    if trace and engine_id != SPEC:
        raise InputError("--trace: only the specification writes traces here; `samestate trace --engine` has others'")
    traces = TraceFiles(folder, options, fork) if trace else None
    engine = None if engine_id == SPEC else find_engine(engine_id)
    if engine is not None and not isinstance(engine, InProcess):
        raise InputError(f"--engine {engine_id}: must be an engine in process")
    try:
        transition = build(fork, context, state, transactions, state_test, traces, engine)
    except EngineFailure as failure:
        raise InputError(f"--engine {engine_id}: {failure}") from failure
    finally:
        if traces is not None:
            traces.drop()
        if engine is not None:
            engine.close()
    outputs.send(
        {"result": write_result(transition), "alloc": write_alloc(transition.state), "body": write_body(transition)}
    )
