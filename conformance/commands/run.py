"""`samestate run`: execute one case and print what comes out of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from samestate.conformance.checking.choosing import choose, choose_vector, recorded_below, vectors_below
from samestate.conformance.checking.executor import BlockExecutor, Executor
from samestate.conformance.checking.outside import NotSaid, askable
from samestate.conformance.commands.chain_option import ChainOption, network_of_option
from samestate.conformance.commands.no_fallback_option import NoFallbackOption
from samestate.conformance.commands.profile_of_run import GAS, RunWatch, check_profile_options, run_profile
from samestate.conformance.commands.ruleset_option import RulesetOption
from samestate.conformance.commands.state_option import StateOption
from samestate.conformance.commands.watching_options import MetricsAddressOption, MetricsPortOption, metrics_endpoint
from samestate.conformance.commands.workers_option import parse_workers
from samestate.conformance.engines.names import SPEC, WORKERS
from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.engine import OptimizedEngine, tracing_engine, write_schedule
from samestate.conformance.engines.protocol import Engine, InProcess, Needs
from samestate.conformance.engines.registry import EngineFailure, SpecEngine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.exploring.schedules import document_of, replay
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.fixtures.rulesets import choose_rulesets
from samestate.conformance.metering import meter
from samestate.conformance.metering.endpoint import ADDRESS_OPTION, PORT_OPTION, MetricsEndpoint
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_apart, check_file, check_spares, is_stdout
from samestate.conformance.tracing.traceable import TraceableBlock, TraceableCase, find_fixture, from_vector
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.comparing import name_accounts, show, show_access
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import VALID, Case, Vector, member, members, text, texts
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of, read_proposed_access_list
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import MissingWitness, RootUnavailable
from samestate.spec.machine import Rejection

FAILED: Final = 1
OPTIMIZED: Final = "optimized"
"""Who executes blocks on a state on disk unless somebody else is named."""


def run(
    block: Annotated[
        Path | None, typer.Argument(metavar="BLOCK", help="A vector, a fixture or a block file.", show_default=False)
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="ID", help=f"Who executes it, `{SPEC}` unless given; `optimized` with --state."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=parse_workers,
            help=f"Workers of an engine that runs in parallel, {WORKERS} unless given; auto: what suits each block.",
        ),
    ] = None,
    no_fallback: NoFallbackOption = False,
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="A part of the name of the case, where there are many.")
    ] = None,
    chain: ChainOption = None,
    ruleset: RulesetOption = None,
    schedule: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A schedule: run what it names, and only what it names, in just that order."),
    ] = None,
    state: StateOption = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what each worker of `optimized` did and when, for Perfetto."),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Where gas and time go, by instruction, contract and key; conflicts; advice."),
    ] = False,
    flame_graph: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --profile: draw the tree of calls into a .svg file."),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(metavar="WHAT", help="What widths in it mean: gas, unless given, or time.", show_default=False),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write JSON, for each block a map as in FORMAT.md, or its profile; to stdout for `-`.",
        ),
    ] = None,
    metrics_port: MetricsPortOption = None,
    metrics_address: MetricsAddressOption = None,
) -> None:
    """Execute the blocks of a case: gas, receipts, roots, and what every step read and wrote.

    Nothing is compared with what the case expects, nor, but for the block access list, with what headers say; that is
    what `check` does. Exit code 1: the engine failed, or what a schedule shows is wrong.
    """
    check_json_target(json)
    for option, given in ((PORT_OPTION, metrics_port), (ADDRESS_OPTION, metrics_address)):
        if state is None and given is not None:
            raise InputError(f"{option} {given}: goes with --state alone")
    check_spares((block, schedule), ("--json", json), ("--trace", trace), ("--flame-graph", flame_graph))
    check_profile_options(
        profile, flame_graph, weight, engine, (("--trace", trace), ("--schedule", schedule), ("--state", state)), json
    )
    if schedule is not None:
        others = {"--engine": engine, "--workers": workers, "--case": case, "--chain": chain, "--trace": trace}
        others |= {"--ruleset": " ".join(ruleset) if ruleset else None, "--state": state}
        for option, value in others.items():
            if value is not None:
                raise InputError(f"{option} {value}: cannot be given with --schedule, which says what is run and how")
        run_schedule(schedule, block, json)
        return
    if block is None:
        raise InputError("run: there must be a vector, a fixture or a block file, or a --schedule")
    if trace is not None:
        check_file("--trace", trace)
        check_apart(("--json", json), ("--trace", trace))
    if state is not None and trace is not None:
        raise InputError(f"--trace {trace}: cannot be given with --state")
    try:
        network = network_of_option(chain)
        rulesets = choose_rulesets(ruleset or ())
        if profile:
            run_profile(block, engine, case, workers or WORKERS, network, rulesets, flame_graph, weight or GAS, json)
            return
        watch = RunWatch()
        if state is None:
            names, results = results_of(
                block, engine or SPEC, case, workers or WORKERS, trace, network, rulesets, watch
            )
        else:
            with metrics_endpoint("run", metrics_port, metrics_address) as endpoint:
                names, results = results_on_state(
                    block, engine, case, workers or WORKERS, state, network, rulesets, watch, endpoint
                )
    except EngineFailure as failure:
        typer.echo(f"samestate: {engine or SPEC}: {failure}", err=True)
        raise typer.Exit(FAILED) from failure
    if json is not None:
        write_json(results, json)
        if is_stdout(json):
            return
    console = Console(highlight=False, soft_wrap=True)
    for index, result in enumerate(results):
        print_block(console, f"block {index}", result, names)
    for line in watch.lines(results):
        console.print(line, markup=False)


def run_schedule(path: Path, vector: Path | None, json: str | None) -> None:
    """Run what a schedule says and tell what came out of it. Exit code 1 where that is wrong."""
    replayed = replay(path, vector)
    report = replayed.report
    if json is not None:
        write_json(document_of(replayed), json)
    if not is_stdout(json):
        print(f"{replayed.case.id}, block {replayed.document.block}, {replayed.document.engine}")
        print(report.text())
        print(f"{report.points} points")
        if replayed.document.shows:
            again = "seen again" if replayed.is_seen_again else "not seen again"
            print(f"what the schedule shows is {again}: {replayed.document.shows}")
    if report.violation is not None:
        raise typer.Exit(FAILED)


def results_of(
    path: Path,
    engine_id: str,
    name: str | None,
    workers: int = WORKERS,
    trace: Path | None = None,
    chain: Network | None = None,
    rulesets: Rulesets = AS_THEY_SAY,
    watch: RunWatch | None = None,
) -> tuple[dict[str, str], list[Object]]:
    """The names of accounts, and what came out of each block of the case. Raises InputError and EngineFailure."""
    vectors = vectors_below(path)
    if vectors:
        return run_vector(path, choose_vector(path, name, vectors), engine_id, workers, trace, watch or RunWatch())
    if trace is not None:
        raise InputError(f"{path}: --trace: only vectors can be given to engines that tell what their workers did")
    recorded = recorded_below(path)
    if recorded:
        return run_case(path, choose(path, name, [(each.id, each.case) for each in recorded]), engine_id, workers)
    case = find_fixture(path, name, chain, rulesets)
    engine = find_engine(engine_id, workers=workers)
    try:
        with (watch or RunWatch()).listening(engine):
            return {}, list(execute(case, engine_id, engine))
    finally:
        engine.close()


def results_on_state(
    path: Path,
    engine_id: str | None,
    name: str | None,
    workers: int,
    place: str,
    chain: Network | None,
    rulesets: Rulesets,
    watch: RunWatch,
    endpoint: MetricsEndpoint | None = None,
) -> tuple[dict[str, str], list[Object]]:
    """As :func:`results_of`, for blocks on a state on disk, each of which is committed. `optimized` unless told else.

    What was committed is told on stderr as it is.
    """
    from samestate.conformance.states.running import run_on_state

    named = engine_id or OPTIMIZED
    engine = find_engine(named, workers=workers)
    try:
        if not isinstance(engine, InProcess) or not (isinstance(engine, SpecEngine) or is_threaded(engine)):
            raise InputError(f"--engine {named}: --state: only {SPEC} and the compiled engines read states on disk")
        tell = functools.partial(typer.echo, err=True)
        results: list[Object] = []
        with watch.listening(engine):
            for result in run_on_state(path, name, engine, place, chain, rulesets, tell, watch.note_stored):
                results.append(result)
                if endpoint is not None:
                    endpoint.take(meter.take())
        if endpoint is not None:
            endpoint.take(meter.take())
        return {}, results
    finally:
        engine.close()


def is_threaded(engine: Engine) -> bool:
    """Whether it is the compiled engine, with threads as workers."""
    return isinstance(engine, OptimizedEngine) and engine.capabilities.kind == THREADS


def run_case(path: Path, case: Case, engine_id: str, workers: int) -> tuple[dict[str, str], list[Object]]:
    """As :func:`results_of`, for a case of Solana's chain."""
    engine = find_engine(engine_id, workers=workers)
    try:
        if missing := engine.capabilities.missing(case):
            raise InputError(f"{path}: {missing}")
        return {}, list(engine.run(case))
    finally:
        engine.close()


def run_vector(
    path: Path, vector: Vector, engine_id: str, workers: int, trace: Path | None, watch: RunWatch
) -> tuple[dict[str, str], list[Object]]:
    """As :func:`results_of`, for one vector."""
    engine = find_engine(engine_id, workers=workers) if trace is None else tracing_engine(engine_id, workers)
    try:
        missing = engine.capabilities.missing(vector.case)
        if missing and vector.case.parent is not None and not isinstance(engine, InProcess):
            return dict(vector.names), list(execute(from_vector(vector), engine_id, engine))
        if missing:
            raise InputError(f"{path}: {missing}")
        with watch.listening(engine):
            results = list(engine.run(vector.case))
        if trace is not None and isinstance(engine, OptimizedEngine):
            write_schedule(trace, engine.trace, f"{engine.id}, {vector.case.id}")
        return dict(vector.names), results
    finally:
        engine.close()


def execute(case: TraceableCase, id: str, engine: Engine) -> Iterator[Object]:
    """What an engine gives for each block of a fixture or a block file, which follow on what the specification gives.

    Raises InputError and EngineFailure.
    """
    for index in range(case.blocks):
        try:
            block = with_list(case.prepare(index))
        except Rejection as rejection:
            yield write_rejection(rejection)
            continue
        except MissingWitness as error:
            raise InputError(f"{case.id}: {error}") from error
        needs = Needs(evm.NAME, frozenset({name_fork(block.fork).rules}), has_lists=block.access_list is not None)
        try:
            if not isinstance(engine, InProcess):
                yield from ask(block, engine)
            elif lacking := engine.capabilities.lacking(needs):
                raise NotSaid(lacking)
            else:
                yield execute_block(block, Executor(id, engine))
        except (MissingWitness, NotSaid) as error:
            raise InputError(f"{case.id}: {error}") from error


def with_list(block: TraceableBlock) -> TraceableBlock:
    """The block with its proposed block access list in the payload. Raises Rejection where that is malformed."""
    if block.header is None or block.access_list is None or not block.fork.has_access_list:
        return block
    proposed = read_proposed_access_list(block.header, block.access_list)
    return replace(block, payload=replace(block.payload, access_list=proposed))


def execute_block(block: TraceableBlock, executor: BlockExecutor) -> Object:
    """What an engine in process gives of a block. Raises EngineFailure and MissingWitness."""
    try:
        result = result_of(block, executor)
    except Rejection as rejection:
        return write_rejection(rejection)
    root = None
    with contextlib.suppress(RootUnavailable):
        root = result.state().root()
    return evm.write_result(block.fork, result, root)


def ask(block: TraceableBlock, engine: Engine) -> Sequence[Object]:
    """What an engine outside gives of a block in the form of a vector.

    Raises EngineFailure, MissingWitness and NotSaid.
    """
    right: Object
    try:
        result = result_of(block, Executor(SPEC, SpecEngine()))
        right = evm.write_result(block.fork, result, None)
    except Rejection as rejection:
        result, right = None, write_rejection(rejection)
    case, _ = askable(engine, Evm(block.fork), block.payload, block.before, right, result)
    return engine.run(case)


def result_of(block: TraceableBlock, executor: BlockExecutor) -> EvmResult:
    """The result of a block. Raises Rejection; of the header only what it says of the block access list is checked."""
    result = executor.apply(Evm(block.fork), block.payload, block.before)
    header = block.header if block.fork.has_access_list else None
    if header is not None and header.block_access_list_hash != hash_access_list(access_list_of(result)):
        raise Rejection(Invalid.INVALID_BAL_HASH)
    return result


def print_block(console: Console, title: str, result: Object, names: dict[str, str]) -> None:
    """The result of a block, as tables."""
    status = text(result, "status")
    if status != VALID:
        place = f", transaction {show(result['transaction'])}" if "transaction" in result else ""
        console.print(f"{title}: rejected as {status}{place}")
        return
    console.print(f"{title}: valid")
    for field, value in result.items():
        if isinstance(value, str) and field != "status":
            console.print(f"  {field.replace('_', ' ')}: {shortened(value)}")
    if "chains" in result:
        print_round(console, title, result, names)
        return
    if members(result, "receipts"):
        console.print(receipt_table(members(result, "receipts")))
    for step in members(result, "access"):
        lines = list(access_lines(step))
        console.print(f"step {text(step, 'step')}" + ("" if lines else ": nothing"))
        for line in lines:
            console.print(f"  {name_accounts(line, names)}", markup=False)
    for edge in members(result, "depends"):
        line = f"{text(edge, 'later')} depends on {text(edge, 'earlier')}: {text(edge, 'kind')} {text(edge, 'key')}"
        console.print(name_accounts(line, names), markup=False)


def print_round(console: Console, title: str, result: Object, names: dict[str, str]) -> None:
    """The result of a round of several chains: what arrived, what came of each block, and what was sent."""
    for each in members(result, "delivered"):
        said = each.get("rejection", each["status"])
        message = f"{text(each, 'sequence')} of {text(each, 'source')}"
        console.print(f"  delivered at {text(each, 'destination')}: {message}: {said}")
    for each in members(result, "sent"):
        target = each.get("destination", f"domain {text(each, 'domain')}")
        numbered = f" as {text(each, 'sequence')}" if "sequence" in each else ""
        console.print(
            f"  in the outbox of {text(each, 'source')}: to {target}{numbered}, "
            f"{shortened(text(each, 'payload'))}: {text(each, 'status')}"
        )
    blocks = member(result, "chains")
    for name in blocks:
        print_block(console, f"{title} of {name}", member(blocks, name), names)


def receipt_table(receipts: Sequence[Object]) -> Table:
    """Receipts, a line each: the fields that any of them has, and how many logs."""
    fields = list(dict.fromkeys(name for receipt in receipts for name in receipt if name != "logs"))
    table = Table("transaction", *(name.replace("_", " ") for name in fields), "logs")
    for index, receipt in enumerate(receipts):
        columns = [text(receipt, name) if name in receipt else "" for name in fields]
        logs = receipt.get("logs", [])
        table.add_row(str(index), *columns, str(len(logs)))
    return table


def access_lines(step: Object) -> Iterator[str]:
    """What a step read, wrote, credited, wiped and touched, a line each."""
    for part, word in (("reads", "reads"), ("writes", "writes"), ("credits", "credits")):
        content = step.get(part, {})
        if isinstance(content, dict):
            for key, value in content.items():
                yield f"{word} {key}: {show_access(value)}"
    for part, word in (("wipes", "wipes"), ("touches", "touches")):
        yield from (f"{word} {address}" for address in texts(step, part))


def shortened(value: str) -> str:
    """A value that fits a line."""
    return value if len(value) <= 80 else f"{value[:34]}…{value[-32:]} ({len(value) // 2 - 1} bytes)"
