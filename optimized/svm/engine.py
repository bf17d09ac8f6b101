"""The engine of Solana's compiled machine: packed blocks in, results out; threads as workers."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from samestate.optimized.analysis import conflict_rate, critical_path
from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import BlockTooLarge, ConfigurationError, EngineClosed, OutOfMemory
from samestate.optimized.metrics import Metrics, WorkerMetrics, latency_between
from samestate.optimized.processors import AutoWorkers
from samestate.optimized.shared_memory import create_arena, create_smallest_arena
from samestate.optimized.svm.block_job import BlockJob
from samestate.optimized.svm.packing import PackedBlock
from samestate.optimized.svm.result import SvmResult
from samestate.optimized.svm.running import SvmRun
from samestate.optimized.svm.world import World
from samestate.optimized.threads import ThreadPool
from samestate.optimized.trace import TraceEvent
from samestate.optimized.worker_count import BlockSize, WorkerCount

FEWEST_FOR_WORKERS: Final = 64
"""Transactions below which `adaptive` has one worker execute a block: to wake another takes as long."""

KEPT_JOBS: Final = 2
"""How many blocks' memory is kept for blocks to come."""


@dataclass(frozen=True, slots=True)
class SvmOptions:
    """Stages that can be left out or replaced, so that what each is worth can be measured.

    ``signatures``: whether signatures are verified. ``batches``: whether several at once are, where the processor can.
    ``versions``: whether `locks` and `waves` execute on versioned memory, as `block-stm` always does, and not in
    place. ``pieces``: whether stretches of a block that share no account are executed without any order.
    ``rebuild_from``: how many hundredths of all accounts have to change for the lattice to be made anew instead of
    being changed by what has changed.
    """

    signatures: bool = True
    batches: bool = True
    versions: bool = False
    pieces: bool = True
    rebuild_from: int = 50


class SvmEngine:
    """Runs packed blocks, one after another, with one pool of workers. See :class:`samestate.optimized.Engine`."""

    def __init__(self, configuration: Configuration, options: SvmOptions | None = None) -> None:
        if configuration.kind != "threads":
            raise ConfigurationError(
                f"kind = {configuration.kind}: the machine svm is compiled, and its workers are threads: choose"
                " threads, or name a machine written in Python"
            )
        if configuration.strategy == "access-list":
            raise ConfigurationError("strategy = access-list: blocks of the machine svm come with no access list")
        self.configuration = configuration
        self.options = options or SvmOptions()
        strategy = configuration.strategy
        self._versioned = strategy == "block-stm" or (self.options.versions and strategy in ("locks", "waves"))
        workers = 1 if strategy == "sequential" else configuration.workers
        # In place nothing lies in the arena: of it only the stop flag is needed.
        self._arena = create_arena(configuration.memory_limit) if self._versioned else create_smallest_arena()
        self._run = SvmRun(self._arena, workers, strategy)
        self._pool = ThreadPool(workers, configuration.affinity)
        self._alone = SvmRun(self._arena, 1, "sequential") if strategy == "adaptive" and workers > 1 else None
        self._count = WorkerCount(workers) if isinstance(configuration.workers, AutoWorkers) else None
        self._jobs: list[BlockJob] = []
        self._closed = False

    def execute(self, block: PackedBlock, world: World) -> SvmResult:
        """Run a block. Raises an :class:`EngineError` where it could not be run to its end."""
        try:
            return self._execute(block, world)
        except OutOfMemory:
            raise
        except MemoryError as error:
            raise OutOfMemory("this process cannot have the memory that the block takes") from error

    def _execute(self, block: PackedBlock, world: World) -> SvmResult:
        configuration, options = self.configuration, self.options
        if self._closed:
            raise EngineClosed("the engine is closed: make another")
        if not isinstance(block, PackedBlock):
            raise TypeError(
                f"the machine svm takes a samestate.optimized.svm.packing.PackedBlock, not {type(block).__name__}"
            )
        if block.transaction_count > configuration.maximum_block:
            raise BlockTooLarge(
                f"the block has {block.transaction_count} transactions, more than maximum_block ="
                f" {configuration.maximum_block}"
            )
        started = time.perf_counter()
        self._pool.drain()  # whoever is still at work leaves before anything is laid out
        is_for_one = block.transaction_count < FEWEST_FOR_WORKERS
        if self._count is not None:
            is_for_one = is_for_one or self._count.choose(BlockSize(block.transaction_count)) == 1
        alone = self._alone if is_for_one else None
        run = alone or self._run
        job = self._job()
        run.begin(
            job,
            block,
            world,
            "sequential" if alone else configuration.strategy,
            configuration.time_limit,
            time.perf_counter() - started,
            configuration.trace,
            options.signatures,
            options.batches,
            self._versioned,
            options.pieces,
            configuration.record,
        )
        if run.workers == 1:
            run.work(0)
        else:
            self._pool.run(run.work, run.stop)
        run.finish()
        seconds = time.perf_counter() - started
        figures = run.figures()
        if self._count is not None:
            size = BlockSize(block.transaction_count)
            self._count.learn(size, run.workers, seconds, 0, 0)
            self._count.learn_path(size, figures["path"])
            figures["active"] = run.workers
        result = SvmResult(job, configuration.record, configuration.workers, options.rebuild_from)
        if configuration.trace and self._versioned:
            result.trace = tuple(TraceEvent(*event) for event in run.events())
        result.make_metrics = lambda made: self._metrics(made, figures, seconds)
        return result

    def close(self) -> None:
        """End the threads and give the memory back."""
        if not self._closed:
            self._closed = True
            self._pool.close()
            self._arena.close()
            self._jobs.clear()

    def _job(self) -> BlockJob:
        """Memory for a block: that of an earlier one which nobody has a result of any more, or new."""
        for job in self._jobs:
            if sys.getrefcount(job) == 3:  # the list's, this loop's, and that of the question
                return job
        job = BlockJob()
        if len(self._jobs) < KEPT_JOBS:
            self._jobs.append(job)
        return job

    def _metrics(self, result: SvmResult, figures: dict[str, Any], seconds: float) -> Metrics:
        configuration = self.configuration
        steps = result.steps
        workers = figures["workers"]
        order = figures["order"]
        asked = configuration.strategy
        strategy, reason = asked, None
        if asked == "adaptive":
            strategy = {"pieces": "locks", "versions": "block-stm"}.get(order, order)
            reason = {
                "pieces": "no two pieces of the block use one account",
                "locks": "transactions wait for each other by the accounts that they lock",
                "sequential": "nearly all transactions wait for one another, or there are few",
            }.get(order)
        return Metrics(
            strategy=strategy,
            kind=configuration.kind,
            transactions=result.job.count(),
            seconds=seconds,
            executions=sum(worker[0] for worker in workers),
            suspensions=sum(worker[1] for worker in workers),
            validations=sum(worker[2] for worker in workers),
            aborts=sum(worker[3] for worker in workers),
            re_executions=tuple(max(0, times - 1) for times in figures["executions"]),
            waves=figures["waves"] or None,
            average_wave_size=result.job.count() / figures["waves"] if figures["waves"] else None,
            conflict_rate=conflict_rate(steps) if steps else None,
            critical_path=critical_path(steps) if steps else figures["path"],
            latency=latency_between(figures["began"], figures["ended"]),
            reason=reason,
            pieces=figures["pieces"],
            discarded=figures["fallen_back"],
            active_workers=figures.get("active"),
            workers=tuple(WorkerMetrics(worker[0], worker[2], worker[4]) for worker in workers),
        )
