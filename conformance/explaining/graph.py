"""The dependencies between the transactions of a block as a picture: columns by depth, the critical path in bold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.explaining import map_of
from samestate.conformance.vectors.model import members, text

COLUMN: Final = 120
ROW: Final = 54
RADIUS: Final = 18
MARGIN: Final = 36


@dataclass(frozen=True, slots=True)
class Graph:
    """Which step reads what which other wrote, and the heaviest chain of them in gas, or in units."""

    steps: tuple[str, ...]
    edges: dict[tuple[str, str], tuple[str, ...]]
    depth: dict[str, int]
    critical: tuple[str, ...]


def graph_of(block: Object) -> Graph:
    """The graph of a block by its right access record."""
    steps = list(members(block, "access"))
    names = tuple(text(step, "step") for step in steps)
    used = used_of(block)
    edges: dict[tuple[str, str], tuple[str, ...]] = {}
    depth: dict[str, int] = {}
    finish: dict[str, tuple[int, tuple[str, ...]]] = {}
    for name, step in zip(names, steps, strict=True):
        sources = sources_of(step)
        for source, keys in sources.items():
            edges[source, name] = keys
        depth[name] = max((depth[source] + 1 for source in sources), default=0)
        weight = used[int(name)] if name.isdigit() and int(name) < len(used) else 0
        heaviest = max((finish[source] for source in sources), default=(0, ()))
        finish[name] = heaviest[0] + weight, (*heaviest[1], name)
    linked = {name for edge in edges for name in edge}
    names = tuple(name for name in names if name.isdigit() or name in linked)
    critical = max(finish.values(), default=(0, ()))[1]
    return Graph(names, edges, depth, critical)


def sources_of(step: Object) -> dict[str, tuple[str, ...]]:
    """The steps that a step reads from, each with the keys."""
    sources: dict[str, tuple[str, ...]] = {}
    for key, entry in map_of(step, "reads").items():
        made = entry.get("from") if isinstance(entry, dict) else None
        for source in made if isinstance(made, list) else [made]:
            if isinstance(source, str) and source != "pre":
                sources[source] = (*sources.get(source, ()), key)
    return sources


def draw(graph: Graph, wrong: str) -> str:
    """The graph as SVG: what differs has a double ring and a word, the critical path is bold, so none needs colour."""
    rows: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name in graph.steps:
        column = graph.depth[name]
        places[name] = MARGIN + column * COLUMN, MARGIN + rows.get(column, 0) * ROW
        rows[column] = rows.get(column, 0) + 1
    width = 2 * MARGIN + max(graph.depth.values(), default=0) * COLUMN
    height = 2 * MARGIN + (max(rows.values(), default=1) - 1) * ROW + 16
    bold = set(zip(graph.critical, graph.critical[1:], strict=False))
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        'aria-label="Dependencies between steps">'
    ]
    for (source, target), keys in graph.edges.items():
        (left, upper), (right, lower) = places[source], places[target]
        kind = "edge critical" if (source, target) in bold else "edge"
        parts.append(
            f'<line class="{kind}" x1="{left + RADIUS}" y1="{upper}" x2="{right - RADIUS}" y2="{lower}">'
            f"<title>{escape(f'{target} reads from {source}: ' + ', '.join(keys))}</title></line>"
        )
    for name, (x, y) in places.items():
        kind = "node critical" if name in graph.critical else "node"
        if name == wrong:
            parts.append(f'<circle class="ring" cx="{x}" cy="{y}" r="{RADIUS + 4}"/>')
            parts.append(f'<text class="mark" x="{x}" y="{y + RADIUS + 16}">differs</text>')
        parts.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="{RADIUS}"/>')
        parts.append(f'<text class="name" x="{x}" y="{y + 4}">{escape(name)}</text>')
    return "".join([*parts, "</svg>"])


def used_of(block: Object) -> Sequence[int]:
    """The gas of each transaction; its units on Solana's machine, none where it paid its fee and no more."""
    return [
        int(text(receipt, measure)) if (measure := measure_of(receipt)) else 0 for receipt in members(block, "receipts")
    ]


def measure_of(receipt: Object) -> str:
    """Which field of a receipt says what the transaction used; empty where none does."""
    return next((field for field in ("gas_used", "units") if field in receipt), "")
