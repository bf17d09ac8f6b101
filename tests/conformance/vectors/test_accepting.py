"""The schema of vectors as one function accepts just what the schema accepts."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from samestate.conformance.vectors.accepting import UnknownKeyword, accepting
from samestate.conformance.vectors.document import read_yaml
from samestate.conformance.vectors.fitting import fits_schema
from samestate.conformance.vectors.places import SCHEMA, vector_files
from samestate.conformance.vectors.schema_problems import Validator, validator

TEXTS = st.sampled_from(["", "a", "b", "ab", "a\n", "0x", "0x1", "ä"])
NAMES = st.sampled_from(["a", "b", "c"])
DOCUMENTS = st.recursive(
    TEXTS, lambda parts: st.lists(parts, max_size=3) | st.dictionaries(NAMES, parts, max_size=3), max_leaves=12
)


def simple() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "array", "object"]),
            "pattern": st.sampled_from(["^a$", "a", "^(a|0x[0-9]*)$"]),
            "const": st.sampled_from(["a", "b"]),
            "enum": st.lists(TEXTS, min_size=1, max_size=3, unique=True),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "uniqueItems": st.booleans(),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "minProperties": st.integers(0, 2),
            "maxProperties": st.integers(0, 2),
            "title": st.just("a title"),
        },
    )


def nested(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    keywords = {
        **dict.fromkeys(("items", "additionalProperties", "propertyNames", "if", "then", "else"), parts),
        "properties": st.dictionaries(NAMES, parts, max_size=2),
        **dict.fromkeys(("allOf", "anyOf"), st.lists(parts, min_size=1, max_size=2)),
    }
    return st.tuples(simple(), st.fixed_dictionaries({}, optional=keywords)).map(lambda two: {**two[0], **two[1]})


SCHEMAS = st.recursive(simple() | st.booleans(), nested, max_leaves=6)


@given(SCHEMAS, DOCUMENTS)
def test_it_accepts_what_the_validator_accepts(schema: Any, document: Any) -> None:
    assert accepting(schema)(document) == Validator(schema).is_valid(document)


@pytest.mark.parametrize("schema", [{"format": "date"}, {"type": "number"}, {"const": 1}, {"$ref": "#/$defs/a"}, "a"])
def test_what_is_not_known_is_refused(schema: Any) -> None:
    with pytest.raises(UnknownKeyword):
        accepting(schema)


def test_the_schema_of_vectors_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_every_vector_fits() -> None:
    for file in vector_files():
        assert fits_schema(read_yaml(str(file), file.read_bytes()).content), file


def changed(document: Any, random_: random.Random) -> Any:
    """A copy of a document with one part changed."""
    made = copy.deepcopy(document)
    owner, key = made, random_.choice([*made])
    while isinstance(owner[key], dict | list) and owner[key] and random_.random() < 0.85:
        owner = owner[key]
        key = random_.choice([*owner]) if isinstance(owner, dict) else random_.randrange(len(owner))
    value = owner[key]
    kind = random_.randrange(6)
    if kind == 0:
        del owner[key]
    elif kind == 1:
        owner[key] = random_.choice(["", "0x", "0", "00", [], {}, "evm", "toy", ["a", "a"], {"a": "b"}])
    elif kind == 2 and isinstance(owner, dict):
        owner[random_.choice(["unknown", "status", "expect", key + "x", "0x" + "0" * 40])] = value
    elif kind == 3 and isinstance(owner, list):
        owner.append(value)
    elif isinstance(value, str) and value:
        place = random_.randrange(len(value))
        owner[key] = value[:place] + random_.choice("09afx \nA/-") + value[place + random_.randrange(2) :]
    else:
        owner[key] = "something else"
    return made


def test_a_vector_that_is_changed_fits_where_the_validator_says_so() -> None:
    random_ = random.Random(1)
    fits = {True: 0, False: 0}
    for file in random_.sample([*vector_files()], 60):
        content = read_yaml(str(file), file.read_bytes()).content
        for _ in range(10):
            document = changed(content, random_)
            assert fits_schema(document) == validator().is_valid(document), document
            fits[fits_schema(document)] += 1
    assert min(fits.values()) > 50
