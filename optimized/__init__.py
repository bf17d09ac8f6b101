"""The fast engine: compiled, in shared memory, every strategy. It shares no code with `spec`, of which it is judged.

Its modules are Python to the reader and C++ to the machine (Cython, pure-Python mode). Run interpreted they would
give wrong numbers in silence (64-bit words would not wrap), and a stale build runs rules that are no longer written
here, so importing this package raises ImportError unless it was compiled, and from these very sources.
"""

from importlib import import_module as _import_module
from pathlib import Path as _Path

from samestate.optimized import sources as _sources


def _refuse_unless_built() -> None:
    folder = _Path(__file__).parent
    remedy = f"run `make build`, or `pip install .`, in {folder.parents[1]} (or `python setup.py build_ext --inplace`)"
    missing = _sources.uncompiled(folder)
    if missing:
        names = ", ".join(path.relative_to(folder).as_posix() for path in missing)
        raise ImportError(f"{__name__} is not compiled ({names}): {remedy}", name=__name__)
    if _sources.digest(folder) != _import_module(f"{__name__}.built").SOURCES:
        raise ImportError(f"{__name__} was compiled from other sources than those in {folder}: {remedy}", name=__name__)


_refuse_unless_built()

from samestate.optimized.configuration import Configuration, load  # noqa: E402 - only once it is known that this can run
from samestate.optimized.engine import Engine  # noqa: E402
from samestate.optimized.errors import EngineError  # noqa: E402
from samestate.optimized.processes.machine import MachineName  # noqa: E402
from samestate.optimized.processes.pools import end_workers  # noqa: E402
from samestate.optimized.result import Rejection, Result  # noqa: E402

__all__ = ["Configuration", "Engine", "EngineError", "MachineName", "Rejection", "Result", "end_workers", "load"]
