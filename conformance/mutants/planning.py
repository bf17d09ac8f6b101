"""Mutants of the strategies that plan: waves and locks."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.estimators import Estimate, conflict
from samestate.reference.explorer.points import Point
from samestate.reference.journal import Journal
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.lock_table import LOOK_RUNNABLE, TAKE_RUNNABLE, UNLOCK, LockTable
from samestate.reference.strategies.locks import Locks
from samestate.reference.strategies.wave_queue import WaveQueue
from samestate.reference.strategies.waves import Waves
from samestate.spec.machine import Key


@mutant("waves", "waves.after-every-earlier-conflict")
class WaveAgainstMembersOnly(WaveQueue):
    """A transaction joins a wave unless it conflicts with a member, whoever was kept out before it."""

    def plan(self) -> list[list[int]]:
        """Wrong: forgets those kept out, after which it has to come."""
        waves: list[list[int]] = []
        pending = list(range(len(self.estimates)))
        while pending:
            members = self.independent(pending)
            waves.append(members)
            pending = [step for step in pending if step not in members]
        return waves

    def independent(self, steps: Sequence[int]) -> list[int]:
        """Those that conflict with none before them that is one of them."""
        members: list[int] = []
        for step in steps:
            if not any(conflict(self.estimates[step], self.estimates[member]) for member in members):
                members.append(step)
        return members


@mutant("waves", "waves.reader-waits-for-the-writer")
class WaveWithoutReads(WaveQueue):
    """A transaction joins a wave unless both write one key: what is read is no conflict."""

    def first_wave(self, estimate: Estimate, read: Mapping[Key, int], written: Mapping[Key, int]) -> int:
        """Wrong: looks at writes alone."""
        return super().first_wave(Estimate(writes=estimate.writes), {}, written)


class LosersLast(WaveQueue):
    """Waves that end at the first conflict, and put whoever has lost at the end of the queue."""

    def plan(self) -> list[list[int]]:
        """Wrong: the loser comes after those that came after it."""
        waves: list[list[int]] = [[]]
        pending = list(range(len(self.estimates)))
        while pending:
            step = pending.pop(0)
            if any(conflict(self.estimates[step], self.estimates[member]) for member in waves[-1]):
                pending.append(step)
                waves.append([])
            else:
                waves[-1].append(step)
        return [wave for wave in waves if wave]


@mutant("waves", "rolling-commit.in-block-order")
class WaveRequeuesLosers(Waves):
    """A transaction that has lost a conflict is queued behind its successors, and commits after them."""

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.queue = LosersLast(job.estimates, point, journal.wave)
        self.order: list[int] = []

    def finish(self, attempt: Attempt) -> None:
        """Wrong: the order in which the queue gives them is the order of commits."""
        super().finish(attempt)
        if attempt.step not in self.order:
            self.order.append(attempt.step)

    def can_commit(self) -> bool:
        """Whether the next one is known and executed."""
        return self.committed < len(self.order) and super().can_commit()

    def next_to_commit(self) -> int:
        """The next in that order."""
        return self.order[self.committed]


@mutant("locks", "locks.reader-waits-for-the-writer")
class LocksIgnoreReads(LockTable):
    """A transaction locks what it writes, and not what it reads."""

    def wanted(self, step: int) -> tuple[Key, ...]:
        """Wrong: readers do not wait for writers."""
        return self.estimates[step].writes


@mutant("locks", "locks.writer-waits-for-all")
class LocksReadTogether(LockTable):
    """Every lock is one that many may hold, so that writers run side by side."""

    def is_exclusive(self, step: int, key: Key) -> bool:
        """Wrong: nobody wants a key for himself."""
        return False


@mutant("locks", "rolling-commit.validated-in-turn", "H62")
class OffenderAlone(Locks):
    """After an undeclared access only who made it is run again, and not who read what it changed."""

    def holds(self, attempt: Attempt) -> bool:
        """Wrong: takes it that whoever has declared all that it accesses has been kept apart from everybody."""
        estimate = self.job.estimates[attempt.step]
        declared = {*estimate.reads, *estimate.writes}
        if declared.issuperset(attempt.reads) and declared.issuperset(attempt.effects.writes):
            return True
        return super().holds(attempt)


@mutant("waves", "rolling-commit.validated-in-turn", "H62")
class WavesNotValidated(Waves):
    """Transactions are committed as they were executed: the plan is taken to be right."""

    def holds(self, attempt: Attempt) -> bool:
        """Wrong: estimates may be wrong."""
        return True


@mutant("locks", "locks.taken-once")
class TakenByTwo(LockTable):
    """Who looks for a runnable transaction takes what he saw, whether or not somebody else has taken it since."""

    def take(self) -> int | None:
        """Wrong: looks before the point, and takes after it."""
        self.point(LOOK_RUNNABLE)
        if not self.runnable:
            return None
        step = self.runnable[0]
        self.point(TAKE_RUNNABLE)
        if step in self.runnable:
            self.runnable.remove(step)
            heapq.heapify(self.runnable)
        return step

    def release(self, step: int) -> None:
        """The second one finds the locks released."""
        for key in self.wanted(step):
            self.point(UNLOCK, key)
            if step in self.held[key]:
                del self.held[key][step]
                self.grant(key)


@mutant("waves", "waves.writer-waits-for-all")
class WaveOvertakesReaders(WaveQueue):
    """A transaction joins a wave although one of it, or of a later one, reads what it writes."""

    def first_wave(self, estimate: Estimate, read: Mapping[Key, int], written: Mapping[Key, int]) -> int:
        """Wrong: waits for writers alone."""
        return super().first_wave(estimate, {}, written)


@mutant("waves", "waves.begins-when-the-last-is-executed")
class WaveBeginsTooEarly(WaveQueue):
    """A wave begins when every member of the one before it has been started."""

    def can_form(self) -> bool:
        """Wrong: some may still run."""
        return not self.members and bool(self.waves)


@mutant("locks", "locks.runs-with-all-locks")
class RunsWithOneLock(LockTable):
    """A transaction is runnable as soon as it holds one of its locks."""

    def __init__(self, estimates: Sequence[Estimate], point: Point) -> None:
        self.started: set[int] = set()
        super().__init__(estimates, point)

    def grant(self, key: Key) -> None:
        """Wrong: does not wait for the others."""
        super().grant(key)
        for step in self.held[key]:
            if self.missing[step] and step not in self.started and step not in self.runnable:
                heapq.heappush(self.runnable, step)

    def take(self) -> int | None:
        """Not twice."""
        step = super().take()
        while step in self.started:
            step = super().take()
        if step is not None:
            self.started.add(step)
        return step

    def release(self, step: int) -> None:
        """It gives up those that it holds, and waits for those that it does not."""
        for key in self.wanted(step):
            self.point(UNLOCK, key)
            if step in self.held[key]:
                del self.held[key][step]
            else:
                self.queues[key].remove(step)
            self.grant(key)
