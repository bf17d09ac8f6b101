"""The project's own rules: every room is linted, typed and packaged."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
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


TOP = """.ci .github .gitignore .pre-commit-config.yaml CHANGELOG.md LICENSE MANIFEST.in Makefile README.md benchmarks
conformance dashboards docs findings mkdocs.yml optimized pyproject.toml reference samestate setup.py spec tests
vectors"""


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not in a checkout by git")
def test_nothing_is_kept_that_a_run_has_left() -> None:
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {path.split("/")[0] for path in kept} == set(TOP.split())
    assert [path for path in kept if path.endswith((".sqlite", ".mdb", ".so", ".log", ".pyc"))] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [page.name[:4] for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


# Extras


def messages_of_extras() -> Iterator[tuple[Path, str]]:
    """Every text of a program that tells to install an extra, with the constants that it names."""
    for folder in ("conformance", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if "'samestate[" not in source or path == Path(__file__):
                continue
            tree = ast.parse(source)
            constants = constants_of(tree)
            for node in tree.body:
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("samestate."):
                    module = (LINKS / (node.module or "").removeprefix("samestate.").replace(".", "/")).with_suffix(
                        ".py"
                    )
                    others = constants_of(ast.parse(module.read_text(encoding="utf-8"))) if module.exists() else {}
                    constants |= {each.name: others[each.name] for each in node.names if each.name in others}
            inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
            for node in (node for node in ast.walk(tree) if id(node) not in inner):
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                words = [
                    part.value if isinstance(part, ast.Constant) else constants.get(name_in(part), "…")
                    for part in parts
                    if isinstance(part, ast.Constant | ast.FormattedValue)
                ]
                text = "".join(word for word in words if isinstance(word, str))
                if "'samestate[" in text and "is not installed" in text:
                    yield path, text


def constants_of(tree: ast.Module) -> dict[str, str]:
    """The texts that a module gives names to."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def name_in(part: ast.FormattedValue) -> str:
    return part.value.id if isinstance(part.value, ast.Name) else ""


def test_what_a_message_says_to_install_brings_what_it_says_is_missing() -> None:
    extras = {
        name: {re.split(r"[><=!~\[; ]", each)[0] for each in needed}
        for name, needed in PROJECT["project"]["optional-dependencies"].items()
    }
    found = list(messages_of_extras())
    assert len(found) >= 8
    for path, text in found:
        told = re.search(r"(?:needs )?([\w-]+),?(?: which)? is not installed: pip install 'samestate\[(\w+)\]'", text)
        assert told, f"{path}: {text!r}: must be 'NAME is not installed: pip install 'samestate[EXTRA]''"
        assert told[1] in extras.get(told[2], ()), f"{path}: {text!r}: the extra does not bring it"


def test_extras_that_pages_name_are_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(r"samestate\[(\w+)\]|extra `(\w+)`", text))
    assert {first or second for first, second in named} <= PROJECT["project"]["optional-dependencies"].keys()
