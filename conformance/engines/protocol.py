"""What an engine is: whatever can execute a case and say what came out.

What it gives for each block is a map as under ``expect`` in a vector, with the fields that its capabilities name. An
engine in process can be handed a block and a state in the specification's own types, too: so it takes whatever holds
blocks, in any form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from samestate.conformance.engines.predictions import carries_list
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import PLAN, Case, member, text
from samestate.spec.transition import BlockResult

AnyResult = BlockResult[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a case, of whatever form, takes of an engine. ``has_lists``: every block comes with an access list.

    ``parts``: what the chains of a plan take, each on its own machine.
    """

    machine: str
    forks: frozenset[str]
    selectors: frozenset[str] = frozenset()
    has_lists: bool = False
    parts: tuple[Needs, ...] = ()

    @classmethod
    def of(cls, case: Case) -> Needs:
        """What a case in the form of a vector takes."""
        if case.machine == PLAN:
            parts = tuple(cls._of_chain(case, name) for name in member(case.pre, "chains"))
            return cls(case.machine, frozenset(case.forks), case.selectors, True, parts)
        return cls(case.machine, frozenset(case.forks), case.selectors, all(map(carries_list, case.blocks)))

    @classmethod
    def _of_chain(cls, plan: Case, name: str) -> Needs:
        """What a chain of a plan takes."""
        machine = member(member(member(plan.pre, "chains"), name), "machine")
        blocks = [member(rounds, name) for rounds in (member(each, "chains") for each in plan.blocks) if name in rounds]
        has_lists = all(map(carries_list, blocks))
        return cls(text(machine, "name"), frozenset({text(machine, "fork")}), has_lists=has_lists)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    ``machines`` gives the forks of each machine by name; ``selectors`` what it can do beside them; ``outputs`` what it
    gives for a block. ``strategy`` and ``kind`` (of workers) are for people, empty where an engine tells neither;
    ``needs_access_list``: it executes only blocks that come with one.
    """

    machines: Mapping[str, frozenset[str]]
    selectors: frozenset[str]
    outputs: frozenset[str]
    access: Granularity
    strategy: str = ""
    kind: str = ""
    needs_access_list: bool = False

    def missing(self, case: Case) -> str:
        """Why the engine cannot run a case in the form of a vector, or nothing."""
        return self.lacking(Needs.of(case))

    def lacking(self, needs: Needs) -> str:
        """Why the engine cannot run a case that takes all that, or nothing."""
        if needs.machine not in self.machines:
            return f"the engine has no machine {needs.machine}"
        unknown = sorted(needs.forks - self.machines[needs.machine])
        if unknown:
            return f"the engine has no fork {unknown[0]}"
        lacks = sorted(needs.selectors - self.selectors)
        if lacks:
            return f"the engine cannot do: {', '.join(lacks)}"
        if self.needs_access_list and not needs.has_lists:
            return "the engine executes from access lists, and a block comes without one"
        return next(filter(None, map(self.lacking, needs.parts)), "")

    def document(self) -> dict[str, Any]:
        """The capabilities as JSON."""
        return {
            "machines": {name: in_order(name, forks) for name, forks in sorted(self.machines.items())},
            "selectors": sorted(self.selectors),
            "outputs": sorted(self.outputs),
            "access": self.access.value,
            "strategy": self.strategy,
            "workers": self.kind,
            "needs_access_list": self.needs_access_list,
        }


def in_order(machine: str, forks: Iterable[str]) -> list[str]:
    """The forks of a machine in its own order, and in that of the alphabet where the machine or a fork is not known."""
    known = MACHINES.get(machine, ())
    return sorted(forks, key=lambda fork: (known.index(fork) if fork in known else len(known), fork))


class EngineFailure(Exception):  # noqa: N818 - what an engine did, not an error of ours
    """An engine that died, was too slow or gave no proper answer. The message says which."""


class EngineTimeout(EngineFailure):
    """An engine that was too slow."""


class Engine(Protocol):
    """Whatever can execute a case."""

    @property
    def id(self) -> str:
        """The name by which the engine is chosen."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def run(self, case: Case) -> Sequence[Object]:
        """What came out of each block of the case. Raises EngineFailure."""

    def close(self) -> None:
        """End whatever the engine has started. It starts again where it is asked to run once more."""


@runtime_checkable
class InProcess(Protocol):
    """An engine in process, which executes blocks one at a time, on states that its caller keeps."""

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block of one of the specification's machines, as ``spec.transition.apply_block`` gives it.

        Raises Rejection where the block is invalid, EngineFailure where the engine cannot tell.
        """


@runtime_checkable
class RootsOfItsOwn(Protocol):
    """An engine in process that computes state roots itself, of states in the specification's own types."""

    def root_of(self, state: Any) -> bytes:
        """The root of a state."""
