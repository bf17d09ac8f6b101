"""The guide is right: its machine runs as it stands there, and its table has every setting."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from samestate.optimized.configuration import Configuration

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "engine.md").read_text()


def test_the_machine_of_the_guide(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "votes.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run(
        [sys.executable, "votes.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert f"`{line}`" in GUIDE


def test_every_setting_is_in_the_table() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) == [field.name for field in fields(Configuration)]
