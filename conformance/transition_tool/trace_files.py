"""A file for the trace of each transaction: ``trace-INDEX-HASH.jsonl``, by the index in the block."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from samestate.conformance.tracing.trace import LineTracer, TraceOptions, summary_of, to_line
from samestate.conformance.transition_tool.outputs import beside, no_surprises
from samestate.spec.evm.frame import Tracer
from samestate.spec.evm.transaction import Transaction, transaction_hash
from samestate.spec.evm.transaction_execution import Outcome


class TraceFiles:
    """Writes traces into a folder. Implements :class:`samestate.conformance.transition_tool.building.TraceKeeper`."""

    def __init__(self, folder: Path, options: TraceOptions, fork: str) -> None:
        self._folder = folder
        self._options = options
        self._fork = fork
        self._path = folder
        self._file: IO[str] | None = None
        self._tracer = LineTracer(self._write, options)

    def begin(self, index: int, transaction: Transaction) -> Tracer:
        """See :meth:`samestate.conformance.transition_tool.building.TraceKeeper.begin`."""
        self._path = self._folder / f"trace-{index}-0x{transaction_hash(transaction).hex()}.jsonl"
        with no_surprises(self._path):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = beside(self._path).open("w", encoding="utf-8")
        self._tracer = LineTracer(self._write, self._options)
        return self._tracer

    def keep(self, outcome: Outcome) -> None:
        """See :meth:`samestate.conformance.transition_tool.building.TraceKeeper.keep`."""
        self._write(to_line(summary_of(outcome, self._tracer, self._fork)))
        if self._file is not None:
            with no_surprises(self._path):
                self._file.close()
                beside(self._path).replace(self._path)
            self._file = None

    def drop(self) -> None:
        """See :meth:`samestate.conformance.transition_tool.building.TraceKeeper.drop`. Also for a trace that broke off."""
        if self._file is not None:
            with no_surprises(self._path):
                self._file.close()
                beside(self._path).unlink(missing_ok=True)
            self._file = None

    def _write(self, line: str) -> None:
        if self._file is not None:
            with no_surprises(self._path):
                self._file.write(line)
