"""Which of the cases below some paths are to be run: by fork, by name, by what they take of an engine."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.model import SELECTOR_GROUPS, SELECTORS

MEMBER: Final = "::"
"""What stands between the place of a document and the name of a case in it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases are to be run. What is empty limits nothing.

    ``forks``: of one of these. ``keyword``: an expression that is true of the case (see :func:`compile_keyword`).
    ``cases``: one of these ids, or of these names in a document. ``needing``: one of these selectors is needed;
    ``without``: none of these is.
    """

    forks: tuple[str, ...] = ()
    keyword: str = ""
    cases: tuple[str, ...] = ()
    needing: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def takes(self, id: str, origin: str, forks: frozenset[str], selectors: frozenset[str] = frozenset()) -> bool:
        """Whether a case is to be run. ``origin`` is the path below which it was found, ``forks`` those that rule it.

        A case that no fork rules, as one of an encoding, is of none.
        """
        if self.forks and not {*map(plain, forks)} & {*map(plain, self.forks)}:
            return False
        if self.needing and not selectors & {*self.needing}:
            return False
        if selectors & {*self.without}:
            return False
        if self.cases and not any(is_called(id, case) for case in self.cases):
            return False
        return not self.keyword or compile_keyword(self.keyword)(" ".join([below(origin, id), *sorted(forks)]))

    def options(self) -> list[str]:
        """The options that limit, as they are given."""
        names = {"forks": "--fork", "keyword": "-k", "cases": "--case", "needing": "--selector", "without": "--without"}
        given: list[str] = []
        for field in fields(self):
            value = getattr(self, field.name)
            given += [f"{names[field.name]} {each}" for each in ([value] if isinstance(value, str) else value) if each]
        return given


def plain(fork: str) -> str:
    """A fork's name as it is compared: some have a space in one format, and none in another."""
    return fork.replace(" ", "").lower()


EVERYTHING: Final = Selection()


def is_called(id: str, case: str) -> bool:
    """Whether a case of that id is meant by ``case``: its id, or its name in its document.

    The id of a vector does not say where it lies, and so is its name there.
    """
    return id == case or id.partition(MEMBER)[2] == case or (MEMBER not in id and case.partition(MEMBER)[2] == id)


def below(origin: str, id: str) -> str:
    """An id without the folders above the path that was given: what all cases share would fit any word."""
    return f"{Path(origin).name}{id.removeprefix(origin)}" if id.startswith(origin) else id


def selectors_of(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """The selectors that names stand for, each one or a group of them. Raises InputError for a name of none."""
    chosen: dict[str, None] = {}
    for name in names:
        if name not in SELECTORS and name not in SELECTOR_GROUPS:
            known = ", ".join([*SELECTORS, *SELECTOR_GROUPS])
            raise InputError(f"{option} {name}: no selector is called so; known are {known}")
        chosen.update(dict.fromkeys(SELECTOR_GROUPS.get(name, (name,))))
    return tuple(chosen)


def split_argument(argument: Path) -> tuple[Path, str | None]:
    """The path and the case that an argument names, as ids do: ``PATH::NAME``, ``ARCHIVE:MEMBER::NAME``, or a path.

    The case is None where there is only a path.
    """
    text = str(argument)
    if argument.exists() or MEMBER not in text:
        return argument, None
    ends = [match.start() for match in re.finditer(MEMBER, text)]  # names of files may hold it, too
    found = [_file_of(text[:end]) for end in ends]
    return next((path for path in found if path.exists()), found[0]), text


def _file_of(place: str) -> Path:
    """The file that is there of a place in it, or what is before the first colon of the place."""
    while not Path(place).exists() and ":" in place:
        place = place.rpartition(":")[0]
    return Path(place)


# Keywords


TOKEN: Final = re.compile(r'\s*(?:([()])|"([^"]*)"|([^\s()"]+))')
Holds = Callable[[str], bool]


@functools.lru_cache(maxsize=16)
def compile_keyword(expression: str) -> Holds:
    """Whether an expression holds of a text: ``word``, ``not``, ``and``, ``or`` and parentheses, as in pytest.

    A word, or several in double quotes, is true where the text holds it, in small or large letters. Raises InputError.
    """
    return _Parser(expression).parse()


class _Parser:
    """A parser by descent: or, above and, above not."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = list(self._split())

    def parse(self) -> Holds:
        holds = self._either()
        if self.tokens:
            raise self._wrong(f"{self.tokens[0][0]!r} is not expected there: write 'and' or 'or' between words")
        return holds

    def _split(self) -> Iterator[tuple[str, bool]]:
        """The tokens, each with whether it is a word whatever it says."""
        text = self.expression.rstrip()
        position = 0
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise self._wrong("a quote is not closed")
            position = match.end()
            yield match[1] or match[2] or match[3] or "", match[2] is not None

    def _either(self) -> Holds:
        left = self._both()
        while self._next("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Holds:
        left = self._one()
        while self._next("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Holds:
        if self._next("not"):
            holds = self._one()
            return lambda text: not holds(text)
        if self._next("("):
            holds = self._either()
            if not self._next(")"):
                raise self._wrong("a parenthesis is not closed")
            return holds
        if not self.tokens or (self.tokens[0][0] in ("and", "or", ")") and not self.tokens[0][1]):
            raise self._wrong(
                "a word is missing" + (f" before {self.tokens[0][0]!r}" if self.tokens else " at the end")
            )
        word = self.tokens.pop(0)[0].lower()
        return lambda text: word in text.lower()

    def _next(self, token: str) -> bool:
        """Take the next token, if it is that one."""
        if self.tokens and self.tokens[0] == (token, False):
            self.tokens.pop(0)
            return True
        return False

    def _wrong(self, reason: str) -> InputError:
        return InputError(f"-k {self.expression!r}: {reason}")


def _and(left: Holds, right: Holds) -> Holds:
    return lambda text: left(text) and right(text)


def _or(left: Holds, right: Holds) -> Holds:
    return lambda text: left(text) or right(text)
