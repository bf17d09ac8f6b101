"""Locks on keys, granted in block order, as Sealevel's account locks are."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from samestate.reference.estimators import Estimate
from samestate.reference.explorer.points import Kind, Label, Point
from samestate.spec.machine import Key

LOOK_RUNNABLE = Label("look for a runnable transaction", Kind.LOOK)
TAKE_RUNNABLE = Label("take a runnable transaction")
UNLOCK = Label("unlock")


class LockTable:
    """For each key the transactions that want it, in block order. Many may hold it to read, or one to write.

    A transaction is runnable once it holds all its locks. All are requested before anything runs, in block order, so
    nobody can wait for a later transaction, and the first one that is not finished is always runnable.
    """

    def __init__(self, estimates: Sequence[Estimate], point: Point) -> None:
        self.estimates = estimates
        self.point = point
        self.queues: dict[Key, list[int]] = {}
        self.held: dict[Key, dict[int, None]] = {}
        self.missing = [0] * len(estimates)
        self.runnable: list[int] = []
        # rule: locks.requested-in-block-order
        # source: Agave, unified scheduler: a queue for each account, in block order
        for step in range(len(estimates)):
            for key in self.wanted(step):
                self.queues.setdefault(key, []).append(step)
                self.missing[step] += 1
        for step, missing in enumerate(self.missing):
            if not missing:
                heapq.heappush(self.runnable, step)
        for key in self.queues:
            self.held[key] = {}
            self.grant(key)

    def wanted(self, step: int) -> tuple[Key, ...]:
        """The keys that the transaction locks."""
        estimate = self.estimates[step]
        # rule: locks.reader-waits-for-the-writer
        # source: Solana, read-only accounts (account locks): who reads waits for who writes
        return tuple(dict.fromkeys((*estimate.reads, *estimate.writes)))

    def is_exclusive(self, step: int, key: Key) -> bool:
        """Whether the transaction wants the key for itself."""
        # rule: locks.writer-waits-for-all
        # source: Solana, read-only accounts (account locks): who writes has the account alone
        return key in self.estimates[step].writes

    def grant(self, key: Key) -> None:
        """Give the lock to those at the head of its queue who may have it together."""
        queue, held = self.queues[key], self.held[key]
        while queue:
            step = queue[0]
            exclusive = self.is_exclusive(step, key)
            if held and (exclusive or any(self.is_exclusive(holder, key) for holder in held)):
                return
            queue.pop(0)
            held[step] = None
            self.missing[step] -= 1
            # rule: locks.runs-with-all-locks
            # source: Agave, unified scheduler: runnable when no account blocks it any more
            if not self.missing[step]:
                heapq.heappush(self.runnable, step)

    def take(self) -> int | None:
        """The first runnable transaction, if there is one. Its locks are held until it is released."""
        self.point(LOOK_RUNNABLE)
        if not self.runnable:
            return None
        self.point(TAKE_RUNNABLE)
        # rule: locks.taken-once
        # source: Samestate: of all who see a runnable transaction one takes it
        return heapq.heappop(self.runnable) if self.runnable else None

    def release(self, step: int) -> None:
        """The transaction has finished: give up its locks, one after another."""
        for key in self.wanted(step):
            self.point(UNLOCK, key)
            del self.held[key][step]
            self.grant(key)
