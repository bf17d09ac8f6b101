"""Marks in a module: each rule is said when it is reached, and nothing else changes."""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import pytest

from samestate.conformance.rules import marking
from samestate.conformance.rules.anchors import all_anchors, root
from samestate.conformance.rules.marking import MARK, marked_codes, place_of

SOURCE = '''
def choose(value):
    """Meaning."""
    # rule: a.first
    total = (
        value
        + 1
    )
    if value > 9:
        # rule: a.branch
        # source: EIP-1
        return total
    # rule: a.condition
    elif value > 5:
        pass
    else:
        # rule: a.last
        total += 1
    for item in range(value):
        # rule: a.loop
        total += item
    try:
        if value == 3: raise ValueError
    except ValueError:
        # rule: a.handler
        total = 0
    match value:
        case 4:
            # rule: a.case
            total = -1
    return total


# rule: a.nameless
TABLE = {
    "double": lambda value: 2 * value,
    "nothing": lambda value:
        None,
}


def make(amount):
    # rule: a.definition
    def add(value):
        """Meaning."""
        return value + amount

    return add


class Thing:
    def method(self):
        # rule: a.method
        return __class__


add_two = make(2)
'''


@pytest.fixture
def module() -> dict[str, Any]:
    """The module, its functions as they are once they are marked; ``said`` has what was reached."""
    names: dict[str, Any] = {"__name__": "some", "said": set()}
    exec(compile(SOURCE, "some.py", "exec", dont_inherit=True), names)
    names[MARK] = names["said"].add
    codes = marked_codes(SOURCE, "some.py")
    for function in (*functions_of(names), *names["TABLE"].values(), names["Thing"].method):
        function.__code__ = codes.get(place_of(function.__code__), function.__code__)
    return names


def functions_of(names: dict[str, Any]) -> list[FunctionType]:
    return [value for value in names.values() if isinstance(value, FunctionType)]


@pytest.mark.parametrize(
    ("value", "result", "said"),
    [
        (10, 11, {"a.first", "a.branch"}),
        (6, 22, {"a.first", "a.condition", "a.loop"}),
        (0, 2, {"a.first", "a.condition", "a.last"}),
        (3, 0, {"a.first", "a.condition", "a.last", "a.loop", "a.handler"}),
        (4, -1, {"a.first", "a.condition", "a.last", "a.loop", "a.case"}),
    ],
)
def test_a_rule_is_reached_with_its_statement(module: dict[str, Any], value: int, result: int, said: set[str]) -> None:
    assert module["choose"](value) == result
    assert module["said"] == said


@pytest.mark.parametrize(("name", "result"), [("double", 14), ("nothing", None)])
def test_functions_without_a_name(module: dict[str, Any], name: str, result: int | None) -> None:
    assert module["TABLE"][name](7) == result
    assert module["said"] == {"a.nameless"}


def test_functions_that_were_made_before_and_those_made_after(module: dict[str, Any]) -> None:
    for add in (module["add_two"], module["make"](2)):
        module["said"].clear()
        assert add(5) == 7
        assert module["said"] == {"a.definition"}
    module["said"].clear()
    assert module["Thing"]().method() is module["Thing"]
    assert module["said"] == {"a.method"}


def test_lines_stay_what_they_are() -> None:
    def lines(code: CodeType) -> set[int]:
        return {line for _, _, line in code.co_lines() if line is not None}

    plain = {place_of(code): code for code in marking.functions_in(compile(SOURCE, "some.py", "exec"))}
    marked = marked_codes(SOURCE, "some.py")
    assert {place: lines(code) for place, code in marked.items()} == {place: lines(plain[place]) for place in marked}


def test_functions_that_cannot_be_told_apart_are_refused() -> None:
    source = "# rule: a.both\nPAIR = (lambda: 1, lambda: 2)\n"
    with pytest.raises(ValueError, match=r"some\.py:2: two functions are called <lambda>"):
        marked_codes(source, "some.py")


def test_every_rule_of_the_specification_can_be_reached() -> None:
    """But for those that are executed on import: statements at the margin of a module, or of a class."""
    said: set[object] = set()
    for file in (root() / "spec").rglob("*.py"):
        for code in marked_codes(file.read_text(encoding="utf-8"), str(file)).values():
            said.update(code.co_consts if MARK in code.co_names else ())
    unsaid = {anchor.name for anchor in all_anchors() if anchor.name not in said}
    assert {name for name in unsaid if not name.startswith("svm.")} == set()
    functions = functions_by_file()
    for anchor in all_anchors():
        if anchor.name in unsaid:
            assert not any(anchor.lines[0] in lines for lines in functions[str(anchor.file)]), anchor.name


def functions_by_file() -> dict[str, list[range]]:
    """The lines of each function with a name."""
    return {
        str(file): [
            range(node.lineno, (node.end_lineno or 0) + 1)
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef)
        ]
        for file in (root() / "spec").rglob("*.py")
    }


def test_functions_are_found_though_they_are_frozen() -> None:
    def frozen() -> None:
        """Held here, and left out by the garbage collector."""

    gc.freeze()
    try:
        assert frozen in marking.all_functions()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_the_specification_is_marked_once() -> None:
    from samestate.spec.evm.rlp import encode  # as whoever imported it before holds it

    held: Callable[..., bytes] = encode
    before = set(marking.reached)
    marking.mark()
    try:
        marking.reached.clear()
        assert held([b"dog"]) == b"\xc4\x83dog"
        assert marking.reached == {"evm.rlp.list", "evm.rlp.bytes"}
    finally:
        marking.reached.update(before)
