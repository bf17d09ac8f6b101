"""Official fixtures and real blocks, whichever lie in the folder that SAMESTATE_DATA names: a fixed sample, all blocks.

The folder and ``more`` in it hold releases, as archives of any name or unpacked, and real blocks in ``blocks``.
SAMESTATE_SAMPLE says how many cases to take, 300 unless it is set. A document that cannot be used is a warning: it is
said of the data, and of no rule. `make soak` runs every case.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from samestate.conformance.checking.printing import failure
from samestate.conformance.checking.session import Options, Session, check
from samestate.conformance.checking.verdict import Result
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import ARCHIVES, DOCUMENTS, is_wanted

pytestmark = pytest.mark.fixtures

MORE: Final = "more"
BLOCKS: Final = "blocks"
SECONDS: Final = 15
"""How long the sample of a release may take, to the end of a document: some cases burn the gas of many blocks."""

DATA: Final = Path(named) if (named := os.environ.get("SAMESTATE_DATA")) else None


def releases(folder: Path) -> list[Path]:
    """The archives and unpacked releases in a folder and in ``more``, whatever they are called."""
    found = []
    for place in (folder, folder / MORE):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            is_apart = path.is_dir() and path.name in (MORE, BLOCKS)
            files = path.rglob("*") if path.is_dir() else [path]
            if not is_apart and any(
                is_wanted(file.relative_to(place).as_posix(), ARCHIVES + DOCUMENTS) for file in files
            ):
                found.append(path)
    return found


RELEASES: Final = releases(DATA) if DATA is not None else []
SHARE: Final = max(1, int(os.environ.get("SAMESTATE_SAMPLE", "300")) // max(1, len(RELEASES)))
"""How many cases of each release: the small ones are about newer rules."""


def check_all(options: Options, watch: Callable[[int, Session], None] | None = None) -> Session:
    """Check what there is. Skips the test where there is no case that can be run."""
    session = Session()
    try:
        check(options, session, watch=watch)
    except InputError as nothing:
        pytest.skip(str(nothing))
    if session.errors:
        first, *others = session.errors
        more = f"; and {len(others)} more documents cannot be used" if others else ""
        warnings.warn(f"{first.id}: {first.reason}{more}", stacklevel=1)
    failed = [verdict for verdict in session.verdicts if verdict.result is Result.FAILED]
    assert not failed, "\n" + "\n".join(line for verdict in failed[:10] for line in failure(verdict))
    if not session.count(Result.PASSED):
        pytest.skip(f"{', '.join(map(str, options.paths))}: no case that can be run")
    return session


@pytest.mark.parametrize(
    "release",
    [pytest.param(path, id=path.relative_to(DATA).as_posix()) for path in RELEASES if DATA is not None]
    or [pytest.param(None, id="none")],
)
def test_a_sample_of_a_release(release: Path | None) -> None:
    if release is None:
        pytest.skip("SAMESTATE_DATA is not set, or names a folder without releases of fixtures")
    limit = time.monotonic() + SECONDS

    def stop_in_time(_size: int, session: Session) -> None:
        if time.monotonic() > limit:
            session.ended = "the time of a sample is over"

    session = check_all(Options((release,), sample=SHARE), stop_in_time)
    if not session.ended:
        assert session.sample is not None
        assert session.count(Result.PASSED) == session.sample.size, "cases of a sample are neither skipped nor lost"


def test_every_real_block() -> None:
    folders = [path for path in (DATA / BLOCKS, DATA / MORE / BLOCKS) if path.is_dir()] if DATA is not None else []
    if not folders:
        pytest.skip("SAMESTATE_DATA is not set, or names a folder without real blocks")
    session = check_all(Options(tuple(folders)))
    blocks = [verdict for verdict in session.verdicts if verdict.result is Result.PASSED and verdict.kind == "block"]
    checks = {"transactions root", "gas used", "receipts root", "logs bloom"}
    assert all(checks <= {*verdict.checks} for verdict in blocks), "of every block its body and what came of it"
