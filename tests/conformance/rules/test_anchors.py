"""Where anchors are found, which lines they stand for, and that the specification's are sound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samestate.conformance.errors import InputError
from samestate.conformance.rules import anchors
from samestate.conformance.rules.anchors import all_anchors, anchors_in, scheduling_rules

SOURCE = '''
def function(value):
    """Meaning."""
    # rule: a.first
    total = (
        value
        + 1
    )
    if value:
        # rule: a.branch
        return total
    # rule: a.condition
    elif total:
        pass
    else:
        # rule: a.last-branch
        total += 1
    # rule: a.loop
    for item in range(
        value
    ):
        total += item
    text = "# rule: a.no-comment"
    return [
        text,
        # rule: a.inside
        total,
    ]


# rule: a.function
@decorated
def other():
    """Meaning."""
    return 1


try:
    pass
except ValueError:
    # rule: a.handler
    pass
match value:
    case 1:
        # rule: a.case
        pass
'''


def lines_of(name: str) -> list[str]:
    (anchor,) = [anchor for anchor in anchors_in(Path("file.py"), SOURCE) if anchor.name == name]
    lines = SOURCE.splitlines()
    return [lines[line - 1].strip() for line in anchor.lines]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.first", ["total = (", "value", "+ 1", ")"]),
        ("a.branch", ["return total"]),
        ("a.last-branch", ["total += 1"]),
        ("a.loop", ["for item in range(", "value", "):"]),
        ("a.inside", ["return [", "text,", "# rule: a.inside", "total,", "]"]),
        ("a.function", ["return 1"]),
        ("a.handler", ["pass"]),
        ("a.case", ["pass"]),
    ],
)
def test_the_lines_of_an_anchor(name: str, lines: list[str]) -> None:
    assert lines_of(name) == lines


def test_only_comments_are_anchors() -> None:
    assert "a.no-comment" not in [anchor.name for anchor in anchors_in(Path("file.py"), SOURCE)]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("# rule: Evm.Thing\npass\n", "file.py:1: 'Evm.Thing' must be words of small letters with dots between them"),
        ("# rule: single\npass\n", "file.py:1: 'single' must be words"),
        ("pass\n# rule: a.b\n", "file.py:2: the rule a.b has no statement after it"),
    ],
)
def test_malformed_anchors(source: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        list(anchors_in(Path("file.py"), source))


def test_a_name_used_twice_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "a.py").write_text("# rule: a.b\npass\n")
    (tmp_path / "spec" / "b.py").write_text("x = 1\n# rule: a.b\npass\n")
    monkeypatch.setattr(anchors, "root", lambda: tmp_path)
    with pytest.raises(InputError, match=re.escape("spec/b.py:2: the rule a.b is at spec/a.py:1 already")):
        all_anchors()


def test_the_rules_of_the_specification_have_one_place_each() -> None:
    found = all_anchors()
    assert len(found) >= 400
    assert all(anchor.lines[0] - anchor.line <= 2 for anchor in found), "an anchor stands right above its lines"


DOCUMENT = re.compile(
    r"(EIP-\d+|yellow paper( \(Berlin version\))?|RFC \d+|FIPS \d+|SIMD-\d{4}|Agave|Solana SDK|Solana Pay specification"
    r"|Samestate|Solidity|docs/decisions/\d{4})"
    r"([,: ].*\S)?"
)
"""A document by its name, and where in it. Several are parted by semicolons."""


def test_every_rule_of_the_specification_has_a_source() -> None:
    found = all_anchors()
    assert [anchor.where for anchor in found if not anchor.source] == []
    parts = [(part, anchor.where) for anchor in found for part in anchor.source.split("; ")]
    assert [(part, where) for part, where in parts if not DOCUMENT.fullmatch(part)] == []


def test_documents_of_this_project_that_sources_name_are_there() -> None:
    sources = " ".join(anchor.source for anchor in all_anchors())
    pages = set(re.findall(r"docs/decisions/(\d{4})", sources))
    names = [page.name for page in (Path(__file__).parents[3] / "docs" / "decisions").glob("*.md")]
    assert pages and all(any(name.startswith(page) for name in names) for page in pages)
    chapters = set(re.findall(r'vectors/FORMAT.md, "([^"]+)"', sources))
    text = (Path(__file__).parents[3] / "vectors" / "FORMAT.md").read_text(encoding="utf-8")
    assert chapters and all(f"# {chapter}\n" in text for chapter in chapters)


def test_the_comment_below_an_anchor_is_its_source() -> None:
    source = "# rule: a.b\n# source: a paper, page 3\npass\n# rule: a.c\n# any words\npass\n# rule: a.d\npass\n"
    found = {anchor.name: (anchor.source, anchor.lines[0]) for anchor in anchors_in(Path("file.py"), source)}
    assert found == {"a.b": ("a paper, page 3", 3), "a.c": ("", 6), "a.d": ("", 8)}


def test_a_source_at_the_margin_is_that_of_all_rules_that_have_none() -> None:
    source = "# source: a paper\n\nif x:\n    # rule: a.b\n    # source: a book\n    pass\n    # rule: a.c\n    pass\n"
    found = {anchor.name: anchor.source for anchor in anchors_in(Path("file.py"), source)}
    assert found == {"a.b": "a book", "a.c": "a paper"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("if x:\n    # source: a paper\n    pass\n", "file.py:2: a source must stand right below its rule"),
        ("# source: a paper\n\n# source: a book\npass\n", "file.py:3: the module has a source at line 1 already"),
    ],
)
def test_sources_that_belong_to_nothing(source: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        list(anchors_in(Path("file.py"), source))


STRATEGIES = ("sequential", "block-stm", "rolling-commit", "locks", "waves", "access-list")
"""What rules of scheduling are about: the strategies, and what the last three of them share."""


def test_every_rule_of_scheduling_stands_in_both_rooms_and_has_a_source() -> None:
    readable = {anchor.name: anchor for anchor in all_anchors("reference")}
    assert readable.keys() == {anchor.name for anchor in all_anchors("optimized")}
    assert [anchor.where for anchor in readable.values() if not anchor.source] == []
    assert {name.partition(".")[0] for name in readable} == set(STRATEGIES)
    assert not readable.keys() & {anchor.name for anchor in all_anchors()}
    assert [anchor.name for anchor, _ in scheduling_rules()] == list(readable)
    assert all(compiled is not None for _, compiled in scheduling_rules())
