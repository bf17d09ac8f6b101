"""Blocks of the EVM, one after another, on one arena."""

from samestate.optimized.core.block_run import BlockRun
from samestate.optimized.evm.expecting import ExpectedBlock
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World

class EvmRun(BlockRun):
    @property
    def longest_run(self) -> int: ...
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
    def enlarge_key_table(self) -> None: ...
    def follow(self, transaction: int | None, stack: bool, memory: bool, return_data: bool) -> None: ...
    def lines(self) -> tuple[bytes, bytes, bool]: ...
    def recover_senders(self, block: PackedBlock) -> None: ...
    def stop_recovering(self, block: PackedBlock) -> None: ...
