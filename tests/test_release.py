"""`make release`: a wheel, a source distribution, an archive of exported vectors, and checksums of all three."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

import samestate

ROOT = Path(__file__).parent.parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(not (ROOT / ".venv/bin/python").exists(), reason="there is no .venv, and make would make one"),
]


def test_a_release_has_all_three_and_their_checksums(tmp_path: Path) -> None:
    folder = tmp_path / "dist"
    command = ["make", "release", f"DIST={folder}", "EXPORTED=vectors/evm/transfers"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert sorted(Path(name).suffix for name in sums) == [".gz", ".whl", ".xz"]
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    (archive,) = folder.glob("samestate-vectors-eest-*.tar.xz")
    kinds = {case.kind for case in samestate.read(archive) if hasattr(case, "kind")}
    assert kinds == {"blockchain_test", "blockchain_test_engine"}
