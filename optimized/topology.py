"""Which processors share what: cores, caches, memory nodes, as Linux tells it under /sys; orders to place workers in.

source: Linux, Documentation/ABI/stable/sysfs-devices-system-cpu and sysfs-devices-node
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samestate.optimized.control_groups import lines
from samestate.optimized.processors import ROOT, allowed_processors

PLACINGS: Final = ("core", "cache", "node")


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor as the system numbers them: a hardware thread.

    ``core``: the lowest number of those on its core, ``cache`` of those that share its last cache, ``node`` the number
    of its memory node. ``capacity``: how fast it is beside others of a hybrid machine, 0 where they are all alike.
    """

    number: int
    core: int
    cache: int
    node: int
    capacity: int = 0


def read_topology(root: Path = ROOT, allowed: frozenset[int] | None = None) -> tuple[Processor, ...]:
    """The processors that this process may run on, by number.

    What the system does not say is as if nothing were shared but one node: a container often hides it. ``allowed``:
    those that it may run on, unless what the system says is to be asked.
    """
    folder = root / "sys/devices/system/cpu"
    usable = allowed_processors() if allowed is None else allowed
    online = parse_list("".join(lines(folder / "online")))
    numbers = sorted(usable & online if online else usable) or sorted(usable)
    nodes = _nodes(root / "sys/devices/system/node")
    return tuple(
        Processor(
            number,
            _least(folder / f"cpu{number}/topology/thread_siblings_list", number),
            _last_cache(folder / f"cpu{number}/cache", number),
            nodes.get(number, 0),
            _capacity(folder / f"cpu{number}"),
        )
        for number in numbers
    )


def place(processors: tuple[Processor, ...], placing: str) -> tuple[int, ...]:
    """The order in which workers get processors: the first worker the first, and so on. ``placing``: one of PLACINGS.

    ``core``: a core each, the fastest first, before any core gets a second; spread over caches and nodes.
    ``cache``: all cores that share a cache before the next cache. ``node``: all cores of a node, spread over its
    caches, before the next node. Second threads of cores come last in their cache or node, or of all.
    """
    second = {each.number: int(each.number != _first_of_core(each, processors)) for each in processors}
    spread = _turns(processors)
    orders = {
        "core": lambda each: (second[each.number], -each.capacity, spread[each.number], each.number),
        "cache": lambda each: (each.cache, second[each.number], -each.capacity, each.number),
        "node": lambda each: (each.node, second[each.number], -each.capacity, spread[each.number], each.number),
    }
    return tuple(each.number for each in sorted(processors, key=orders[placing]))


def helps(processors: tuple[Processor, ...], placing: str) -> bool:
    """Whether there is anything to choose: whether processors differ in what the placing goes by."""
    if placing == "core":
        return len({each.core for each in processors}) < len(processors) or len({p.capacity for p in processors}) > 1
    groups = {each.cache if placing == "cache" else each.node for each in processors}
    return len(groups) > 1


def parse_list(text: str) -> frozenset[int]:
    """The numbers of a list such as ``0-3,8``; none where it is no such list."""
    numbers: set[int] = set()
    for part in text.strip().split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(first) > 5 or len(last) > 5:
            return frozenset()
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def _first_of_core(processor: Processor, processors: tuple[Processor, ...]) -> int:
    return min(each.number for each in processors if each.core == processor.core)


def _turns(processors: tuple[Processor, ...]) -> dict[int, tuple[int, int]]:
    """For each processor how many come before it in its cache, and which cache that is: to go round caches in turn."""
    seen: dict[int, int] = {}
    turns = {}
    for each in processors:
        turns[each.number] = (seen.get(each.cache, 0), each.cache)
        seen[each.cache] = seen.get(each.cache, 0) + 1
    return turns


def _least(file: Path, otherwise: int) -> int:
    return min(parse_list("".join(lines(file))), default=otherwise)


def _last_cache(folder: Path, number: int) -> int:
    """The lowest number of those that share the cache of the highest level."""
    found: list[tuple[int, int]] = []
    for index in range(8):
        level = "".join(lines(folder / f"index{index}/level")).strip()
        if level.isdecimal():
            found.append((int(level), _least(folder / f"index{index}/shared_cpu_list", number)))
    return max(found)[1] if found else 0


def _nodes(folder: Path) -> dict[int, int]:
    """The memory node of each processor."""
    numbers = parse_list("".join(lines(folder / "online")))
    return {
        processor: node
        for node in sorted(numbers)
        for processor in parse_list("".join(lines(folder / f"node{node}/cpulist")))
    }


def _capacity(folder: Path) -> int:
    """How fast a processor is: as the scheduler rates it, else its highest frequency in kHz, else 0."""
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        text = "".join(lines(folder / name)).strip()
        if text.isdecimal():
            return int(text)
    return 0
