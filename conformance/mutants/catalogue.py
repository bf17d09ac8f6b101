"""Every mutant of this distribution."""

from __future__ import annotations

import importlib
from typing import Final

from samestate.conformance.mutants.mutant import MUTANTS, Mutant

MODULES: Final = (
    "validation",
    "estimates",
    "scheduling",
    "speculation",
    "credits",
    "wipes",
    "order",
    "planning",
    "lists",
)
"""The modules of this package that have mutants, in the order of the table."""


def all_mutants() -> list[Mutant]:
    """All of them, module by module, in the order of their pages."""
    for module in MODULES:
        importlib.import_module(f"samestate.conformance.mutants.{module}")
    return list(MUTANTS.values())
