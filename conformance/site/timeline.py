"""A block as a timeline: when each transaction could run if it waited for nothing but for what it reads.

Time is what transactions use, gas or units: a bar begins where the last has ended that the transaction reads from. The
chain of bars that ends last is the critical path. Above stands the whole block, one transaction after another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from samestate.conformance.explaining.graph import sources_of, used_of
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import members, text

WIDTH: Final = 720
LEFT: Final = 64
ROW: Final = 20
BAR: Final = 14
MOST_ROWS: Final = 60
"""Transactions that are drawn: of a block of thousands the first are enough to see its shape."""


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A transaction: what it uses, when it can begin, whether it is on the critical path, and from whom it reads."""

    name: str
    used: int
    begins: int
    is_critical: bool
    sources: tuple[str, ...]


def bars_of(expected: Object) -> Sequence[TimelineBar]:
    """The bars of a valid block by its access record and receipts; none where it has no transactions.

    What used nothing is drawn as one, so that it is seen.
    """
    used = [max(1, used) for used in used_of(expected)]
    ends: dict[str, int] = {}
    before: dict[str, str] = {}
    begins: dict[str, int] = {}
    sources: dict[str, tuple[str, ...]] = {}
    for step in members(expected, "access"):
        name = text(step, "step")
        if not name.isdigit() or int(name) >= len(used):
            continue
        found = tuple(source for source in sources_of(step) if source in ends)
        last = max(found, key=lambda source: ends[source], default="")
        begins[name] = ends.get(last, 0)
        ends[name] = begins[name] + used[int(name)]
        before[name], sources[name] = last, found
    critical = path_to(max(ends, key=lambda name: ends[name], default=""), before)
    return [TimelineBar(name, used[int(name)], begins[name], name in critical, sources[name]) for name in ends]


def path_to(name: str, before: Mapping[str, str]) -> frozenset[str]:
    """A step and those that it has waited for, one after another."""
    path = set()
    while name:
        path.add(name)
        name = before[name]
    return frozenset(path)


def draw_timeline(bars: Sequence[TimelineBar]) -> str:
    """The timeline as SVG, which is read without colour: the critical path is filled and framed boldly."""
    shown = bars[:MOST_ROWS]
    whole = sum(bar.used for bar in bars)
    longest = max(bar.begins + bar.used for bar in bars)
    scale = (WIDTH - LEFT - 8) / whole
    height = ROW * (len(shown) + 1) + 8
    label = f"Timeline: {len(bars)} transactions, {whole:,} in order, {longest:,} at the least"
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">',
        f'<text x="{LEFT - 8}" y="{BAR}">in order</text>',
    ]
    at = 0
    for bar in bars:
        parts.append(rectangle("whole", at * scale, 2, bar.used * scale, f"{bar.name}: {bar.used:,}"))
        at += bar.used
    for row, bar in enumerate(shown, 1):
        waits = f"; reads from {', '.join(bar.sources)}" if bar.sources else ""
        kind = "bar critical" if bar.is_critical else "bar"
        parts.append(f'<text x="{LEFT - 8}" y="{row * ROW + BAR}">{escape(bar.name)}</text>')
        words = f"{bar.name}: {bar.used:,} from {bar.begins:,}{waits}"
        parts.append(rectangle(kind, bar.begins * scale, row * ROW + 2, bar.used * scale, words))
    return "".join([*parts, "</svg>"])


def rectangle(kind: str, left: float, top: float, width: float, words: str) -> str:
    """A bar with words that show when it is pointed at."""
    return (
        f'<rect class="{kind}" x="{LEFT + left:.1f}" y="{top:.1f}" width="{max(width, 1.0):.1f}" height="{BAR}">'
        f"<title>{escape(words)}</title></rect>"
    )
