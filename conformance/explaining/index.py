"""The cases of a run as pages: an index with a row for each, and a page of its own for a vector that failed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.disputing.parties import PlayedCase
from samestate.conformance.errors import InputError
from samestate.conformance.explaining.cases import find_explained
from samestate.conformance.explaining.engines import explained_engine
from samestate.conformance.explaining.explanation import explain
from samestate.conformance.explaining.page import STYLE, page_of
from samestate.conformance.output.targets import write_whole

INDEX: Final = "index.html"
MOST_PAGES: Final = 100
"""So many vectors that failed are explained: more are rows without a page."""

MARKS: Final = {
    Result.FAILED: "✗ failed",
    Result.ERROR: "! error",
    Result.SKIPPED: "- skipped",
    Result.PASSED: "✓ passed",
}
"""What became of a case, in an order in which a reader looks for it."""


def write_pages(option: str, folder: Path, verdicts: Sequence[Verdict], files: Sequence[str]) -> None:
    """Write the index and the pages into a folder. ``files`` are where the cases are from. Raises InputError."""
    links: dict[int, str] = {}
    for number, (verdict, file) in enumerate(zip(verdicts, files, strict=True)):
        if verdict.result is not Result.FAILED or len(links) == MOST_PAGES:
            continue
        content = explained(verdict, file)
        if content is not None:
            links[number] = f"case-{number}.html"
            write_whole(option, folder / links[number], content, make_folders=True)
    write_whole(option, folder / INDEX, index_of(verdicts, links), make_folders=True)


def explained(verdict: Verdict, file: str) -> str | None:
    """The page about a case that failed, or None where there is nothing more to say than its reason."""
    name = verdict.id.rpartition("::")[2]
    try:
        engine = explained_engine(verdict.engine)
    except InputError:
        return None
    try:
        found = find_explained(Path(file), name, engine)
        if found is None:
            return None
        explanation = explain(found.vector, engine, PlayedCase(Path(file), name, found.first_block), seconds=0)
        return None if explanation is None else page_of(explanation)
    except InputError:
        return None
    finally:
        engine.close()


def index_of(verdicts: Sequence[Verdict], links: dict[int, str]) -> str:
    """The index: failures first, then the rest; each group in the order of the run."""
    order = list(MARKS)
    rows = sorted(enumerate(verdicts), key=lambda row: order.index(row[1].result))
    counts = ", ".join(
        f"{sum(verdict.result is result for verdict in verdicts)} {words.split()[1]}" for result, words in MARKS.items()
    )
    lines = "".join(row_of(verdict, links.get(number)) for number, verdict in rows)
    head = "".join(f"<th>{each}</th>" for each in ("result", "case", "fork", "engine", "reason"))
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>samestate check</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}a {{ color: inherit; }}\n</style></head>\n<body>\n<h1>samestate check: {counts}</h1>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table>\n</body>\n</html>\n"
    )


def row_of(verdict: Verdict, link: str | None) -> str:
    """The row of a case; its name leads to its page where there is one."""
    name = f"<code>{escape(verdict.id)}</code>"
    shown = name if link is None else f'<a href="{link}">{name}</a>'
    reason = escape(verdict.reason.splitlines()[0]) if verdict.reason else ""
    cells = (MARKS[verdict.result], shown, escape(verdict.fork), escape(verdict.engine), reason)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"
