"""Which rules of the specification an execution reaches: the statements below their anchors, watched while it runs."""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from samestate.conformance.rules.anchors import all_anchors

SAID_OF_EVERY_VECTOR: Final = ("evm.rlp.", "evm.trie.", "frame.", "toy.merkle.")
"""Rules of encodings and of the frame, which tell no vector from another."""


@functools.cache
def rules_by_line() -> dict[str, dict[int, set[str]]]:
    """For each file of the specification the lines that show that a rule is used, and the rules."""
    rules: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for anchor in all_anchors():
        if anchor.name.startswith(SAID_OF_EVERY_VECTOR):
            continue
        for line in anchor.lines:
            rules[str(anchor.file)][line].add(anchor.name)
    return {file: dict(lines) for file, lines in rules.items()}


@contextmanager
def watching() -> Iterator[set[str]]:
    """A set to which every rule is added that is reached meanwhile. What functions remember is cleared first.

    Unlike :mod:`samestate.conformance.checking.coverage` this gives the same for the same execution, whatever ran
    before.
    """
    for name, module in list(sys.modules.items()):
        if name.startswith("samestate.spec."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear") and not isinstance(value, type):
                    value.cache_clear()
    reached: set[str] = set()
    rules = rules_by_line()

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        lines = rules.get(frame.f_code.co_filename)
        if lines is None:
            return None

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line" and frame.f_lineno in lines:
                reached.update(lines[frame.f_lineno])
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield reached
    finally:
        sys.settrace(before)
