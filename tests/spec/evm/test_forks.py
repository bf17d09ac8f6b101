"""The pages of the forks say where each difference is from, and the record what each field is."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from samestate import spec
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import FORKS

FOLDER = Path(next(iter(spec.__path__))) / "evm"
PAGES = sorted((FOLDER / "forks").glob("[a-z]*.py"))
SOURCE = re.compile(r"#.*(EIP-\d+|yellow paper)")


def fields_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each field that a page gives, the name apart, and its lines."""
    lines = page.splitlines()
    for node in ast.walk(ast.parse(page)):
        if isinstance(node, ast.Call) and any(keyword.arg == "name" for keyword in node.keywords):
            for keyword in node.keywords:
                if keyword.arg not in ("name", None):
                    yield str(keyword.arg), lines[keyword.lineno - 1 : keyword.end_lineno]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_field_of_a_page_has_its_eip_beside_it(page: Path) -> None:
    fields = list(fields_of(page.read_text(encoding="utf-8")))
    assert fields
    assert [name for name, lines in fields if not any(SOURCE.search(line) for line in lines)] == []


def test_the_pages_are_those_of_all_forks() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [fork.name for fork in FORKS if f'name="{fork.name}"' not in text] == []


def test_each_field_of_the_record_says_what_it_is() -> None:
    tree = ast.parse((FOLDER / "fork.py").read_text(encoding="utf-8"))
    (record,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Fork"]
    said = {
        node.target.id
        for node, after in zip(record.body, record.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
    }
    assert {field.name for field in dataclasses.fields(Fork)} == said
