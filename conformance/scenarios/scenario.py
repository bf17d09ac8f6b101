"""What a scenario is: a function that tells a story to a block builder, for some forks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from spec.evm.fork import Fork
from spec.evm.forks import AMSTERDAM, FORKS

if TYPE_CHECKING:
    from conformance.scenarios.block_builder import BlockBuilder

Story = Callable[["BlockBuilder"], None]

LATEST: Final = AMSTERDAM


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story, the hazards that it is about, and the forks under which it is filled."""

    suite: str
    name: str
    hazards: tuple[str, ...]
    forks: tuple[Fork, ...]
    story: Story

    @property
    def title(self) -> str:
        """The name by which `fill` finds it."""
        return f"{self.suite}.{self.name}"

    def id(self, fork: Fork) -> str:
        """The id of its vector under a fork."""
        return f"evm/{self.suite}/{self.name}-{fork.name.replace(' ', '').lower()}"


SCENARIOS: Final[dict[str, Scenario]] = {}
"""Every scenario whose module was imported, by title."""


def scenario(*, hazards: str = "", forks: Sequence[Fork]) -> Callable[[Story], Story]:
    """Make a scenario of the story below, about the hazards with these ids, filled under these forks."""

    def add(story: Story) -> Story:
        suite = story.__module__.rsplit(".", 1)[-1]
        made = Scenario(suite, story.__name__, tuple(sorted(hazards.split())), tuple(forks), story)
        if made.title in SCENARIOS:
            raise ValueError(f"there are two scenarios {made.title}")
        SCENARIOS[made.title] = made
        return story

    return add


def since(fork: Fork) -> tuple[Fork, ...]:
    """The fork in which something begins, and the latest: between them nothing about it has changed."""
    return (fork,) if fork is LATEST else (fork, LATEST)


def until(first: Fork, last: Fork) -> tuple[Fork, ...]:
    """The fork in which something begins, and the last that has it."""
    if FORKS.index(first) > FORKS.index(last):
        raise ValueError(f"{first.name} comes after {last.name}")
    return (first,) if first is last else (first, last)


def all_scenarios() -> list[Scenario]:
    """Every scenario of this distribution, by suite and in the order of their pages."""
    package = importlib.import_module("conformance.scenarios.evm")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return list(SCENARIOS.values())
