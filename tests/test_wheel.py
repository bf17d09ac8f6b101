"""What a wheel contains: every room, compiled modules with their sources and types, and nothing that only tests use."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from samestate import optimized
from samestate.optimized import sources

ROOT = Path(__file__).parent.parent
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["build", "--build-base", str(folder / "build")]
    wheel = ["bdist_wheel", "--bdist-dir", str(folder / "wheel"), "--dist-dir", str(folder / "dist")]
    subprocess.run([sys.executable, "setup.py", "--quiet", *build, *wheel], cwd=ROOT, check=True, capture_output=True)
    (path,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(path).extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def names(unpacked: Path) -> set[str]:
    return {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}


def test_every_compiled_module_is_there_with_source_and_types(names: set[str]) -> None:
    package = Path(optimized.__file__).parent
    shipped = set(sources.compiled_modules(package)) - sources.of_tests(package)
    modules = [path.relative_to(package.parents[1]).with_suffix("").as_posix() for path in shipped]
    assert modules
    wanted = {module + suffix for module in modules for suffix in (SUFFIX, ".py", ".pxd")}
    wanted |= {path.relative_to(package.parents[1]).as_posix() for path in stubs_of(shipped)}
    assert wanted - names == set()


def stubs_of(modules: set[Path]) -> list[Path]:
    """The stubs that there are: of those modules that Python can call."""
    return [path.with_suffix(".pyi") for path in modules if path.with_suffix(".pyi").exists()]


def test_there_is_one_name_and_all_rooms_are_in_it(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if not name.startswith("samestate-")} == {"samestate"}
    rooms = {name.split("/")[1] for name in names if name.count("/") > 1 and name.startswith("samestate/")}
    assert rooms == {"spec", "reference", "optimized", "conformance", "vectors"}


def test_no_test_build_and_no_generated_source(names: set[str]) -> None:
    assert [name for name in names if "explored/" in name or name.endswith((".cpp", ".c", ".o", ".html"))] == []
    extensions = [name for name in names if name.endswith(".so")]
    assert [name for name in extensions if not name.startswith("samestate/optimized/")] == []


def test_the_trial_machine_is_not_there_and_is_not_missed(names: set[str], unpacked: Path) -> None:
    assert [name for name in names if name.startswith("samestate/optimized/trial")] == []
    code = "from samestate import optimized; print(optimized.__file__)"
    run = subprocess.run([sys.executable, "-c", code], cwd=unpacked, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == str(unpacked / "samestate" / "optimized" / "__init__.py"), run.stderr


def test_no_extension_has_a_hook() -> None:
    """In the build for the explorer every action has a label, and it would stand in the extension."""
    (memory,) = (Path(optimized.__file__).parent / "core").glob(f"memory{SUFFIX}")
    assert b"memory.publish" not in memory.read_bytes()


def test_the_source_distribution_has_every_room_and_no_link(tmp_path: Path) -> None:
    """The rooms are links in a checkout, and folders in what is unpacked somewhere else."""
    command = [sys.executable, "setup.py", "--quiet", "sdist", "--dist-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []
    names = {member.name.partition("/")[2] for member in members}
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    rooms = ("spec", "reference", "optimized", "conformance", "vectors")
    wanted = {f"samestate/{name}" for name in tracked.stdout.split("\0") if name.partition("/")[0] in rooms}
    assert wanted or tracked.returncode != 0, "a checkout without tracked files"
    assert sorted(wanted - names) == []
    assert [name for name in names if name.endswith((".so", ".pyc"))] == []
