"""Where the functions of LMDB are that the package `lmdb` brings along, for C++ to call."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Final

from samestate.optimized.c_functions import address, extension
from samestate.optimized.stores.store import StoreUnavailable

MODULE: Final = "lmdb.cpython"
PREFIXES: Final = ("mdb_", "mdb09_")
"""How names begin: as in the library, and in the package since 3.0, which has two versions of it, those of 0.9."""
VERSION: Final = (0, 9)

_held: list[ctypes.CDLL] = []  # which stay loaded


def addresses(names: Sequence[str]) -> list[int]:
    """The addresses of the functions called so, behind their prefix. Raises StoreUnavailable where they are lacking."""
    try:
        library = extension(MODULE)
    except OSError as error:
        raise StoreUnavailable(f"{error}: pip install 'samestate[state]'") from error
    for prefix in PREFIXES:
        try:
            found = [address(library, prefix + name) for name in names]
        except AttributeError:
            continue
        check_version(library, prefix)
        _held.append(library)
        return found
    raise StoreUnavailable(
        "this build of the package lmdb keeps the functions of LMDB to itself: pip install --force-reinstall lmdb"
    )


def check_version(library: ctypes.CDLL, prefix: str) -> None:
    """Raises StoreUnavailable where the library is another version than that which is called here."""
    numbers = [ctypes.c_int() for _ in range(3)]
    version = getattr(library, f"{prefix}version")
    version.restype = ctypes.c_char_p
    version(*(ctypes.byref(number) for number in numbers))
    found = tuple(number.value for number in numbers)
    if found[:2] != VERSION:
        raise StoreUnavailable(
            f"the package lmdb has LMDB {'.'.join(map(str, found))}, and states are kept by 0.9: pip install 'lmdb<4'"
        )
