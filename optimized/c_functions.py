"""Functions of C libraries that Python wheels bring along, by their addresses."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec


def extension(module: str) -> ctypes.CDLL:
    """The shared object of an extension module, and all that it is linked to. Raises OSError if it is not there."""
    try:
        found = find_spec(module)
    except ImportError as error:  # of the package around it
        raise OSError(f"{module} is not installed") from error
    if found is None or found.origin is None:
        raise OSError(f"{module} is not installed")
    return ctypes.CDLL(found.origin)


def address(library: ctypes.CDLL, name: str) -> int:
    """Raises AttributeError where the library exports no such function."""
    found = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    if found is None:
        raise AttributeError(f"{name} is null")
    return found
