"""`samestate run --profile`, and the advice that `samestate run` gives of an engine of `optimized`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from samestate.conformance.checking.choosing import choose, choose_vector, recorded_below, vectors_below
from samestate.conformance.engines.optimized import PROCESSES, ROOM
from samestate.conformance.engines.optimized.engine import OptimizedEngine
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import choose_engines
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.choices import Rulesets
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.metering.advice import RunFigures, StoredReads, advice_lines, advise
from samestate.conformance.output.console import console_for, print_table
from samestate.conformance.output.json_file import write_json
from samestate.conformance.output.targets import check_apart, check_file, is_stdout, write_whole
from samestate.conformance.tracing.traceable import find_fixture
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, members, text
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection

if TYPE_CHECKING:
    from samestate.conformance.profiling.block_profile import BlockProfile
    from samestate.optimized.metrics import Metrics

GAS: Final = "gas"
TIME: Final = "time"
FLAME_OPTION: Final = "--flame-graph"
SVG: Final = ".svg"
DEFAULT_ENGINE: Final = "optimized"


class RunWatch:
    """Listens to the engine of a run, if it is one of `optimized`, for the advice at its end."""

    def __init__(self) -> None:
        self._metrics: list[Metrics] = []
        self._engine: OptimizedEngine | None = None
        self._stored: list[StoredReads] = []

    def note_stored(self, reads: StoredReads) -> None:
        """What the next block has asked of its state on disk."""
        self._stored.append(reads)

    @contextlib.contextmanager
    def listening(self, engine: Engine) -> Iterator[None]:
        """Listen while the engine works."""
        if not isinstance(engine, OptimizedEngine):
            yield
            return
        self._engine = engine
        with engine.told(lambda _, metrics: self._metrics.append(metrics)):
            yield

    def lines(self, results: Sequence[Object]) -> Iterator[str]:
        """The advice on each block, as lines. ``results``: what came out of each."""
        if self._engine is None or len(self._metrics) != len(results):
            return
        stored: Sequence[StoredReads | None] = self._stored or [None] * len(results)
        for index, (metrics, result, reads) in enumerate(zip(self._metrics, results, stored, strict=True)):
            gas = tuple(int(text(each, "gas_used")) for each in members(result, "receipts") if "gas_used" in each)
            figures = RunFigures(metrics, self._engine.workers, gas, None, self._engine.read_seconds, stored=reads)
            for line in advice_lines(advise(figures)):
                yield f"block {index}: {line}"


def check_profile_options(
    is_profile: bool,
    flame_graph: Path | None,
    weight: str | None,
    engine: str | None,
    others: Sequence[tuple[str, object]],
    json: str | None,
) -> None:
    """Raise InputError where the options of a profile do not go together, or its file cannot be written."""
    if weight not in (None, GAS, TIME):
        raise InputError(f"--weight {weight}: must be {GAS} or {TIME}")
    if not is_profile:
        if flame_graph is not None:
            raise InputError(f"{FLAME_OPTION} {flame_graph}: goes with --profile alone")
        if weight is not None:
            raise InputError(f"--weight {weight}: goes with --profile and {FLAME_OPTION} alone")
        return
    for option, value in others:
        if value is not None:
            raise InputError(f"--profile: cannot be given with {option}")
    strategy_of(engine)
    if weight is not None and flame_graph is None:
        raise InputError(f"--weight {weight}: goes with {FLAME_OPTION} alone")
    if flame_graph is not None:
        if flame_graph.suffix != SVG:
            raise InputError(f"{FLAME_OPTION} {flame_graph}: must be a file whose name ends in {SVG}")
        check_file(FLAME_OPTION, flame_graph)
        check_apart(("--json", json), (FLAME_OPTION, flame_graph))


def strategy_of(engine: str | None) -> str:
    """The strategy whose bottleneck is named. Raises InputError where an engine cannot be profiled."""
    (id,) = choose_engines([engine or DEFAULT_ENGINE]) if "*" not in (engine or "") else ("",)
    room, _, strategy = id.partition(":")
    if room != ROOM or strategy.endswith(f"@{PROCESSES}"):
        raise InputError(f"--engine {engine}: cannot be profiled; engines called {ROOM}:… with threads can")
    return strategy


def run_profile(
    path: Path,
    engine: str | None,
    name: str | None,
    workers: int,
    chain: Network | None,
    rulesets: Rulesets,
    flame_graph: Path | None,
    weight: str,
    json: str | None,
) -> None:
    """Profile the blocks of a case, and tell it. Raises InputError and EngineFailure."""
    # only now: this takes the compiled engine
    from samestate.conformance.profiling.running import ProfilingRun

    run = ProfilingRun(workers, weight, strategy_of(engine))
    try:
        rejected = list(profile_blocks(path, name, chain, rulesets, run.apply))
    finally:
        run.close()
    if not run.profiles:
        raise InputError(f"{path}: no block to be profiled: {'; '.join(rejected) or 'there is none'}")
    if flame_graph is not None:
        write_whole(FLAME_OPTION, flame_graph, drawing(run.profiles, path.name, weight))
    if json is not None:
        write_json([profile.document() for profile in run.profiles], json)
        if is_stdout(json):
            return
    show(run.profiles, rejected)


def profile_blocks(
    path: Path, name: str | None, chain: Network | None, rulesets: Rulesets, apply: Any
) -> Iterator[str]:
    """Have each block of a case applied, whatever its form; gives what those were rejected as that were. InputError."""
    case: Case
    vectors = vectors_below(path)
    recorded = [] if vectors else recorded_below(path)
    if vectors or recorded:
        if vectors:
            case = choose_vector(path, name, vectors).case
        else:
            case = choose(path, name, [(each.id, each.case) for each in recorded])
        for index, result in enumerate(execute(case, apply)):
            if "receipts" not in result and text(result, "status") != "valid":
                yield f"block {index} is rejected as {text(result, 'status')}"
        return
    found = find_fixture(path, name, chain, rulesets)
    for index in range(found.blocks):
        try:
            block = found.prepare(index)
            apply(Evm(block.fork), block.payload, block.before)
        except Rejection as rejection:
            yield f"block {index} is rejected as {rejection.code.name}"


def drawing(profiles: Sequence[BlockProfile], title: str, weight: str) -> str:
    """The flame graph of some blocks together."""
    from samestate.conformance.profiling.evm import LEGEND, kind_of
    from samestate.conformance.profiling.flame import FlameNode, draw

    top = FlameNode()
    if len(profiles) == 1 and profiles[0].found.tree is not None:
        top = profiles[0].found.tree
    else:
        for index, profile in enumerate(profiles):
            if profile.found.tree is not None:
                top.below[f"block {index}"] = profile.found.tree
        top.sum_up()
    unit = "ms" if weight == TIME else profiles[0].unit
    amount = top.amount / 1e6 if weight == TIME else top.amount
    return draw(top, f"{title}: {amount:,.0f} {unit}", kind_of, LEGEND)


def show(profiles: Sequence[BlockProfile], rejected: Sequence[str]) -> None:
    """Print profiles for people."""
    from samestate.conformance.profiling.printing import lines

    console: Console = console_for()
    for index, profile in enumerate(profiles):
        console.print(f"block {index}: {profile.transactions} transactions of the machine {profile.machine}")
        for line in lines(profile):
            if isinstance(line, Table):
                print_table(console, line)
            else:
                console.print(line, markup=False, soft_wrap=True)
    for line in rejected:
        console.print(line, markup=False)
