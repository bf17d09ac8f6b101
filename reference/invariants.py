"""What must hold at every moment of a run, by name, whatever the schedule.

Invariants are checked from what the worker loops report and from what stands in memory, never by asking the part that
might be wrong: what a step sees is worked out here a second time, from all versions, in the simplest way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from samestate.reference.commit import Attempt
from samestate.reference.estimators import conflict
from samestate.reference.explorer.violation import Violation
from samestate.reference.journal import Journal
from samestate.reference.memory import Observation, Place, Version, VersionChain, VersionKind
from samestate.spec.machine import Key, Value

if TYPE_CHECKING:
    from samestate.reference.strategies.base import Strategy

ONE_RUNNER: Final = "a transaction is run by one worker at a time"
NEXT_INCARNATION: Final = "incarnations follow one another"
MARKED_FIRST: Final = "what an aborted incarnation wrote is marked before the next one starts"
NO_ESTIMATE_READ: Final = "an estimate is never read as a value"
LATEST_VERSIONS: Final = "what stands in memory is what the last incarnation did"
COMMITTED_ONCE: Final = "a committed transaction is never run again"
COMMIT_ORDER: Final = "the order of commits is the order of the block"
COMMITTED_READS: Final = "what a committed transaction read is what the committed ones before it left"
WAVE_CONFLICT: Final = "the members of a wave do not conflict"
WAVE_ORDER: Final = "a transaction waits for the earlier ones that it conflicts with"
LOCK_CONFLICT: Final = "locks are never held by transactions that conflict"
ACTIVE_COUNTED: Final = "a task in a worker's hands is counted as active"
DONE_VALIDATED: Final = "a block is done only when every transaction is validated"
DONE_IDLE: Final = "a block is done only when no worker has a task"

NAMES: Final = (
    ONE_RUNNER,
    NEXT_INCARNATION,
    MARKED_FIRST,
    NO_ESTIMATE_READ,
    LATEST_VERSIONS,
    COMMITTED_ONCE,
    COMMIT_ORDER,
    COMMITTED_READS,
    WAVE_CONFLICT,
    WAVE_ORDER,
    LOCK_CONFLICT,
    ACTIVE_COUNTED,
    DONE_VALIDATED,
    DONE_IDLE,
)
"""Every invariant of every strategy."""

PLANNING: Final = {"locks": LOCK_CONFLICT, "waves": WAVE_CONFLICT}
"""The strategies that keep conflicts apart, and what one that they let through is called."""


class GuardedJournal(Journal):
    """A journal that raises :class:`Violation` at the first thing that must not happen."""

    def __init__(self, strategy: str, transactions: int, workers: int) -> None:
        super().__init__(strategy, transactions, workers)
        self.watched: Strategy | None = None
        self.running: dict[int, int] = {}
        self.last: dict[int, int] = {}
        self.was_suspended: set[int] = set()
        self.standing: dict[int, Attempt] = {}
        self.expected: dict[int, dict[Place, Version]] = {}
        self.found_right: dict[int, Version] = {}
        self.ever_executed: set[int] = set()
        self.found_to_hold: set[tuple[int, int]] = set()
        self.committed = 0
        self.busy: dict[int, int] = {}
        self.was_done = False

    def watch(self, strategy: Strategy) -> None:
        """Look into this strategy from now on."""
        self.watched = strategy

    # Events

    def started(self, worker: int, step: int, incarnation: int) -> None:
        """See :meth:`Journal.started`."""
        super().started(worker, step, incarnation)
        require(step not in self.running, ONE_RUNNER, f"transaction {step}: workers {self.running.get(step)}, {worker}")
        require(step >= self.committed, COMMITTED_ONCE, f"transaction {step}")
        last = self.last.get(step, -1)
        follows = incarnation == last + 1 or (incarnation == last and step in self.was_suspended)
        require(follows, NEXT_INCARNATION, f"transaction {step}: {incarnation} after {last}")
        for place, version in self.versions():
            if version.step == step:
                require(version.estimate, MARKED_FIRST, f"{show(place)} of transaction {step}")
        self.running[step] = worker
        self.busy[worker] = step
        self.last[step] = incarnation
        self.was_suspended.discard(step)
        self.no_longer_stands(step)
        self.check_start(step, incarnation)

    def observed(self, step: int, key: Key, chain: VersionChain | None) -> None:
        """See :meth:`Journal.observed`."""
        for version in chain.versions if chain is not None else ():
            require(not version.estimate, NO_ESTIMATE_READ, f"{key.hex()} by step {step}, of step {version.step}")

    def suspended(self, worker: int, step: int, blocking: int) -> None:
        """See :meth:`Journal.suspended`."""
        super().suspended(worker, step, blocking)
        self.running.pop(step, None)
        self.was_suspended.add(step)

    def executed(self, worker: int, attempt: Attempt) -> None:
        """See :meth:`Journal.executed`."""
        super().executed(worker, attempt)
        self.running.pop(attempt.step, None)
        self.ever_executed.add(attempt.step)

    def published(self, attempt: Attempt) -> None:
        """See :meth:`Journal.published`."""
        self.standing[attempt.step] = attempt
        self.expected[attempt.step] = expected_versions(attempt)
        self.found_right.clear()

    def took(self, worker: int, step: int) -> None:
        """See :meth:`Journal.took`."""
        self.busy[worker] = step

    def validated(self, worker: int, step: int, incarnation: int, holds: bool) -> None:
        """See :meth:`Journal.validated`."""
        super().validated(worker, step, incarnation, holds)
        if holds:
            self.found_to_hold.add((step, incarnation))

    def aborted(self, step: int, incarnation: int) -> None:
        """See :meth:`Journal.aborted`."""
        super().aborted(step, incarnation)
        self.no_longer_stands(step)

    def no_longer_stands(self, step: int) -> None:
        """What the transaction has published is about to change."""
        self.standing.pop(step, None)
        self.expected.pop(step, None)
        self.found_right.clear()

    def dropped(self, worker: int) -> None:
        """See :meth:`Journal.dropped`."""
        self.busy.pop(worker, None)

    def wave(self, members: Sequence[int]) -> None:
        """See :meth:`Journal.wave`."""
        super().wave(members)
        estimates = self.strategy_watched().job.estimates
        for place, member in enumerate(members):
            for other in members[:place]:
                require(not conflict(estimates[member], estimates[other]), WAVE_CONFLICT, f"{other} and {member}")
        for member in members:
            for earlier in range(member):
                if earlier not in self.ever_executed:
                    require(
                        not conflict(estimates[member], estimates[earlier]), WAVE_ORDER, f"{member} before {earlier}"
                    )

    def committing(self, attempt: Attempt) -> None:
        """See :meth:`Journal.committing`."""
        step = attempt.step
        require(step == self.committed, COMMIT_ORDER, f"transaction {step}, and {self.committed} is the next")
        problem = self.stale_read(attempt)
        require(not problem, COMMITTED_READS, f"transaction {step}: {problem}")
        self.committed += 1

    # What can be seen at every moment

    def inspect(self) -> None:
        """See :meth:`Journal.inspect`."""
        self.check_versions()
        self.check_scheduler()

    def check_versions(self) -> None:
        """Of transactions that are executed and not aborted, memory holds what they do, all of it and nothing else.

        A version that was found right is remembered until some transaction starts or ends: this is done at every point.
        """
        found = 0
        for place, history in self.strategy_watched().memory.histories.items():
            for step, version in history.versions.items():
                if step not in self.expected:
                    continue
                found += 1
                if self.found_right.get(id(version)) is not version:
                    expected = self.expected[step].get(place)
                    require(version == expected, LATEST_VERSIONS, f"{show(place)} of transaction {step}")
                    self.found_right[id(version)] = version
        wanted = sum(map(len, self.expected.values()))
        if found != wanted:
            raise Violation(
                LATEST_VERSIONS, f"{wanted - found} of those of transactions {sorted(self.standing)} are gone"
            )

    def check_start(self, step: int, incarnation: int) -> None:
        """For strategies that plan: first executions run side by side with none that they conflict with."""
        if self.strategy not in PLANNING or incarnation > 0:
            return
        name = PLANNING[self.strategy]
        estimates = self.strategy_watched().job.estimates
        for other in self.running:
            if other != step and self.last[other] == 0:
                require(not conflict(estimates[step], estimates[other]), name, f"{other} and {step}")
        for earlier in range(self.committed, step):
            if earlier not in self.ever_executed:
                require(not conflict(estimates[step], estimates[earlier]), WAVE_ORDER, f"{step} before {earlier}")

    def check_scheduler(self) -> None:
        """For strategies with the collaborative scheduler."""
        scheduler = getattr(self.watched, "scheduler", None)
        if scheduler is None:
            return
        held = len(self.busy)
        if scheduler.active < held:
            raise Violation(ACTIVE_COUNTED, f"{held} tasks, of which {scheduler.active} are counted")
        if not scheduler.done or self.was_done:
            return
        self.was_done = True
        require(not self.busy, DONE_IDLE, f"workers {sorted(self.busy)}")
        for step in range(self.transactions):
            attempt = self.standing.get(step)
            problem = "it was not executed" if attempt is None else self.stale_read(attempt)
            if (step, self.last.get(step)) not in self.found_to_hold:
                problem = problem or "its last incarnation was not validated"
            require(not problem, DONE_VALIDATED, f"transaction {step}: {problem}")

    # The truth, worked out a second time

    def strategy_watched(self) -> Strategy:
        """The strategy of this run."""
        if self.watched is None:
            raise RuntimeError("nothing is watched")
        return self.watched

    def versions(self) -> Iterator[tuple[Place, Version]]:
        """All versions in memory."""
        memory = self.strategy_watched().memory
        for place, history in memory.histories.items():
            for version in history.versions.values():
                yield place, version

    def seen(self, key: Key, step: int) -> tuple[Version, ...]:
        """The versions that ``step`` sees of a key, estimates included, oldest first."""
        strategy = self.strategy_watched()
        memory, owner = strategy.memory, strategy.job.machine.storage_owner(key)
        places: list[Place] = [("value", key)]
        if owner is not None:
            places.append(("wipe", owner))
        found: list[Version] = []
        for place in places:
            history = memory.histories.get(place)
            found.extend(history.below(step) if history is not None else ())
        found.sort(key=lambda version: (version.step, version.kind is not VersionKind.WIPE))
        full = [number for number, version in enumerate(found) if version.kind is not VersionKind.CREDIT]
        return tuple(found[full[-1] if full else 0 :])

    def stale_read(self, attempt: Attempt) -> str:
        """The first read that would not see the same again, in words, or nothing."""
        for key, observation in attempt.reads.items():
            versions = self.seen(key, attempt.step)
            if any(version.estimate for version in versions) or not self.saw(attempt, key, observation, versions):
                return f"{key.hex()} was read before it had its last value"
        return ""

    def saw(self, attempt: Attempt, key: Key, observation: Observation, versions: tuple[Version, ...]) -> bool:
        """Whether the observation is of just these versions; where it was predicted, whether it has their value.

        A value that cannot be fetched may have been predicted only to a step that failed.
        """
        if observation.chain is not None:
            return observation.chain.versions == versions
        try:
            value = self.worth(key, versions)
        except Exception:
            return attempt.failure is not None
        return observation.value == value

    def worth(self, key: Key, versions: tuple[Version, ...]) -> Value:
        """What versions of a key amount to, on top of the state before the block. May raise what that raises."""
        job = self.strategy_watched().job
        based = bool(versions) and versions[0].kind is not VersionKind.CREDIT
        value = versions[0].value if based else job.state.get(key)
        for version in versions[int(based) :]:
            value = job.machine.merge(key, value, version.amount)
        return value


def expected_versions(attempt: Attempt) -> dict[Place, Version]:
    """What has to stand in memory for the effects of an attempt."""
    effects, step, incarnation = attempt.effects, attempt.step, attempt.incarnation
    expected: dict[Place, Version] = {
        ("wipe", address): Version(step, incarnation, VersionKind.WIPE) for address in effects.wipes
    }
    for key, value in effects.writes.items():
        expected["value", key] = Version(step, incarnation, VersionKind.WRITE, value=value)
    for key, amount in effects.credits.items():
        expected["value", key] = Version(step, incarnation, VersionKind.CREDIT, amount=amount)
    return expected


def require(condition: bool, name: str, detail: str) -> None:
    """Raise Violation unless the condition holds."""
    if not condition:
        raise Violation(name, detail)


def show(place: Place) -> str:
    """A place for people."""
    return f"{place[0]} {place[1].hex()}"
