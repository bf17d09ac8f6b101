"""The canonical form: what is written is read back as it was, and written again as the same bytes."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from samestate.conformance.vectors.document import Json, read_yaml
from samestate.conformance.vectors.places import vector_files
from samestate.conformance.vectors.writing import write_yaml

ALL_TOGETHER = 28_000_000
"""Bytes that all vectors may have: whoever pulls them pulls all. Those of the EVM and the toy have 25 MB of it."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
    ),
    min_size=1,
    max_size=5,
)


@given(DOCUMENTS)
def test_what_is_written_is_read(content: dict[str, Json]) -> None:
    written = write_yaml(content, {}, "a header")
    assert read_yaml("some.yaml", written.encode()).content == content


@pytest.mark.parametrize("path", list(vector_files())[::25], ids=lambda path: path.stem)
def test_vectors_are_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    content = read_yaml("some.yaml", text.encode()).content
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert write_yaml(content, {}, "").splitlines() == lines


def test_all_vectors_together_are_small() -> None:
    assert sum(path.stat().st_size for path in vector_files()) < ALL_TOGETHER


def test_comments_stand_above_what_they_are_about() -> None:
    content: Json = {"a": {"b": "1"}, "list": [{"x": "1"}]}
    written = write_yaml(content, {("a", "b"): "of b", ("list", 0): "of the first"}, "top")
    assert written.splitlines() == [
        "# top",
        "a:",
        "  # of b",
        '  b: "1"',
        "list:",
        "  # of the first",
        '  - {x: "1"}',
    ]
