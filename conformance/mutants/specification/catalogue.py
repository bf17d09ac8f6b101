"""Every bug of the specification that there is."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from samestate.conformance.mutants.specification.bug import SpecificationBug

MODULES: Final = (
    "validity",
    "headers",
    "delegation",
    "fees",
    "accounts",
    "instructions",
    "precompiles",
    "requests",
    "state_gas",
    "lists",
    "svm_admission",
    "svm_nonces",
    "svm_execution",
    "svm_banks",
    "plans",
)
"""The modules of this package that have bugs, in the order of the table."""


@cache
def all_bugs() -> dict[str, SpecificationBug]:
    """All of them by name. Raises ValueError where two have one name."""
    bugs: dict[str, SpecificationBug] = {}
    for module in MODULES:
        for each in importlib.import_module(f"samestate.conformance.mutants.specification.{module}").BUGS:
            if bugs.setdefault(each.name, each) is not each:
                raise ValueError(f"there are two bugs {each.name}")
    return bugs
