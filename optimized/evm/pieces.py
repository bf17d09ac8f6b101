"""Blocks of the EVM in pieces, each executed as if the block were its worker's alone, and then proven (pieces.hpp).

``begin``, then ``work`` once for each worker, then ``finish``, as with runs on versioned memory (running.py), whose
workers these are; but ``finish`` gives no result where something was not in order. Then nothing has happened, and the
block is to be executed in another way, which finds the verdict.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.samestate.optimized.core.arena import arena_header, stop_reason
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.core.watching import should_stop
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.ledger import ask_of
from cython.cimports.samestate.optimized.evm.running import ANALYSES
from cython.cimports.samestate.optimized.evm.worker_seams import Totals, Worker
from cython.cimports.samestate.optimized.evm.worker_steps import do_closing, do_opening, do_transaction

from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.result import Totals as PlainTotals


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def poll_inside(itself: cython.p_void) -> cython.int:
    """Say whether to stop, to a worker and to code that runs for long (executor.hpp)."""
    watcher: cython.pointer(Watcher) = cython.cast(cython.pointer(Watcher), itself)
    return should_stop(watcher.watch, cython.address(watcher.listener), now_nanoseconds())


@cython.cclass
class EvmPieces(BlockRun):
    """One engine's workers on blocks in pieces. Not for two blocks at once, nor while the workers are at another."""

    def __cinit__(self, arena, workers, strategy):
        self.watchers.resize(workers)
        self.pieces.steps.open = do_opening
        self.pieces.steps.execute = do_transaction
        self.pieces.steps.close = do_closing

    def begin(
        self,
        run: EvmRun,
        block: PackedBlock,
        world: World,
        proposed: bytes | None,
        record: bool = True,
        time_limit: float = 60.0,
        trace: bool = False,
        spent: float = 0.0,
        learning: bool = False,
        dealt: bool = False,
    ) -> None:
        """Divide a block into pieces that begin where its access list says, or, without one, that are independent.

        ``dealt``: whether those are of transactions that name the same addresses, and not stretches of the block. For
        the rest see :meth:`EvmRun.begin`.
        """
        number: uint64_t
        self._begin_watching(time_limit, spent)
        self.shared = run
        self.block = block
        self.world = world
        self.proposed = proposed
        self.recording = record
        self.learning = learning
        self.tracing = trace
        self.transactions = block.input.transactions.size()
        world.begin_block()
        self.direct.state = world.asked
        self.direct.no_code = cython.address(world.codes.empty())
        self.arena.reset()
        self.settlement.begin()
        world.codes.begin_block(block.ruleset.rules, ANALYSES)
        if proposed is None:
            self.pieces.begin(self.block.input, self.workers, dealt)
        else:
            self.pieces.begin(
                self.transactions,
                self.workers,
                cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(proposed)),
                len(proposed),
            )
        for number in range(self.workers):
            self._begin_worker(number)

    def _begin_worker(self, number: uint64_t) -> cython.void:
        """Have a worker begin the block."""
        seed: uint64_t = arena_header(cython.address(self.arena.arena)).seed
        watcher: cython.pointer(Watcher) = cython.address(self.watchers[number])
        worker: cython.pointer(Worker) = self.shared.locals[number].worker
        own: cython.pointer(PieceWorker) = cython.address(self.pieces.workers[number])
        watcher.watch = cython.address(self.watch)
        watcher.listener.whom = cython.NULL
        own.worker = worker
        ask_of(cython.address(own.source.before), cython.address(self.direct))
        own.source.codes = cython.address(self.world.codes)
        own.source.lacking_code = self.world.lacking_code
        own.source.list = cython.NULL
        if self.proposed is not None:
            own.source.list = cython.address(self.pieces.list)
        worker.options.with_effect = True
        worker.options.with_reads = self.recording or self.learning or self.block.ruleset.rules.has_access_list
        worker.executor.poll = poll_inside
        worker.executor.poll_itself = watcher
        worker.begin_block(
            cython.address(self.block.ruleset.rules),
            cython.address(self.block.input),
            cython.address(self.world.codes),
            seed,
            cython.address(arena_header(cython.address(self.arena.arena)).stop),
            cython.address(own.source),
        )

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        self._enter(number, cython.address(self.watchers[number].listener))
        if SAMESTATE_IS_EXPLORED:
            self.pieces.work(number)
            samestate_raise()
        else:
            with cython.nogil:
                self.pieces.work(number)

    def finish(self):
        """When all workers have left: the result, or None where what they did counts for nothing.

        Raises TimeLimitExceeded, or what a signal raised.
        """
        records: BlockRecords
        is_right: cython.bint = False
        reason: uint64_t = stop_reason(cython.address(self.arena.arena))
        totals: cython.pointer(Totals) = cython.address(self.settlement.totals)
        if reason == 0:
            with cython.nogil:
                is_right = self.pieces.conclude(self.settlement)
            reason = stop_reason(cython.address(self.arena.arena))
        if reason:
            self._raise_stopped(reason)
        if not is_right:
            return None
        records = BlockRecords(self.world)
        self.pieces.give(records.records)
        used = PlainTotals(totals.paid_gas, totals.execution_gas, totals.state_gas, totals.blob_gas)
        return EvmResult(self.block, self.world, None, records, used, self.recording)

    @property
    def discarded(self) -> str | None:
        """Why what workers did counts for nothing; None where it counts."""
        name: bytes = name_of(self.pieces.discarded())
        return name.decode() or None

    def pieces_of(self, transactions: int) -> int:
        """In how many pieces a block of so many transactions would be."""
        return PieceWork.pieces_of(transactions, self.workers)

    @property
    def count(self) -> int:
        """How many pieces the block is in, apart from its closing step."""
        return self.pieces.pieces()

    def broken_invariant(self) -> str | None:
        """See :meth:`BlockRun.broken_invariant`: there is nothing that workers share and might break."""
        return None

    def figures(self) -> dict:
        """See :meth:`BlockRun.figures`."""
        number: uint64_t
        workers: list = []
        count: uint64_t = self.transactions
        for number in range(self.workers):
            own: cython.pointer(PieceWorker) = cython.address(self.pieces.workers[number])
            workers.append((own.executed, 0, 0, 0, own.busy / 1e9))
        return {
            "began": cython.cast(cython.p_char, self.pieces.began.data())[: 8 * count],
            "ended": cython.cast(cython.p_char, self.pieces.ended.data())[: 8 * count],
            "executions": [1] * count,
            "workers": workers,
            "waves": 1 if self.proposed is None else 0,
            "longest_run": self.pieces.longest(),
        }

    def events(self) -> list:
        """See :meth:`BlockRun.events`."""
        index: uint64_t
        events: list = []
        if self.tracing:
            for index in range(self.transactions):
                worker = self.pieces.places[index + 1].worker
                events.append((worker, "execute", index, 0, self.pieces.began[index], self.pieces.ended[index], "done"))
        return events

    def _running(self):
        """See :meth:`BlockRun._running`."""
        number: uint64_t
        running: set = set()
        for number in range(self.workers):
            running.add(self.shared.locals[number].worker.running)
        running.discard(0)
        return [transaction - 1 for transaction in running]
