"""The machines that vectors are about, by name. None is imported before it is asked for: start-up is felt."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import PLAN, Case
from samestate.conformance.vectors.vector_machine import Apply, VectorMachine
from samestate.spec.transition import apply_block

MACHINES: Final[Mapping[str, tuple[str, ...]]] = {
    "evm": tuple(name for name in BY_NAME if name != "Merge"),
    "svm": ("mainnet-2026-07", "mainnet-2026-09"),
    "toy": ("toy", "signed"),
    PLAN: (PLAN,),
}
"""The machines, as under ``machine`` in a vector, each with the names of its rulesets in their order."""


def machine_called(name: str) -> VectorMachine:
    """The machine of that name among :data:`MACHINES`, imported now."""
    if name not in MACHINES:
        raise KeyError(name)
    machine: VectorMachine = import_module(f"samestate.conformance.vectors.{name}.machine").MACHINE
    return machine


def machine_of(case: Case) -> VectorMachine:
    """The machine of a case. Raises InputError where there is none of that name."""
    if case.machine not in MACHINES:
        raise InputError(f"{case.id}: no machine is called {case.machine!r}; known are {', '.join(MACHINES)}")
    return machine_called(case.machine)


def execute(case: Case, apply: Apply = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``: by the specification, unless ``apply`` is given."""
    return machine_of(case).execute(case, apply)
