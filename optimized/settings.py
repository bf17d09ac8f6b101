"""What each setting may be: one check for each kind of setting.

A check takes a value, and whether it was written down (in a file or a variable, where numbers may come as text). It
gives the value to use, or raises :class:`Wrong` with what would be right.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping

from samestate.optimized.processors import AutoWorkers, allowed_processors, available_processors
from samestate.optimized.topology import PLACINGS, helps, place, read_topology

STRATEGIES = ("adaptive", "sequential", "block-stm", "locks", "waves", "access-list")
KINDS = ("threads", "processes")
ESTIMATORS = ("declared", "static", "last-run", "pattern", "learned", "rehearsed")

AUTO = "auto"
"""As a number of workers: what suits the block."""

MOST_WORKERS = 256
LONGEST_RUN = 64
LEAST_MEMORY = 1 << 20
MOST_MEMORY = 1 << 37
"""What the offsets in the versioned memory can tell apart."""


class Wrong(Exception):  # noqa: N818 - an error only together with where it was found
    """A value that a setting cannot have. The message says which it can."""


Check = Callable[[object, bool], object]


def _whole_number(least: int, most: int, unit: str = "") -> Check:
    def check(value: object, written: bool) -> object:
        if written and isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,20}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Wrong(f"give a whole number from {least} to {most}{unit}")
        return value

    return check


def _number(above: bool, most: float, unit: str) -> Check:
    """A number above zero, or from zero, to the most that makes sense."""

    def check(value: object, written: bool) -> object:
        if written and isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or not -math.inf < value < math.inf:
            raise Wrong(f"give a number of {unit}")
        if value < 0 or (above and value == 0):
            raise Wrong(f"give {'more than ' if above else 'at least '}0 {unit}")
        if value > most:
            raise Wrong(f"give at most {most:g} {unit}")
        return float(value)

    return check


def _memory(value: object, written: bool) -> object:
    """Bytes, as a number, or as text with a unit."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{1,20})\s*(B|kB|KiB|MB|MiB|GB|GiB)?", value)
        if match is None:
            raise Wrong("give bytes, or text such as 512 MiB or 2 GiB")
        value = int(match[1]) * _UNITS[match[2] or "B"]
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong("give bytes, or text such as 512 MiB or 2 GiB")
    if value < LEAST_MEMORY:
        raise Wrong("give at least 1 MiB")
    if value >= MOST_MEMORY:
        raise Wrong("give less than 128 GiB")
    return value


_UNITS = {"B": 1, "kB": 1000, "KiB": 1 << 10, "MB": 10**6, "MiB": 1 << 20, "GB": 10**9, "GiB": 1 << 30}


def _processors(value: object, written: bool) -> object:
    """Numbers of processors: a list, or text such as ``0,2-3``; only those that this process may use."""
    if value is None or (written and value in ("", "none")):
        return None
    if written and isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, str):
        parts = [re.fullmatch(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", part) for part in value.split(",")]
        value = [number for part in parts if part for number in range(int(part[1]), int(part[2] or part[1]) + 1)]
        if None in parts:
            value = None
    if (
        not isinstance(value, list | tuple)
        or not value
        or any(isinstance(number, bool) or not isinstance(number, int) or number < 0 for number in value)
    ):
        raise Wrong("give the numbers of processors, such as 0,1 or 0-3")
    allowed = allowed_processors()
    missing = sorted(set(value) - allowed)
    if missing:
        raise Wrong(
            f"processor {missing[0]} is not there for this process: choose of " + ",".join(map(str, sorted(allowed)))
        )
    return tuple(value)


def _placing(value: object, written: bool) -> object:
    """Numbers of processors as :func:`_processors` takes them, or what to place workers by: a word of PLACINGS.

    Where processors do not differ in that there is nothing to choose, and workers are left to the system: to be held
    on a processor only costs.
    """
    if isinstance(value, str) and value in PLACINGS:
        topology = read_topology()
        return place(topology, value) if helps(topology, value) else None
    try:
        return _processors(value, written)
    except Wrong as wrong:
        raise Wrong(f"{wrong}; or one of {', '.join(('none', *PLACINGS))}") from None


def _workers(value: object, written: bool) -> object:
    """A number of workers, or ``auto``: as many as suit the block, within the processors that this process may use."""
    if isinstance(value, AutoWorkers):
        return value
    if value == AUTO:
        return AutoWorkers(min(available_processors(), MOST_WORKERS))
    try:
        return _whole_number(1, MOST_WORKERS)(value, written)
    except Wrong as wrong:
        raise Wrong(f"{wrong}, or {AUTO}") from None


def _truth(value: object, written: bool) -> object:
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    if written and isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise Wrong("give true or false")
    return value


def _one_of(choices: tuple[str, ...]) -> Check:
    def check(value: object, written: bool) -> object:
        if value not in choices:
            raise Wrong(f"choose of {', '.join(choices)}{suggestion(str(value), choices)}")
        return value

    return check


def _estimator(value: object, written: bool) -> object:
    if value in ESTIMATORS or (isinstance(value, str) and re.fullmatch(r"[\w.]+:[\w.]+", value)):
        return value
    near = suggestion(str(value), ESTIMATORS)
    raise Wrong(f"choose of {', '.join(ESTIMATORS)}{near}, or name a function as module:attribute")


CHECKS: dict[str, Check] = {
    "workers": _workers,
    "strategy": _one_of(STRATEGIES),
    "kind": _one_of(KINDS),
    "time_limit": _number(above=True, most=1_000_000, unit="seconds"),
    "memory_limit": _memory,
    "affinity": _placing,
    "maximum_block": _whole_number(1, 10_000_000, " of transactions"),
    "record": _truth,
    "read_latency_us": _number(above=False, most=1_000_000, unit="microseconds"),
    "estimator": _estimator,
    "run_length": _whole_number(0, LONGEST_RUN, " of transactions"),
    "signature_lanes": _truth,
    "no_fallback": _truth,
    "trace": _truth,
}


def words(value: object) -> str:
    """A value as it would be written, cut to what fits a line."""
    try:
        text = value if isinstance(value, str) and value else repr(value)
    except ValueError:  # Python writes no number of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "…"


def suggestion(name: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
    """What may have been meant, in words; for names of settings, where nothing is near, all that there are."""
    near = difflib.get_close_matches(name, list(choices), 1)
    return (
        f" (did you mean {near[0]}?)"
        if near
        else ""
        if isinstance(choices, tuple)
        else f"; there are {', '.join(choices)}"
    )
