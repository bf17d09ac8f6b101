"""Ctrl-C while processes start, ours and those that we start: a message at most, and never a traceback."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SHIELDED = """
import multiprocessing, os, signal, sys
from samestate.conformance.engines.starting import leave_interrupts_to_the_parent, start_shielded

def work(connection):
    leave_interrupts_to_the_parent()
    connection.recv()

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    mine, other = context.Pipe()
    process = context.Process(target=work, args=(other,))
    start_shielded(process)
    os.kill(process.pid, signal.SIGINT)  # it still imports
    mine.send("done")
    process.join()
    sys.exit(process.exitcode)
"""


def python(*arguments: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(path), str(ROOT)))}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=60)


def test_a_process_that_still_imports_leaves_ctrl_c_to_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SHIELDED, encoding="utf-8")
    done = python(str(script))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", [["-m", "samestate"], ["-c", "from samestate.__main__ import main; main()"]])
def test_ctrl_c_while_the_command_is_imported_is_a_message(how: list[str], tmp_path: Path) -> None:
    interrupted = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "typer.py").write_text(interrupted, encoding="utf-8")
    done = python(*how, path=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "samestate: interrupted\n")


def test_every_process_of_ours_is_started_so() -> None:
    for path in sorted((ROOT / "conformance").rglob("*.py")):
        calls = [
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        assert calls.count("Process") == calls.count("start_shielded"), path
