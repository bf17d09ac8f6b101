"""Which sources of this package are compiled, and their digest, which a build carries inside.

The build (`setup.py`) loads this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

SUFFIXES = frozenset({".py", ".pxd", ".hpp"})


def of_tests(folder: Path) -> set[Path]:
    """All that is there for tests alone, and in no wheel: the machine that the core is tried with."""
    return set((folder / "trial").rglob("*"))


def compiled_modules(folder: Path) -> Iterator[Path]:
    """The sources of the compiled modules under `folder`, sorted: every `.py` that has a `.pxd` beside it."""
    for declarations in sorted(folder.rglob("*.pxd")):
        module = declarations.with_suffix(".py")
        if module.exists() and module.name != "__init__.py":
            yield module


def digest(folder: Path, leaving_out: Set[Path] = frozenset()) -> str:
    """SHA-256, in hexadecimal, over name and content of all that a compiled module can depend on.

    These are the compiled modules, every `.pxd` and every `.hpp`; an ordinary module may change without a new build.
    `leaving_out`: what will not lie beside the build.
    """
    compiled = set(compiled_modules(folder))
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path not in leaving_out):
        if path.suffix != ".py" or path in compiled:
            content = path.read_bytes()
            total.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return total.hexdigest()


def uncompiled(folder: Path) -> list[Path]:
    """The modules that ought to be compiled and have no extension beside them: Python would run them interpreted."""
    return [
        module
        for module in compiled_modules(folder)
        if not any(module.with_name(module.stem + suffix).exists() for suffix in EXTENSION_SUFFIXES)
    ]
