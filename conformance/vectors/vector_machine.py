"""All that the rest of this package must know of a machine that vectors are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Json, Object, YamlDocument
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.record import KeyText
from samestate.spec.transition import BlockResult

Apply = Callable[[Any, Any, Any], BlockResult[Any, Any, Any, Any]]
"""Whatever gives the result of a block, from a machine, the block and the state before it. Raises Rejection."""


@dataclass(frozen=True, slots=True)
class CasePart:
    """A case inside another one, with what is expected of it and what an engine gave.

    ``rounds``: which block of that has each of its own inside.
    """

    name: str
    case: Case
    rounds: tuple[int, ...]
    expected: tuple[Object, ...]
    given: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class VectorMachine:
    """What differs between machines.

    ``codec``: how its keys are written. ``execute``: what comes out of each block of a case, as under ``expect``, where
    the blocks are executed by ``apply``. ``problems``: what is wrong with a case and what is expected, beyond the
    schema. ``account_of``: the account of a key as text. ``state_values``: the values of a state, as under ``pre``, by
    key as a record writes them. ``differences``: of fields that are bytes to everybody else, what in them differs.
    ``parts``: of a machine whose blocks have blocks of others inside, the cases of those.
    """

    name: str
    codec: KeyText
    execute: Callable[[Case, Apply], list[Object]]
    problems: Callable[[YamlDocument, Case, tuple[Object, ...]], Iterable[str]]
    account_of: Callable[[str], str]
    state_values: Callable[[Object], dict[str, str]]
    differences: Mapping[str, Callable[[Json, Json | None], Difference]]
    parts: Callable[[Case, Sequence[Object], Sequence[Object]], Iterable[CasePart]] | None = None
