"""Mutants that do in the order in which things finish what has to be done in the order of the block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Point
from samestate.reference.journal import Journal
from samestate.reference.memory import Place, Version, VersionChain, VersionedMemory, VersionKind
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.block_stm import BlockStm
from samestate.reference.strategies.in_order import ENTER_GATE, LEAVE_GATE, LOOK_GATE
from samestate.reference.strategies.locks import Locks
from samestate.reference.strategies.waves import Waves
from samestate.spec.access import OPEN
from samestate.spec.machine import Codec, Key, State
from samestate.spec.toy.machine import Totals
from samestate.spec.transition import BlockResult


@mutant("locks", "block-stm.read.nearest-lower-write", "H62")
class LastWriterWins(VersionedMemory):
    """A key holds what was published last, whichever transaction that is of."""

    def __init__(self, codec: Codec, state: State, point: Point) -> None:
        super().__init__(codec, state, point)
        self.published: dict[Place, list[int]] = {}

    def put(self, place: Place, version: Version) -> None:
        """Remember the order in which steps have published."""
        super().put(place, version)
        if not version.estimate:
            order = self.published.setdefault(place, [])
            order[:] = [step for step in order if step != version.step]
            order.append(version.step)

    def look(self, key: Key, step: int) -> VersionChain:
        """Wrong: goes by time, and not by step."""
        place: Place = ("value", key)
        credits: list[Version] = []
        for other in reversed(self.published.get(place, [])):
            version = self.histories[place].at(other)
            if version is None or other == step:
                continue
            self.refuse_estimate(version)
            if version.kind is VersionKind.WRITE:
                return VersionChain(version, tuple(reversed(credits)))
            credits.append(version)
        return VersionChain(None, tuple(reversed(credits)))


class FinishOrder(BlockStm):
    """Block-STM that remembers in which order transactions were executed for the last time."""

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.finished: list[int] = []

    def publish(self, attempt: Attempt) -> bool:
        """Remember when."""
        self.finished = [step for step in self.finished if step != attempt.step] + [attempt.step]
        return super().publish(attempt)

    def settle_in_order_of_finish(self) -> Sequence[Any]:
        """The receipts as they come out that way, in block order."""
        committer = self.committing()
        for step in self.finished:
            attempt = self.attempts[step]
            if attempt is not None:
                committer.settle(attempt)
        return [committer.receipts[self.finished.index(step)] for step in range(len(self.transactions))]


@mutant("block-stm", "block-stm.commit.in-block-order", "H51")
class CumulativeGasByFinish(FinishOrder):
    """Cumulative gas counts the transactions that finished before, and not those that stand before in the block."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Wrong: settles as they finished. Only the running totals of valid blocks are kept."""
        right = super().close()
        committer = self.committing()
        committer.totals = self.machine.start(self.block)
        committer.receipts.clear()
        return replace(right, receipts=tuple(self.settle_in_order_of_finish()))


@mutant("block-stm", "block-stm.commit.settled-by-totals", "H05")
class BlockGasByFinish(FinishOrder):
    """What a transaction may use of the block's gas is what those that have finished before it have left."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Wrong: checks as they finished, before the right totals are taken."""
        self.settle_in_order_of_finish()
        committer = self.committing()
        committer.totals = self.machine.start(self.block)
        committer.receipts.clear()
        committer.outcomes.clear()
        return super().close()


@mutant("locks", "block-stm.commit.settled-by-totals", "H50")
class LogIndexReset(Locks):
    """The index of a transaction's first log counts from the last time that the commit gate was entered."""

    def commit_some(self, worker: int) -> bool:
        """Wrong: every batch begins at zero."""
        committer = self.committing()
        if not self.gate_taken and isinstance(committer.totals, Totals):
            committer.totals = replace(committer.totals, logs=0)
        return super().commit_some(worker)


@mutant("waves", "rolling-commit.in-block-order", "H02")
class CommitsWhatIsFinished(Waves):
    """Whichever transaction is executed is committed next: nobody waits for the first that is not."""

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.done: set[int] = set()

    def next_to_commit(self) -> int:
        """Wrong: any that is executed will do."""
        left = [step for step in range(len(self.transactions)) if step not in self.done]
        return next((step for step in left if self.attempts[step] is not None), left[0])

    def committed_one(self, attempt: Attempt) -> None:
        """Not that one again."""
        self.done.add(attempt.step)


@mutant("block-stm", "block-stm.commit.closing-step-last", "H46 H47")
class WithdrawalsTooEarly(BlockStm):
    """Withdrawals are paid while the last transactions still run, so that those see them."""

    def open(self) -> None:
        """Wrong: pays them before everything else, and not after it."""
        super().open()
        attempt = self.run_alone(OPEN, lambda view: self.machine.close(self.block, (), view))
        for key, amount in attempt.effects.credits.items():
            self.memory.put(("value", key), Version(OPEN, 0, VersionKind.CREDIT, amount=amount))

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        """Take them back, so that they are not paid twice."""
        for history in self.memory.histories.values():
            history.remove(OPEN)
        return super().close()


@mutant("locks", "rolling-commit.one-at-a-time", "H02")
class GateForTwo(Locks):
    """Who finds the commit gate free goes in, whether or not somebody else has gone in since."""

    def commit_some(self, worker: int) -> bool:
        """Wrong: looks, and does not look again when he enters."""
        self.point(LOOK_GATE)
        if self.gate_taken or not self.can_commit():
            return False
        self.point(ENTER_GATE)
        self.gate_taken = True
        committed = 0
        while self.look_for_next():
            committed += 1
            self.commit_next(worker)
        self.point(LEAVE_GATE)
        self.gate_taken = False
        return committed > 0
