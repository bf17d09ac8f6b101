"""The primitives of Solana's machine on four threads, under sanitizers: a program of its own, without Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.optimized.sanitizers.test_sanitizers import without_randomization

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parent / "stress.cpp"
REPORTED = 66
COMPILER = os.environ.get("CXX", "g++").split()[0]

pytestmark = [
    pytest.mark.sanitizers,
    pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"{COMPILER} is not there"),
]


def built(folder: Path, *flags: str, source: Path = SOURCE) -> Path:
    """The program, so compiled. Skips the test where the compiler has no such sanitizer."""
    program = folder / "stress"
    command = [COMPILER, "-std=c++17", "-O1", "-g1", "-w", "-pthread", f"-I{ROOT}", *flags, str(source)]
    done = subprocess.run([*command, "-o", str(program)], capture_output=True, text=True, encoding="utf-8")
    if done.returncode and "sanitize" in done.stderr + " ".join(flags) and "cannot find -l" in done.stderr:
        pytest.skip("the compiler has no such sanitizer")
    assert done.returncode == 0, done.stderr
    return program


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    options = os.environ | {"TSAN_OPTIONS": f"exitcode={REPORTED}", "ASAN_OPTIONS": f"exitcode={REPORTED}"}
    return subprocess.run(
        [str(program), *arguments],
        env=options,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        preexec_fn=without_randomization,
    )


def test_threads(tmp_path: Path) -> None:
    """Silent, unless threads share what belongs to one each."""
    program = built(tmp_path, "-fsanitize=thread")
    silent = run(program)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("all the same\n", "", 0)
    reported = run(program, "race")
    assert "WARNING: ThreadSanitizer: data race" in reported.stderr
    assert reported.returncode == REPORTED


def test_addresses_and_undefined_behaviour(tmp_path: Path) -> None:
    program = built(tmp_path, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
    silent = run(program)
    assert (silent.stdout, silent.stderr, silent.returncode) == ("all the same\n", "", 0)
