"""Vectors of this project by their ids, and what they are as chains and tests."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from samestate.conformance.exporting.chain import ExportedChain
from samestate.conformance.exporting.exporter import ExportedTest, Refusal, export
from samestate.conformance.exporting.moving import moved
from samestate.conformance.exporting.unmoved import unmoved
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import SUFFIX, VECTORS


def vector(id: str) -> Vector:
    return load_vector_file(VECTORS / f"{id}{SUFFIX}")


def chain(id: str) -> ExportedChain:
    found = vector(id)
    return unmoved(found) if found.case.parent is not None else moved(found)


def exported(id: str, form: str) -> ExportedTest | Refusal:
    (each,) = export(vector(id), "what it is about", [form])
    return each


def content_of(id: str, form: str) -> dict[str, Any]:
    """The only test of the file that a vector is in a form."""
    each = exported(id, form)
    assert isinstance(each, ExportedTest), each
    (test,) = json.loads(each.text).values()
    assert isinstance(test, dict)
    return test


@cache
def first_of_each_suite() -> tuple[str, ...]:
    """The id of one vector of each suite and fork."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted((VECTORS / "evm").rglob(f"*{SUFFIX}")):
        found.setdefault((path.parent.name, path.stem.rpartition("-")[2]), f"evm/{path.parent.name}/{path.stem}")
    return tuple(found.values())
