"""Where the compiled EVM is while it executes a block, drawn: samples of `perf`, the widest functions below each other.

    python benchmarks/flame_graph.py erc20 --output erc20.svg [--seconds 10]

The block is one of `samestate bench --machine evm --workload`, executed again and again by `sequential`. Linux has
`perf`, which must be allowed to look at processes of one's own (`sysctl kernel.perf_event_paranoid` of 2 or less). A
function that the compiler has put into another is part of that one.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from samestate.conformance.benchmarking.evm_workloads import WORKLOADS, make_workload
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.spec.evm.machine import Evm

ROOT: Final = "do_transaction"
"""The function below which samples count: what one transaction takes."""

RATE: Final = 1999
"""Samples a second, no multiple of anything that happens regularly."""

STACK: Final = 16384
"""Bytes of the stack that are kept with a sample, to find who has called whom."""

WIDTH: Final = 1000
ROW: Final = 19
LETTER: Final = 7.0
"""The width of a letter, roughly."""

LEAST: Final = 0.004
"""The share below which a function is not drawn."""

NAMESPACES: Final = ("samestate", "evm", "std")

KINDS: Final = {
    "hash": ("keccak", "hash"),
    "state": (
        "load",
        "find",
        "account",
        "slot",
        "direct",
        "note",
        "record",
        "make_",
        "keep",
        "State",
        "access",
        "source",
    ),
    "library": ("__mem", "alloc", "free", "operator new", "operator delete", "clock", "vdso"),
    "code": ("run_", "compute", "divide", "multiply", "operator", "shift", "log", "call", "store", "memory"),
}
"""What functions are about, by parts of their names; the first that fits. All else is what runs around code."""

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
SAID: Final = {
    "around": "around code",
    "code": "code",
    "state": "accounts and slots",
    "hash": "hashing",
    "library": "C library",
}


@dataclass
class Node:
    """A function, as called from those above it: how many samples were in it, and in what it has called."""

    samples: int = 0
    below: dict[str, Node] = field(default_factory=dict)


def plain_name(symbol: str) -> str:
    """A function by its own name: without namespaces, arguments and what a compiler has put around it."""
    if symbol.startswith("__pyx_"):
        part, rest = "", symbol.split("_", 4)[-1]
        while found := re.match(r"\d+", rest):
            part, rest = rest[found.end() :][: int(found[0])], rest[found.end() + int(found[0]) :].lstrip("_")
        return rest or part
    name = re.sub(r"\[clone [^]]*\]|@.*|\(.*\)| const", "", symbol.replace("(anonymous namespace)", ""))
    name = re.sub(r"::\{lambda.*", "", name).strip()
    name = re.sub(r"<.*", "", name)
    parts = name.split(" ")[-1].split("::") if "operator" not in name else [name]
    return "::".join(part for part in parts[-2:] if part not in NAMESPACES)


def stacks(script: Iterable[str]) -> Iterator[list[str]]:
    """The stacks in what `perf script -F comm,ip,sym` prints, outermost first."""
    frames: list[str] = []
    for line in (*script, ""):
        if line[:1].isspace() and line.strip():
            frames.append(line.split(maxsplit=1)[1].strip() if len(line.split(maxsplit=1)) > 1 else "[unknown]")
        elif frames:
            yield frames[::-1]
            frames = []


def folded(found: Iterable[list[str]], root: str = ROOT) -> Node:
    """Stacks one upon the other, from the root on; those without it do not count."""
    top = Node()
    for stack in found:
        names = [plain_name(symbol) for symbol in stack]
        if root not in names:
            continue
        node = top
        node.samples += 1
        last = root
        for name in names[names.index(root) + 1 :]:
            if name == last or name == "[unknown]":
                continue  # a function and a part of it that was put elsewhere
            node = node.below.setdefault(name, Node())
            node.samples += 1
            last = name
    return top


def kind_of(name: str) -> str:
    """What a function is about."""
    return next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), "around")


def draw(top: Node, title: str) -> str:
    """The drawing, as one SVG that needs nothing else and is read on light and on dark."""
    boxes: list[str] = []
    depth = place(top, 0.0, 0, top.samples, boxes)
    height = (depth + 3) * ROW
    legend = []
    left = 4.0
    for kind, said in SAID.items():
        legend.append(f'<rect class="{kind}" x="{left:.0f}" y="{height - ROW}" width="11" height="11"/>')
        legend.append(f'<text x="{left + 15:.0f}" y="{height - ROW + 10}">{said}</text>')
        left += 34 + LETTER * len(said)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(title)}">'
        f"<style>{STYLE}</style>"
        f'<text x="4" y="14">{escape(title)}: {top.samples:,} samples</text>' + "".join(boxes + legend) + "</svg>\n"
    )


def place(node: Node, left: float, depth: int, whole: int, boxes: list[str]) -> int:
    """Put the functions below one next to each other, the widest first. Gives how deep it goes."""
    deepest = depth
    for name, below in sorted(node.below.items(), key=lambda item: -item[1].samples):
        share = below.samples / whole
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
        deepest = max(deepest, place(below, left, depth + 1, whole, boxes))
        left += width
    return max(deepest, depth)


def shares(top: Node) -> Counter[str]:
    """How many samples were in a function itself, wherever it was called from."""
    counted: Counter[str] = Counter()

    def look(node: Node, name: str) -> None:
        counted[name] += node.samples - sum(below.samples for below in node.below.values())
        for inner, below in node.below.items():
            look(below, inner)

    look(top, ROOT)
    return counted


def execute(workload: str, seconds: float) -> None:
    """Execute the block again and again."""
    made = make_workload(workload)
    world, block = (
        world_of(made.case.state()),
        packed_block(Evm(made.case.fork), made.case.payload(), None, made.senders),
    )
    end = time.monotonic() + seconds
    with EvmEngine(Configuration(strategy="sequential")) as engine:
        while time.monotonic() < end:
            engine.execute(block, world)


def sampled(workload: str, seconds: float) -> list[str]:
    """What `perf script` prints of such a run."""
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "perf.data")
        record = ["perf", "record", "--quiet", "-F", str(RATE), "--call-graph", f"dwarf,{STACK}", "-o", data, "--"]
        own = [sys.executable, __file__, workload, "--seconds", str(seconds), "--execute"]
        subprocess.run([*record, *own], check=True)
        script = ["perf", "script", "--no-inline", "-F", "comm,ip,sym", "-i", data]
        return subprocess.run(script, check=True, capture_output=True, encoding="utf-8").stdout.splitlines()


def main() -> None:
    """Sample and draw, or be what is sampled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=WORKLOADS, metavar="WORKLOAD")
    parser.add_argument("--output", type=Path, default=Path("flame.svg"))
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--execute", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.execute:
        execute(arguments.workload, arguments.seconds)
        return
    top = folded(stacks(sampled(arguments.workload, arguments.seconds)))
    arguments.output.write_text(draw(top, f"{arguments.workload}, sequential"), encoding="utf-8")
    counted = shares(top)
    kinds: Counter[str] = Counter()
    for name, samples in counted.items():
        kinds[SAID[kind_of(name)]] += samples
    for name, samples in (*kinds.most_common(), *counted.most_common(20)):
        print(f"{samples / max(1, top.samples):6.1%}  {name}")


if __name__ == "__main__":
    main()
