"""The engine of `optimized` behind the protocol of engines: cases in, full results out, for both kinds of worker.

`optimized` knows none of the specification's types. Here blocks and states become what it takes, and what it gives
becomes the specification's result of a block, so that everything after that is the same for every engine.
"""

from __future__ import annotations

from typing import Final

from conformance.block_engine import BlockEngine, capabilities
from conformance.errors import InputError
from conformance.vectors import evm, toy

THREADS: Final = "threads"
PROCESSES: Final = "processes"
MEMORY: Final = 32 << 20
"""Bytes of an engine's arena. Cases are small, and many engines may be open at once."""


def machines_of(kind: str) -> tuple[str, ...]:
    """The machines that workers of a kind run: threads those that are compiled, processes those in Python."""
    return (toy.NAME,) if kind == THREADS else (evm.NAME, toy.NAME)


def make_optimized_engine(strategy: str, kind: str, workers: int) -> BlockEngine:
    """The engine ``optimized:<strategy>``, or ``optimized:<strategy>@processes``. Raises InputError.

    Its parts start with the first case of their machine. Worker processes belong to no engine: all share them.
    """
    try:
        from conformance.optimized_parts import Parts
        from optimized.configuration import Configuration
        from optimized.errors import ConfigurationError
    except ImportError as error:
        raise InputError(f"--engine optimized: {error}") from error
    try:
        parts = Parts(Configuration(workers=workers, strategy=strategy, kind=kind, memory_limit=MEMORY))
    except ConfigurationError as error:
        raise InputError(f"--engine optimized:{strategy}: {error}") from error
    id = f"optimized:{strategy}" + ("" if kind == THREADS else f"@{kind}")
    return BlockEngine(id, capabilities(machines_of(kind), strategy, kind), parts.execute, parts.close)
