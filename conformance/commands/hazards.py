"""`samestate hazards`: the ways to go wrong that vectors are about, and which vectors are about each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.errors import InputError
from samestate.conformance.hazards.known import HAZARDS, SHOWN_ELSEWHERE
from samestate.conformance.output.targets import write_whole
from samestate.conformance.scenarios.hazard_table import HazardRow, hazard_page, hazard_rows


def hazards(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Hazards by id, as H04; all of them if none.", show_default=False),
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all hazards as a page, in Markdown.", show_default=False)
    ] = None,
) -> None:
    """All hazards: how many vectors are about each, and what happens where it is met.

    One that is named is shown with its source, its forks and its vectors.
    """
    if page is not None:
        if ids:
            raise InputError("--page writes all hazards: name none, or leave it out")
        write_whole("--page", page, hazard_page())
        return
    for id in ids or ():
        if id not in HAZARDS:
            known = list(HAZARDS)
            raise InputError(f"{id}: no hazard has this id; they are {known[0]} to {known[-1]}")
    rows = hazard_rows()
    if not ids:
        for row in rows:
            print(f"{row.hazard.id:4} {len(row.vectors):4}  {row.hazard.sentence}")
        print(f"{len(rows)} hazards; {sum(not row.vectors for row in rows)} have no vector")
        return
    for row in rows:
        if row.hazard.id in ids:
            show(row)


def show(row: HazardRow) -> None:
    """A hazard with everything that is known of it."""
    hazard = row.hazard
    print(f"{hazard.id} {hazard.sentence}")
    print(f"    {hazard.group.value}; {hazard.standing.value}: {hazard.source}")
    if row.vectors:
        print(f"    {len(row.vectors)} vectors: {', '.join(row.forks)}")
    for vector in row.vectors:
        print(f"    {vector}")
    if hazard.id in SHOWN_ELSEWHERE:
        print(f"    no vector: {SHOWN_ELSEWHERE[hazard.id]}")
