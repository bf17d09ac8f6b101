"""`samestate check`: run vectors, official fixtures and real blocks."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from samestate.conformance.checking.document import engine_of
from samestate.conformance.checking.executor import SPEC
from samestate.conformance.checking.journal import Journal, source_version
from samestate.conformance.checking.progress import progress_bar
from samestate.conformance.checking.session import Options, Session, fork_name
from samestate.conformance.checking.session import check as check_paths
from samestate.conformance.checking.verdict import Result
from samestate.conformance.checking.workers import WorkerDied
from samestate.conformance.engines.in_process import WORKERS
from samestate.conformance.engines.registry import choose_engines, engines_by_name
from samestate.conformance.errors import InputError
from samestate.conformance.output.printing import check_json_target, summary, to_json, write_json

FAILED: Final = 1
INTERRUPTED: Final = 130


def check(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders and archives.", show_default=False)],
    engine: Annotated[
        list[str] | None, typer.Option(help="An engine, `all`, or a pattern as `reference:*`; may be given again.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Workers inside an engine that runs in parallel.")] = WORKERS,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the cases.")] = 1,
    json: Annotated[str | None, typer.Option(help="Write all verdicts to a file, or to stdout for `-`.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="So many cases, some from every folder.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what is done in `.samestate`.")] = False,
    fork: Annotated[str | None, typer.Option(help="Only the cases of this fork.")] = None,
) -> None:
    """Vectors, state, blockchain, transaction, trie and RLP tests, and real blocks with a witness or a pre-state.

    What a document is, its content says. Exit code 0: all passed; 1: something failed; 2: bad input, no case included,
    or a run that only skips: nothing was executed, or nothing on an engine that is named by itself, not by a pattern.
    """
    check_json_target(json)
    names = engine or [SPEC]
    options = Options(
        paths=tuple(paths),
        engines=tuple(choose_engines(names)),
        jobs=jobs,
        workers=workers,
        sample=sample,
        fork=fork_name(fork) if fork is not None else None,
    )
    session = Session()
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        for name in options.engines:
            stack.callback(engine_of(name, workers).close)
        journal = stack.enter_context(Journal()) if resume else None
        try:
            with progress_bar(options.paths) as watch:
                check_paths(options, session, journal, watch)
        except KeyboardInterrupt:
            kept = "; the same command goes on from here" if resume else "; with --resume it would go on from here"
            print(f"samestate: interrupted after {len(session.verdicts)} cases{kept}", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except WorkerDied as error:
            print(f"samestate: {error}", file=sys.stderr)
            raise typer.Exit(FAILED) from error
    seconds = time.monotonic() - start
    out = sys.stderr if json == "-" else sys.stdout
    for line in summary(session, options, seconds):
        print(line, file=out)
    if json is not None:
        write_json(to_json(session, options, source_version(), seconds), json)
    if session.count(Result.FAILED):
        raise typer.Exit(FAILED)
    refuse_idleness(session.idle(options.engines), options.engines, engines_by_name(names))


def refuse_idleness(idle: Sequence[str], engines: Sequence[str], named: Sequence[str]) -> None:
    """Raise InputError where nothing was executed, or nothing by an engine of which that was asked by its name."""
    if len(idle) == len(engines):
        raise InputError(
            "nothing was executed, every case was skipped: a run that only skips is no success; "
            "give other cases, or an engine that can execute these"
        )
    for engine in idle:
        if engine in named:
            raise InputError(
                f"--engine {engine}: executed nothing, every case was skipped: a run that only skips is no success; "
                "give cases that it can execute, or leave it out"
            )
