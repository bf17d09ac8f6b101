"""A schedule as a small file: of which case, for which engine, and who goes on at which point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node

from samestate.reference.explorer.policy import Switch

FORMAT: Final = "samestate-schedule/1"

MOST_WORKERS: Final = 256
"""More workers say nothing new about a schedule, and cost time and memory before the first of them has begun."""

MOST_DEPTH: Final = 10
"""A schedule is a map with a list of maps."""

UNREADABLE: Final = (ValueError, LookupError, ArithmeticError, AttributeError, TypeError)
"""What a scalar raises that does not fit its tag, besides errors of YAML: ``!!int ""``, or the 40th of May."""


@dataclass(frozen=True, slots=True)
class ScheduleDocument:
    """One schedule. ``case`` is where the case stands, ``block`` which of its blocks is meant, ``shows`` what is wrong.

    ``switches`` count points from 0; anywhere else a worker goes on until it is idle or has finished, and then the next
    one does.
    """

    case: str
    engine: str
    workers: int
    switches: tuple[Switch, ...]
    block: int = 0
    shows: str = ""

    def write(self) -> str:
        """The file."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "case": self.case,
            "block": self.block,
            "engine": self.engine,
            "workers": self.workers,
        }
        if self.shows:
            content["shows"] = self.shows
        lines = [yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)]
        lines.append("switches:\n" if self.switches else "switches: []\n")
        lines.extend(f"- {{at: {at}, to: {to}}}\n" for at, to in self.switches)
        return "".join(lines)


class Loader(yaml.SafeLoader):
    """Reads plain YAML, a few levels deep, in which no map has a key twice."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """The next node. Raises ComposerError where it stands too deep in others."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            place = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "lists in lists, too many deep", place)
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The map of a node. Raises ConstructorError where a key is repeated."""
        content: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(content) != len(node.value):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            repeated = next(key for place, key in enumerate(keys) if key in keys[:place])
            raise yaml.constructor.ConstructorError(None, None, f"{repeated} stands there twice", node.start_mark)
        return content


def read_schedule(text: str) -> ScheduleDocument:
    """What a file says. Raises ValueError, which names the field, where that is no schedule."""
    try:
        content = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error
    except UNREADABLE as error:
        raise ValueError("not YAML: there is a value that is not what its tag or its first letters say") from error
    if not isinstance(content, Mapping):
        raise ValueError("must be a map")
    known = {"format": str, "case": str, "engine": str, "workers": int, "switches": list, "block": int, "shows": str}
    for name, value in content.items():
        if name not in known:
            raise ValueError(f"{name}: no such field; there are {', '.join(known)}")
        if not isinstance(value, known[name]) or isinstance(value, bool):
            raise ValueError(f"{name}: must be {WORDS[known[name]]}")
    for name in ("format", "case", "engine", "workers", "switches"):
        if name not in content:
            raise ValueError(f"{name}: is missing")
    if content["format"] != FORMAT:
        raise ValueError(f"format: must be {FORMAT}")
    if not 1 <= content["workers"] <= MOST_WORKERS:
        raise ValueError(f"workers: must be from 1 to {MOST_WORKERS}")
    if content.get("block", 0) < 0:
        raise ValueError("block: must be at least 0")
    return ScheduleDocument(
        case=content["case"],
        engine=content["engine"],
        workers=content["workers"],
        switches=read_switches(content["switches"], content["workers"]),
        block=content.get("block", 0),
        shows=content.get("shows", ""),
    )


WORDS: Final[dict[type, str]] = {str: "a string", int: "a number", list: "a list"}


def read_switches(entries: Sequence[Any], workers: int) -> tuple[Switch, ...]:
    """The switches in a file, which must ascend and name workers that there are."""
    switches: list[Switch] = []
    for place, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or set(entry) != {"at", "to"}:
            raise ValueError(f"switches[{place}]: must be a map of at and to")
        at, to = entry["at"], entry["to"]
        if not all(type(number) is int and number >= 0 for number in (at, to)):
            raise ValueError(f"switches[{place}]: at and to must be numbers from 0")
        if to >= workers:
            raise ValueError(f"switches[{place}]: to: worker {to} of {workers}, which are counted from 0")
        if switches and at <= switches[-1].at:
            raise ValueError(f"switches[{place}]: at: must be more than {switches[-1].at}, which comes before it")
        switches.append(Switch(at, to))
    return tuple(switches)
