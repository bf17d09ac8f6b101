"""Mutants of the execution from access lists."""

from __future__ import annotations

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.commit import Attempt
from samestate.reference.strategies.access_list import LOOK_NEXT, TAKE_NEXT, FromAccessList
from samestate.spec.access import StepAccess
from samestate.spec.machine import Key, Value


@mutant("access-list", "access-list.every-change-compared", "H66 H67")
class ListTrusted(FromAccessList):
    """What transactions were told by the list is never compared with what the ones before them do."""

    def is_right(self, access: StepAccess, changes: dict[Key, Value]) -> bool:
        """Wrong: the list may be anything."""
        return True


@mutant("access-list", "access-list.readers-of-a-wrong-entry-run-again", "H67")
class OneRunAgain(FromAccessList):
    """After a wrong entry the next transaction is executed again, and those after it are trusted as before."""

    def run_again(self, worker: int, attempt: Attempt) -> Attempt:
        """Wrong: trusts the list again."""
        again = super().run_again(worker, attempt)
        self.trusted = True
        return again


@mutant("access-list", "access-list.every-change-compared", "H67")
class ListValuesUnchecked(FromAccessList):
    """The list is compared with the keys that a step changes, and not with their values."""

    def is_right(self, access: StepAccess, changes: dict[Key, Value]) -> bool:
        """Wrong: any value will do."""
        return not access.wipes and changes.keys() == self.entries.get(access.step, {}).keys()


@mutant("access-list", "access-list.credits-compared", "H15")
class CreditsOutsideTheList(FromAccessList):
    """Only what a step writes is compared with the list, and not the fees that it pays to the coinbase."""

    def is_right(self, access: StepAccess, changes: dict[Key, Value]) -> bool:
        """Wrong: leaves credits out."""
        entry = {key: value for key, value in self.entries.get(access.step, {}).items() if key not in access.credits}
        return not access.wipes and dict(access.writes) == entry


@mutant("access-list", "access-list.taken-once")
class NextSetBack(FromAccessList):
    """Which transaction is next is read in one action and raised in another, so that it may be set back."""

    def claim(self, worker: int) -> int | None:
        """Wrong: raises what it was when he looked."""
        self.point(LOOK_NEXT)
        step = self.taken
        if step == len(self.transactions):
            return None
        self.point(TAKE_NEXT)
        self.taken = step + 1
        return step
