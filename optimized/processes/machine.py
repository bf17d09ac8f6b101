"""Machines written in Python: what one is, and how one is found by its name, in any process."""

from __future__ import annotations

import enum
import hashlib
import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, Protocol

from samestate.optimized.errors import MachineError
from samestate.optimized.result import Rejection

METHODS = ("merge", "storage_owner", "transactions", "start", "open", "execute", "settle", "close")


class Machine(Protocol):
    """Execution semantics over a view. Keeps no state between calls, so that any process may make any call.

    Blocks and outcomes cross between processes by pickle. A transaction that may not be in a block, or a block that may
    not be in a chain, is an exception with a ``code``, a member of an enumeration; any other is a fault of the machine.
    """

    def merge(self, key: bytes, value: bytes | None, amount: int) -> bytes | None:
        """The value of ``key`` once ``amount`` has been credited to ``value``."""

    def storage_owner(self, key: bytes) -> bytes | None:
        """The address whose storage ``key`` is a slot of, or None."""

    def transactions(self, block: Any) -> Sequence[Any]:
        """The transactions of a block, in order."""

    def start(self, block: Any) -> Any:
        """The totals of a block in which no transaction has been settled."""

    def open(self, block: Any, view: Any) -> None:
        """The step before the first transaction."""

    def execute(self, block: Any, transaction: Any, view: Any) -> Any:
        """One transaction. Gives its outcome."""

    def settle(self, block: Any, outcome: Any, totals: Any) -> tuple[Any, Any]:
        """Give the receipt and the new totals. Called in block order."""

    def close(self, block: Any, receipts: Any, view: Any) -> Any:
        """The step after the last transaction. Gives what the block hands on."""


@dataclass(frozen=True, slots=True)
class MachineName:
    """Where a machine is found: ``module:attribute``, and what to call it with.

    With an argument the attribute is called with it; without, it is the machine, or a class or function that gives one.
    """

    name: str
    argument: str | None = None

    def load(self) -> Machine:
        """Import the machine. Raises :class:`MachineError`."""
        module_name, colon, attribute = self.name.partition(":")
        if not (module_name and colon and attribute):
            raise MachineError(f"machine {self.name}: is to be named as module:attribute")
        try:
            found: Any = importlib.import_module(module_name)
            for part in attribute.split("."):
                found = getattr(found, part)
            if self.argument is not None:
                found = found(self.argument)
            elif isinstance(found, type) or not hasattr(found, "execute"):
                found = found()
        except Exception as error:
            raise MachineError(f"machine {self}: {described(error)}") from error
        missing = [method for method in METHODS if not callable(getattr(found, method, None))]
        if missing:
            raise MachineError(f"machine {self}: has no {', '.join(missing)}")
        source_of(self)
        machine: Machine = found
        return machine

    def __str__(self) -> str:
        return self.name if self.argument is None else f"{self.name}({self.argument})"


_sources: dict[str, tuple[ModuleSpec, str]] = {}
"""By module, a digest of its file as it was when a machine was first found there, and what it was imported by."""


def source_of(name: MachineName) -> str:
    """A digest of the file that the machine's module was imported from; nothing where there is no such file.

    The file may change afterwards: that means nothing to this process until the module is reloaded.
    """
    module_name = name.name.partition(":")[0]
    specification = getattr(sys.modules.get(module_name), "__spec__", None)
    if module_name == "__main__" or specification is None or not specification.has_location or not specification.origin:
        return ""
    known = _sources.get(module_name)
    if known is None or known[0] is not specification:
        try:
            digest = hashlib.sha256(Path(specification.origin).read_bytes()).hexdigest()
        except OSError:
            digest = ""
        known = _sources[module_name] = (specification, digest)
    return known[1]


Merge = Callable[[bytes, bytes | None, int], bytes | None]


def checked_merge(merge: Merge) -> Merge:
    """A machine's ``merge`` that raises TypeError where it gives what is no value."""

    def checked(key: bytes, value: bytes | None, amount: int) -> bytes | None:
        made: object = merge(key, value, amount)
        if made is not None and not isinstance(made, bytes):
            raise TypeError(f"merge is to give bytes or None, not {type(made).__name__}")
        return made

    return checked


def rejection(error: BaseException, transaction: int | None) -> Rejection | None:
    """What the exception says of the block if it is a rejection, else None."""
    code = getattr(error, "code", None)
    if not isinstance(error, Exception) or not isinstance(code, enum.Enum):
        return None
    return Rejection(code.name, transaction, str(getattr(error, "detail", "")))


def described(error: BaseException) -> str:
    """An exception in a line: what it is, what it says, and where it was raised."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = "its message cannot be had"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""
    text = f"{type(error).__name__}: {message[:500]}" if message else type(error).__name__
    return text + where
