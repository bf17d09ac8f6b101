"""A progress bar on stderr where that is a terminal, and nothing anywhere else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from samestate.conformance.checking.session import Session
from samestate.conformance.checking.verdict import Result
from samestate.conformance.fixtures.archives import size_of

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A bar that measures the bytes that were read. A :data:`samestate.conformance.checking.session.Watch`."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._failed = self._checked = 0

    def __call__(self, done: int, session: Session) -> None:
        """So many bytes are done."""
        for verdict in session.verdicts[self._checked :]:
            self._failed += verdict.result is Result.FAILED
        self._checked = len(session.verdicts)
        note = f"{self._checked} cases" + (f", [red]{self._failed} failed[/red]" if self._failed else "")
        self._progress.update(self._task, completed=done, description=note)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Out of the way of what is printed."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


@contextlib.contextmanager
def progress_bar(paths: Iterable[Path]) -> Iterator[Bar | None]:
    """A bar, or None where nobody watches. What is printed meanwhile goes where it always goes."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as progress:
        yield Bar(progress, progress.add_task("reading", total=size_of(paths)))
