"""Says what a block means, and checks execution engines against it.

What stands in ``__all__`` is the Python API: reading vectors, fixtures and blocks, checking engines with them, the
specification itself, and machines of one's own. docs/python.md shows all of it at work. Importing this package is
quick: each name is fetched from the module that defines it when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # what type checkers take for true; typing itself takes long, and Ctrl-C is awaited only after it

if TYPE_CHECKING:
    from samestate.conformance.api.cases import check, compare, export, read, run
    from samestate.conformance.api.engines import block_engine, engine, engines
    from samestate.conformance.api.machines import Values, check_machine, execute
    from samestate.conformance.api.specification import Decoded, decode, evm, toy
    from samestate.conformance.checking.reading import AnyCase
    from samestate.conformance.checking.verdict import Result, Verdict
    from samestate.conformance.command import main
    from samestate.conformance.engines.names import register
    from samestate.conformance.engines.protocol import Capabilities, Engine, EngineFailure
    from samestate.conformance.errors import InputError
    from samestate.conformance.exporting.exporter import ExportedTest, Refusal
    from samestate.conformance.fixtures.cases import Skipped
    from samestate.conformance.vectors.comparing import Granularity
    from samestate.conformance.vectors.difference import Difference
    from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case, Vector
    from samestate.conformance.vectors.places import VECTORS
    from samestate.spec.access import StepAccess
    from samestate.spec.machine import Key, Machine, Rejection, RejectionCode, State, Value, View
    from samestate.spec.transition import BlockResult, apply_block

__all__ = [
    "OUTPUTS",
    "SELECTORS",
    "VECTORS",
    "AnyCase",
    "BlockResult",
    "Capabilities",
    "Case",
    "Decoded",
    "Difference",
    "Engine",
    "EngineFailure",
    "ExportedTest",
    "Granularity",
    "InputError",
    "Key",
    "Machine",
    "Refusal",
    "Rejection",
    "RejectionCode",
    "Result",
    "Skipped",
    "State",
    "StepAccess",
    "Value",
    "Values",
    "Vector",
    "Verdict",
    "View",
    "apply_block",
    "block_engine",
    "check",
    "check_machine",
    "compare",
    "decode",
    "engine",
    "engines",
    "evm",
    "execute",
    "export",
    "main",
    "read",
    "register",
    "run",
    "toy",
]

_NAMES: dict[str, tuple[str, ...]] = {
    "conformance.api.cases": ("check", "compare", "export", "read", "run"),
    "conformance.api.engines": ("block_engine", "engine", "engines"),
    "conformance.api.machines": ("Values", "check_machine", "execute"),
    "conformance.api.specification": ("Decoded", "decode", "evm", "toy"),
    "conformance.checking.reading": ("AnyCase",),
    "conformance.checking.verdict": ("Result", "Verdict"),
    "conformance.command": ("main",),
    "conformance.engines.names": ("register",),
    "conformance.engines.protocol": ("Capabilities", "Engine", "EngineFailure"),
    "conformance.errors": ("InputError",),
    "conformance.exporting.exporter": ("ExportedTest", "Refusal"),
    "conformance.fixtures.cases": ("Skipped",),
    "conformance.vectors.comparing": ("Granularity",),
    "conformance.vectors.difference": ("Difference",),
    "conformance.vectors.model": ("OUTPUTS", "SELECTORS", "Case", "Vector"),
    "conformance.vectors.places": ("VECTORS",),
    "spec.access": ("StepAccess",),
    "spec.machine": ("Key", "Machine", "Rejection", "RejectionCode", "State", "Value", "View"),
    "spec.transition": ("BlockResult", "apply_block"),
}
"""The module below this package that defines each name, as the imports above say it to type checkers."""

_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """The part of the API of that name, imported now. Raises AttributeError where there is none."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The names of the API, and whatever has been imported below it."""
    return sorted({*globals(), *__all__})
