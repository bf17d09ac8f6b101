"""What is remarkable about a block, so that a corpus has each such thing once: rules, rejections, much to do again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from samestate.conformance.rules import marking
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import VALID, Case, members, text, transactions


class Marks:
    """Gathers the marks of one block after another."""

    def __init__(self, measures: bool) -> None:
        self._measures = measures
        if measures:
            marking.mark()
        self._rules: frozenset[str] = frozenset()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """What the specification does within this is watched for the rules that it reaches."""
        marking.reached.clear()
        yield
        self._rules = frozenset(marking.reached)

    def forget(self) -> None:
        """What was reached up to now was not by the block."""
        marking.reached.clear()

    def of(self, case: Case, expected: Sequence[Object]) -> frozenset[str]:
        """The marks of the block that was watched last."""
        if not self._measures:
            return frozenset()
        marks = {f"rule {rule}" for rule in self._rules}
        for block, expect in zip(case.blocks, expected, strict=True):
            status = text(expect, "status")
            if status != VALID:
                marks.add(f"{case.fork}: rejection {status}")
                continue
            chain, count = int(text(expect, "critical_path")), len(transactions(block))
            if chain > 1:
                sizes = f"about {power(chain)} in a block of about {power(count)}"
                marks.add(f"{case.fork}: transactions one after another: {sizes}")
            for receipt in members(expect, "receipts"):
                kind = f" of type {text(receipt, 'type')}" if "type" in receipt else ""
                kind += f" with {text(receipt, 'error')}" if "error" in receipt else ""
                marks.add(f"{case.fork}: a {text(receipt, 'status')}{kind}")
        return frozenset(marks)


def power(number: int) -> int:
    """The largest power of two that is no larger."""
    return 1 << number.bit_length() - 1
