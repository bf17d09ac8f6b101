"""Where output goes. No other module of this package opens a file to write it; a test looks for that.

A target is a path, or `-` for stdout. What is there already decides how it is written:

- a device, a pipe, a socket, or a descriptor of this process (`/dev/stdout`, `/dev/fd/3`): into it, and it stays;
- a file, or nothing: beside it, and moved to its place once it is whole. Where a symbolic link stands, to where it
  leads. The permissions of an older file stay; one that may not be written is left alone.

Whatever the file system has against it is an InputError of one line, which names the option and the target.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from samestate.conformance.errors import InputError
from samestate.conformance.output.streams import STDERR, STDOUT, check_delivered

STANDARD_OUTPUT: Final = "-"
"""The target that is stdout."""

BESIDE: Final = ".samestate-"
"""How the name of a file begins that is not whole yet."""

LINKS: Final = 40
"""How many symbolic links may lead from one to the next."""

DESCRIPTORS: Final = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
"""Folders of the descriptors of this process: where `/dev/stdout` leads."""

Target = Path | str
"""What an option names."""


def check_file(option: str, target: Target, make_folders: bool = False) -> None:
    """Raise InputError where no file can be written there: before the work, and not after it.

    ``make_folders``: the folders on the way to it will be made; here they are not made yet.
    """
    if descriptor_of(target) is not None:
        return
    with complaints(option, target):
        place = real(Path(target))
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            place.lstat()
        if place.is_dir():
            raise InputError(f"{named(option, target)}: must be a file, and is a folder")
        if is_special(place):
            return
        if place.exists() and not os.access(place, os.W_OK):
            raise InputError(f"{named(option, target)}: cannot be written: it is read-only")
        if make_folders:
            check_folder(option, place.parent, target)
            return
        if not place.parent.is_dir():
            raise InputError(f"{named(option, target)}: cannot be written: there is no folder {place.parent}")
        try_folder(place.parent)


def check_apart(*targets: tuple[str, Target | None]) -> None:
    """Raise InputError where two options name one file, or stdout: only what was written last would be left.

    Devices and pipes take whatever comes, one after another.
    """
    names: dict[Path | int, str] = {}
    for option, target in targets:
        if target is None:
            continue
        descriptor = descriptor_of(target)
        place = Path(os.path.realpath(target)) if descriptor is None else descriptor
        if isinstance(place, Path) and is_special(place):
            continue
        if place in names:
            raise InputError(f"{names[place]}, {named(option, target)}: only one of them can be written there")
        names[place] = option


def check_spares(inputs: Iterable[Path | None], *targets: tuple[str, Target | None]) -> None:
    """Raise InputError where an option names a file that is also read: what is written would take its place."""
    read = {Path(os.path.realpath(path)) for path in inputs if path is not None}
    for option, target in targets:
        if target is None or descriptor_of(target) is not None:
            continue
        place = Path(os.path.realpath(target))
        if place in read and not is_special(place):
            raise InputError(f"{named(option, target)}: is an input, which would be written over")


def check_folder(option: str, folder: Path, target: Target | None = None) -> None:
    """Raise InputError where no file can be written there. The folder is not made where it is not there yet.

    ``target`` is what the message names, the folder itself unless it is given.
    """
    shown = folder if target is None else target
    with complaints(option, shown):
        nearest = folder
        while not os.path.lexists(nearest) and nearest != nearest.parent:
            nearest = nearest.parent
        if not nearest.is_dir():
            raise InputError(f"{named(option, shown)}: cannot be written: {nearest} is no folder")
        try_folder(nearest)


def make_folder(option: str, folder: Path) -> None:
    """Make a folder, and those above it, where they are not there. Raises InputError."""
    check_folder(option, folder)
    with complaints(option, folder):
        folder.mkdir(parents=True, exist_ok=True)


def try_folder(folder: Path) -> None:
    """Make a file there, which is gone at once. Raises OSError."""
    beside = folder / f"{BESIDE}{secrets.token_hex(8)}"
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    beside.unlink()


def write_whole(option: str, target: Target, content: str | bytes, make_folders: bool = False) -> None:
    """Write all of an output at once. Raises InputError."""
    with Output(option, target, make_folders) as output:
        output.write(content)


def write_new(option: str, path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet, with these permissions: never over another. Raises InputError."""
    with complaints(option, path):
        beside = path.parent / f"{BESIDE}{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(beside, path)  # which fails where something is there, and leaves it
        except FileExistsError as error:
            raise InputError(f"{named(option, path)}: is there already, and is never written over") from error
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()


class Output:
    """An output that is being written. As a context it is kept where all went well, and dropped where not.

    ``option`` is what names the target, for messages; it may be empty. Raises InputError, as all its methods do.
    """

    def __init__(self, option: str, target: Target, make_folders: bool = False) -> None:
        self.title = named(option, target)
        self._file: IO[bytes] | None = None
        self._descriptor = descriptor_of(target)
        self._beside: Path | None = None
        self._place = Path()
        if self._descriptor in (STDOUT, STDERR):
            return
        with self._complaints():
            if self._descriptor is not None:
                self._file = os.fdopen(os.dup(self._descriptor), "wb")
                return
            self._place = real(Path(target))
            if make_folders:
                self._place.parent.mkdir(parents=True, exist_ok=True)
            if is_special(self._place):
                self._file = os.fdopen(os.open(self._place, os.O_WRONLY), "wb")
                return
            mode = permissions(self._place)
            beside = self._place.parent / f"{BESIDE}{secrets.token_hex(8)}"
            self._file = os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb")
            self._beside = beside
            if mode is not None:
                beside.chmod(mode)

    def write(self, content: str | bytes) -> None:
        """Write more."""
        if self._file is not None:
            try:
                self._file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
            except (OSError, ValueError) as error:
                self.drop()
                raise complaint(self.title, error) from error
            return
        stream = sys.stderr if self._descriptor == STDERR else sys.stdout
        if isinstance(content, str):
            stream.write(content)
        else:
            check_delivered(stream)
            with self._complaints():
                stream.buffer.write(content)
                stream.buffer.flush()

    def keep(self) -> None:
        """It is whole: put it in its place."""
        if self._file is None:
            check_delivered(sys.stderr if self._descriptor == STDERR else sys.stdout)
            return
        with self._complaints():
            self._file.flush()
            if self._beside is not None:
                os.fsync(self._file.fileno())
            self._file.close()
            if self._beside is not None:
                self._beside.replace(self._place)
                self._beside = None

    def drop(self) -> None:
        """It will not be whole: leave what was there. What went into a device or a pipe cannot be taken back."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        if self._beside is not None:
            with contextlib.suppress(OSError):
                self._beside.unlink()
            self._beside = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.keep()
        finally:
            self.drop()

    @contextlib.contextmanager
    def _complaints(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            self.drop()
            raise complaint(self.title, error) from error


class LineFile:
    """A file that is added to, a line at a time. Raises InputError, as all its methods do."""

    def __init__(self, option: str, path: Path) -> None:
        self.title = named(option, path)
        with complaints(option, path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)

    def add(self, line: str) -> None:
        """Add a line, in one piece."""
        try:
            content = memoryview(f"{line}\n".encode())
            while content:
                content = content[self._file.write(content) :]
        except OSError as error:
            raise complaint(self.title, error) from error

    def close(self) -> None:
        """Nothing more will be added."""
        self._file.close()


def remove_folder(option: str, folder: Path) -> None:
    """Remove a folder and all that is in it. Raises InputError."""
    with complaints(option, folder):
        shutil.rmtree(folder)


def remove(option: str, path: Path) -> None:
    """Remove a file. Raises InputError."""
    with complaints(option, path):
        path.unlink()


# What stands at a target


def is_stdout(target: Target | None) -> bool:
    """Whether a target, if there is one, is stdout, so that nothing else may be printed there."""
    return target is not None and descriptor_of(target) == STDOUT


def descriptor_of(target: Target) -> int | None:
    """The descriptor of this process that a target stands for, if it stands for one."""
    if str(target) == STANDARD_OUTPUT:
        return STDOUT
    with contextlib.suppress(OSError, ValueError):
        place = Path(target).absolute()
        for _ in range(LINKS):
            if str(place.parent) in (*DESCRIPTORS, f"/proc/{os.getpid()}/fd") and place.name.isdecimal():
                return int(place.name)
            place = Path(os.path.normpath(place.parent / place.readlink()))
    return None


def real(path: Path) -> Path:
    """Where symbolic links lead. Raises OSError where they lead nowhere."""
    if not path.is_symlink():
        return path
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(f"{place} is a symbolic link that leads to itself")
    return place


def is_special(place: Path) -> bool:
    """Whether something is there that is written to and never replaced: a device, a pipe, a socket."""
    return place.exists() and not place.is_file() and not place.is_dir()


def permissions(place: Path) -> int | None:
    """The permissions of the file that is there, or None where there is none. Raises OSError where it is read-only."""
    if place.is_dir():
        raise OSError("it is a folder")
    if not place.exists():
        return None
    if not os.access(place, os.W_OK):
        raise OSError("it is read-only")
    return stat.S_IMODE(place.stat().st_mode) & 0o777


# Words


def named(option: str, target: Target) -> str:
    """A target for messages, after the option that names it."""
    return f"{option} {target}".strip()


@contextlib.contextmanager
def complaints(option: str, target: Target) -> Iterator[None]:
    """Make an InputError of whatever the file system has against a target."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise complaint(named(option, target), error) from error


def complaint(title: str, error: Exception) -> InputError:
    """An error of the file system, in words."""
    if isinstance(error, InputError):
        return error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(f"{title}: cannot be written: {reason}")
