"""Writing a document in the one canonical form of vectors, so that equal content is equal bytes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from samestate.conformance.vectors.document import PLAIN_KEY, Json, Path, quoted

WIDTH: Final = 120


def write_yaml(content: Json, comments: Mapping[Path, str], header: str) -> str:
    """The document as YAML: each leaf in quotes, small containers on one line, keys in the order given.

    ``header`` is a comment above everything, its unprintable characters as escapes, which YAML does not take as they
    are; ``comments`` go above the parts whose paths they have.
    """
    lines = [f"# {printable(line)}".rstrip() for line in header.splitlines()]
    holding = frozenset(place[:length] for place in comments for length in range(len(place)))
    _block(content, (), 0, lines, comments, holding)
    return "\n".join(lines) + "\n"


def printable(line: str) -> str:
    """A line with escapes for what cannot be printed."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)


@functools.lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return name if PLAIN_KEY.fullmatch(name) else quoted(name)


def _flow(content: Json) -> str:
    if isinstance(content, str):
        return quoted(content)
    if isinstance(content, list):
        return "[" + ", ".join(map(_flow, content)) + "]"
    return "{" + ", ".join(f"{_key(name)}: {_flow(value)}" for name, value in content.items()) + "}"


def _is_leaf(content: Json) -> bool:
    """Whether a container may stand on one line: it holds strings, or lists of strings."""
    if isinstance(content, str):
        return True
    for value in content if isinstance(content, list) else content.values():
        if isinstance(value, list):
            if not all(isinstance(element, str) for element in value):
                return False
        elif not isinstance(value, str):
            return False
    return True


def _on_one_line(content: Json, used: int) -> str | None:
    """The content as it stands on a line of which so much is used, or None where it takes lines of its own."""
    if not content or isinstance(content, str):
        return _flow(content)
    line = _flow(content) if _is_leaf(content) else None
    return line if line is not None and used + len(line) <= WIDTH else None


def _block(
    content: Json,
    path: Path,
    indent: int,
    lines: list[str],
    comments: Mapping[Path, str],
    holding: frozenset[Path],
) -> None:
    """Add a container, which is not empty, in block form. ``holding``: the paths of those with a comment inside."""
    space = " " * indent
    if isinstance(content, dict):
        for name, value in content.items():
            here = (*path, name)
            if here in comments:
                lines.append(f"{space}# {comments[here]}")
            head = f"{space}{_key(name)}:"
            line = _on_one_line(value, len(head) + 1)
            if line is not None and here not in holding:
                lines.append(f"{head} {line}")
            else:
                lines.append(head)
                _block(value, here, indent + 2, lines, comments, holding)
    elif isinstance(content, list):
        if all(isinstance(element, str) and len(element) < WIDTH // 2 for element in content):
            _wrapped([quoted(str(element)) for element in content], space, lines)
            return
        for index, element in enumerate(content):
            here = (*path, index)
            if here in comments:
                lines.append(f"{space}# {comments[here]}")
            line = _on_one_line(element, indent + 2)
            if line is not None and here not in holding:
                lines.append(f"{space}- {line}")
            else:
                inner: list[str] = []
                _block(element, here, indent + 2, inner, comments, holding)
                first = next(place for place, line in enumerate(inner) if not line.lstrip().startswith("#"))
                inner[first] = f"{space}- {inner[first].lstrip()}"
                lines.extend(inner)


def _wrapped(elements: list[str], space: str, lines: list[str]) -> None:
    """A list of short strings in brackets, as many on a line as fit."""
    line = f"{space}["
    for place, element in enumerate(elements):
        text = element + ("," if place + 1 < len(elements) else "]")
        if len(line) + len(text) + 1 > WIDTH:
            lines.append(line.rstrip())
            line = f"{space} "
        line += text + " "
    lines.append(line.rstrip())
