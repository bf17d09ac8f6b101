"""Which rules of the specification an execution reaches: the statements below their anchors, watched while it runs."""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
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


@functools.lru_cache(maxsize=4096)
def lines_with_rules(code: CodeType) -> frozenset[int]:
    """The lines of a function that show that a rule is used."""
    lines = rules_by_line().get(code.co_filename, {})
    return frozenset(line for _, _, line in code.co_lines() if line in lines)


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
    """A set to which every rule is added that is reached meanwhile. What functions remember is cleared first.

    Unlike :mod:`samestate.conformance.checking.coverage` this gives the same for the same execution, whatever ran
    before. A function is watched until all of its rules have been reached.
    """
    for function in remembering(len(sys.modules)):
        function.cache_clear()
    reached: set[str] = set()
    rules = rules_by_line()
    left: dict[CodeType, set[int]] = {}

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        lines = left.get(code)
        if lines is None:
            lines = left[code] = set(lines_with_rules(code))
        if not lines:
            return None
        of_file = rules[code.co_filename]

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line" and frame.f_lineno in lines:
                reached.update(of_file[frame.f_lineno])
                lines.discard(frame.f_lineno)
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield reached
    finally:
        sys.settrace(before)
