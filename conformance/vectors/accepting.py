"""A JSON Schema as one function, which says whether a document fits, and not why it does not.

It knows the keywords that the schema of vectors is written with, as JSON Schema means them (draft 2020-12), and refuses
a schema with any other. Documents are what YAML of vectors gives: strings, lists and maps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Accepts: TypeAlias = Callable[[Any], bool]
"""Whether a part of a document fits its part of a schema."""

ANNOTATIONS: Final = frozenset({"$schema", "$defs", "title", "description"})
"""Keywords that every document fits."""

OF_OBJECTS: Final = frozenset(
    {"properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
)

TYPES: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str}


class UnknownKeyword(ValueError):  # noqa: N818 - says what is wrong with the schema
    """A keyword, or a form of one, that is not known here. The message says which."""


def accepting(schema: object) -> Accepts:
    """The function of a schema that has no references any more. Raises UnknownKeyword."""
    if schema is True or schema is False:
        return lambda value: bool(schema)
    if not isinstance(schema, Mapping):
        raise UnknownKeyword(f"{schema!r} is no schema")
    left = {name: value for name, value in schema.items() if name not in ANNOTATIONS}
    checks: list[Accepts] = []
    for make in (_type, _values, _text, _array, _object, _combined, _conditional):
        check = make(left)
        if check is not None:
            checks.append(check)
    if left:
        raise UnknownKeyword(f"{next(iter(left))} is not known here")
    return _all(checks)


def _all(checks: list[Accepts]) -> Accepts:
    """All of some functions in one."""
    if not checks:
        return lambda value: True
    if len(checks) == 1:
        return checks[0]
    first, rest = checks[0], _all(checks[1:])
    return lambda value: first(value) and rest(value)


# Each takes the keywords that it knows out of what is left of a schema


def _type(left: dict[str, Any]) -> Accepts | None:
    name = left.pop("type", None)
    if name is None:
        return None
    if name not in TYPES:
        raise UnknownKeyword(f"the type {name} is not known here")
    kind = TYPES[name]
    return lambda value: isinstance(value, kind)


def _values(left: dict[str, Any]) -> Accepts | None:
    choices = [left.pop("const")] if "const" in left else None
    if "enum" in left:
        listed = left.pop("enum")
        choices = listed if choices is None else [choice for choice in choices if choice in listed]
    if choices is None:
        return None
    if not all(isinstance(choice, str) for choice in choices):
        raise UnknownKeyword("a constant that is no string is not known here")
    known = frozenset(choices)
    return lambda value: isinstance(value, str) and value in known


def _text(left: dict[str, Any]) -> Accepts | None:
    """``pattern``, whose end is the end of the text."""
    pattern = left.pop("pattern", None)
    if pattern is None:
        return None
    matches = re.compile(pattern).fullmatch
    return lambda value: not isinstance(value, str) or matches(value) is not None


def _array(left: dict[str, Any]) -> Accepts | None:
    if not left.keys() & {"items", "minItems", "maxItems", "uniqueItems"}:
        return None
    items = accepting(left.pop("items", True))
    least, most = left.pop("minItems", 0), left.pop("maxItems", None)
    is_unique = left.pop("uniqueItems", False)

    def accepts(value: Any) -> bool:
        if not isinstance(value, list):
            return True
        if len(value) < least or (most is not None and len(value) > most):
            return False
        if is_unique:
            texts = [element for element in value if isinstance(element, str)]
            if len(set(texts)) < len(texts):
                return False
        for element in value:  # noqa: SIM110 - a generator for each list and map takes half of the time
            if not items(element):
                return False
        return True

    return accepts


def _object(left: dict[str, Any]) -> Accepts | None:
    if not left.keys() & OF_OBJECTS:
        return None
    properties = {name: accepting(part) for name, part in left.pop("properties", {}).items()}
    find = properties.get
    required = frozenset(left.pop("required", ()))
    others = accepting(left.pop("additionalProperties", True))
    names = accepting(left.pop("propertyNames", True))
    least, most = left.pop("minProperties", 0), left.pop("maxProperties", None)

    def accepts(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        if len(value) < least or (most is not None and len(value) > most) or not required <= value.keys():
            return False
        for name, content in value.items():  # noqa: SIM110 - as above
            if not (names(name) and find(name, others)(content)):
                return False
        return True

    return accepts


def _combined(left: dict[str, Any]) -> Accepts | None:
    if not left.keys() & {"allOf", "anyOf"}:
        return None
    every = _all([accepting(part) for part in left.pop("allOf", ())])
    some = [accepting(part) for part in left.pop("anyOf", (True,))]
    return lambda value: every(value) and any(check(value) for check in some)


def _conditional(left: dict[str, Any]) -> Accepts | None:
    """``if`` with ``then`` and ``else``, which mean nothing without it."""
    then, other = accepting(left.pop("then", True)), accepting(left.pop("else", True))
    if "if" not in left:
        return None
    condition = accepting(left.pop("if"))
    return lambda value: then(value) if condition(value) else other(value)
