"""Which room of `optimized` may know which: import-linter does not see what compiled modules cimport."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from samestate import optimized

PACKAGE = Path(optimized.__file__).parent
BELOW = {
    "core": set(),
    "words": set(),
    "chains": {"words"},
    "signatures": {"words"},
    "stores": set(),
    "strategies": {"core"},
    "processes": {"core", "strategies"},
    "evm": {"core", "stores", "strategies", "words"},
    "svm": {"core", "signatures", "strategies", "words"},
    "toy": {"core", "signatures", "strategies", "words"},
    "trial": {"core", "strategies"},
}
"""For each room those whose declarations it may use."""

NAMED = re.compile(
    r"(?:cdef extern )?(?:from|cimport|import)\s+\"?"
    r"(?:cython\.cimports\.)?samestate[./]optimized[./](\w+)"
)
WAYS = re.compile(r"\bcimport|^from cython\.cimports|extern from", re.MULTILINE)


def rooms_named(text: str, compiled_alone: bool) -> set[str]:
    """The rooms that a source imports from: all, or those whose declarations it uses."""
    lines = re.sub(r"\(\s*[^)]*\)", "(…)", text).splitlines()
    wanted = [line for line in lines if WAYS.search(line) or not compiled_alone]
    return {match[1] for line in wanted if (match := NAMED.match(line.strip()))} & BELOW.keys()


def sources_of(room: str) -> list[Path]:
    return sorted(path for path in (PACKAGE / room).rglob("*") if path.suffix in (".py", ".pxd"))


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == BELOW.keys()


@pytest.mark.parametrize("room", BELOW)
def test_a_room_uses_declarations_of_rooms_below_it_alone(room: str) -> None:
    assert sources_of(room)
    for path in sources_of(room):
        named = rooms_named(path.read_text(encoding="utf-8"), compiled_alone=True) - {room}
        assert named <= BELOW[room], path


@pytest.mark.parametrize("room", ["core", "words", "signatures", "strategies"])
def test_what_machines_stand_on_imports_none_of_them_either(room: str) -> None:
    for path in sources_of(room):
        named = rooms_named(path.read_text(encoding="utf-8"), compiled_alone=False) - {room}
        assert named <= BELOW[room], path


@pytest.mark.parametrize(
    "line",
    [
        "from samestate.optimized.toy.packing cimport FlatBlock",
        "from cython.cimports.samestate.optimized.toy.packing import (\n    FlatBlock,\n)",
        "cimport samestate.optimized.toy.packing",
        'cdef extern from "samestate/optimized/toy/packing.hpp":',
    ],
)
def test_each_way_to_name_a_room_is_seen(line: str) -> None:
    assert rooms_named(line, compiled_alone=True) == {"toy"}
