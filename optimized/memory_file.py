"""A descriptor of memory that has no name: what an arena is made of, and what other processes are handed."""

from __future__ import annotations

import os
import tempfile

CHUNK = 1 << 20


def open_memory(size: int) -> int:
    """A descriptor of ``size`` zero bytes, all of which exist from the start. Raises OSError where they do not.

    Linux gives a memfd. Other systems have none: there it is a file in the temporary folder, which loses its name at
    once, so that nothing is left behind either; it costs writing the zeros, and the system may write it to disk.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("samestate", os.MFD_CLOEXEC)
    else:
        descriptor, name = tempfile.mkstemp(prefix="samestate-")
        os.unlink(name)  # noqa: PTH108 - a name, not a path of ours
    try:
        _fill(descriptor, size)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _fill(descriptor: int, size: int) -> None:
    """Have every page exist: a file that is only as long would fail at the first touch, by a signal."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    zeros = bytes(CHUNK)
    for start in range(0, size, CHUNK):
        os.pwrite(descriptor, zeros[: size - start], start)
