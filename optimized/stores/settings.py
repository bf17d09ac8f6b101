"""What stores on disk and the places that name them have in common: sizes unless given, files, errors."""

from __future__ import annotations

import errno
from typing import Final

DATA: Final = "data.mdb"
"""The file of an LMDB environment."""
CURRENT: Final = "CURRENT"
"""The file by which a folder is known to have a RocksDB database."""
MAP_SIZE: Final = 1 << 36
"""Bytes of address space, 64 GiB: more than the file of LMDB may ever have. It costs nothing until it is used."""
RESIDENT: Final = 144 << 20
"""Bytes of LMDB's file that stay in the address space of the process."""
CACHE: Final = 64 << 20
"""Bytes of blocks of RocksDB's files that it keeps unpacked in memory, and of what is not yet in files."""
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where a disk is full, or a limit on it is reached."""
