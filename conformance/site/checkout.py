"""Where the project lies as a whole: the documents are not in the package."""

from __future__ import annotations

import functools
from pathlib import Path

from samestate import spec
from samestate.conformance.errors import InputError


@functools.lru_cache(maxsize=1)
def checkout() -> Path:
    """The folder of the checkout. Raises InputError where the package was installed without it."""
    folder = Path(next(iter(spec.__path__))).resolve().parent
    if not (folder / "mkdocs.yml").is_file():
        raise InputError(f"{folder}: has no mkdocs.yml: the site is made in a checkout of the project")
    return folder
