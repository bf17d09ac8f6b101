"""The engine of the compiled toy machine: packed blocks in, results out; threads as workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

from samestate.optimized.analysis import Access, accuracy, conflict_rate, critical_path
from samestate.optimized.configuration import Configuration, without_adaptive
from samestate.optimized.deadline import Deadline, TimeUp
from samestate.optimized.errors import (
    BlockTooLarge,
    ConfigurationError,
    EngineClosed,
    MissingAccessList,
    OutOfMemory,
    TimeLimitExceeded,
)
from samestate.optimized.metrics import Metrics, SignatureMetrics, WorkerMetrics, latency_between
from samestate.optimized.processes.expectations import Estimator
from samestate.optimized.processors import AutoWorkers
from samestate.optimized.shared_memory import create_arena, create_smallest_arena
from samestate.optimized.threads import ThreadPool
from samestate.optimized.toy.expecting import ToyExpectations
from samestate.optimized.toy.packing import PackedBlock
from samestate.optimized.toy.result import ToyResult
from samestate.optimized.toy.running import ToyRun
from samestate.optimized.trace import TraceEvent
from samestate.optimized.worker_count import BlockSize, WorkerCount


@dataclass(frozen=True, slots=True)
class ToyOptions:
    """How signatures are verified, under the ruleset `signed`, so that what each way is worth can be measured.

    ``ahead``: whether all workers verify them ahead of execution; else each is verified where its transaction is
    executed. ``batches``: whether several of ed25519 are verified at once, where the processor can.
    """

    ahead: bool = True
    batches: bool = True


COMPILED_ESTIMATORS = ("declared", "static")


class ToyEngine:
    """Runs packed blocks, one after another, on one arena and one pool. See :class:`samestate.optimized.Engine`."""

    def __init__(self, configuration: Configuration, options: ToyOptions | None = None) -> None:
        if configuration.kind != "threads":
            raise ConfigurationError(
                f"kind = {configuration.kind}: the machine toy is compiled, and its workers are threads: choose"
                " threads, or name a machine written in Python"
            )
        self.configuration = configuration = without_adaptive(configuration)
        self.options = options or ToyOptions()
        sequential = configuration.strategy == "sequential"
        workers = 1 if sequential else configuration.workers
        # One at a time nothing is shared: of the arena only the stop flag is needed.
        self._arena = create_smallest_arena() if sequential else create_arena(configuration.memory_limit)
        self._run = ToyRun(self._arena, workers, configuration.strategy)
        self._pool = ThreadPool(workers, configuration.affinity)
        self._estimator = Estimator(cast(Any, ToyExpectations()), configuration)
        self._count = WorkerCount(workers) if isinstance(configuration.workers, AutoWorkers) else None
        self._active = workers
        self._closed = False

    def execute(self, block: PackedBlock) -> ToyResult:
        """Run a block. Raises an :class:`EngineError` where it could not be run to its end."""
        try:
            return self._execute(block)
        except OutOfMemory:
            raise
        except MemoryError as error:
            raise OutOfMemory("this process cannot have the memory that the block takes") from error

    def _execute(self, block: PackedBlock) -> ToyResult:
        configuration = self.configuration
        if self._closed:
            raise EngineClosed("the engine is closed: make another")
        if not isinstance(block, PackedBlock):
            raise TypeError(
                f"the machine toy takes blocks from samestate.optimized.toy.packing.pack, not {type(block).__name__}"
            )
        if block.transaction_count > configuration.maximum_block:
            raise BlockTooLarge(
                f"the block has {block.transaction_count} transactions, more than maximum_block ="
                f" {configuration.maximum_block}"
            )
        if configuration.strategy == "access-list" and not block.has_access_list:
            raise MissingAccessList("the strategy access-list needs a block that comes with an access list")
        started = time.perf_counter()
        self._pool.drain()  # whoever is still in the arena is out of it after this
        if self._count is not None:
            self._active = self._count.choose(BlockSize(block.transaction_count))
        expected = self._expected(block)
        self._run.begin(
            block,
            configuration.record or self._estimator.remembers,
            configuration.time_limit,
            configuration.read_latency_us,
            configuration.estimator,
            expected,
            configuration.trace,
            time.perf_counter() - started,
            self.options.batches,
        )
        began = time.perf_counter()
        if self.options.ahead and block.is_signed:
            self._pool.run(self._run.verify, self._run.stop)
        ahead = time.perf_counter() - began
        self._pool.run(self._run.work, self._run.stop, self._active)
        result = self._run.finish()
        seconds = time.perf_counter() - started
        figures = self._run.figures()
        if block.is_signed:
            figures["signatures"] = SignatureMetrics(*self._run.verified(), ahead)
        if self._count is not None:
            wasted = sum(worker[1] + worker[3] for worker in figures["workers"])
            executions = sum(worker[0] for worker in figures["workers"])
            self._count.learn(BlockSize(block.transaction_count), self._active, seconds, executions, wasted)
            figures["active"] = self._active
        result.trace = tuple(TraceEvent(*event) for event in self._run.events())
        if self._estimator.remembers and result.rejection is None:
            self._estimator.remember(block.plain_transactions, result.steps)
        if not configuration.record:
            result.leave_out_record()
        result.make_metrics = lambda made: self._metrics(made, figures, expected, seconds)
        return result

    def close(self) -> None:
        """End the threads and give the arena back."""
        if not self._closed:
            self._closed = True
            self._pool.close()
            self._arena.close()

    def _expected(self, block: PackedBlock) -> list[Access | None] | None:
        """What an estimator says that is not compiled, if it says so in time."""
        if self.configuration.strategy not in ("locks", "waves"):
            return None
        if self.configuration.estimator in COMPILED_ESTIMATORS:
            return None
        deadline = Deadline(self.configuration.time_limit)
        try:
            return deadline.call(lambda: self._estimator.expected(block, block.plain_transactions))
        except TimeUp:
            where = f" (the estimator {self.configuration.estimator})"
            raise TimeLimitExceeded(deadline.seconds, (), where) from None

    def _metrics(
        self, result: ToyResult, figures: dict[str, Any], expected: list[Access | None] | None, seconds: float
    ) -> Metrics:
        configuration = self.configuration
        steps = result.steps
        met = None
        if steps and configuration.strategy in ("locks", "waves"):
            if expected is None:
                expected = self._estimator.expected(result.block, result.block.plain_transactions)
            met = accuracy([access or Access((), ()) for access in expected], steps)
        workers = figures["workers"]
        path = critical_path(steps) if steps else None
        if self._count is not None:
            self._count.learn_path(BlockSize(result.block.transaction_count), path)
        return Metrics(
            strategy=configuration.strategy,
            kind=configuration.kind,
            transactions=result.block.transaction_count,
            seconds=seconds,
            executions=sum(worker[0] for worker in workers),
            suspensions=sum(worker[1] for worker in workers),
            validations=sum(worker[2] for worker in workers),
            aborts=sum(worker[3] for worker in workers),
            re_executions=tuple(max(0, times - 1) for times in figures["executions"]),
            waves=figures["waves"] or None,
            average_wave_size=result.block.transaction_count / figures["waves"] if figures["waves"] else None,
            conflict_rate=conflict_rate(steps) if steps else None,
            critical_path=path,
            precision=met.precision if met else None,
            recall=met.recall if met else None,
            latency=latency_between(figures["began"], figures["ended"]),
            version_reads=figures["version_reads"],
            base_reads=figures["base_reads"],
            active_workers=figures.get("active"),
            signatures=figures.get("signatures"),
            workers=tuple(WorkerMetrics(worker[0], worker[2], worker[4]) for worker in workers),
        )
