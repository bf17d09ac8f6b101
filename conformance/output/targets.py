"""Where output goes: whether it can go there is asked before the work; a file is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from samestate.conformance.errors import InputError


def check_file(option: str, target: Path) -> None:
    """Raise InputError where no file can be written there."""
    if target.is_dir():
        raise InputError(f"{option} {target}: must be a file, and is a folder")
    if is_special(target):
        return
    if not target.parent.is_dir():
        raise InputError(f"{option} {target}: cannot be written: there is no folder {target.parent}")
    try_folder(option, target, target.parent)


def check_folder(option: str, folder: Path) -> None:
    """Raise InputError where no file can be written there. The folder is not made where it is not there yet."""
    nearest = folder
    while not os.path.lexists(nearest) and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InputError(f"{option} {folder}: cannot be written: {nearest} is no folder")
    try_folder(option, folder, nearest)


def try_folder(option: str, target: Path, folder: Path) -> None:
    """Make a file there, which is gone at once. Raises InputError."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{option} {target}: cannot be written: {error.strerror or error}") from error


def write_whole(option: str, target: Path, content: str | bytes) -> None:
    """Write a file beside its place and then move it there, over an older one. Raises InputError."""
    data = content.encode() if isinstance(content, str) else content
    try:
        if is_special(target):
            target.write_bytes(data)
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                beside.chmod(0o666 & ~umask())
                beside.replace(target)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"{option} {target}: cannot be written: {error.strerror or error}") from error


def is_special(target: Path) -> bool:
    """Whether something is there that is written to and never replaced: a terminal, a pipe, `/dev/null`."""
    return target.exists() and not target.is_file() and not target.is_dir()


def umask() -> int:
    """The permissions that new files of this process do not have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
