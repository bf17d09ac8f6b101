"""The schema of vectors: whether a document fits it, quickly, and in words what it has against one that does not."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from samestate.conformance.vectors.document import Path, YamlDocument, quoted
from samestate.conformance.vectors.fitting import schema_of_vectors, without_references
from samestate.conformance.vectors.model import POST_STATE

PROBLEMS_SHOWN: Final = 8
PROBLEMS_LOOKED_AT: Final = 1000
"""Of a document in which everything is wrong."""


def _match_all(_validator: Any, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    """The keyword ``pattern``. Its `$` is the end of the text, as JSON Schema means it, and not the end of its line."""
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield ValidationError(f"does not match {pattern}")


def _no_text_twice(_validator: Any, is_asked: bool, value: object, _schema: object) -> Iterator[ValidationError]:
    """The keyword ``uniqueItems`` for lists of strings, in time that does not grow with the square of their length."""
    texts = [element for element in value if isinstance(element, str)] if isinstance(value, list) else []
    if is_asked and len(set(texts)) < len(texts):
        yield ValidationError("has an element twice")


Validator: Final[Any] = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _match_all, "uniqueItems": _no_text_twice}
)


@functools.cache
def validator() -> Any:
    """The validator of the schema of vectors."""
    schema = schema_of_vectors()
    Draft202012Validator.check_schema(schema)
    return Validator(without_references(schema, schema))


@functools.lru_cache(maxsize=8)
def result_validator(machine: str) -> Any:
    """The validator of what an outside engine gives for a block: as under ``expect``, but nothing is required.

    Beside that it may hold what an engine alone gives: accounts instead of keys, and the state after the block.
    """
    schema = schema_of_vectors()
    definitions = schema["$defs"]
    step = definitions[f"{machine}_step"]
    definitions[f"{machine}_valid"]["required"] = ["status"]
    step["required"] = ["step"]
    accounts = {"type": "array", "items": {"$ref": f"#/$defs/{machine}_account_name"}}
    step["properties"].update(read_accounts=accounts, changed_accounts=accounts)
    definitions[f"{machine}_valid"]["properties"][POST_STATE] = definitions[f"{machine}_vector"]["properties"]["pre"]
    return Validator(without_references(definitions[f"{machine}_expect"], schema))


def schema_problems(document: YamlDocument) -> Iterable[str]:
    """What the schema has against the document, the first few, in the order of the file."""
    found = list(itertools.islice(validator().iter_errors(document.content), PROBLEMS_LOOKED_AT))
    errors = sorted(found, key=lambda error: [str(p) for p in error.absolute_path])
    problems = list(dict.fromkeys(explain(document, error) for error in errors))
    yield from problems[:PROBLEMS_SHOWN]
    if len(problems) > PROBLEMS_SHOWN:
        at_least = "at least " if len(found) == PROBLEMS_LOOKED_AT else ""
        yield f"{document.place}: {at_least}{len(problems) - PROBLEMS_SHOWN} more problems"


def explain(document: YamlDocument, error: ValidationError) -> str:
    """A schema error in words: where, what is wrong, and what would be right."""
    path: Path = tuple(error.absolute_path)
    keyword, schema = error.validator, error.schema
    value: Any = error.instance
    limit: Any = error.validator_value
    where = document.at(path)
    right = schema.get("description", "") if isinstance(schema, Mapping) else ""
    if keyword == "additionalProperties" and isinstance(schema, Mapping) and isinstance(value, Mapping):
        known = schema.get("properties", {})
        unknown = sorted(name for name in value if name not in known)
        return f"{document.at((*path, unknown[0]))}unknown field; the fields here are {', '.join(known)}"
    if keyword == "required" and isinstance(value, Mapping):
        missing = [name for name in limit if name not in value]
        return f"{where or document.place + ': '}the field {missing[0]!r} is missing"
    if keyword != "type" and isinstance(value, str) and "propertyNames" in error.schema_path:
        return f"{document.at((*path, value))}the key must be {right}"
    if keyword == "uniqueItems":
        return f"{where}an element is there twice"
    if keyword == "minItems":
        return f"{where}must have at least {limit} elements, but has {len(value)}"
    if keyword == "maxItems":
        return f"{where}must have at most {limit} elements, but has {len(value)}"
    if keyword == "minProperties" and not right:
        return f"{where}must have at least {limit} members, but has {len(value)}"
    names = {"object": "a map", "array": "a list", "string": "a string"}
    wanted = names.get(str(schema.get("type", "")), "something else") if isinstance(schema, Mapping) else ""
    if keyword == "type":
        return f"{where}must be {wanted}{f' ({right})' if right else ''}, but is {describe(value)}"
    return f"{where}must be {right or wanted}, but is {describe(value)}"


def describe(value: object) -> str:
    """A part of a document for messages."""
    if isinstance(value, dict):
        return f"a map of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    shown = str(value)
    return quoted(shown if len(shown) <= 80 else f"{shown[:77]}...")
