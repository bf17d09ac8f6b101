"""Official fixtures and real blocks: a fixed sample of the one, all of the other.

SAMESTATE_DATA names the folder that holds them; SAMESTATE_SAMPLE says how many cases to take, 1500 unless it is set.
`make soak` runs every case.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from samestate.conformance.checking.printing import failure
from samestate.conformance.checking.session import Options, Session, check
from samestate.conformance.checking.verdict import Result

pytestmark = pytest.mark.fixtures

ARCHIVES = (
    "ethereum-tests",
    "eest-prague",
    "eest-osaka",
    "eest-amsterdam-7928",
    "eest-older-at-amsterdam",
    "eest-static-at-amsterdam",
)
SHARE = int(os.environ.get("SAMESTATE_SAMPLE", "1500")) // len(ARCHIVES)
"""How many cases of each archive: the small ones are about newer rules."""


def data(name: str) -> Path:
    folder = os.environ.get("SAMESTATE_DATA")
    if not folder:
        pytest.skip("SAMESTATE_DATA is not set: it names the folder with official fixtures and real blocks")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"SAMESTATE_DATA has no {name}")
    return path


def check_all(options: Options) -> Session:
    session = Session()
    check(options, session)
    failed = [verdict for verdict in session.verdicts if verdict.result in (Result.FAILED, Result.ERROR)]
    assert not failed, "\n" + "\n".join(line for verdict in failed[:10] for line in failure(verdict))
    return session


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_sample_of_an_archive(name: str) -> None:
    session = check_all(Options((data(f"{name}.tar.xz"),), sample=SHARE))
    assert session.count(Result.PASSED) == SHARE, "cases of a sample are neither skipped nor lost"


def test_every_real_block() -> None:
    session = check_all(
        Options((data("blocks"), *(path for path in [data("blocks").parent / "more/blocks"] if path.exists())))
    )
    blocks = [verdict for verdict in session.verdicts if verdict.result is Result.PASSED]
    assert blocks, "some block is of a fork that is specified"
    checks = {"transactions root", "gas used", "receipts root", "logs bloom"}
    assert all(checks <= {*verdict.checks} for verdict in blocks), "of every block its body and what came of it"
    assert any("state root" in verdict.checks for verdict in blocks), "of a block with a witness the state root"
    with_parent = [verdict for verdict in blocks if "base fee after parent" in verdict.checks]
    assert with_parent, "blocks in a row are compared with their parents"
