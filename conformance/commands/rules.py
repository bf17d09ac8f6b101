"""`samestate rules`: the rules of the specification and of scheduling, where they stand and are from, and their use."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import typer

from samestate.conformance.checking.limits import EndedBeforeWork
from samestate.conformance.checking.measuring import Measures
from samestate.conformance.checking.progress import progress_bar
from samestate.conformance.checking.selection import split_argument
from samestate.conformance.checking.session import Options, Session
from samestate.conformance.checking.session import check as check_paths
from samestate.conformance.checking.verdict import VECTOR, Result
from samestate.conformance.errors import InputError
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_spares, is_stdout
from samestate.conformance.rules.anchors import Anchor, all_anchors, scheduling_rules
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.machines import MACHINES

FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rules that a command is about: of the specification, and of scheduling with their compiled place."""

    specification: tuple[Anchor, ...]
    scheduling: tuple[tuple[Anchor, Anchor | None], ...]


def rules(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RULE|PATH",
            help="Rules by name or pattern, as 'evm.sstore.*', and cases to run, as for `check`.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the rules to a file, or to stdout for `-`.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many cases, some from every folder.")
    ] = None,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes that share the cases.")] = 1,
) -> None:
    """All rules, or those named, and where they stand; with paths, those of them that no case there reached.

    Rules of a machine that no case is of are left out, unless they are named.

    A rule that is named is shown with its source: the EIP, the part of the yellow paper or the page of this project
    that it is from. What is there as a file or folder is taken for one.

    Rules of scheduling are of strategies and not of cases: each stands in two places, readable and compiled. A rule is
    reached when a line of the statement under its `# rule:` comment is executed, imports apart. Exit code 2 where two
    rules have one name, an argument is neither a rule nor a path, or a document cannot be used.
    """
    check_json_target(json)
    paths, patterns = told_apart(names or [])
    check_spares((split_argument(path)[0] for path in paths), ("--json", json))
    chosen = choose(patterns)
    session = Session()
    if paths:
        options = Options(paths, jobs=jobs, sample=sample, measures=Measures(rules=True))
        try:
            with progress_bar(options.paths) as watch:
                check_paths(options, session, watch=watch)
        except EndedBeforeWork as error:
            print(f"samestate: {error}", file=sys.stderr)
            raise typer.Exit(FAILED) from error
    if json is not None:
        write_json(to_json(chosen, session, bool(paths)), json)
    out = sys.stderr if is_stdout(json) else sys.stdout
    if paths:
        asked = chosen.specification if patterns else of_machines(chosen.specification, machines_of(session))
        print_not_reached(asked, session, with_source=bool(patterns), out=out)
        print_left_out(len(chosen.specification) - len(asked), out)
        session.refuse_errors()
    elif patterns:
        print_with_source(chosen, out)
    else:
        print_places(chosen.specification, out)
        print(f"{len(chosen.specification)} rules\n", file=out)
        print_scheduling(chosen.scheduling, out)


def told_apart(names: list[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Which arguments are paths, and which are rules: a path is what is there, or has a `/` or `::` in it."""
    paths = [name for name in names if "/" in name or "::" in name or Path(name).exists()]
    return tuple(map(Path, paths)), tuple(name for name in names if name not in paths)


def choose(patterns: tuple[str, ...]) -> Chosen:
    """The rules that any of the patterns fits, all of them where there is none.

    Raises InputError for a pattern that fits none.
    """
    everything = Chosen(all_anchors(), scheduling_rules())
    if not patterns:
        return everything
    known = {anchor.name for anchor in (*everything.specification, *(rule for rule, _ in everything.scheduling))}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise InputError(f"{pattern}: no rule has such a name, and there is no such file or folder")
    fitting = {name for name in known if any(fnmatchcase(name, pattern) for pattern in patterns)}
    return Chosen(
        tuple(anchor for anchor in everything.specification if anchor.name in fitting),
        tuple((rule, compiled) for rule, compiled in everything.scheduling if rule.name in fitting),
    )


def machines_of(session: Session) -> frozenset[str]:
    """The machines that cases were of: the id of a vector begins with its machine, and all else is of the EVM."""
    return frozenset(
        verdict.id.split("/")[0] if verdict.kind == VECTOR else evm.NAME
        for verdict in session.verdicts
        if verdict.result is not Result.ERROR
    )


def of_machines(anchors: tuple[Anchor, ...], machines: frozenset[str]) -> tuple[Anchor, ...]:
    """The rules of some machines, and those of none. The name of a rule begins with its machine."""
    others = MACHINES.keys() - machines
    return tuple(anchor for anchor in anchors if anchor.name.split(".")[0] not in others)


def print_left_out(count: int, out: TextIO) -> None:
    """How many rules nothing was asked about."""
    if count:
        print(f"{count} rules of machines that no case is of are left out", file=out)


def print_places(anchors: tuple[Anchor, ...], out: TextIO) -> None:
    """A line a rule: its name and its place."""
    width = max((len(anchor.name) for anchor in anchors), default=0)
    for anchor in anchors:
        print(f"{anchor.name:{width}}  {anchor.where}", file=out)


def print_with_source(chosen: Chosen, out: TextIO) -> None:
    """Three lines a rule: its name, its place or both of its places, and its source."""
    alone = [(anchor, None) for anchor in chosen.specification]
    for anchor, compiled in (*alone, *chosen.scheduling):
        places = anchor.where if compiled is None else f"{anchor.where}  {compiled.where}"
        print(f"{anchor.name}\n    {places}\n    {anchor.source}", file=out)


def print_not_reached(anchors: tuple[Anchor, ...], session: Session, with_source: bool, out: TextIO) -> None:
    """The rules that no case reached, and how many those are."""
    left = tuple(anchor for anchor in anchors if anchor.name not in session.rules)
    if with_source:
        print_with_source(Chosen(left, ()), out)
    else:
        print_places(left, out)
    print(
        f"{session.count(Result.PASSED)} passed, {session.count(Result.FAILED)} failed, "
        f"{session.count(Result.SKIPPED)} skipped",
        file=out,
    )
    share = 100 * len(left) / max(len(anchors), 1)
    print(f"{len(anchors) - len(left)} of {len(anchors)} rules reached, {len(left)} not ({share:.1f}%)", file=out)


def print_scheduling(pairs: tuple[tuple[Anchor, Anchor | None], ...], out: TextIO) -> None:
    """The rules of scheduling, each with both of its places."""
    width = max(len(readable.name) for readable, _ in pairs)
    second = max(len(readable.where) for readable, _ in pairs)
    for readable, compiled in pairs:
        place = "" if compiled is None else compiled.where
        print(f"{readable.name:{width}}  {readable.where:{second}}  {place}".rstrip(), file=out)
    print(f"{len(pairs)} rules of scheduling", file=out)


def to_json(chosen: Chosen, session: Session, measured: bool) -> dict[str, Any]:
    """The rules that were chosen; ``reached`` is null where no case of their machine was run."""
    asked = of_machines(chosen.specification, machines_of(session))
    return {
        "cases": len(session.verdicts),
        "rules": [
            {
                "name": anchor.name,
                "source": anchor.source,
                "file": str(Path(anchor.where.rpartition(":")[0])),
                "line": anchor.line,
                "reached": anchor.name in session.rules if measured and anchor in asked else None,
            }
            for anchor in chosen.specification
        ],
        "scheduling": [
            {
                "name": readable.name,
                "source": readable.source,
                "readable": readable.where,
                "compiled": None if compiled is None else compiled.where,
            }
            for readable, compiled in chosen.scheduling
        ],
    }
