"""Blocks of the EVM, one after another, on one arena."""

from typing import Any

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.evm.expecting import ExpectedBlock
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World

class KeyTableFull(Exception): ...  # noqa: N818

class EvmRun:
    arena: SharedArena
    workers: int
    strategy: str
    longest_run: int
    def __init__(self, arena: SharedArena, workers: int, strategy: str) -> None: ...
    def begin(
        self,
        block: PackedBlock,
        world: World,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        trace: bool = False,
        spent: float = 0.0,
        run_length: int = 0,
        strategy: str | None = None,
        expected: ExpectedBlock | None = None,
        learning: bool = False,
    ) -> None: ...
    def work(self, worker: int) -> None: ...
    def finish(self) -> EvmResult: ...
    def figures(self) -> dict[str, Any]: ...
    def events(self) -> list[tuple[Any, ...]]: ...
    def enlarge_key_table(self) -> None: ...
    def recover_senders(self, block: PackedBlock) -> None: ...
    def stop_recovering(self, block: PackedBlock) -> None: ...
    def stop(self) -> None: ...
    def broken_invariant(self) -> str | None: ...
