"""The project's own rules: every room is linted, typed and packaged."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINKS = ROOT / "samestate"
ROOMS = [room for room in ("spec", "reference", "optimized", "conformance") if (ROOT / room / "__init__.py").exists()]


@pytest.mark.parametrize("room", ROOMS)
def test_import_contracts_cover_every_room(room: str) -> None:
    assert PROJECT["tool"]["importlinter"]["root_packages"] == ["samestate"]
    assert (LINKS / room).samefile(ROOT / room)


@pytest.mark.parametrize("room", ROOMS)
def test_types_are_checked_in_every_room(room: str) -> None:
    assert PROJECT["tool"]["mypy"]["files"] == ["samestate"]
    assert (LINKS / room).samefile(ROOT / room)


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_with_code_is_a_package(room: str) -> None:
    folders = {path.parent for path in (ROOT / room).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_top_of_conformance_has_rooms_and_little_else() -> None:
    assert {path.name for path in (ROOT / "conformance").glob("*.py")} == {
        "__init__.py",
        "command.py",
        "conftest.py",
        "errors.py",
    }
