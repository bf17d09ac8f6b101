"""FORMAT.md begins with a vector that is one, has no line that nobody can read, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from samestate.conformance.checking.vectors import check_vector
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import OUTPUTS, POST_STATE, SELECTORS
from samestate.conformance.vectors.places import VECTORS

PAGE = (VECTORS / "FORMAT.md").read_text(encoding="utf-8")
LONGEST = 160
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_the_first_vector_passes_and_is_the_one_in_its_file() -> None:
    vector = load_vector("one_store.yaml", SHOWN.encode())
    assert check_vector(vector, SpecEngine()).result is Result.PASSED
    file = Path(VECTORS / "toy" / "by_hand" / "one_store.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(SHOWN) == yaml.safe_load(file)


def test_its_lines_are_as_many_as_the_page_says() -> None:
    (told,) = re.findall(r"A whole vector, (\d+) lines", PAGE)
    assert len(SHOWN.splitlines()) == int(told) <= 32


def test_no_line_is_too_long() -> None:
    lines = [*enumerate(PAGE.splitlines(), 1)]
    assert [number for number, line in lines if len(line) > LONGEST] == []


def test_every_selector_and_output_is_named() -> None:
    for name in (*SELECTORS, *OUTPUTS, POST_STATE):
        assert f"`{name}`" in PAGE, name
