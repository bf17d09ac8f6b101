"""`samestate check`: run vectors, official fixtures and real blocks."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from samestate.conformance.checking.earlier import Earlier
from samestate.conformance.checking.journal import ResumeJournal, source_version
from samestate.conformance.checking.limits import EndedBeforeWork, parse_limits, parse_size, show_size
from samestate.conformance.checking.made_engines import MadeEngines
from samestate.conformance.checking.measuring import Measures
from samestate.conformance.checking.printing import Teller, summary, to_json, versions_told
from samestate.conformance.checking.progress import Bar, progress_bar
from samestate.conformance.checking.quorum import Tally, ballots, check_quorum, summary_of
from samestate.conformance.checking.selection import Selection, compile_keyword, selectors_of, split_argument
from samestate.conformance.checking.session import Options, Session, Watch
from samestate.conformance.checking.session import check as check_paths
from samestate.conformance.checking.verdict import Result
from samestate.conformance.checking.watching import SessionLog, SessionMetrics
from samestate.conformance.commands.chain_option import ChainOption, chain_of_option
from samestate.conformance.commands.no_fallback_option import no_fallback_option
from samestate.conformance.commands.ruleset_option import RulesetOption, rulesets_of_option
from samestate.conformance.commands.watching_options import (
    LogFormatOption,
    MetricsAddressOption,
    MetricsPortOption,
    metrics_endpoint,
)
from samestate.conformance.commands.workers_option import parse_workers
from samestate.conformance.engines.names import SPEC, WORKERS, choose_engines, engines_by_name
from samestate.conformance.errors import InputError
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.log import LogFormat, is_json, report_stream, say, tell
from samestate.conformance.output.printer import Printer
from samestate.conformance.output.targets import (
    check_apart,
    check_file,
    check_folder,
    check_spares,
    is_stdout,
    write_whole,
)
from samestate.conformance.vectors.fork_names import fork_name
from samestate.conformance.vectors.places import VECTORS

if TYPE_CHECKING:
    from samestate.conformance.attesting.keys import PrivateKey

FAILED: Final = 1
INTERRUPTED: Final = 130
LEAST_CACHE: Final = 1 << 20
CACHE_SIZE: Final = "256M"
ATTESTATION: Final = Path("attestation.json")

CASES: Final = "Which cases"
HOW: Final = "How"
RESULTS: Final = "What becomes of the results"


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders and archives, or one case as PATH::NAME; the installed vectors if none.",
            show_default=False,
        ),
    ] = None,
    fork: Annotated[
        list[str] | None,
        typer.Option(metavar="FORK", help="Only cases of this fork; may be given again.", rich_help_panel=CASES),
    ] = None,
    keyword: Annotated[
        str,
        typer.Option(
            "-k",
            metavar="EXPRESSION",
            help="Only cases whose id or fork holds these words: 'transfer and not (cancun or prague)'.",
            rich_help_panel=CASES,
        ),
    ] = "",
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only the case of this id or name; may be given again.", rich_help_panel=CASES),
    ] = None,
    selector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SELECTOR",
            help="Only vectors that need this of an engine; may be given again.",
            rich_help_panel=CASES,
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SELECTOR",
            help="No vectors that need this of an engine; `unreachable` for states that no chain can reach.",
            rich_help_panel=CASES,
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="So many cases, some from every folder.", rich_help_panel=CASES),
    ] = None,
    chain: ChainOption = None,
    ruleset: RulesetOption = None,
    is_listing: Annotated[
        bool, typer.Option("--list", "--collect-only", help="List the cases, run none.", rich_help_panel=CASES)
    ] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="An engine, `all`, a pattern as `reference:*`, or a client: `command:PATH`, `t8n:evm t8n`. "
            "May be given again.",
            rich_help_panel=HOW,
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=parse_workers,
            help="Workers inside an engine that runs in parallel; auto: what suits each block.",
            rich_help_panel=HOW,
        ),
    ] = WORKERS,
    no_fallback: Annotated[bool, no_fallback_option(HOW)] = False,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that share the cases.", rich_help_panel=HOW),
    ] = 1,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="A case that takes longer on an engine is stopped, and fails.", rich_help_panel=HOW
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="A case that takes more, such as 1G, is stopped, and fails.", rich_help_panel=HOW
        ),
    ] = None,
    quorum: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="A case is right only where N of the clients named agree with the specification, and none differs.",
            rich_help_panel=HOW,
        ),
    ] = None,
    exit_first: Annotated[
        bool, typer.Option("-x", "--exitfirst", help="Stop after the first failure.", rich_help_panel=HOW)
    ] = False,
    most_failures: Annotated[
        int | None,
        typer.Option("--maxfail", min=1, metavar="N", help="Stop after so many failures.", rich_help_panel=HOW),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Write all verdicts to a file, or to stdout for `-`.", rich_help_panel=RESULTS
        ),
    ] = None,
    junit: Annotated[
        str | None,
        typer.Option("--junitxml", metavar="FILE", help="Write them as JUnit XML, for CI.", rich_help_panel=RESULTS),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="DIR",
            help="Write pages: an index of all cases, and the difference of each vector that failed.",
            rich_help_panel=RESULTS,
        ),
    ] = None,
    durations: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Tell the N cases that took longest.", rich_help_panel=RESULTS),
    ] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Take passes that earlier runs kept there, of the same bytes on the same build; keep those of this.",
            rich_help_panel=RESULTS,
        ),
    ] = None,
    cache_size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="The most that the cache may take, 256M unless given; what was used longest ago goes.",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None,
    attest: Annotated[
        Path | None,
        typer.Option(
            metavar="KEY", help="Sign what was executed with this key of `samestate keygen`.", rich_help_panel=RESULTS
        ),
    ] = None,
    attestation: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where what is signed is written, attestation.json unless given.",
            show_default=False,
            rich_help_panel=RESULTS,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what is done in `.samestate`.", rich_help_panel=RESULTS)
    ] = False,
    metrics_port: MetricsPortOption = None,
    metrics_address: MetricsAddressOption = None,
    log_format: LogFormatOption = LogFormat.TEXT,
) -> None:
    """Vectors, state, blockchain, transaction, trie and RLP tests, and real blocks with a witness or a pre-state.

    What a document is, its content says. Failures are told as they come. After Ctrl-C, too, there are counts, and the
    files are written.

    Exit code 0: all passed; 1: something failed; 2: nothing failed, but some document cannot be used (the others are
    checked all the same), an output cannot be written, or there is no case, or a run only skips: nothing was executed,
    or nothing on an engine that is named by itself, not by a pattern. With `--quorum` 1, too, where a case has none.
    """
    check_json_target(json)
    if junit is not None:
        check_file("--junitxml", junit)
    if html is not None:
        check_folder("--html", html)
    for option, value, other, given in (
        ("--cache-size", cache_size, "--cache", cache),
        ("--attestation", attestation, "--attest", attest),
    ):
        if value is not None and given is None:
            raise InputError(f"{option} {value}: goes with {other} alone")
    signed = attestation or ATTESTATION
    key = None if attest is None else key_for(attest, signed, resume)
    names = engine or [SPEC]
    targets = [split_argument(path) for path in paths or [VECTORS]]
    outputs = (("--json", json), ("--junitxml", junit), ("--attestation", signed if key is not None else None))
    check_apart(*outputs)
    check_spares([*(path for path, _ in targets), *key_files(attest)], *outputs)
    options = Options(
        paths=tuple(dict.fromkeys(path for path, _ in targets)),
        engines=tuple(choose_engines(names)),
        jobs=jobs,
        workers=workers,
        sample=sample,
        selection=Selection(
            forks=tuple(fork_name(each) for each in fork or ()),
            keyword=keyword,
            cases=tuple(case or ()),
            needing=selectors_of("--selector", selector or ()),
            without=selectors_of("--without", without or ()),
        ),
        members=tuple((path, id) for path, id in targets if id is not None and (path, None) not in targets),
        most_failures=1 if exit_first else most_failures,
        is_listing=is_listing,
        chain=chain_of_option(chain),
        rulesets=rulesets_of_option(ruleset),
        limits=parse_limits(timeout, memory),
        durations=durations,
        quorum=quorum,
        has_digests=attest is not None,
        measures=Measures(metrics=metrics_port is not None),
    )
    check_quorum(quorum, options.engines)
    most_bytes = cache_bytes(cache_size or CACHE_SIZE)
    compile_keyword(keyword or '""')
    if is_listing:
        for option, target in (
            ("--json", json),
            ("--junitxml", junit),
            ("--html", html),
            ("--cache", cache),
            ("--attest", attest),
        ):
            if target is not None:
                raise InputError(f"{option} {target}: cannot be given with --list, which runs nothing")
        list_cases(options)
        return
    gc.freeze()  # what was imported stays: nobody need look again and again whether it is still used
    session = Session()
    printer = Printer(report_stream(is_stdout(json) or is_stdout(junit)))
    teller = Teller(options, printer)
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        endpoint = stack.enter_context(metrics_endpoint("check", metrics_port, metrics_address))
        log = SessionLog(options.paths)
        engines = stack.enter_context(MadeEngines(options.engines, workers))
        results = None
        if cache is None:
            engines.make()
        else:
            engines.make_others()
            from samestate.conformance.checking.caching.cache import ResultCache

            results = stack.enter_context(
                ResultCache(cache, most_bytes, options.engines, workers, options.limits, engines.builds)
            )
        metrics = None if endpoint is None else SessionMetrics(endpoint, options.paths, jobs, results)
        journal = stack.enter_context(ResumeJournal()) if resume else None
        earlier = Earlier(journal, results, engines.make)
        goes_on = json is not None or junit is not None or html is not None or resume
        ending = run(options, session, earlier, teller, printer, goes_on, (metrics, log))
        if results is not None:
            results.flush()
            session.cache = results.summary()
            if metrics is not None:
                metrics.finish()
    seconds = time.monotonic() - start
    if session.verdicts or ending is None:
        if json is not None:
            write_json(to_json(session, options, source_version(), seconds, engines.versions), json)
        if junit is not None:
            from samestate.conformance.checking.junit import to_junit

            write_whole("--junitxml", junit, to_junit(session, seconds, engines.versions, quorum))
        if html is not None:
            # only now: explaining takes much that checking does not
            from samestate.conformance.explaining.index import write_pages

            write_pages("--html", html, session.verdicts, session.files)
        attested = [] if key is None else [sign(session, options, engines, key, signed)]
        teller.tell_rest(session)
        for line in (
            *votes(session, quorum),
            *versions_told(engines.versions),
            *attested,
            *summary(session, options, seconds),
        ):
            printer.line(line)
        counts = {result.value: session.count(result) for result in Result}
        tell("end", f"{len(session.verdicts)} cases", "info", **counts, duration_seconds=seconds)
    if isinstance(ending, KeyboardInterrupt):
        kept = "; the same command goes on from here" if resume else "; with --resume it would go on from here"
        say(f"interrupted after {len(session.verdicts)} cases{kept}", "interrupted", "warning")
        raise typer.Exit(INTERRUPTED)
    if isinstance(ending, EndedBeforeWork):
        say(str(ending), "error", "error")
        raise typer.Exit(FAILED) from ending
    if ending is not None:
        raise ending
    printer.finish()
    if session.count(Result.FAILED):
        raise typer.Exit(FAILED)
    session.refuse_errors()
    if quorum is not None and any(each.tally is not Tally.RIGHT for each in ballots(session, quorum)):
        raise typer.Exit(FAILED)
    refuse_idleness(session.idle(options.engines), options.engines, engines_by_name(names))


def cache_bytes(size: str) -> int:
    """The bytes that ``--cache-size`` says. Raises InputError."""
    found = parse_size("--cache-size", size)
    if found < LEAST_CACHE:
        raise InputError(f"--cache-size {size}: must be at least {show_size(LEAST_CACHE)}")
    return found


def key_for(attest: Path, attestation: Path, resume: bool) -> PrivateKey:
    """The key that ``--attest`` names. Raises InputError where it is none, or nothing could be written."""
    from samestate.conformance.attesting.keys import read_private  # with what signs

    if resume:
        raise InputError("--attest: cannot be given with --resume, which does not say when its results were made")
    check_file("--attestation", attestation)
    return read_private("--attest", attest)


def key_files(attest: Path | None) -> list[Path]:
    """The files of the key that ``--attest`` names, if it does: nothing is written over either."""
    if attest is None:
        return []
    from samestate.conformance.attesting.keys import public_file  # with what signs

    return [attest, public_file(attest)]


def sign(session: Session, options: Options, engines: MadeEngines, key: PrivateKey, attestation: Path) -> str:
    """Write the attestation of a run that came to its end, and say so; of another, say why there is none."""
    from samestate.conformance.attesting.attestation import write_attestation
    from samestate.conformance.attesting.statement import statement_of

    if session.ended or session.errors:
        why = session.ended or f"{session.errors[0].id} cannot be used"
        return f"nothing is attested: {why}"
    write_whole(
        "--attestation",
        attestation,
        write_attestation(key, statement_of(session, options, engines.versions, engines.builds)),
    )
    return f"attested in {attestation} by {key.public.fingerprint}"


def votes(session: Session, quorum: int | None) -> Iterator[str]:
    """What the engines' votes come to, if they are asked for."""
    if quorum is not None:
        yield from summary_of(ballots(session, quorum), quorum)


def run(
    options: Options,
    session: Session,
    earlier: Earlier,
    teller: Teller,
    printer: Printer,
    goes_on: bool,
    watches: Sequence[Watch | None] = (),
) -> KeyboardInterrupt | EndedBeforeWork | InputError | None:
    """Check, and tell of failures as they come. Gives what ended it before the end, if anything did.

    ``goes_on``: it has a purpose even where nobody reads what is printed. ``watches`` are told after each document.
    """
    try:
        with contextlib.nullcontext() if is_json() else progress_bar(options.paths) as bar:

            def watch(done: int, session: Session) -> None:
                with out_of_the_way(bar, session, teller):
                    teller.tell(session)
                if printer.lost is not None and not goes_on:
                    raise printer.lost
                for each in (bar, *watches):
                    if each is not None:
                        each(done, session)

            check_paths(options, session, earlier, watch)
    except KeyboardInterrupt as interrupt:
        session.ended = "interrupted"
        return interrupt
    except (EndedBeforeWork, InputError) as error:
        session.ended = session.ended or str(error)
        return error
    return None


@contextlib.contextmanager
def out_of_the_way(bar: Bar | None, session: Session, teller: Teller) -> Iterator[None]:
    """The bar makes room where something is to be told."""
    if bar is None or not teller.has_news(session):
        yield
        return
    with bar.paused():
        yield


def list_cases(options: Options) -> None:
    """Print the ids of the cases, a line each, and how many there are on stderr."""
    session = Session()
    check_paths(options, session)
    for id in session.listed:
        print(id)
    sys.stdout.flush()
    if is_json():
        tell("end", f"{len(session.listed)} cases", listed=len(session.listed))
    else:
        print(f"{len(session.listed)} cases", file=sys.stderr)
    session.refuse_errors()


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
