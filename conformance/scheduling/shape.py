"""How parallel a block is by what its transactions declare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from samestate.conformance.scheduling.pending import Pending
from samestate.spec.machine import Key


@dataclass(frozen=True, slots=True)
class Shape:
    """``conflicting``: transactions that conflict with an earlier one. ``path``: the most transactions of which each
    conflicts with the one before it; ``path_use``: the most that such a chain uses of the first dimension.
    """

    conflicting: int
    path: int
    path_use: int


def shape_of(block: Iterable[Pending], dimension: str) -> Shape:
    """The shape of candidates in the order of a block."""
    wrote: dict[Key, tuple[int, int]] = {}
    read: dict[Key, tuple[int, int]] = {}
    conflicting, longest, most = 0, 0, 0
    for candidate in block:
        earlier = [wrote[key] for key in candidate.reads | candidate.writes if key in wrote]
        earlier += [read[key] for key in candidate.writes if key in read]
        conflicting += bool(earlier)
        path = 1 + max((length for length, _ in earlier), default=0)
        use = candidate.use.get(dimension, 0) + max((used for _, used in earlier), default=0)
        longest, most = max(longest, path), max(most, use)
        for key in candidate.writes:
            wrote[key] = later(wrote.get(key), path, use)
        for key in candidate.reads:
            read[key] = later(read.get(key), path, use)
    return Shape(conflicting, longest, most)


def later(known: tuple[int, int] | None, path: int, use: int) -> tuple[int, int]:
    """The longer of two chains, and the one that uses more."""
    return (path, use) if known is None else (max(known[0], path), max(known[1], use))
