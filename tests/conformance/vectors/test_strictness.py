"""Every field of a vector is read strictly: whatever is put behind a value, before it or in its case, is refused."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from samestate.conformance.errors import InputError
from samestate.conformance.vectors import document as reading
from samestate.conformance.vectors.document import PLAIN_KEY, Json, Path, read_yaml
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.places import SCHEMA, SUFFIX, VECTORS, vector_files
from samestate.conformance.vectors.schema_problems import Validator
from samestate.conformance.vectors.writing import write_yaml

ADDED = ("\n", " ", "\r\n", "\u2028", "\0")
"""What is put behind a value. Python's `$` lets the first pass."""


def patterns(part: object) -> Iterator[str]:
    """Every pattern in a schema."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        for value in part.values():
            yield from patterns(value)
    elif isinstance(part, list):
        for value in part:
            yield from patterns(value)


PATTERNS = sorted(set(patterns(json.loads(SCHEMA.read_text(encoding="utf-8")))))


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.data())
def test_a_pattern_is_about_all_of_a_text(pattern: str, data: st.DataObject) -> None:
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    text = data.draw(st.from_regex(pattern, fullmatch=True))
    checked = Validator({"pattern": pattern})
    keys = Validator({"propertyNames": {"pattern": pattern}})
    assert checked.is_valid(text)
    assert keys.is_valid({text: ""})
    for added in ADDED:
        assert not checked.is_valid(text + "\n" + added)
        assert checked.is_valid(text + added) == (added == " " and "_ -" in pattern)
        assert keys.is_valid({text + added: ""}) == (added == " " and "_ -" in pattern)


def kind_of(path: Path) -> Path:
    """A path without what may be different in the next vector: indices, and keys that are values."""
    return tuple("*" if isinstance(part, int) or not PLAIN_KEY.fullmatch(part) else part for part in path)


def places(value: Json, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Every place in a document where a text stands, and whether it stands there as a key."""
    if isinstance(value, str):
        yield path, False
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from places(element, (*path, index))
    else:
        for name, element in value.items():
            yield (*path, name), True
            yield from places(element, (*path, name))


def changed(content: Json, path: Path, is_key: bool, added: str) -> Json:
    """The document with something put behind one of its texts."""
    content = copy.deepcopy(content)
    owner: Any = content
    for part in path[:-1]:
        owner = owner[part]
    last: Any = path[-1]
    if is_key:
        owner[str(last) + added] = owner.pop(last)
    else:
        owner[last] += added
    return content


def probes() -> Iterator[tuple[str, Json, Path, bool]]:
    """One vector, and one place in it, for every kind of place that there is in any vector."""
    seen: set[tuple[str, Path, bool]] = set()
    for file in vector_files():
        if file.stat().st_size > 60_000:
            continue
        content = read_yaml(str(file), file.read_bytes()).content
        machine = file.relative_to(VECTORS).parts[0]
        for path, is_key in places(content):
            kind = (machine, kind_of(path), is_key)
            if kind not in seen:
                seen.add(kind)
                yield file.relative_to(VECTORS).as_posix(), content, path, is_key


@pytest.mark.slow
def test_no_field_takes_anything_behind_its_value() -> None:
    passed = []
    count = 0
    for place, content, path, is_key in probes():
        for added in ADDED:
            count += 1
            try:
                load_vector(place, write_yaml(changed(content, path, is_key, added), {}, "").encode())
            except InputError as error:
                assert "\n" not in str(error).split(": ")[0]
            else:
                passed.append((place, path, is_key, added))
    assert count > 500
    assert [probe for probe in passed if probe[1][:2] != ("provenance", "accounts")] == []
    assert all(is_key and added == " " for _, _, is_key, added in passed)


def test_a_slot_is_not_there_twice_in_two_ways() -> None:
    file = next(file for file in vector_files("toy") if '"slots"' not in file.read_text(encoding="utf-8"))
    content: Any = read_yaml(str(file), file.read_bytes()).content
    content["pre"]["slots"] = {"0x1": "0x5", "0x1\n": "0x6"}
    with pytest.raises(InputError, match=r'pre\.slots\["0x1\\n"\]: the key must be'):
        load_vector(file.relative_to(VECTORS).as_posix(), write_yaml(content, {}, "").encode())


# One parser


def test_without_libyaml_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LIBYAML", None)
    with pytest.raises(InputError, match=r"^a\.yaml: cannot be read: PyYAML was built without libyaml here"):
        read_yaml("a.yaml", b"")


@pytest.mark.parametrize("suite", ["evm/funding", "toy/receipts"])
def test_what_is_written_is_the_same_to_every_parser(suite: str) -> None:
    for file in sorted((VECTORS / suite).glob(f"*{SUFFIX}"))[:3]:
        text = file.read_text(encoding="utf-8")
        ours, theirs = (
            [
                (type(event), getattr(event, "value", None), getattr(event, "style", None) or None)
                for event in yaml.parse(text, Loader=loader)
            ]
            for loader in (yaml.CSafeLoader, yaml.SafeLoader)
        )
        assert ours == theirs


# Linear


@pytest.mark.parametrize(
    "part",
    [
        "rules: [" + ", ".join(f'{{a: "{number}"}}' for number in range(30_000)) + "]",
        "rules: [" + ", ".join(f'"{number}"' for number in range(60_000)) + "]",
        "pre: {" + ", ".join(f'"{number}": []' for number in range(60_000)) + "}",
        "blocks: " + "[" * 30 + "]" * 30,
    ],
    ids=["maps", "texts", "keys", "lists"],
)
def test_much_that_is_wrong_is_told_in_bounded_time(part: str) -> None:
    name = part.partition(":")[0]
    file = next(iter(vector_files("toy")))
    content = read_yaml(str(file), file.read_bytes()).content
    assert isinstance(content, dict)
    del content[name]
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        load_vector(file.relative_to(VECTORS).as_posix(), f"{write_yaml(content, {}, '')}{part}\n".encode())
    assert time.process_time() - began < 60
    assert len(str(caught.value).splitlines()) <= 9
