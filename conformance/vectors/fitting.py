"""Whether a document fits the schema of vectors: quickly, and without a reason, which :mod:`.schema_problems` has."""

from __future__ import annotations

import functools
from typing import Any

from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.vectors.accepting import Accepts, accepting
from samestate.conformance.vectors.places import SCHEMA


def schema_of_vectors() -> Any:
    """The schema, as it stands in its file."""
    return parse_json(SCHEMA.read_bytes())


@functools.cache
def accepts() -> Accepts:
    """The schema of vectors as a function, which is quick and gives no reason."""
    schema = schema_of_vectors()
    return accepting(without_references(schema, schema))


def fits_schema(content: object) -> bool:
    """Whether the schema of vectors surely has nothing against a document."""
    return accepts()(content)


def without_references(part: Any, schema: Any) -> Any:
    """Part of a schema with what it refers to in its place: following references takes most of a validator's time.

    A reference is replaced only where it stands alone, and no definition of ours refers to itself.
    """
    if isinstance(part, list):
        return [without_references(element, schema) for element in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"$ref"}:
        return without_references(schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema)
    return {name: without_references(value, schema) for name, value in part.items() if name != "$defs"}
