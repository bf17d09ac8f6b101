"""Which rules of the specification an execution reaches."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from samestate.conformance.rules import marking

SAID_OF_EVERY_VECTOR: Final = ("evm.rlp.", "evm.trie.", "frame.", "lattice.", "toy.merkle.")
"""Rules of encodings and of the frame, which tell no vector from another."""


@functools.lru_cache(maxsize=1)
def remembering(modules: int) -> tuple[Any, ...]:
    """The functions of the specification that remember answers. ``modules``: how many are loaded, of any kind."""
    return tuple(
        value
        for name, module in list(sys.modules.items())
        if name.startswith("samestate.spec.")
        for value in vars(module).values()
        if hasattr(value, "cache_clear") and not isinstance(value, type)
    )


@contextmanager
def watching() -> Iterator[set[str]]:
    """A set that has every rule, when this is over, that was reached meanwhile. What functions remember is cleared
    first, so that the same execution gives the same whatever ran before.
    """
    for function in remembering(len(sys.modules)):
        function.cache_clear()
    marking.mark()
    before = set(marking.reached)
    marking.reached.clear()
    meanwhile: set[str] = set()
    try:
        yield meanwhile
    finally:
        meanwhile.update(name for name in marking.reached if not name.startswith(SAID_OF_EVERY_VECTOR))
        marking.reached.update(before)
