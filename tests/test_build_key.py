"""What was compiled is taken again only where the same compiler would make it again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KEY = """
import runpy, sys
sys.argv = ["setup.py", "--name"]
build = runpy.run_path("setup.py")
engine = build["ENGINE"]
print(engine.key(*next(iter(engine.modules().items()))))
"""


def key(**environment: str) -> str:
    """The digest under which the first module's extension is kept."""
    command = [sys.executable, "-c", KEY]
    told = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True)
    return told.stdout.split()[-1]


@pytest.mark.parametrize("variable", ["CC", "CXX"])
def test_another_version_of_the_compiler_is_another_key(variable: str, tmp_path: Path) -> None:
    compiler = tmp_path / "compiler"
    keys = []
    for version in ("12.2.0", "12.2.0", "14.1.0"):
        compiler.write_text(f"#!/bin/sh\necho compiler {version}\n")
        compiler.chmod(0o755)
        keys.append(key(**{variable: str(compiler)}))
    assert keys[0] == keys[1] != keys[2]


def test_a_compiler_that_is_not_there_is_no_error_yet() -> None:
    assert len(key(CXX="/nowhere/compiler")) == 16
