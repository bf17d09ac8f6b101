"""The engine of `optimized` behind the protocol of engines. An installation may come without that room."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

OPTIMIZED: Final = "samestate.optimized"
"""The package of the compiled engine."""
ROOM: Final = "optimized"
THREADS: Final = "threads"
PROCESSES: Final = "processes"
NO_FALLBACK: Final = "SAMESTATE_OPTION_NO_FALLBACK"
"""The environment variable that is set while a command runs that was given --no-fallback."""


def engine_id(strategy: str, kind: str) -> str:
    """The id of the engine with workers of that kind that order their work so."""
    return f"optimized:{strategy}" + ("" if kind == THREADS else f"@{kind}")


def has_engine() -> bool:
    """Whether this installation has the room `optimized`, compiled or not."""
    return find_spec(OPTIMIZED) is not None


def without_engine(error: ImportError) -> str:
    """Why `optimized` could not be imported, and what to do."""
    if isinstance(error, ModuleNotFoundError):
        return "this installation was made with SAMESTATE_PURE and has none; install without that variable"
    return str(error)
