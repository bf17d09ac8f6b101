"""What a mutant is: one part of one strategy, replaced by a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from samestate.conformance.vectors import toy
from samestate.reference import Parts
from samestate.reference.commit import Committer
from samestate.reference.memory import VersionedMemory
from samestate.reference.predicted import PredictedView
from samestate.reference.scheduler import Scheduler
from samestate.reference.strategies import Strategy
from samestate.reference.strategies.lock_table import LockTable
from samestate.reference.strategies.wave_queue import WaveQueue
from samestate.reference.view import SpeculativeView
from samestate.spec.machine import Machine
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.signed.machine import SignedToy

AnyMachine = Machine[Any, Any, Any, Any, Any, Any]

PARTS: Final[dict[str, type]] = {
    "memory": VersionedMemory,
    "predicted_view": PredictedView,
    "view": SpeculativeView,
    "committer": Committer,
    "scheduler": Scheduler,
    "locks": LockTable,
    "waves": WaveQueue,
    "strategy": Strategy,
}
"""The parts that a strategy is made of, and what each replacement is a subclass of; a special kind before its base."""

Wrong = TypeVar("Wrong", bound=type)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A strategy with one part replaced by the class ``wrong``, or the toy machine itself where that is what it is.

    ``rule``: the name of the rule of scheduling that it breaks, whose anchors say where that rule stands. ``machine``
    names the machine whose vectors it is given. ``shown_by``: a block of the suite `interleavings` that the explorer
    runs under many schedules, where a few do not find the mutant.
    """

    name: str
    description: str
    strategy: str
    rule: str
    hazards: tuple[str, ...]
    wrong: type | None
    machine: str
    shown_by: str = ""

    @property
    def engine(self) -> str:
        """The engine of which it is a mutant."""
        return f"reference:{self.strategy}"

    @property
    def parts(self) -> Parts:
        """The parts of the strategy, the wrong one among them."""
        for name, base in PARTS.items():
            if self.wrong is not None and issubclass(self.wrong, base):
                changed: dict[str, Any] = {name: self.wrong}
                return replace(Parts(), **changed)
        return Parts()

    def machine_for(self, machine: AnyMachine) -> AnyMachine:
        """The machine to run in place of the right one."""
        if self.wrong is None or not issubclass(self.wrong, Toy):
            return machine
        is_of_its_ruleset = isinstance(machine, SignedToy) == issubclass(self.wrong, SignedToy)
        return self.wrong() if is_of_its_ruleset else machine


MUTANTS: Final[dict[str, Mutant]] = {}
"""Every mutant whose module was imported, by name."""


def mutant(
    strategy: str, rule: str, hazards: str = "", machine: str = toy.NAME, shown_by: str = ""
) -> Callable[[Wrong], Wrong]:
    """Make a mutant of the class below, which replaces the part of that strategy whose subclass it is.

    Its docstring says what is wrong; ``hazards`` are the ids that fit. For the rest see :class:`Mutant`.
    """

    def add(wrong: Wrong) -> Wrong:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", wrong.__name__).lower()
        description = " ".join((wrong.__doc__ or "").split("\n\n")[0].split())
        if name in MUTANTS:
            raise ValueError(f"there are two mutants {name}")
        if not issubclass(wrong, (Toy, *PARTS.values())):
            raise TypeError(f"{wrong.__name__} replaces no part of a strategy")
        ids = tuple(sorted(hazards.split()))
        MUTANTS[name] = Mutant(name, description, strategy, rule, ids, wrong, machine, shown_by)
        return wrong

    return add


def unmutated(strategy: str, machine: str = toy.NAME) -> Mutant:
    """The strategy as it is: what the vectors and the explorer must not kill."""
    return Mutant("none", "Nothing is wrong.", strategy, "", (), None, machine)
