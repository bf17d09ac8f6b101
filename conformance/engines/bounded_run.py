"""Running somebody else's program once, within limits of time, memory and output, whatever it does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.conformance.engines.process_tree import end_tree, memory_of, tree
from samestate.conformance.engines.protocol import EngineFailure, EngineTimeout

FIRST_LOOK: Final = 0.001
PACE: Final = 0.05
"""Seconds between two looks at what a program has taken: few at first, since most programs end soon."""

ERROR_BYTES: Final = 1500
"""How much of the end of stderr is told."""


@dataclass(frozen=True, slots=True)
class RunBounds:
    """The most that a run may take: seconds, bytes in memory, bytes written to its folder and streams together.

    Memory is that of the program and all that it has started, and is looked at where the system tells it (/proc).
    """

    seconds: float = 120.0
    memory: int = 4 << 30
    output: int = 256 << 20


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that ended by itself: its exit code, below zero for a signal, its stdout, and the end of its stderr."""

    code: int
    stdout: Path
    errors: str


@contextlib.contextmanager
def folder_with(files: Mapping[str, str] | None = None) -> Iterator[Path]:
    """A folder of its own for a run, with these files by name, gone afterwards.

    Raises EngineFailure where there is none.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="samestate-run-", ignore_cleanup_errors=True) as made:
            folder = Path(made).resolve() / "run"
            folder.mkdir()
            for name, content in (files or {}).items():
                (folder / name).write_text(content, encoding="utf-8")
            yield folder
    except OSError as error:
        raise EngineFailure(f"has no folder to run in: {error.strerror}: {error.filename}") from error


def run_bounded(arguments: Sequence[str], folder: Path, bounds: RunBounds) -> EndedRun:
    """Run a program that writes into ``folder`` until it ends. Raises EngineFailure where it takes more than it may.

    Its stdin is empty, its streams are files beside the folder. It has a process group of its own, and is killed with
    all that it has started.
    """
    streams = folder.with_name(f"{folder.name}.streams")
    streams.mkdir()
    before = size_of(folder)
    with (streams / "stdout").open("wb") as stdout, (streams / "stderr").open("wb") as stderr:
        try:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, process_group=0
            )
        except OSError as error:
            raise EngineFailure(f"cannot be started: {error.strerror}") from error
    try:
        _wait(process, lambda: size_of(folder) + size_of(streams) - before, bounds)
    except EngineFailure as failure:
        said = "".join(f"\n  {line}" for line in tail(streams / "stderr").splitlines())
        raise type(failure)(f"{failure}{said}") from None
    finally:
        if process.poll() is None:
            end_tree(process.pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return EndedRun(process.returncode, streams / "stdout", tail(streams / "stderr"))


def _wait(process: subprocess.Popen[bytes], written: Callable[[], int], bounds: RunBounds) -> None:
    """Wait for the end of a process. Raises EngineFailure where it takes more than it may."""
    end = time.monotonic() + bounds.seconds
    pause, is_running = FIRST_LOOK, True
    while is_running:
        try:
            process.wait(pause)
            is_running = False
        except subprocess.TimeoutExpired:
            pause = min(2 * pause, PACE)
        if written() > bounds.output:
            raise EngineFailure(f"wrote more than {bounds.output >> 10:,} KiB, and was killed")
        if not is_running:
            return
        if memory_of(tree(process.pid)) > bounds.memory:
            raise EngineFailure(f"took more than {bounds.memory >> 20:,} MiB of memory, and was killed")
        if time.monotonic() > end:
            raise EngineTimeout(f"gave no answer within {bounds.seconds:g} seconds, and was killed")


def size_of(folder: Path) -> int:
    """The bytes of the files in a folder and below."""
    size = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # a file that is gone meanwhile
                is_folder = entry.is_dir(follow_symlinks=False)
                size += size_of(Path(entry.path)) if is_folder else entry.stat(follow_symlinks=False).st_size
    return size


def tail(path: Path) -> str:
    """The end of a file as text, of one that still grows too: no more than that is read."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - ERROR_BYTES))
        return stream.read(ERROR_BYTES).decode("utf-8", "replace").strip()
