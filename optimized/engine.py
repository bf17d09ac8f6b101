"""The way in: an engine runs blocks of one machine, one after another, on one arena and one pool of workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from optimized.analysis import Access
from optimized.configuration import Configuration
from optimized.errors import MachineError
from optimized.machine import MachineName
from optimized.python_machine import Predictions, PythonEngine
from optimized.result import Result
from optimized.toy.engine import ToyEngine


class Engine:
    """An engine for the compiled machine ``toy``, or for a machine written in Python, which :class:`MachineName` finds.

    A context manager, which closes it. Not for two threads at once. Raises :class:`ConfigurationError` where the
    configuration does not suit the machine, and :class:`MachineError` where there is no such machine.
    """

    def __init__(self, machine: str | MachineName = "toy", configuration: Configuration | None = None) -> None:
        self.machine = machine
        self.configuration = Configuration() if configuration is None else configuration
        self._toy: ToyEngine | None = None
        self._python: PythonEngine | None = None
        if isinstance(machine, MachineName):
            self._python = PythonEngine(machine, self.configuration)
        elif machine == "toy":
            self._toy = ToyEngine(self.configuration)
        else:
            raise MachineError(f"there is no compiled machine {machine!r}: choose toy, or give a MachineName")

    def execute(
        self,
        block: Any,
        base: Mapping[bytes, bytes] | None = None,
        storage: Collection[bytes] | None = None,
        accesses: Sequence[Access | None] | None = None,
        predictions: Predictions | None = None,
    ) -> Result:
        """Run a block on the state ``base``. A rejected block gives a result that says so.

        A block for ``toy`` comes packed, with the state that it needs inside, so nothing else is given. For a machine
        written in Python, see :meth:`optimized.python_machine.PythonEngine.execute`. Raises an :class:`EngineError`
        where the block could not be run to its end; the engine can run the next one all the same.
        """
        if self._toy is not None:
            return self._toy.execute(block)
        assert self._python is not None
        return self._python.execute(block, {} if base is None else base, storage, accesses, predictions)

    def close(self) -> None:
        """Give back what the engine holds. It cannot execute any more."""
        if self._toy is not None:
            self._toy.close()
        if self._python is not None:
            self._python.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
