"""A flame graph: what is part of what, each as wide as its share, drawn as one SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

WIDTH: Final = 1000
ROW: Final = 19
LETTER: Final = 7.0
"""The width of a letter, roughly."""

LEAST: Final = 0.004
"""The share below which a part is not drawn."""

STYLE: Final = """
svg { background: #fff; color: #1a1a1a; font: 11px system-ui, sans-serif }
text { fill: currentColor }
rect { stroke: #fff; stroke-width: .6 }
.hash { fill: #f2b8a0 } .state { fill: #a9d3ef } .library { fill: #d9d9d9 }
.code { fill: #b9dfae } .around { fill: #f3dd9a }
@media (prefers-color-scheme: dark) {
svg { background: #16181c; color: #eceef0 }
rect { stroke: #16181c }
.hash { fill: #8a4a34 } .state { fill: #2f5f80 } .library { fill: #4b4f55 }
.code { fill: #3e6b35 } .around { fill: #75622a }
}
"""
"""Readable on light and on dark. The classes are what parts are about: hashing, state, libraries, code, all around."""


@dataclass(slots=True)
class FlameNode:
    """A part of the whole: how much it is, what is below it included, and those parts by name."""

    amount: float = 0
    below: dict[str, FlameNode] = field(default_factory=dict)

    def part(self, name: str) -> FlameNode:
        """The part of that name, made where there is none."""
        return self.below.setdefault(name, FlameNode())

    def sum_up(self) -> float:
        """Have the amount of each part be no less than those of its parts together. Gives that of the whole."""
        self.amount = max(self.amount, 0) + sum(below.sum_up() for below in self.below.values())
        return self.amount


def draw(top: FlameNode, title: str, kind_of: Callable[[str], str], legend: Mapping[str, str]) -> str:
    """The drawing. ``kind_of`` gives the class of a name, ``legend`` what each class stands for."""
    boxes: list[str] = []
    depth = _place(top, 0.0, 0, top.amount, boxes, kind_of) if top.amount > 0 else 0
    height = (depth + 3) * ROW
    said = []
    left = 4.0
    for kind, words in legend.items():
        said.append(f'<rect class="{kind}" x="{left:.0f}" y="{height - ROW}" width="11" height="11"/>')
        said.append(f'<text x="{left + 15:.0f}" y="{height - ROW + 10}">{escape(words)}</text>')
        left += 34 + LETTER * len(words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(title)}">'
        f"<style>{STYLE}</style>"
        f'<text x="4" y="14">{escape(title)}</text>' + "".join(boxes + said) + "</svg>\n"
    )


def _place(
    node: FlameNode, left: float, depth: int, whole: float, boxes: list[str], kind_of: Callable[[str], str]
) -> int:
    """Put the parts of one next to each other, the widest first. Gives how deep it goes."""
    deepest = depth
    for name, below in sorted(node.below.items(), key=lambda item: -item[1].amount):
        share = below.amount / whole
        if share < LEAST:
            continue
        width, top = share * WIDTH, depth * ROW + ROW + 3
        room = int((width - 6) / LETTER)
        shown = name if len(name) <= room else f"{name[: room - 1]}…" if room > 4 else ""
        text = f'<text x="{left + 3:.1f}" y="{top + 13}">{escape(shown)}</text>' if shown else ""
        boxes.append(
            f'<g><title>{escape(name)} {share:.1%}</title><rect class="{kind_of(name)}" x="{left:.1f}" y="{top}"'
            f' width="{width:.1f}" height="{ROW - 1}"/>{text}</g>'
        )
        deepest = max(deepest, _place(below, left, depth + 1, whole, boxes, kind_of))
        left += width
    return deepest
