"""Every rejection code is raised somewhere in the specification, and asserted somewhere in the tests."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from samestate import spec
from samestate.conformance.fixtures.exceptions import names_of
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import RejectionCode
from samestate.spec.toy.rejections import Invalid as ToyInvalid

SPEC = Path(inspect.getfile(spec)).parent
TESTS = Path(__file__).parents[2]

WITHOUT_NAMES = {
    Invalid.BALANCE_OVERFLOW: "fixtures have no state that holds so much",
    Invalid.BLOB_BASE_FEE_OVERFLOW: "fixtures have no such excess: the clients that fill them would never end",
    Invalid.NONCE_NOT_ZERO: "fixtures have no header with a nonce under proof of stake",
    Invalid.OMMER_TOO_OLD: "fixtures have old ommers only as those whose parent is unknown",
}
"""The codes that no name in fixtures stands for, and why."""


def uses(paths: Iterable[Path]) -> Iterator[tuple[str, ast.AST]]:
    """Each ``Invalid.NAME`` in these files, with the outermost expression or statement that asks for it."""
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for outer in ast.walk(tree):
            if not isinstance(outer, ast.Raise | ast.Call):
                continue
            for inner in ast.walk(outer):
                if (
                    isinstance(inner, ast.Attribute)
                    and isinstance(inner.value, ast.Name)
                    and inner.value.id == "Invalid"
                ):
                    yield inner.attr, outer


@pytest.mark.parametrize(("machine", "codes"), [("evm", Invalid), ("toy", ToyInvalid)])
def test_no_code_is_dead(machine: str, codes: type[RejectionCode]) -> None:
    raised: Counter[str] = Counter()
    for name, outer in uses((SPEC / machine).rglob("*.py")):
        is_claim = isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "Claim"
        if isinstance(outer, ast.Raise) or is_claim:
            raised[name] += 1
    assert set(raised) == set(codes.__members__)


def test_every_code_is_asserted_in_a_test() -> None:
    here = Path(__file__).resolve()
    text = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path.resolve() != here)
    missing = [code.name for code in Invalid if f"Invalid.{code.name}" not in text and code.value not in text]
    assert missing == []


def test_every_code_has_a_name_in_fixtures_or_a_reason_to_have_none() -> None:
    assert {code for code in Invalid if not names_of(code)} == set(WITHOUT_NAMES)
