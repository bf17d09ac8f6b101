"""A file for the trace of each transaction: ``trace-INDEX-HASH.jsonl``, by the index in the block."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from samestate.conformance.output.targets import Output, check_folder
from samestate.conformance.tracing.trace import LineTracer, TraceOptions, summary_of, to_line
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Tracer
from samestate.spec.evm.transaction import Transaction, transaction_hash
from samestate.spec.evm.transaction_execution import Outcome

OPTION: Final = "--trace:"


class TraceFiles:
    """Writes traces into a folder. Implements :class:`samestate.conformance.transition_tool.building.TraceKeeper`.

    Raises InputError where nothing can be written there, as its methods do.
    """

    def __init__(self, folder: Path, options: TraceOptions, fork: Fork) -> None:
        check_folder(OPTION, folder)
        self._folder = folder
        self._options = options
        self._fork = fork
        self._output: Output | None = None
        self._tracer = LineTracer(self._write, options)

    def begin(self, index: int, transaction: Transaction) -> Tracer:
        """See :meth:`samestate.conformance.transition_tool.building.TraceKeeper.begin`."""
        path = self._folder / f"trace-{index}-0x{transaction_hash(transaction).hex()}.jsonl"
        self._output = Output(OPTION, path, make_folders=True)
        self._tracer = LineTracer(self._write, self._options)
        return self._tracer

    def keep(self, outcome: Outcome) -> None:
        """See :meth:`samestate.conformance.transition_tool.building.TraceKeeper.keep`."""
        self._write(to_line(summary_of(outcome, self._tracer.output, self._fork)))
        if self._output is not None:
            self._output.keep()
            self._output = None

    def drop(self) -> None:
        """See :meth:`TraceKeeper.drop`. Also for a trace that broke off."""
        if self._output is not None:
            self._output.drop()
            self._output = None

    def _write(self, line: str) -> None:
        if self._output is not None:
            self._output.write(line)
