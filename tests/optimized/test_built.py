"""Importing `optimized` is refused unless it is compiled, and from the sources beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from samestate import optimized
from samestate.optimized import built, sources

PACKAGE = Path(optimized.__file__).parent


def import_copy(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from samestate import optimized; print(optimized.__file__)"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    package = tmp_path / "samestate"
    package.mkdir()
    shutil.copyfile(PACKAGE.parent / "__init__.py", package / "__init__.py")
    shutil.copytree(PACKAGE, package / "optimized", ignore=shutil.ignore_patterns("__pycache__"))
    return package / "optimized"


def test_the_build_knows_its_sources() -> None:
    assert sources.digest(PACKAGE) == built.SOURCES


def test_a_fresh_build_is_imported(copy: Path) -> None:
    assert import_copy(copy.parents[1]).stdout.strip() == str(copy / "__init__.py")


@pytest.mark.parametrize("suffix", ["py", "pxd"])
def test_a_changed_source_is_refused(copy: Path, suffix: str) -> None:
    with (copy / f"built.{suffix}").open("a") as file:
        file.write("# changed\n")
    error = import_copy(copy.parents[1]).stderr.splitlines()[-1]
    assert error.startswith(
        f"ImportError: samestate.optimized was compiled from other sources than those in {copy}: run `make build`"
    )


def test_an_ordinary_module_may_change(copy: Path) -> None:
    with (copy / "sources.py").open("a") as file:
        file.write("# changed\n")
    assert import_copy(copy.parents[1]).returncode == 0


def test_an_interpreted_module_is_refused(copy: Path) -> None:
    for extension in copy.glob("built.*.so"):
        extension.unlink()
    error = import_copy(copy.parents[1]).stderr.splitlines()[-1]
    assert error.startswith(
        "ImportError: samestate.optimized is not compiled (built.py): run `make build`, or `pip install .`"
    )


def test_every_compiled_module_has_a_stub() -> None:
    compiled = list(sources.compiled_modules(PACKAGE))
    assert [path.name for path in compiled if not path.with_suffix(".pyi").exists()] == []
