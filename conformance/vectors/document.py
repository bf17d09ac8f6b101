"""YAML read strictly: maps, lists and quoted strings, nothing else; every complaint names line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from samestate.conformance.errors import InputError

Json: TypeAlias = "str | list[Json] | dict[str, Json]"
"""What a document is made of: there are no numbers, no booleans and no nulls."""

Object: TypeAlias = "dict[str, Json]"
"""A map of a document."""

Path: TypeAlias = tuple["str | int", ...]
"""The keys and indices that lead from the top of a document to a place in it."""

NESTING_LIMIT: Final = 32
SIZE_LIMIT: Final = 16 * 2**20
QUOTES: Final = ("'", '"')
PLAIN_KEY: Final = re.compile(r"[a-z][a-z0-9_]*")
"""Keys that need no quotes."""

_LIBYAML: Final[Any] = getattr(yaml, "CSafeLoader", None)
"""The one parser that decides what is YAML (decision page 12), or None where PyYAML was built without it."""


@dataclass(slots=True)
class YamlDocument:
    """The content of a YAML file, and the line and column (from 1) where each part of it begins."""

    place: str
    content: Json
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def at(self, path: Path) -> str:
        """Where a part stands, for messages: file, line, column and path."""
        nearest = path
        while nearest and nearest not in self.marks:
            nearest = nearest[:-1]
        line, column = self.marks.get(nearest, (1, 1))
        return f"{self.place}:{line}:{column}: {show_path(path)}: " if path else f"{self.place}:{line}:{column}: "


def show_path(path: Path) -> str:
    """A path for people: ``blocks[0].env.number``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{quoted(part)}]"
    return text


def read_yaml(place: str, data: bytes) -> YamlDocument:
    """The document in ``data``. Raises InputError where it is anything but maps, lists and quoted strings."""
    if len(data) > SIZE_LIMIT:
        raise InputError(f"{place}: must have at most {SIZE_LIMIT} bytes, but has {len(data)}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: not UTF-8: {error.reason} at byte {error.start}") from error
    if _LIBYAML is None:
        raise InputError(
            f"{place}: cannot be read: PyYAML was built without libyaml here, and no other parser will do; "
            "install one of its wheels: pip install --force-reinstall --only-binary pyyaml pyyaml"
        )
    document = YamlDocument(place, "")
    try:
        _Reader(document, yaml.parse(text, Loader=_LIBYAML)).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{place}:{mark.line + 1}:{mark.column + 1}" if mark is not None else place
        raise InputError(f"{where}: not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{place}: not YAML: {error}") from error
    return document


class _Reader:
    """Builds a document from the events of a YAML parser."""

    def __init__(self, document: YamlDocument, events: Iterator[Event]) -> None:
        self.document = document
        self.events = events

    def complain(self, event: Event, problem: str) -> InputError:
        line, column = position(event)
        return InputError(f"{self.document.place}:{line}:{column}: {problem}")

    def read(self) -> None:
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.complain(event, "a second document: a file must hold one vector")
                self.document.content = self.value(next(self.events), ())
        if not documents:
            raise InputError(f"{self.document.place}: is empty, and must be a vector")

    def value(self, event: Event, path: Path) -> Json:
        self.document.marks[path] = position(event)
        if isinstance(event, ScalarEvent):
            if event.anchor is not None or event.tag is not None:
                self.refuse_extras(event)
            if event.style not in QUOTES:
                raise self.complain(event, f"{show_path(path)}: must be in quotes: {quoted(event.value)}")
            return event.value
        self.refuse_extras(event)
        if len(path) >= NESTING_LIMIT:
            raise self.complain(event, f"nested deeper than {NESTING_LIMIT} levels")
        return self.map(path) if isinstance(event, MappingStartEvent) else self.list(path)

    def list(self, path: Path) -> list[Json]:
        elements: list[Json] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            elements.append(self.value(event, (*path, len(elements))))
        return elements

    def map(self, path: Path) -> Object:
        entries: Object = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                self.refuse_extras(event)
                raise self.complain(event, "a key must be a string, and not a list or a map")
            if event.anchor is not None or event.tag is not None:
                self.refuse_extras(event)
            name = event.value
            if event.style not in QUOTES and not PLAIN_KEY.fullmatch(name):
                raise self.complain(event, f"a key that is not a plain word must be in quotes: {quoted(name)}")
            if name in entries:
                raise self.complain(event, f"the key {name!r} is there twice in one map")
            entries[name] = self.value(next(self.events), (*path, name))
        return entries

    def refuse_extras(self, event: Event) -> None:
        """Anchors, aliases and tags: what one value is may never depend on another."""
        if isinstance(event, AliasEvent):
            raise self.complain(event, f"an alias (*{event.anchor}): must be written out, vectors have no aliases")
        if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
            if event.anchor is not None:
                raise self.complain(event, f"an anchor (&{event.anchor}): must go, vectors have no anchors")
            if event.tag is not None:
                raise self.complain(event, f"a tag ({event.tag}): must go, vectors have no tags")


def position(event: Event) -> tuple[int, int]:
    """The line and column, from 1, where an event begins."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def quoted(text: str) -> str:
    """A string as YAML in double quotes. Characters that need it are escaped as in JSON."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    written = "".join(
        escapes.get(character, character if character.isprintable() else f"\\U{ord(character):08x}")
        for character in text
    )
    return f'"{written}"'
