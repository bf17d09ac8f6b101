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
from pathlib import Path
from typing import Final

from samestate.conformance.benchmarking.evm_workloads import WORKLOADS, make_workload
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.profiling.flame import FlameNode, draw
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.spec.evm.machine import Evm

ROOT: Final = "do_transaction"
"""The function below which samples count: what one transaction takes."""

RATE: Final = 1999
"""Samples a second, no multiple of anything that happens regularly."""

STACK: Final = 16384
"""Bytes of the stack that are kept with a sample, to find who has called whom."""

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

SAID: Final = {
    "around": "around code",
    "code": "code",
    "state": "accounts and slots",
    "hash": "hashing",
    "library": "C library",
}


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


def folded(found: Iterable[list[str]], root: str = ROOT) -> FlameNode:
    """Stacks one upon the other, from the root on; those without it do not count."""
    top = FlameNode()
    for stack in found:
        names = [plain_name(symbol) for symbol in stack]
        if root not in names:
            continue
        node = top
        node.amount += 1
        last = root
        for name in names[names.index(root) + 1 :]:
            if name == last or name == "[unknown]":
                continue  # a function and a part of it that was put elsewhere
            node = node.part(name)
            node.amount += 1
            last = name
    return top


def kind_of(name: str) -> str:
    """What a function is about."""
    return next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), "around")


def drawing(top: FlameNode, title: str) -> str:
    """The drawing of samples."""
    return draw(top, f"{title}: {top.amount:,.0f} samples", kind_of, SAID)


def shares(top: FlameNode) -> Counter[str]:
    """How many samples were in a function itself, wherever it was called from."""
    counted: Counter[str] = Counter()

    def look(node: FlameNode, name: str) -> None:
        counted[name] += round(node.amount - sum(below.amount for below in node.below.values()))
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
    arguments.output.write_text(drawing(top, f"{arguments.workload}, sequential"), encoding="utf-8")
    counted = shares(top)
    kinds: Counter[str] = Counter()
    for name, samples in counted.items():
        kinds[SAID[kind_of(name)]] += samples
    for name, samples in (*kinds.most_common(), *counted.most_common(20)):
        print(f"{samples / max(1, top.amount):6.1%}  {name}")


if __name__ == "__main__":
    main()
