"""What the caller's process does with a block: open it, settle its transactions in block order, close it.

Every rule about the order of things is here, so that a worker needs none; so is what becomes of a machine's mistakes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from samestate.optimized.configuration import Configuration
from samestate.optimized.deadline import Deadline, TimeUp
from samestate.optimized.errors import BlockTooLarge, StepFailed, TimeLimitExceeded
from samestate.optimized.processes.execution import read_report
from samestate.optimized.processes.ledger import Effect, Ledger, Value
from samestate.optimized.processes.machine import Machine, checked_merge, described, rejection
from samestate.optimized.processes.view import StepView
from samestate.optimized.record import OPEN, Step
from samestate.optimized.result import Rejection
from samestate.optimized.trace import TraceEvent

Given = TypeVar("Given")


class Rejected(Exception):  # noqa: N818 - the field's word for it
    """The block is rejected, as a machine's exception said. Never leaves the engine."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection)
        self.rejection = rejection


class Coordinator:
    """One block on its way through the coordinator: what is settled so far."""

    def __init__(
        self,
        machine: Machine,
        block: Any,
        base: Mapping[bytes, bytes],
        storage: Collection[bytes] | None,
        configuration: Configuration,
    ) -> None:
        self.machine = machine
        self.maximum = configuration.maximum_block
        self.block = block
        self.base = base
        self.read_latency = configuration.read_latency_us / 1e6
        self.loaded: set[bytes] = set()
        self.written: set[bytes] = set()
        self.events: list[TraceEvent] = []
        self.deadline = Deadline(configuration.time_limit)
        self.step = OPEN
        self.beside = ""
        self.given_storage = storage
        self.storage: Collection[bytes] = ()
        self.transactions: Sequence[Any] = ()
        self.merge = checked_merge(machine.merge)
        self.ledger = Ledger(base.get, self.merge, self.machine.storage_owner)
        self.outcomes: list[Any] = []
        self.receipts: list[Any] = []
        self.steps: list[Step] = []
        self.totals: Any = None
        self.closing: Any = None
        self.rejection: Rejection | None = None

    def begin(self) -> Sequence[Any]:
        """Open the block. Gives its transactions."""
        with self._step(OPEN):
            self.transactions = self.machine.transactions(self.block)
            count = len(self.transactions)
            self.storage = self._storage() if self.given_storage is None else self.given_storage
            view = self._view()
            self.machine.open(self.block, view)
            self._enter(OPEN, view.effect())
            self.totals = self.machine.start(self.block)
        if count > self.maximum:
            raise BlockTooLarge(f"the block has {count} transactions, more than maximum_block = {self.maximum}")
        return self.transactions

    def opened_base(self) -> dict[bytes, bytes]:
        """The state after the opening, which all transactions begin from."""
        opened = dict(self.base)
        wiped = set(self.ledger.wipes())
        if wiped:
            with self._step(OPEN):
                slots = [key for key in opened if self.machine.storage_owner(key) in wiped]
            for key in slots:
                del opened[key]
        for key, value in self.ledger.changes().items():
            if value is None:
                opened.pop(key, None)
            else:
                opened[key] = value
        return opened

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say what else than a step is being done, for whoever runs out of time meanwhile."""
        self.beside = what
        yield
        self.beside = ""

    def execute_one_at_a_time(self) -> None:
        """Execute and settle each transaction on what the ones before it left."""
        # rule: sequential.in-block-order
        for index, transaction in enumerate(self.transactions):
            with self._step(index):
                began = time.monotonic_ns()
                view = self._view(self._slow_value if self.read_latency else self.ledger.value)
                try:
                    outcome = self.machine.execute(self.block, transaction, view)
                finally:
                    self.events.append(TraceEvent(0, "execute", index, 0, began, time.monotonic_ns(), "done"))
                if self.read_latency:
                    self.written.update(view.publication().writes)
                # rule: sequential.settled-before-the-next
                self._settle(index, outcome, view.effect())

    def settle_in_order(self, reports: Sequence[bytes]) -> None:
        """Settle what the workers have executed, if there were workers."""
        # rule: block-stm.commit.in-block-order
        for index, report in enumerate(reports):
            with self._step(index):
                said = read_report(report, index)
                if isinstance(said, Rejection):
                    raise Rejected(said)
                self._settle(index, said.outcome, said.effect)
                if said.unmerged:
                    raise StepFailed(str(index), f"merge failed in a worker, but not here: {said.unmerged}")

    def close(self) -> None:
        """The step after the last transaction."""
        with self._step(len(self.transactions)):
            view = self._view()
            # rule: block-stm.commit.closing-step-last
            self.closing = self.machine.close(self.block, tuple(self.receipts), view)
            self._enter(len(self.transactions), view.effect())

    def _settle(self, index: int, outcome: Any, effect: Effect) -> None:
        # rule: block-stm.commit.settled-by-totals
        settled: Any = self.machine.settle(self.block, outcome, self.totals)
        if not isinstance(settled, tuple) or len(settled) != 2:
            raise StepFailed(
                str(index), f"settle is to give a receipt and the new totals, not {type(settled).__name__}"
            )
        receipt, self.totals = settled
        self.outcomes.append(outcome)
        self.receipts.append(receipt)
        self._enter(index, effect)

    def _enter(self, step: int, effect: Effect) -> None:
        """Enter what a step did. A credit that cannot be merged rejects the block, and no transaction of it."""
        try:
            self.steps.append(self.ledger.enter(step, effect))
        except Exception as error:
            rejected = rejection(error, None)
            if rejected is None:
                raise
            raise Rejected(rejected) from error

    def _slow_value(self, key: bytes) -> Value:
        """The value of a key, after a wait where it is the first read of it that needs the state before the block.

        As with workers, that is every read of a key that no transaction has written: a credit adds to what was there,
        and a wipe is looked for where the key is.
        """
        if key not in self.loaded and key not in self.written:
            self.loaded.add(key)
            time.sleep(self.read_latency)
        return self.ledger.value(key)

    def _view(self, observe: Callable[[bytes], Value] | None = None) -> StepView:
        return StepView(observe or self.ledger.value, self.machine.storage_owner, self.merge, self.storage)

    def _storage(self) -> set[bytes]:
        owners = {self.machine.storage_owner(key) for key in self.base}
        return {owner for owner in owners if owner is not None}

    def in_time(self, work: Callable[[], Given]) -> Given:
        """Do some of the machine's work in this process, and end it when the block's time is up."""
        try:
            return self.deadline.call(work)
        except TimeUp:
            transaction = not self.beside and 0 <= self.step < len(self.transactions)
            where = "" if transaction else f" ({self.beside or 'step ' + self._name(self.step)})"
            raise TimeLimitExceeded(self.deadline.seconds, (self.step,) if transaction else (), where) from None

    def _name(self, step: int) -> str:
        return "open" if step == OPEN else "close" if step == len(self.transactions) else str(step)

    def _step(self, step: int) -> _Step:
        """Turn whatever the machine raises into what it means, in a `with` statement."""
        self.step = step
        return _Step(self)

    def judge(self, error: BaseException | None) -> None:
        """How a step has ended: with what error, if any. Raises what that means, if it is not the error itself."""
        if error is None:
            if not self.deadline.left():
                raise TimeUp  # the step may have swallowed it
        elif not isinstance(error, (KeyboardInterrupt, TimeUp, StepFailed, Rejected)):
            rejected = rejection(error, self.step if 0 <= self.step < len(self.transactions) else None)
            if rejected is not None:
                raise Rejected(rejected) from error
            raise StepFailed(self._name(self.step), described(error)) from error


class _Step:
    """What happens at the end of a step. No generator, which would have to be closed where the time is up."""

    def __init__(self, job: Coordinator) -> None:
        self._job = job

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._job.judge(error)
