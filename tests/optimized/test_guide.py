"""The guide is right: its machine runs as it stands there, and its table has every setting."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from samestate.optimized.configuration import Configuration

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "engine.md").read_text()


def run(code: str, folder: Path) -> list[str]:
    """What a program of the guide prints."""
    (folder / "votes.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    done = subprocess.run(
        [sys.executable, "votes.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("place", "lines"), [(0, 2), (1, 2), (2, 1)], ids=["machine", "evm", "chain"])
def test_a_program_of_the_guide(place: int, lines: int, tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(programs) == 3
    printed = run(programs[place], tmp_path)
    assert len(printed) == lines
    for line in printed:
        assert f"`{line}`" in GUIDE


def test_every_setting_is_in_the_table() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) == [field.name for field in fields(Configuration)]
