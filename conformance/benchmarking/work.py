"""A block to be measured, in every form that it takes, whatever its machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from samestate.conformance.benchmarking.measured_engine import Prepared
from samestate.conformance.errors import InputError
from samestate.optimized import MachineName

Input = tuple[str | MachineName, tuple[Any, ...], dict[str, Any]]
"""The machine that an engine is made for, and what its `execute` is called with, by position and by name."""


@dataclass(frozen=True, slots=True)
class Work:
    """A block to be measured, in every form that it takes.

    ``input``: by kind of workers and strategy; only `access-list` gets the block's list. ``encode``: by kind, the work
    of making that input; ``root`` that of the state root; ``specification`` executes the block on the specification.
    ``access_list_ms``: how long making the list took.
    """

    machine: str
    prepared: Prepared
    input: Callable[[str, str], Input]
    encode: Mapping[str, Callable[[], object]]
    root: Callable[[], object]
    specification: Callable[[], object]
    access_list_ms: float


def preset_of(name: str, presets: Mapping[str, Any]) -> Any:
    """The preset of that name. Raises InputError where there is none."""
    known = [known for known in presets if "-" not in known]
    if name not in known:
        raise InputError(f"--preset {name}: no preset is called so; known are {', '.join(known)}")
    return presets[name]
