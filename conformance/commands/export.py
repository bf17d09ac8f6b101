"""`samestate export`: write vectors in the forms that other clients read."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from samestate.conformance.checking.selection import Selection, compile_keyword
from samestate.conformance.errors import InputError
from samestate.conformance.exporting.destination import OPTION, destination
from samestate.conformance.exporting.exporter import FOLDERS, ExportedTest, Refusal, chosen_forms
from samestate.conformance.exporting.exporter import export as export_vector
from samestate.conformance.exporting.reading import vectors_to_export
from samestate.conformance.exporting.report import ExportReport
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_apart, is_stdout
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.fork_names import fork_name
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import VECTORS

EEST: Final = "eest"
TARGETS: Final = (EEST,)


def export(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH", help="Vectors, folders and archives; all of the EVM if none.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="WHOM", help=f"For whom: {EEST}, the consumers of execution-spec-tests.")
    ] = EEST,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="TARGET", help="A folder, or FILE.tar.xz.", show_default=False),
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(metavar="FORM", help=f"{', '.join(FOLDERS)}; all if none.", show_default=False),
    ] = None,
    keyword: Annotated[
        str,
        typer.Option("-k", metavar="EXPRESSION", help="Only vectors whose id or fork holds these words; see `check`."),
    ] = "",
    fork: Annotated[
        list[str] | None, typer.Option(metavar="FORK", help="Only vectors of this fork.", show_default=False)
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write over what is there already.")] = False,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write counts and refusals as JSON; to stdout for `-`.", show_default=False),
    ] = None,
) -> None:
    """Write vectors as fixtures: a file for each vector and form, filled by the specification.

    A vector that a form cannot express is refused, by name and reason, and the others are written. Files that are
    there when it is interrupted are whole; an archive is written at the end. Exit code 2: nothing was written.
    """
    if to not in TARGETS:
        raise InputError(f"--to {to}: must be {' or '.join(TARGETS)}")
    if output is None:
        raise InputError(f"{OPTION}: there must be a folder to write to, or an archive")
    forms = chosen_forms("--form", form or [])
    compile_keyword(keyword or '""')
    selection = Selection(forks=tuple(fork_name(name, evm.NAME) for name in fork or ()), keyword=keyword)
    check_json_target(json)
    check_apart((OPTION, output), ("--json", json))
    target = destination(output, update)
    report = ExportReport(forms)
    seen: dict[PurePosixPath, str] = {}
    for each in exported(paths or [VECTORS / evm.NAME], selection, forms):
        if isinstance(each, ExportedTest):
            if each.path in seen:
                raise InputError(f"{each.place}: has the id of {seen[each.path]}: both would be {each.path}")
            seen[each.path] = each.place
            target.add(each.path, each.text)
        report.add(each)
    if report.count:
        target.finish(report.document())
    if json is not None:
        write_json(report.document(), json)
    if not is_stdout(json):
        for line in report.lines():
            print(line)
        print(f"{report.count} tests in {output}, {report.size / 1e6:.1f} MB")
    if not report.count:
        raise nothing_written(report, selection)


def nothing_written(report: ExportReport, selection: Selection) -> InputError:
    """The complaint that there is no test at all."""
    if report.refusals:
        return InputError("nothing is written: all that was chosen is refused, for the reasons that are listed")
    return InputError(f"nothing is written: no vector is taken by {' '.join(selection.options())}: take a limit away")


def exported(paths: Sequence[Path], selection: Selection, forms: Sequence[str]) -> Iterator[ExportedTest | Refusal]:
    """The tests and refusals of every vector that is chosen, with a bar on a terminal."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("exporting", total=None)
        for path in paths:
            for vector, sentence in vectors_to_export([path]):
                if is_chosen(vector, path, selection):
                    yield from export_vector(vector, sentence, forms)
                progress.advance(task)


def is_chosen(vector: Vector, path: Path, selection: Selection) -> bool:
    """Whether a vector that was found below the path is to be exported."""
    case = vector.case
    return selection.takes(vector.id, str(path), frozenset({case.fork}), case.selectors)
