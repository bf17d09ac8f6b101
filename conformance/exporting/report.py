"""What an export came to: how many tests in each form, and what was refused, by reason."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from samestate.conformance.exporting.exporter import ExportedTest, Refusal
from samestate.conformance.exporting.json_values import JsonObject

NAMES_SHOWN: Final = 3
"""How many refused vectors are named of each reason: ``--json`` has all."""


@dataclass(slots=True)
class ExportReport:
    """Counts and refusals, as they come."""

    forms: Sequence[str]
    tests: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    size: int = 0

    def add(self, each: ExportedTest | Refusal) -> None:
        """Count one more."""
        if isinstance(each, Refusal):
            self.refusals.append(each)
        else:
            self.tests[each.form] = self.tests.get(each.form, 0) + 1
            self.size += len(each.text)

    @property
    def count(self) -> int:
        """How many tests were written."""
        return sum(self.tests.values())

    def by_reason(self, form: str) -> dict[str, list[Refusal]]:
        """What a form refused, the most frequent reason first."""
        found: dict[str, list[Refusal]] = {}
        for refusal in self.refusals:
            if refusal.form == form:
                found.setdefault(refusal.reason, []).append(refusal)
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    def lines(self) -> Iterator[str]:
        """For people."""
        for form in self.forms:
            refused = self.by_reason(form)
            count = sum(map(len, refused.values()))
            yield f"{form}: {self.tests.get(form, 0)} written, {count} refused"
            for reason, refusals in refused.items():
                yield f"{len(refusals):6}  {reason}"
                for refusal in refusals[:NAMES_SHOWN]:
                    yield f"          {refusal.vector}" + (f": {refusal.detail}" if refusal.detail else "")
                if len(refusals) > NAMES_SHOWN:
                    yield f"          and {len(refusals) - NAMES_SHOWN} more: --json FILE has them all"

    def document(self) -> JsonObject:
        """For programs."""
        return {
            "generator": f"samestate {importlib.metadata.version('samestate')}",
            "written": {form: self.tests.get(form, 0) for form in self.forms},
            "refused": [
                {"form": each.form, "vector": each.vector, "reason": each.reason, "detail": each.detail}
                for each in self.refusals
            ],
        }
