"""Blocks of the toy machine, one after another, on one arena."""

from collections.abc import Collection, Sequence
from typing import Any

from optimized.core.arena import SharedArena
from optimized.toy.packing import PackedBlock
from optimized.toy.result import ToyResult

class ToyRun:
    """One engine's workers on toy blocks. Not for two blocks at once."""

    def __init__(self, arena: SharedArena, workers: int, strategy: str) -> None: ...
    @property
    def arena(self) -> SharedArena: ...
    @property
    def workers(self) -> int: ...
    @property
    def strategy(self) -> str: ...
    def begin(
        self,
        block: PackedBlock,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        estimator: str = "declared",
        expected: Sequence[tuple[Collection[bytes], Collection[bytes]] | None] | None = None,
        trace: bool = False,
    ) -> None: ...
    def work(self, worker: int) -> None: ...
    def finish(self) -> ToyResult: ...
    def figures(self) -> dict[str, Any]: ...
    def events(self) -> list[tuple[Any, ...]]: ...
    def stop(self) -> None: ...
