"""An installed package offers engines by entry points; one that is broken is told; and clients in two languages."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import samestate

ROOT = Path(__file__).parents[3]
TOY = VECTORS / "toy" / "conflicts"
PACKAGE = """
import samestate

def make(workers):
    engine = samestate.block_engine("mine", samestate.apply_block)
    engine.version = "mine 7.1"
    return engine

nothing = 7
"""


def run(folder: Path, *words: str) -> tuple[int, str]:
    """The exit code and output of the command, where a package is installed in the folder."""
    about = folder / "mine-7.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 7.1\n", encoding="utf-8")
    offers = "[samestate.engines]\nmine = mine:make\nbroken = mine:missing\nnone = mine:nothing\nspec = mine:make\n"
    (about / "entry_points.txt").write_text(offers, encoding="utf-8")
    (folder / "mine.py").write_text(PACKAGE, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "samestate", *words],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_an_installed_engine_is_found_by_its_name(tmp_path: Path) -> None:
    code, output = run(tmp_path, "check", str(TOY), "--engine", "mine")
    assert code == 0, output
    assert "mine: mine 7.1" in output
    assert "27 passed, 0 failed, 0 skipped" in output


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("broken", "--engine broken: mine:missing: AttributeError: module 'mine' has no attribute 'missing'"),
        ("none", "--engine none: mine:nothing must be something that makes an engine of a number of workers"),
    ],
)
def test_an_engine_that_cannot_be_made_is_told(name: str, complaint: str, tmp_path: Path) -> None:
    code, output = run(tmp_path, "check", str(TOY), "--engine", name)
    assert code == 2
    assert complaint in output


def test_installed_engines_are_listed_and_take_no_name_of_ours(tmp_path: Path) -> None:
    code, output = run(tmp_path, "engines")
    assert code == 0, output
    assert "offered by mine:make" in output
    assert "mine 7.1" in output
    assert output.count("│ spec ") == 1


@pytest.mark.parametrize("words", [["python3", "docs/examples/client.py"], ["node", "docs/examples/client.mjs"]])
def test_both_examples_come_to_the_same(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    program = sys.executable if words[0] == "python3" else shutil.which(words[0])
    if program is None:
        pytest.skip(f"{words[0]} is not installed")
    monkeypatch.chdir(ROOT)
    result = samestate("check", TOY, "--engine", f"command:{shlex.join([program, words[1]])}")
    assert result.stdout.endswith("25 passed, 1 failed, 1 skipped\n"), result.output
    assert "gas_used: expected 73740, the engine gives 70560" in result.stdout
    assert len((ROOT / words[1]).read_text(encoding="utf-8").splitlines()) <= 60
