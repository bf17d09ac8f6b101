"""Blocks of Solana's machine, one after another."""

from samestate.optimized.core.block_run import BlockRun
from samestate.optimized.svm.block_job import BlockJob
from samestate.optimized.svm.packing import PackedBlock
from samestate.optimized.svm.world import World

class SvmRun(BlockRun):
    def begin(
        self,
        job: BlockJob,
        block: PackedBlock,
        world: World,
        strategy: str,
        time_limit: float = 60.0,
        spent: float = 0.0,
        trace: bool = False,
        verifies: bool = True,
        batches: bool = True,
        versions: bool = False,
        pieces: bool = True,
        record: bool = True,
    ) -> None: ...
    def work(self, worker: int) -> None: ...
    def finish(self) -> None: ...
