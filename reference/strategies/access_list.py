"""Execution from an access list: everybody starts at once, since the list says what everybody leaves behind."""

from __future__ import annotations

from samestate.reference.commit import Attempt
from samestate.reference.explorer.points import Kind, Label, Point
from samestate.reference.journal import Journal
from samestate.reference.predicted import Predictions
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.in_order import InOrder
from samestate.reference.view import SpeculativeView
from samestate.spec.access import OPEN, StepAccess
from samestate.spec.machine import Key, Value

LOOK_NEXT = Label("look for a transaction", Kind.LOOK)
TAKE_NEXT = Label("take a transaction")


class FromAccessList(InOrder):
    """All transactions at once, on predicted values; what each really changes is compared with the list as it commits.

    As long as every step has changed just what the list says, what later ones were told is right. From the first step
    on that has not, everything is executed again in order. So the result never depends on the list being right, and
    the machine verifies the list by it, as after any other strategy.
    """

    name = "access-list"

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        if job.predictions is None:
            raise ValueError("the strategy access-list needs an access list, and the block comes without one")
        self.predictions = in_order(job.predictions, len(self.transactions))
        self.entries = by_step(self.predictions)
        self.verified: dict[Key, Value] = {}
        self.taken = 0
        self.trusted = True

    def open(self) -> None:
        """See :meth:`Strategy.open`. The list has to be right about this step too."""
        super().open()
        self.compare(self.committing().steps[-1])

    def claim(self, worker: int) -> int | None:
        """The next transaction, whatever came before."""
        # rule: access-list.all-start-at-once
        # source: EIP-7928, abstract: transactions can be validated in parallel
        self.point(LOOK_NEXT)
        if self.taken == len(self.transactions):
            return None
        self.point(TAKE_NEXT)
        if self.taken == len(self.transactions):
            return None
        # rule: access-list.taken-once
        # source: Samestate: looking and taking are one action
        self.taken += 1
        return self.taken - 1

    def view(self, step: int, incarnation: int) -> SpeculativeView:
        """Predicted values for the first execution of a transaction."""
        if incarnation or not 0 <= step < len(self.transactions):
            return super().view(step, incarnation)
        return self.job.parts.predicted_view(self.memory, step, self.point, self.predictions)

    def publish_first(self, attempt: Attempt) -> None:
        """Nobody needs to read what a predicted execution does before it is committed: the list has said it already."""

    def holds(self, attempt: Attempt) -> bool:
        """Whether the list was right about everything before."""
        # rule: access-list.readers-of-a-wrong-entry-run-again
        # source: Samestate: whoever was told something wrong is executed again on what is committed
        return self.trusted

    def accept(self, attempt: Attempt) -> None:
        """What the transaction does is what it should: now it is published."""
        # rule: access-list.shown-when-committed
        # source: Samestate: until then the list has said what the transaction does
        self.publish(attempt)

    def committed_one(self, attempt: Attempt) -> None:
        """Compare what the transaction has changed with what the list says."""
        self.compare(self.committing().steps[-1])

    def compare(self, access: StepAccess) -> None:
        """Trust the list no longer where it is wrong about a step, in what is changed or to which value.

        A list says nothing of wipes, so a step with one ends the trust.
        """
        if not self.trusted:
            return
        changes = dict(access.writes)
        # rule: access-list.credits-compared
        # source: EIP-7928: a list has the balance after each change, the coinbase's too
        for key, amount in access.credits.items():
            before = self.verified[key] if key in self.verified else self.job.state.get(key)
            changes[key] = self.machine.merge(key, before, amount)
        self.verified.update(changes)
        self.trusted = self.is_right(access, changes)

    def is_right(self, access: StepAccess, changes: dict[Key, Value]) -> bool:
        """Whether the list says of the step just what it has changed."""
        # rule: access-list.every-change-compared
        # source: EIP-7928: a list is complete and accurate, or its block is invalid
        return not access.wipes and changes == self.entries.get(access.step, {})


def in_order(predictions: Predictions, transactions: int) -> dict[Key, tuple[tuple[int, Value], ...]]:
    """The predictions with steps in order and each only once, the last word counting, and none outside the block.

    A list may be wrong in any way. What is left out here is missed when the changes are compared, if it matters.
    """
    return {
        key: tuple(sorted((step, value) for step, value in dict(changes).items() if OPEN <= step <= transactions))
        for key, changes in predictions.items()
    }


def by_step(predictions: Predictions) -> dict[int, dict[Key, Value]]:
    """What each step changes."""
    entries: dict[int, dict[Key, Value]] = {}
    for key, changes in predictions.items():
        for step, value in changes:
            entries.setdefault(step, {})[key] = value
    return entries
