"""Blocks of the toy machine, one after another, on one arena."""

from collections.abc import Collection, Sequence

from samestate.optimized.core.block_run import BlockRun
from samestate.optimized.toy.packing import PackedBlock
from samestate.optimized.toy.result import ToyResult

class ToyRun(BlockRun):
    """One engine's workers on toy blocks. Not for two blocks at once."""

    def begin(
        self,
        block: PackedBlock,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        estimator: str = "declared",
        expected: Sequence[tuple[Collection[bytes], Collection[bytes]] | None] | None = None,
        trace: bool = False,
        spent: float = 0.0,
        batches: bool = True,
    ) -> None: ...
    def verify(self, worker: int) -> None: ...
    def verified(self) -> tuple[int, int]: ...
    def work(self, worker: int) -> None: ...
    def finish(self) -> ToyResult: ...
