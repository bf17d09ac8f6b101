"""Where the vectors of this distribution are, in a source tree as in an installed wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

VECTORS: Final = Path(__file__).resolve().parents[2] / "vectors"
"""The folder `vectors`, which stands beside the package `conformance` both in the source tree and where installed."""

SCHEMA: Final = VECTORS / "schema" / "vector.schema.json"
SUFFIX: Final = ".yaml"
SUFFIXES: Final = (SUFFIX, ".yml")
"""How files of vectors may end; those of this distribution end with the first."""


def vector_files(machine: str = "") -> Iterator[Path]:
    """Every vector of this distribution, or of a machine, in the order of their ids."""
    return iter(sorted((VECTORS / machine).rglob(f"*{SUFFIX}")))
