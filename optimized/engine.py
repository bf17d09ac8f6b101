"""The way in: an engine runs blocks of one machine, one after another, on one arena and one pool of workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from samestate.optimized.analysis import Access
from samestate.optimized.configuration import Configuration, load
from samestate.optimized.errors import EngineBusy, MachineError
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.world import World
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import Predictions, PythonEngine
from samestate.optimized.result import Result
from samestate.optimized.svm.engine import SvmEngine
from samestate.optimized.svm.world import World as SvmWorld
from samestate.optimized.toy.engine import ToyEngine


class Engine:
    """An engine for a compiled machine, ``evm``, ``svm`` or ``toy``, or for one that a :class:`MachineName` finds.

    A context manager, which closes it. Without a configuration it has the one that :func:`load` finds. One block at a
    time. Raises :class:`ConfigurationError` where the configuration does not suit the machine, and
    :class:`MachineError` where there is no such machine.
    """

    def __init__(self, machine: str | MachineName = "toy", configuration: Configuration | None = None) -> None:
        self.machine = machine
        self.configuration = load() if configuration is None else configuration
        self._turns: dict[str, object] = {}  # whose turn it is: taken by one atomic step, without waiting
        self._closing = False
        self._toy: ToyEngine | None = None
        self._evm: EvmEngine | None = None
        self._svm: SvmEngine | None = None
        self._python: PythonEngine | None = None
        if isinstance(machine, MachineName):
            self._python = PythonEngine(machine, self.configuration)
        elif machine == "toy":
            self._toy = ToyEngine(self.configuration)
        elif machine == "evm":
            self._evm = EvmEngine(self.configuration)
        elif machine == "svm":
            self._svm = SvmEngine(self.configuration)
        else:
            raise MachineError(
                f"there is no compiled machine {machine!r}: choose evm, svm or toy, or give a MachineName"
            )

    def execute(
        self,
        block: Any,
        base: Mapping[bytes, bytes] | World | SvmWorld | None = None,
        storage: Collection[bytes] | None = None,
        accesses: Sequence[Access | None] | None = None,
        predictions: Predictions | None = None,
    ) -> Result:
        """Run a block on the state ``base``. A rejected block gives a result that says so.

        A block for ``toy`` comes packed, with the state that it needs inside, so nothing else is given. For a machine
        written in Python, see :meth:`PythonEngine.execute`. Raises an :class:`EngineError`
        where the block could not be run to its end; the engine can run the next one all the same. Raises
        :class:`EngineBusy` while it runs another one.
        """
        turn = object()
        try:
            if self._turns.setdefault("now", turn) is not turn:
                raise EngineBusy("this engine is running a block: wait until it is done, or make another engine")
            if self._toy is not None:
                return self._toy.execute(block)
            if self._evm is not None:
                if not isinstance(base, World):
                    raise TypeError(
                        f"the machine evm runs on a samestate.optimized.evm.world.World, not {type(base).__name__}"
                    )
                return self._evm.execute(block, base)
            if self._svm is not None:
                if not isinstance(base, SvmWorld):
                    raise TypeError(
                        f"the machine svm runs on a samestate.optimized.svm.world.World, not {type(base).__name__}"
                    )
                return self._svm.execute(block, base)
            assert self._python is not None
            if isinstance(base, World | SvmWorld):
                raise TypeError("a machine in Python runs on a mapping of keys to values, not on a World")
            return self._python.execute(block, {} if base is None else base, storage, accesses, predictions)
        finally:
            try:
                self._leave(turn)
            finally:
                self._leave(turn)  # where Ctrl-C came just then
            if self._closing:
                self.close()

    def close(self) -> None:
        """Give back what the engine holds. It cannot execute any more.

        While it runs a block (this may be another thread, or the handler of a signal) that block goes on to its end,
        and the engine is closed then.
        """
        self._closing = True
        turn = object()
        try:
            if self._turns.setdefault("now", turn) is turn:
                if self._toy is not None:
                    self._toy.close()
                if self._evm is not None:
                    self._evm.close()
                if self._svm is not None:
                    self._svm.close()
                if self._python is not None:
                    self._python.close()
                self._closing = False
        finally:
            try:
                self._leave(turn)
            finally:
                self._leave(turn)

    def _leave(self, turn: object) -> None:
        """Give the turn back, if it was ever had."""
        if self._turns.get("now") is turn:
            del self._turns["now"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
