"""What a scenario is: a function that describes a story to a block builder, for some forks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.machines import MACHINES
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import (
    AMSTERDAM,
    BERLIN,
    CANCUN,
    FORKS,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets.mainnet_2026_07 import MAINNET_2026_07
from samestate.spec.svm.rulesets.mainnet_2026_09 import MAINNET_2026_09

BOTH_RULESETS: Final = (MAINNET_2026_07, MAINNET_2026_09)

Story = Callable[..., None]
"""Describes to a block builder, that of its machine, what happens."""

LATEST: Final = AMSTERDAM
MAIN_FORKS: Final = (BERLIN, LONDON, PARIS, SHANGHAI, CANCUN, PRAGUE, OSAKA, AMSTERDAM)
"""Those that change how transactions are executed."""
SIZE_LIMIT: Final = 60_000
"""How many bytes a vector may have, unless its scenario has a reason for more."""


class Ruleset(Protocol):
    """A fork of some machine."""

    @property
    def name(self) -> str:
        """What people call it."""


@dataclass(frozen=True, slots=True)
class ToyRuleset:
    """A ruleset of the toy machine."""

    name: str = toy.FORK


@dataclass(frozen=True, slots=True)
class PlanRuleset:
    """The only rules of plans of chains."""

    name: str = chains.FORK


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story, the hazards that it is about, its machine, and the forks under which it is filled.

    ``is_chain``: its blocks have headers.
    """

    suite: str
    name: str
    hazards: tuple[str, ...]
    forks: tuple[Ruleset, ...]
    story: Story
    machine: str = evm.NAME
    size_limit: int = SIZE_LIMIT
    is_chain: bool = False

    @property
    def title(self) -> str:
        """The name by which `fill` finds it."""
        machine = "" if self.machine == evm.NAME else f"{self.machine}."
        return f"{machine}{self.suite}.{self.name}"

    def id(self, fork: Ruleset) -> str:
        """The id of its vector under a fork, which it names where the machine has more than one; but of the toy.

        There the suite says which ruleset it is.
        """
        path = f"{self.machine}/{self.suite}/{self.name}"
        return path if self.machine in (toy.NAME, chains.NAME) else f"{path}-{fork.name.replace(' ', '').lower()}"


SCENARIOS: Final[dict[str, Scenario]] = {}
"""Every scenario whose module was imported, by title."""


def scenario(*, hazards: str = "", forks: Sequence[Fork], size_limit: int = SIZE_LIMIT) -> Callable[[Story], Story]:
    """Make an EVM scenario of the story below, about the hazards with these ids, filled under these forks."""
    return _adding(hazards, forks, evm.NAME, size_limit)


def chain_scenario(
    *, hazards: str = "", forks: Sequence[Ruleset], size_limit: int = SIZE_LIMIT
) -> Callable[[Story], Story]:
    """Make an EVM scenario of blocks with headers, as :func:`scenario`; two forks in a row may stand for one."""
    return _adding(hazards, forks, evm.NAME, size_limit, is_chain=True)


def toy_scenario(*, hazards: str = "", size_limit: int = SIZE_LIMIT) -> Callable[[Story], Story]:
    """Make a toy scenario of the story below, about the hazards with these ids."""
    return _adding(hazards, (ToyRuleset(),), toy.NAME, size_limit)


def plan_scenario(*, hazards: str = "", size_limit: int = SIZE_LIMIT) -> Callable[[Story], Story]:
    """Make a scenario of several chains of the story below, about the hazards with these ids."""
    return _adding(hazards, (PlanRuleset(),), chains.NAME, size_limit)


def signed_scenario(*, hazards: str = "", size_limit: int = SIZE_LIMIT) -> Callable[[Story], Story]:
    """Make a scenario of the toy under the ruleset `signed`, as :func:`toy_scenario`."""
    return _adding(hazards, (ToyRuleset(toy.SIGNED),), toy.NAME, size_limit)


def svm_scenario(
    *, hazards: str = "", rulesets: Sequence[SvmRuleset] = (MAINNET_2026_09,), size_limit: int = SIZE_LIMIT
) -> Callable[[Story], Story]:
    """Make a scenario of Solana's machine, filled under these rulesets: the latest, where they make no difference."""
    return _adding(hazards, rulesets, svm.NAME, size_limit)


def add_svm_scenario(
    module: str, name: str, sentence: str, story: Story, *, hazards: str = "", rulesets: Sequence[SvmRuleset] = ()
) -> None:
    """Make a scenario of a row of a table: what :func:`svm_scenario` makes of a function with that docstring."""

    def named(block: object) -> None:
        story(block)

    named.__module__, named.__name__, named.__doc__ = module, name, sentence
    svm_scenario(hazards=hazards, rulesets=rulesets or (MAINNET_2026_09,))(named)


def _adding(
    hazards: str, forks: Sequence[Ruleset], machine: str, size_limit: int, is_chain: bool = False
) -> Callable[[Story], Story]:
    def add(story: Story) -> Story:
        suite = story.__module__.rsplit(".", 1)[-1]
        ids = tuple(sorted(hazards.split()))
        made = Scenario(suite, story.__name__, ids, tuple(forks), story, machine, size_limit, is_chain)
        if made.title in SCENARIOS:
            raise ValueError(f"there are two scenarios {made.title}")
        SCENARIOS[made.title] = made
        return story

    return add


def since(fork: Fork) -> tuple[Fork, ...]:
    """The fork in which something begins, and the latest: what changes about it on the way is prices at most."""
    return (fork,) if fork is LATEST else (fork, LATEST)


def until(first: Fork, last: Fork) -> tuple[Fork, ...]:
    """The fork in which something begins, and the last that has it."""
    if FORKS.index(first) > FORKS.index(last):
        raise ValueError(f"{first.name} comes after {last.name}")
    return (first,) if first is last else (first, last)


def throughout(first: Fork, last: Fork = LATEST) -> tuple[Fork, ...]:
    """Each fork of some weight from the first to the last, both included: for what every ruleset must get right."""
    between = MAIN_FORKS[MAIN_FORKS.index(first) : MAIN_FORKS.index(last) + 1]
    if not between:
        raise ValueError(f"{first.name} comes after {last.name}")
    return between


def all_scenarios() -> list[Scenario]:
    """Every scenario of this distribution, by machine, by suite and in the order of their pages."""
    for machine in MACHINES:
        package = importlib.import_module(f"samestate.conformance.scenarios.{machine}")
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return list(SCENARIOS.values())
