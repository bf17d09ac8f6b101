"""The engine of the compiled EVM: packed blocks and a state in, results out; threads as workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from samestate.optimized.analysis import Accuracy, NumberedStep, accuracy, conflict_rate, critical_path
from samestate.optimized.configuration import Configuration
from samestate.optimized.core.block_run import BlockRun, KeyTableFull
from samestate.optimized.errors import (
    BlockTooLarge,
    ConfigurationError,
    EngineClosed,
    MissingAccessList,
    MissingState,
    OutOfMemory,
)
from samestate.optimized.evm.block_records import BlockRecords
from samestate.optimized.evm.choosing import Choice, Chooser, Shape
from samestate.optimized.evm.expecting import EvmExpectations, ExpectedBlock, number_of
from samestate.optimized.evm.forks import Fork
from samestate.optimized.evm.importing import (
    Claim,
    Imported,
    Stages,
    body_claims,
    execution_claims,
    form_problem,
    list_claim,
    proposed_list_problem,
    refusal,
    state_claim,
)
from samestate.optimized.evm.listing import encode_predictions
from samestate.optimized.evm.packing import PackedBlock, unpack
from samestate.optimized.evm.pieces import EvmPieces
from samestate.optimized.evm.profile import EvmProfile, read_profile
from samestate.optimized.evm.result import EvmResult, Totals, needs_one_of
from samestate.optimized.evm.running import EvmRun
from samestate.optimized.evm.witness import WitnessWorld
from samestate.optimized.evm.world import World
from samestate.optimized.metrics import Metrics, WorkerMetrics, latency_between
from samestate.optimized.processes.expectations import ASKING
from samestate.optimized.processors import AutoWorkers
from samestate.optimized.record import Step
from samestate.optimized.result import Rejection
from samestate.optimized.shared_memory import create_arena, create_smallest_arena
from samestate.optimized.threads import ThreadPool
from samestate.optimized.trace import TraceEvent
from samestate.optimized.worker_count import BlockSize, WorkerCount

WORTH_RECOVERING: Final = 8
"""From so many transactions on it is worth waking a second thread for their senders: one takes some 30 µs, and so do
eight at once."""

WORTH_EXPECTING: Final = 24
"""From so many transactions on it is worth waking other threads to expect what they access: one takes some 3 µs."""

WORTH_SHARING: Final = 8
"""From so many transactions on it is worth waking other threads for the roots after the block."""


class Traced(NamedTuple):
    """What a transaction did, instruction by instruction: lines of JSON (EIP-3155), but the last.

    ``output`` is what the code of its outermost frame returned: for a creation the code to be deployed. Where that
    frame ran out of gas, ``lacked_state_gas`` says whether it was for new state (EIP-8037).
    """

    lines: str
    output: bytes
    lacked_state_gas: bool
    result: EvmResult


class EvmEngine:
    """Runs packed blocks, one after another, on one arena and one pool. See :class:`samestate.optimized.Engine`.

    The strategy `adaptive` chooses one of the others for each block (choosing.py); the metrics say which, and why.
    """

    def __init__(self, configuration: Configuration) -> None:
        if configuration.kind != "threads":
            raise ConfigurationError(
                f"kind = {configuration.kind}: the machine evm is compiled, and its workers are threads: choose"
                " threads, or name a machine written in Python"
            )
        self.configuration = configuration
        sequential = configuration.strategy == "sequential"
        workers = 1 if sequential else configuration.workers
        # One at a time nothing is shared: of the arena only the stop flag is needed.
        self._arena = create_smallest_arena() if sequential else create_arena(configuration.memory_limit)
        self._run = EvmRun(self._arena, workers, configuration.strategy)
        self._pieces = EvmPieces(self._arena, workers, configuration.strategy)
        self._pool = ThreadPool(workers, configuration.affinity)
        self._alone = self._pool if workers == 1 else ThreadPool(1, configuration.affinity)
        self._chooser = Chooser()
        self._expectations = EvmExpectations(configuration.estimator, configuration.maximum_block, workers)
        if self._expectations.hashes:
            self._run.keep_hashed()
        self._helpers: ThreadPool | None = None
        self._count = WorkerCount(workers) if isinstance(configuration.workers, AutoWorkers) else None
        self._active = workers
        self._closed = False

    def expect(self, block: PackedBlock, world: World) -> ExpectedBlock:
        """What the engine's estimator expects a block's transactions to access on a state. Nothing is executed."""
        block.recover_in_lanes(self.configuration.signature_lanes)
        self._pool.drain()
        return self._expect(block, world)

    def execute(self, block: PackedBlock, world: World, expected: ExpectedBlock | None = None) -> EvmResult:
        """Run a block on a state, which stays as it is.

        ``expected``: what its transactions will probably access, where that is known beforehand; without it those
        strategies that need it ask the engine's estimator. Raises an :class:`EngineError` where the block could not be
        run to its end.
        """
        try:
            return self._execute(block, world, expected)
        except OutOfMemory:
            raise
        except MemoryError as error:
            raise OutOfMemory("this process cannot have the memory that the block takes") from error

    def _execute(self, block: PackedBlock, world: World, given: ExpectedBlock | None) -> EvmResult:
        configuration = self.configuration
        if self._closed:
            raise EngineClosed("the engine is closed: make another")
        if not isinstance(block, PackedBlock):
            raise TypeError(
                f"the machine evm takes blocks from samestate.optimized.evm.packing.pack, not {type(block).__name__}"
            )
        if block.transaction_count > configuration.maximum_block:
            raise BlockTooLarge(
                f"the block has {block.transaction_count} transactions, more than maximum_block ="
                f" {configuration.maximum_block}"
            )
        if configuration.strategy == "access-list" and block.predictions is None:
            raise MissingAccessList("the strategy access-list needs a block that comes with an access list")
        if block.malformed is not None:
            return self._undecoded(block, world, *block.malformed)
        started = time.perf_counter()
        block.recover_in_lanes(configuration.signature_lanes)
        before = block.signatures_in_lanes
        self._pool.drain()  # whoever is still in the arena is out of it after this
        size = None
        if self._count is not None:
            size = size_of(block)
            self._active = self._count.choose(size)
        shape = choice = None
        if configuration.strategy == "adaptive":
            shape = self._shape(block)
            choice = self._chooser.choose(shape)
        strategy = configuration.strategy if choice is None else choice.strategy
        expected = None
        if choice is None and strategy in ASKING:
            expected = self._expect(block, world) if given is None else given
            if len(expected) != block.transaction_count:
                raise ValueError(
                    f"expected is of {len(expected)} transactions, and the block has {block.transaction_count}"
                )
        pieced: EvmResult | None = None
        discarded: str | None = None
        if self._goes_in_pieces(block, strategy, expected):
            dealt = choice is not None and choice.dealt
            pieced = self._run_in_pieces(block, world, started, strategy == "access-list", expected, dealt)
            discarded = self._pieces.discarded
        if choice is not None and shape is not None and strategy == "waves" and pieced is None:
            if discarded is not None:
                self._chooser.learn(shape, choice, 0, discarded=True)
            strategy = "block-stm"
            choice = Choice(strategy, f"{choice.reason}, but {discarded or 'runs are asked for'}")
        at_work: BlockRun = self._run if pieced is None else self._pieces
        result = pieced or self._run_versioned(block, world, strategy, started, expected)
        lacking = world.lacking()
        if lacking and needs_one_of(result, lacking, configuration.record or self._needs_reads(world, expected)):
            self._name_what_is_missing(block, world)
        seconds = time.perf_counter() - started
        figures = at_work.figures()
        figures |= {"pieces": self._pieces.count if pieced is not None else None, "discarded": discarded}
        executions = sum(worker[0] for worker in figures["workers"])
        if shape is not None and choice is not None:
            self._chooser.learn(shape, choice, executions)
        if self._count is not None and size is not None:
            wasted = sum(worker[1] + worker[3] for worker in figures["workers"])
            self._count.learn(size, self._active, seconds, executions, wasted)
            figures["active"] = self._active
        result.trace = tuple(TraceEvent(*event) for event in at_work.events())
        if self._expectations.hashes:
            self._run.give_hashed(self._expectations)
        if expected is not None and result.rejection is None:
            self._expectations.learn(block, result.records)
        chosen = choice or Choice(strategy, None)
        result.make_metrics = lambda made: self._metrics(made, figures, seconds, chosen, expected, before)
        return result

    def _expect(self, block: PackedBlock, world: World) -> ExpectedBlock:
        """Ask the estimator: on all workers, where it is worth waking them, and access lists are not all it reads."""
        if self._active == 1 or block.transaction_count < WORTH_EXPECTING or self.configuration.estimator == "declared":
            return self._expectations.expect(block, world)
        return self._expectations.expect(
            block, world, share=lambda work: self._pool.run(work, self._run.stop, self._active)
        )

    def _goes_in_pieces(self, block: PackedBlock, strategy: str, expected: ExpectedBlock | None) -> bool:
        """Whether a block is tried in pieces first: from its list, or where they are probably independent.

        Runs of a length that is asked for, and reads that are to take their time, are versioned memory's.
        """
        configuration = self.configuration
        count = block.transaction_count
        if count < 2 or configuration.run_length or configuration.read_latency_us:
            return False
        if strategy == "waves":
            return expected is None or expected.is_apart(self._pieces.pieces_of(count))
        return strategy == "access-list"

    def _needs_reads(self, world: World, expected: ExpectedBlock | None) -> bool:
        """Whether records have to say what was read: for who learns from it, and where a witness may lack it.

        Without that a block would be executed once more to see whether it needs what is lacking.
        """
        if self.configuration.strategy != "sequential" and isinstance(world, WitnessWorld):
            return True
        return expected is not None and self._expectations.remembers

    def _run_in_pieces(
        self,
        block: PackedBlock,
        world: World,
        started: float,
        from_list: bool,
        expected: ExpectedBlock | None,
        dealt: bool,
    ) -> EvmResult | None:
        """Run a block in pieces; None where that counts for nothing.

        They begin where its access list says, or are taken for independent, perhaps dealt by what connects them.
        """
        configuration = self.configuration
        proposed = None
        if from_list:
            given = block.predictions
            proposed = given if isinstance(given, bytes) else encode_predictions(given or {})
        self._pieces.begin(
            self._run,
            block,
            world,
            proposed,
            configuration.record,
            configuration.time_limit,
            configuration.trace,
            time.perf_counter() - started,
            self._needs_reads(world, expected),
            dealt,
        )
        self._pool.run(self._pieces.work, self._pieces.stop, self._active)
        return self._pieces.finish()

    def _run_versioned(
        self, block: PackedBlock, world: World, strategy: str, started: float, expected: ExpectedBlock | None
    ) -> EvmResult:
        """Run a block by a strategy, and find the verdict where it is invalid."""
        result = self._run_block(block, world, strategy, started, self.configuration.run_length, expected)
        if result.rejection is not None and self._run.longest_run > 1:
            # Which of some transactions ends a block, and why, is only sure where each is a run of its own.
            result = self._run_block(block, world, strategy, started, 1, expected)
        return result

    def _run_block(
        self,
        block: PackedBlock,
        world: World,
        strategy: str,
        started: float,
        run_length: int,
        expected: ExpectedBlock | None,
    ) -> EvmResult:
        """Run a block by a strategy: once more where the table of keys was too small for it."""
        configuration = self.configuration
        pool = self._alone if strategy == "sequential" else self._pool
        while True:
            try:
                self._run.begin(
                    block,
                    world,
                    configuration.record,
                    configuration.time_limit,
                    configuration.read_latency_us,
                    configuration.trace,
                    time.perf_counter() - started,
                    run_length,
                    strategy,
                    expected,
                    self._needs_reads(world, expected),
                )
                pool.run(self._run.work, self._run.stop, self._active)
                return self._run.finish()
            except KeyTableFull:
                self._run.enlarge_key_table()
            except MissingState:
                self._name_what_is_missing(block, world)
                raise

    def _shape(self, block: PackedBlock) -> Shape:
        """What there is to choose a strategy by."""
        sampled, with_data, largest_sender, largest_kind, kind, gas_limit, largest_call, call = block.shape()
        of = max(1, sampled)
        return Shape(
            block.transaction_count,
            self._active,
            with_data / of,
            largest_sender / of,
            largest_kind / of,
            kind,
            block.predictions is not None,
            bool(largest_sender),
            gas_limit,
            largest_call / of,
            call,
        )

    def _name_what_is_missing(self, block: PackedBlock, world: World) -> None:
        """Execute the block one step at a time: the first that needs what a witness does not have ends it.

        Under the other strategies whatever is not known reads as absent, since an execution may stray to what no step
        needs in the end. Raises MissingState, unless no step does.
        """
        if self.configuration.strategy == "sequential":
            return
        arena = create_smallest_arena()
        try:
            alone = EvmRun(arena, 1, "sequential")
            alone.begin(block, world, False, self.configuration.time_limit)
            alone.work(0)
            alone.finish()
        finally:
            arena.close()

    def _undecoded(self, block: PackedBlock, world: World, index: int, code: str) -> EvmResult:
        """The result of a block with bytes at that place that are no transaction: nothing of it is executed."""
        rejection = Rejection(code, index)
        result = EvmResult(block, world, rejection, BlockRecords(world), Totals(0, 0, 0, 0), self.configuration.record)
        idle = {
            "began": b"",
            "ended": b"",
            "executions": [],
            "waves": 0,
            "longest_run": None,
            "pieces": None,
            "discarded": None,
        }
        workers = [(0, 0, 0, 0, 0.0)] * (
            1 if self.configuration.strategy == "sequential" else self.configuration.workers
        )
        chosen = Choice(self.configuration.strategy, None)
        result.make_metrics = lambda made: self._metrics(made, {**idle, "workers": workers}, 0.0, chosen, None, 0)
        return result

    def import_block(
        self,
        fork: Fork,
        raw: bytes,
        chain_id: int,
        world: World,
        block_hashes: Mapping[int, bytes] | None = None,
        access_list: bytes | None = None,
    ) -> Imported:
        """Take a block in as it goes over the network, on the state that its parent has left.

        It is decoded and executed, and all that its header says is held against what came out, but for what is said of
        its parent. ``access_list``: the block access list that came with it (EIP-7928), which is verified. Raises
        :class:`samestate.optimized.evm.encodings.Refused` where the bytes are no block.
        """
        stages = Stages()
        began = time.perf_counter()
        block = unpack(fork, raw, chain_id, block_hashes, access_list)
        block.recover_in_lanes(self.configuration.signature_lanes)  # before a second worker is at it
        began = stages.note("decode", began)
        has_list = bool(fork.numbers.get("has_access_list"))
        wrong = form_problem(block)
        if wrong is None and has_list and access_list is not None:
            wrong = proposed_list_problem(block, access_list)
        result = self._executed_beside_recovery(block, world, stages) if wrong is None else None
        if result is None or result.rejection is not None:
            return Imported(block, result, wrong if result is None else result.rejection, stages)
        began = stages.note("execute", began)
        ledger = result.ledger  # entered once, for the state and for the list
        stages.note("ledger", began)
        made: dict[str, Sequence[Claim]] = {"list": ()}
        refused: list[Rejection | None] = []

        def stage(name: str, make: Callable[[], Sequence[Claim]]) -> Callable[[], None]:
            def run() -> None:
                since = time.perf_counter()
                made[name] = make()
                stages.note(name, since)

            return run

        def listed() -> Sequence[Claim]:
            refused.append(ledger.verify(access_list))
            return [list_claim(block, result)]

        threads = self._pool if self._helpers is None else self._helpers
        state = stage("state", lambda: [state_claim(block, result, max(1, threads.workers - 1))])
        others = [stage("receipts", lambda: execution_claims(block, result)), stage("body", lambda: body_claims(block))]
        others += [stage("list", listed)] if has_list else []
        if threads.workers == 1 or block.transaction_count < WORTH_SHARING:
            run_all([state, *others])
        else:
            # The state's root takes as long as the others together: somebody does that alone.
            work = [[state], others]
            threads.run(lambda number: run_all(work[number] if number < len(work) else ()), self._run.stop)
        claims = (*made["list"], *made["body"], *made["receipts"], *made["state"])
        rejection = next((found for found in refused if found is not None), None) or refusal(claims)
        return Imported(block, result, rejection, stages, claims, ledger.access_list if has_list else None)

    def _executed_beside_recovery(self, block: PackedBlock, world: World, stages: Stages) -> EvmResult:
        """Execute a block. Where one worker does that alone, a second one finds out who sent the transactions."""
        if self._pool.workers > 1 or self.configuration.workers == 1 or block.transaction_count < WORTH_RECOVERING:
            return self.execute(block, world)
        results: list[EvmResult] = []

        def work(number: int) -> None:
            since = time.perf_counter()
            if number == 0:
                try:
                    results.append(self.execute(block, world))
                finally:
                    self._run.stop_recovering(block)
            else:
                self._run.recover_senders(block)
                stages.note("senders", since)

        if self._helpers is None:
            self._helpers = ThreadPool(2, self.configuration.affinity)
        self._helpers.run(work, lambda: self._run.stop_recovering(block))
        return results[0]

    def trace(
        self, block: PackedBlock, world: World, *, stack: bool = True, memory: bool = False, return_data: bool = True
    ) -> Traced:
        """Run a block on a state and trace its last transaction. The block is not closed: its result ends with that.

        Only an engine that runs one transaction after another can. Raises as :meth:`execute` does.
        """
        if self.configuration.strategy != "sequential":
            raise ConfigurationError(f"strategy = {self.configuration.strategy}: only sequential can trace")
        self._run.follow(block.transaction_count - 1, stack, memory, return_data)
        try:
            result = self.execute(block, world)
            lines, output, lacked_state_gas = self._run.lines()
        finally:
            self._run.follow(None, stack, memory, return_data)
        return Traced(lines.decode(), output, lacked_state_gas, result)

    def profile(self, block: PackedBlock, world: World) -> tuple[EvmProfile, EvmResult]:
        """Run a block on a state, and find out where its gas and its time go, instruction by instruction.

        Only an engine that runs one transaction after another can. Raises as :meth:`execute` does.
        """
        if self.configuration.strategy != "sequential":
            raise ConfigurationError(f"strategy = {self.configuration.strategy}: only sequential can profile")
        self._run.profile(True)
        try:
            result = self.execute(block, world)
            return read_profile(self._run.profiled().decode()), result
        finally:
            self._run.profile(False)

    def close(self) -> None:
        """End the threads and give the arena back."""
        if not self._closed:
            self._closed = True
            self._pool.close()
            self._alone.close()
            if self._helpers is not None:
                self._helpers.close()
            self._arena.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _metrics(
        self,
        result: EvmResult,
        figures: dict[str, Any],
        seconds: float,
        choice: Choice,
        expected: ExpectedBlock | None,
        in_lanes_before: int,
    ) -> Metrics:
        configuration = self.configuration
        steps = result.steps
        workers = figures["workers"]
        met = accuracy_of(expected, steps) if steps and expected is not None else None
        path = critical_path(steps) if steps else None
        if self._count is not None:
            self._count.learn_path(size_of(result.block), path)
        return Metrics(
            strategy=choice.strategy,
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
            latency=latency_between(figures["began"], figures["ended"]),
            precision=met.precision if met else None,
            recall=met.recall if met else None,
            reason=choice.reason,
            longest_run=figures["longest_run"],
            pieces=figures["pieces"],
            discarded=figures["discarded"],
            signatures_in_lanes=result.block.signatures_in_lanes - in_lanes_before,
            active_workers=figures.get("active"),
            workers=tuple(WorkerMetrics(worker[0], worker[2], worker[4]) for worker in workers),
        )


def size_of(block: PackedBlock) -> BlockSize:
    """What is known of a block before it runs: by its sample of transactions."""
    sampled, _, largest_sender, _, _, gas_limit, _, _ = block.shape()
    count = block.transaction_count
    return BlockSize(count, count * gas_limit, largest_sender / max(1, sampled))


def accuracy_of(expected: ExpectedBlock, steps: Sequence[Step]) -> Accuracy:
    """How well what was expected met what the transactions did."""
    numbered = [
        NumberedStep(*(frozenset(map(number_of, keys)) for keys in (step.reads, step.writes, step.credits)))
        for step in steps
    ]
    return accuracy([expected.access(index) for index in range(len(expected))], numbered)


def run_all(work: Sequence[Callable[[], None]]) -> None:
    """Do one piece of work after another."""
    for piece in work:
        piece()
