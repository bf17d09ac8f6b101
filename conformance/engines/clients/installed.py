"""Where the programs of outside clients are: what `make peers` has installed comes before what is on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
PROGRAMS: Final = ROOT / ".peers" / "bin"


class PeerMissing(Exception):  # noqa: N818 - says what is wrong
    """An outside client is not installed. The message says what is missing and how to get it."""


def find_program(name: str) -> str:
    """The path of a client's program. Raises PeerMissing."""
    found = shutil.which(name, path=PROGRAMS) or shutil.which(name)
    if found is None:
        raise PeerMissing(f"{name} is neither installed by `make peers` nor on PATH")
    return found
