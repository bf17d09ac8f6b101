"""Where the C functions are that Python wheels bring along: found once, called by C++ without the interpreter lock.

A library that is not there, or not as expected, is none: its precompiles then run through Python, which is counted.
"""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from samestate.optimized.c_functions import address, extension

MCL_CURVE = 4
"""mcl's number for BN254, also called alt_bn128."""
MCL_COMPILED_FOR = 46
"""The sizes that its wheels are compiled for: six words of a field element, four of a scalar."""

Finder: TypeAlias = Callable[[str], int]
"""Gives the address of a function of a library."""

_held: list[Finder] = []  # which keep the libraries loaded


def _secp256k1() -> Finder:
    """libsecp256k1 through the module that cffi made around it, which knows functions that it does not export too."""
    wrapped: Any = importlib.import_module("coincurve._libsecp256k1")
    return lambda name: int(wrapped.ffi.cast("uintptr_t", wrapped.ffi.addressof(wrapped.lib, name)))


def _gmp() -> Finder:
    """GMP as gmpy2 is linked to it, unless somebody gave it an allocator, which may want the interpreter lock."""
    importlib.import_module("gmpy2")
    library = extension("gmpy2.gmpy2")
    in_use = [ctypes.c_void_p() for _ in range(3)]
    library.__gmp_get_memory_functions(*(ctypes.byref(function) for function in in_use))
    own = ("__gmp_default_allocate", "__gmp_default_reallocate", "__gmp_default_free")
    if [function.value for function in in_use] != [address(library, name) for name in own]:
        raise OSError("GMP has another allocator than its own")
    return partial(address, library)


def _mcl() -> Finder:
    """mcl, set to the curve, and to look at a point's order when it is asked whether a point is valid.

    It is set to one curve at a time, and importing pymcl sets it to another, so that must have happened before.
    """
    importlib.import_module("pymcl")
    library = extension("pymcl._pymcl")
    if library.mclBn_init(MCL_CURVE, MCL_COMPILED_FOR) != 0:
        raise OSError("mcl does not know the curve, or was compiled for other sizes")
    library.mclBn_verifyOrderG2(1)
    return partial(address, library)


def _blst() -> Finder:
    return partial(address, extension("ckzg"))


LOADERS: dict[str, Callable[[], Finder]] = {"secp256k1": _secp256k1, "gmp": _gmp, "mcl": _mcl, "blst": _blst}
WHEELS = {"secp256k1": "coincurve", "gmp": "gmpy2", "mcl": "pymcl", "blst": "ckzg"}


def addresses(name: str, functions: Sequence[str]) -> list[int] | None:
    """The addresses of these functions of a library, or None unless all of them are there."""
    try:
        finder = LOADERS[name]()
        found = [finder(function) for function in functions]
    except (ImportError, OSError, AttributeError):
        return None
    _held.append(finder)
    return found
