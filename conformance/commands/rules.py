"""`samestate rules`: every rule of the specification and of scheduling, and those of the specification not reached."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import typer

from samestate.conformance.checking.progress import progress_bar
from samestate.conformance.checking.session import Options, Session
from samestate.conformance.checking.session import check as check_paths
from samestate.conformance.checking.verdict import Result
from samestate.conformance.checking.worker import WorkerDied
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import is_stdout
from samestate.conformance.rules.anchors import Anchor, all_anchors, scheduling_rules

FAILED: Final = 1


def rules(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Cases to run, as for `check`.", show_default=False)
    ] = None,
    json: Annotated[str | None, typer.Option(help="Write all rules to a file, or to stdout for `-`.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="So many cases, some from every folder.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the cases.")] = 1,
) -> None:
    """Without a path, every rule and where it stands. With paths, the rules that no case below them reached.

    Rules of scheduling are of strategies and not of cases: each stands in two places, readable and compiled. A rule is
    reached when a line of the statement under its `# rule:` comment is executed, imports apart. Exit code 2 where two
    rules have one name.
    """
    check_json_target(json)
    anchors = all_anchors()
    session = Session()
    if paths:
        options = Options(tuple(paths), jobs=jobs, sample=sample, measure_rules=True)
        try:
            with progress_bar(options.paths) as watch:
                check_paths(options, session, watch=watch)
        except WorkerDied as error:
            print(f"samestate: {error}", file=sys.stderr)
            raise typer.Exit(FAILED) from error
    shown = [anchor for anchor in anchors if anchor.name not in session.rules]
    if json is not None:
        write_json(to_json(anchors, session, bool(paths)), json)
    out = sys.stderr if is_stdout(json) else sys.stdout
    width = max((len(anchor.name) for anchor in shown), default=0)
    for anchor in shown:
        print(f"{anchor.name:{width}}  {anchor.where}", file=out)
    if paths:
        print(
            f"{session.count(Result.PASSED)} passed, {session.count(Result.FAILED)} failed, "
            f"{session.count(Result.SKIPPED)} skipped",
            file=out,
        )
        share = 100 * len(shown) / len(anchors)
        print(f"{len(anchors) - len(shown)} of {len(anchors)} rules reached, {len(shown)} not ({share:.1f}%)", file=out)
    else:
        print(f"{len(anchors)} rules\n", file=out)
        print_scheduling(out)


def print_scheduling(out: TextIO) -> None:
    """The rules of scheduling, each with both of its places."""
    pairs = scheduling_rules()
    width = max(len(readable.name) for readable, _ in pairs)
    second = max(len(readable.where) for readable, _ in pairs)
    for readable, compiled in pairs:
        place = "" if compiled is None else compiled.where
        print(f"{readable.name:{width}}  {readable.where:{second}}  {place}".rstrip(), file=out)
    print(f"{len(pairs)} rules of scheduling", file=out)


def to_json(anchors: tuple[Anchor, ...], session: Session, measured: bool) -> dict[str, Any]:
    """All rules; ``reached`` is null where nothing was run."""
    return {
        "cases": len(session.verdicts),
        "rules": [
            {
                "name": anchor.name,
                "file": str(Path(anchor.where.rpartition(":")[0])),
                "line": anchor.line,
                "reached": anchor.name in session.rules if measured else None,
            }
            for anchor in anchors
        ],
        "scheduling": [
            {
                "name": readable.name,
                "source": readable.source,
                "readable": readable.where,
                "compiled": None if compiled is None else compiled.where,
            }
            for readable, compiled in scheduling_rules()
        ],
    }
