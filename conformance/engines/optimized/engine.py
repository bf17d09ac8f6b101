"""The engine of `optimized` behind the protocol of engines: cases in, full results out, for both kinds of worker.

`optimized` knows none of the specification's types. Here blocks and states become what it takes, and what it gives
becomes the specification's result of a block, so that everything after that is the same for every engine; but the
compiled toy gives its own roots, and its own verdict on the access list that a block carries.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.names import ACCESS_LIST, ADAPTIVE, DEFAULT_STRATEGY, SEQUENTIAL
from samestate.conformance.engines.optimized import NO_FALLBACK, ROOM, THREADS, engine_id, without_engine
from samestate.conformance.engines.protocol import Capabilities
from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import write_whole
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import PLAN, Case

if TYPE_CHECKING:
    from samestate.conformance.engines.optimized.parts import Listener, OptimizedBlocks
    from samestate.conformance.engines.optimized.plans import OptimizedPlans
    from samestate.optimized.trace import TraceEvent

SVM: Final = "svm"
MEMORY: Final = 64 << 20
"""Bytes of an arena where nothing else is configured: cases are small, and many engines may be open at once."""


class OptimizedEngine(BlockEngine):
    """An engine of `optimized`. ``trace`` has the schedule of all blocks since it was made, if it was to be kept."""

    def __init__(self, id: str, capabilities: Capabilities, parts: OptimizedBlocks) -> None:
        super().__init__(id, capabilities, parts.execute, self._release)
        self.trace = parts.trace
        self.root_of = parts.root_of
        self.execute_packed = parts.execute_packed
        self.text_tests = parts.text_tests
        self._parts = parts
        self._plans: OptimizedPlans | None = None

    @property
    def workers(self) -> int:
        """How many workers it has."""
        return 1 if self.capabilities.strategy == SEQUENTIAL else self._parts.configuration.workers

    @property
    def read_seconds(self) -> float:
        """What a read of the state before the block is made to take."""
        return self._parts.configuration.read_latency_us / 1e6

    @contextlib.contextmanager
    def told(self, listener: Listener) -> Iterator[None]:
        """Have somebody be told of the machine and the metrics of each block meanwhile."""
        self._parts.listener = listener
        try:
            yield
        finally:
            self._parts.listener = None

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`. Plans of chains go by its own routing."""
        if case.machine != PLAN:
            return super().run(case)
        if self._plans is None:
            from samestate.conformance.engines.optimized.plans import OptimizedPlans  # which plans alone need

            self._plans = OptimizedPlans(self._parts)
        return self._plans.run(case)

    def _release(self) -> None:
        if self._plans is not None:
            self._plans.close()
            self._plans = None
        self._parts.close()


def machines_of(kind: str, strategy: str = DEFAULT_STRATEGY) -> tuple[str, ...]:
    """The machines that workers of a kind run under a strategy.

    Threads run those that are compiled, processes those in Python, but for Solana's. That has no access lists.
    """
    has_svm = kind == THREADS and strategy != ACCESS_LIST
    return tuple(name for name in MACHINES if has_svm or name != SVM)


def refuses_fallback() -> bool | None:
    """Whether --no-fallback makes it an error where another strategy would have to finish a block; None: not given."""
    return True if NO_FALLBACK in os.environ else None


def make_optimized_engine(
    strategy: str, kind: str, workers: int, trace: bool = False, run_length: int | None = None
) -> OptimizedEngine:
    """The engine ``optimized:<strategy>``, or ``optimized:<strategy>@processes``. Raises InputError.

    Other settings are those of ``SAMESTATE_*`` variables or the file that one of them names. Its parts start with the
    first case of their machine. Worker processes belong to no engine: all share them.
    """
    try:
        from samestate.conformance.engines.optimized.parts import OptimizedBlocks
        from samestate.optimized import load
        from samestate.optimized.configuration import configured
        from samestate.optimized.errors import ConfigurationError
    except ImportError as error:
        raise InputError(f"--engine optimized: {without_engine(error)}") from error
    id = engine_id(strategy, kind)
    try:
        memory = None if "memory_limit" in configured() else MEMORY
        settings = load(
            workers=workers,
            strategy=strategy,
            kind=kind,
            record=True,
            trace=trace,
            run_length=run_length,
            memory_limit=memory,
            no_fallback=refuses_fallback(),
        )
    except ConfigurationError as error:
        raise InputError(f"--engine {id}: {error}") from error
    return OptimizedEngine(id, capabilities(machines_of(kind, strategy), strategy, kind), OptimizedBlocks(settings))


def tracing_engine(id: str, workers: int) -> OptimizedEngine:
    """The engine of that id, which keeps its schedule. Raises InputError where it is none of `optimized`."""
    room, _, rest = id.partition(":")
    strategy, _, kind = rest.partition("@")
    if room.partition("@")[0] != ROOM:
        raise InputError(f"--trace: {id} does not tell what its workers did; engines called {ROOM}:… do")
    kind = kind or room.partition("@")[2] or THREADS
    default = ADAPTIVE if kind == THREADS else DEFAULT_STRATEGY
    return make_optimized_engine(strategy or default, kind, workers, trace=True)


def write_schedule(target: Path, events: Sequence[TraceEvent], title: str) -> None:
    """Write a schedule for Perfetto. Raises InputError."""
    from samestate.optimized.trace import as_json

    write_whole("--trace", target, json.dumps(as_json(events, title)))
