"""The engine of `optimized` behind the protocol of engines: cases in, full results out, for both kinds of worker.

`optimized` knows none of the specification's types. Here blocks and states become what it takes, and what it gives
becomes the specification's result of a block, so that everything after that is the same for every engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conformance.block_engine import BlockEngine, capabilities
from conformance.engine import EngineFailure
from conformance.errors import InputError
from conformance.optimized_machines import EVM, TOY, ForkBlock
from conformance.predictions import Predictions
from conformance.vectors import evm, toy
from spec.access import Read, StepAccess
from spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from spec.evm.machine import Evm
from spec.evm.rejections import Invalid as EvmInvalid
from spec.evm.state import FlatState
from spec.machine import Key, Rejection, RejectionCode
from spec.toy.rejections import Invalid as ToyInvalid
from spec.toy.state import ToyState
from spec.transition import BlockResult

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
    except ImportError as error:
        raise InputError(f"--engine optimized: {error}") from error
    id = f"optimized:{strategy}" + ("" if kind == THREADS else f"@{kind}")
    parts = Parts(strategy, kind, workers)
    return BlockEngine(id, capabilities(machines_of(kind), strategy, kind), parts.execute, parts.close)
