"""A progress bar on stderr where that is a terminal, and nothing anywhere else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from samestate.conformance.checking.session import Session, Watch
from samestate.conformance.checking.verdict import Result
from samestate.conformance.fixtures.archives import size_of


@contextlib.contextmanager
def progress_bar(paths: Iterable[Path]) -> Iterator[Watch | None]:
    """What to tell of progress, or None where nobody watches. The bar measures the bytes that were read."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("reading", total=size_of(paths))
        failed = checked = 0

        def watch(done: int, session: Session) -> None:
            nonlocal failed, checked
            for verdict in session.verdicts[checked:]:
                failed += verdict.result is Result.FAILED
            checked = len(session.verdicts)
            note = f"{checked} cases" + (f", [red]{failed} failed[/red]" if failed else "")
            progress.update(bar, completed=done, description=note)

        yield watch
