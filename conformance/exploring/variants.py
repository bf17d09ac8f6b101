"""The builds of `optimized` that only tests use: compiled on demand from a source checkout, never in a wheel.

`explored` calls a hook before every shared action and can switch seeded bugs on; `thread` and `address` are watched by
ThreadSanitizer and by AddressSanitizer with UndefinedBehaviorSanitizer. Each is a copy of the same sources that calls
itself `optimized_explored`, `optimized_thread`, `optimized_address`, so that it stands beside the engine that ships.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Literal

Variant = Literal["explored", "thread", "address"]

CHECKOUT = Path(__file__).resolve().parents[2]


class VariantError(Exception):
    """A variant cannot be built here; says why, and what would help."""


def unavailable() -> str | None:
    """Why variants cannot be built here, or None if they can."""
    if not (CHECKOUT / "setup.py").exists():
        return "test builds of `optimized` are made from a source checkout, and this is an installed copy"
    if missing := [name for name in ("Cython", "setuptools") if find_spec(name) is None]:
        return f"{' and '.join(missing)} not installed: pip install 'samestate[dev]'"
    return None


def built(variant: Variant, progress: Callable[[str], None] = print) -> Path:
    """The folder to import `optimized_<variant>` from, compiled from the sources as they are now.

    Costs a fraction of a second when nothing changed. `progress` is told of each module that is compiled.
    """
    if reason := unavailable():
        raise VariantError(reason)
    folder = CHECKOUT / "build" / variant
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "setup.py", "--quiet", "build_variant", "--variant", variant]
        with subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("compiling "):
                    progress(line.rstrip())
        if process.returncode != 0:
            raise VariantError(f"the {variant} build failed:\n{''.join(lines[-60:])}")
    return folder


def load(variant: Variant, progress: Callable[[str], None] = print) -> ModuleType:
    """The package `optimized_<variant>`, built and imported."""
    folder = str(built(variant, progress))
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(f"optimized_{variant}")
