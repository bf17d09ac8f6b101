"""The log of a transaction: what its programs and the runtime say while they run, cut where it becomes too long."""

# source: Agave, log-collector/src/lib.rs, program-runtime/src/stable_log.rs

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

LOG_BYTES: Final = 10_000
"""How many bytes the lines of a transaction may have together, not quite."""

TRUNCATED: Final = "Log truncated"


@dataclass(slots=True)
class LogCollector:
    """The lines so far. ``written`` counts the bytes of those that were kept."""

    lines: list[str] = field(default_factory=list)
    written: int = 0
    is_truncated: bool = False

    def log(self, line: str) -> None:
        """Keep a line if it fits. The first one that does not is replaced by a warning; shorter ones may fit again."""
        written = self.written + len(line.encode())
        if written < LOG_BYTES:
            # rule: svm.log.kept
            self.lines.append(line)
            self.written = written
        elif not self.is_truncated:
            # rule: svm.log.truncated
            self.lines.append(TRUNCATED)
            self.is_truncated = True


def invoked(program: str, depth: int) -> str:
    """A program begins. Instructions of a transaction run at depth 1."""
    return f"Program {program} invoke [{depth}]"


def succeeded(program: str) -> str:
    """A program ended well."""
    return f"Program {program} success"


def failed(program: str, error: str) -> str:
    """A program failed, with the error's text."""
    return f"Program {program} failed: {error}"
