"""An explanation as one page: it needs no network and no script, follows light and dark, and is read without colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from samestate.conformance.explaining.explanation import Explanation
from samestate.conformance.explaining.graph import draw, graph_of, measure_of, used_of
from samestate.conformance.explaining.words import (
    beginning,
    instruction,
    parted_fields,
    short,
    transactions,
    written_by,
)
from samestate.conformance.vectors.model import VALID, members

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fdfdfb; --line: #8a8a8a; --mark: #9b1c1c; --soft: #ececea; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e4; --paper: #17181a; --line: #8f9296; --mark: #ff9b8f; --soft: #2a2c30; }
}
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
code, td.value { font-family: ui-monospace, monospace; font-size: .85rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); }
.timeline { display: flex; gap: 3px; overflow-x: auto; padding: .3rem 0; }
.timeline div { flex: 1 0 3.2rem; border: 1px solid var(--line); background: var(--soft);
  padding: .3rem; font-size: .8rem; }
.timeline div.wrong { border: 3px double var(--mark); font-weight: bold; }
.graph { overflow-x: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; text-anchor: middle; }
svg text.mark { fill: var(--mark); font-weight: bold; }
.edge { stroke: var(--line); stroke-width: 1; } .edge.critical { stroke: var(--ink); stroke-width: 3.5; }
.node { fill: var(--paper); stroke: var(--line); } .node.critical { stroke: var(--ink); stroke-width: 3; }
.ring { fill: none; stroke: var(--mark); stroke-width: 2; }
"""


def page_of(explanation: Explanation) -> str:
    """The page."""
    title = f"{explanation.vector.case.id} on {explanation.engine}"
    body = "\n".join(sections(explanation))
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def sections(explanation: Explanation) -> Iterator[str]:
    """The parts of the page, from the difference to the smaller case."""
    named, difference = explanation.named, explanation.difference
    yield f"<p>It begins in <strong>{escape(beginning(explanation))}</strong>.</p>"
    yield "<h2>The difference</h2>"
    yield table(
        ("", "value"),
        [
            ("where", named(difference.where)),
            ("right", named(difference.expected)),
            ("given", named(difference.given)),
        ],
    )
    for line in named(difference.explanation).splitlines():
        yield f"<p>{escape(line.strip())}</p>"
    if explanation.right.get("status") == VALID:
        yield "<h2>The block</h2>"
        yield timeline(explanation)
        yield "<h2>Who reads from whom</h2>"
        yield "<p>Each line is a read of what an earlier step wrote. The heaviest chain is bold.</p>"
        yield f'<div class="graph">{draw(graph_of(explanation.right), explanation.step)}</div>'
    if explanation.reads:
        yield "<h2>Reads with a wrong version</h2>"
        rows = [(named(read.key), read.value, written_by(read.source), read.given) for read in explanation.reads]
        yield table(("key", "right value", "who wrote it", "given"), rows)
    yield "<h2>Where the traces part</h2>"
    yield from trace_section(explanation)
    if explanation.shrunk is not None:
        yield "<h2>A smaller case</h2>"
        before, after = transactions(explanation.vector.case.blocks), transactions(explanation.shrunk.blocks)
        yield f"<p>The engine still gets it wrong with {after} of {before} transactions.</p>"


def trace_section(explanation: Explanation) -> Iterator[str]:
    """The first lines that differ, field by field."""
    parted = explanation.parted
    if parted is None:
        yield f"<p>{escape(explanation.no_trace)}</p>"
        return
    if parted.before:
        yield f"<p>Line {parted.line}, after <code>{escape(instruction(parted.before))}</code>:</p>"
    rows = [(name, short(right), short(given)) for name, right, given in parted_fields(parted)]
    yield table(("field", "right", "given"), rows)


def timeline(explanation: Explanation) -> str:
    """The steps of the block in order; the one that differs is framed and says so."""
    used = used_of(explanation.right)
    measures = [measure_of(receipt).partition("_")[0] for receipt in members(explanation.right, "receipts")]
    names = ["open", *map(str, range(len(used))), "close"]
    cells = []
    for name in names:
        words = f"<br>{used[int(name)]:,} {measures[int(name)]}" if name.isdigit() else ""
        wrong = ' class="wrong"' if name == explanation.step else ""
        cells.append(f"<div{wrong}>{name}{words}{'<br>differs' if wrong else ''}</div>")
    return f'<div class="timeline">{"".join(cells)}</div>'


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; the first column says what a row is about."""
    cells = "".join(f"<th>{escape(each)}</th>" for each in head)
    lines = [
        f"<tr><th>{escape(row[0])}</th>{''.join(f'<td class=value>{escape(each)}</td>' for each in row[1:])}</tr>"
        for row in rows
    ]
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
