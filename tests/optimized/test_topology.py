"""What processors share, by trees of files as Linux has them: two sockets, a hybrid machine, a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from samestate.optimized.topology import Processor, helps, parse_list, place, read_topology
from tests.optimized.test_processors import write

CPU = "sys/devices/system/cpu"
NODE = "sys/devices/system/node"


def two_sockets() -> dict[str, str]:
    """Two sockets, a node each, four cores of two threads: threads of node 0 are 0-3 and 8-11, as Xeons number them."""
    files = {f"{CPU}/online": "0-15\n", f"{NODE}/online": "0-1\n"}
    files |= {f"{NODE}/node0/cpulist": "0-3,8-11\n", f"{NODE}/node1/cpulist": "4-7,12-15\n"}
    for number in range(16):
        core, socket = number % 8, number % 8 // 4
        shared = "0-3,8-11" if socket == 0 else "4-7,12-15"
        files |= {
            f"{CPU}/cpu{number}/topology/thread_siblings_list": f"{core},{core + 8}\n",
            f"{CPU}/cpu{number}/cache/index0/level": "1\n",
            f"{CPU}/cpu{number}/cache/index0/shared_cpu_list": f"{core},{core + 8}\n",
            f"{CPU}/cpu{number}/cache/index3/level": "3\n",
            f"{CPU}/cpu{number}/cache/index3/shared_cpu_list": f"{shared}\n",
        }
    return files


def chiplets() -> dict[str, str]:
    """One socket, one node, two caches of the last level with two cores each, without second threads."""
    files = {f"{CPU}/online": "0-3\n", f"{NODE}/online": "0\n", f"{NODE}/node0/cpulist": "0-3\n"}
    for number in range(4):
        files |= {
            f"{CPU}/cpu{number}/topology/thread_siblings_list": f"{number}\n",
            f"{CPU}/cpu{number}/cache/index3/level": "3\n",
            f"{CPU}/cpu{number}/cache/index3/shared_cpu_list": f"{number // 2 * 2}-{number // 2 * 2 + 1}\n",
        }
    return files


def hybrid() -> dict[str, str]:
    """Two fast cores of two threads, 0-3, and four slow ones of one, 4-7; one cache of the last level."""
    files = {f"{CPU}/online": "0-7\n", f"{NODE}/online": "0\n", f"{NODE}/node0/cpulist": "0-7\n"}
    for number in range(8):
        first = number // 2 * 2 if number < 4 else number
        core = f"{first}-{first + 1}" if number < 4 else f"{number}"
        files |= {
            f"{CPU}/cpu{number}/topology/thread_siblings_list": f"{first}-{first + 1}\n"
            if number < 4
            else f"{number}\n",
            f"{CPU}/cpu{number}/cpufreq/cpuinfo_max_freq": "5200000\n" if number < 4 else "3900000\n",
            f"{CPU}/cpu{number}/cache/index2/level": "2\n",
            f"{CPU}/cpu{number}/cache/index2/shared_cpu_list": f"{core}\n" if number < 4 else "4-7\n",
            f"{CPU}/cpu{number}/cache/index3/level": "3\n",
            f"{CPU}/cpu{number}/cache/index3/shared_cpu_list": "0-7\n",
        }
    return files


def test_two_sockets(tmp_path: Path) -> None:
    found = read_topology(write(tmp_path, two_sockets()), frozenset(range(16)))
    assert found[9] == Processor(9, core=1, cache=0, node=0)
    assert found[13] == Processor(13, core=5, cache=4, node=1)
    # a core each before second threads, from one socket and the other in turn
    assert place(found, "core") == (0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
    # one socket, its second threads too, before the other
    assert place(found, "cache") == (0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15)
    assert place(found, "node") == (0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15)
    assert [helps(found, placing) for placing in ("core", "cache", "node")] == [True, True, True]


def test_caches_within_a_node(tmp_path: Path) -> None:
    found = read_topology(write(tmp_path, chiplets()), frozenset(range(4)))
    assert [each.cache for each in found] == [0, 0, 2, 2]
    assert place(found, "core") == place(found, "node") == (0, 2, 1, 3)
    assert place(found, "cache") == (0, 1, 2, 3)
    assert [helps(found, placing) for placing in ("core", "cache", "node")] == [False, True, False]


def test_a_hybrid_machine(tmp_path: Path) -> None:
    found = read_topology(write(tmp_path, hybrid()), frozenset(range(8)))
    assert [each.core for each in found] == [0, 0, 2, 2, 4, 5, 6, 7]
    assert {each.cache for each in found} == {0}
    # fast cores, slow cores, and only then the second threads of the fast ones
    assert place(found, "core") == (0, 2, 4, 5, 6, 7, 1, 3)
    assert [helps(found, placing) for placing in ("core", "cache", "node")] == [True, False, False]


def test_a_container_that_may_use_some_and_sees_nothing(tmp_path: Path) -> None:
    found = read_topology(tmp_path, frozenset({2, 5}))
    assert found == (Processor(2, 2, 0, 0), Processor(5, 5, 0, 0))
    for placing in ("core", "cache", "node"):
        assert place(found, placing) == (2, 5)
        assert not helps(found, placing)


def test_a_container_with_half_a_socket(tmp_path: Path) -> None:
    found = read_topology(write(tmp_path, two_sockets()), frozenset({1, 9, 5}))
    assert place(found, "core") == (1, 5, 9)
    assert place(found, "cache") == (1, 9, 5)


def test_processors_that_are_offline_are_left_out(tmp_path: Path) -> None:
    files = chiplets() | {f"{CPU}/online": "0,2-3\n"}
    assert [each.number for each in read_topology(write(tmp_path, files), frozenset(range(4)))] == [0, 2, 3]


def test_this_machine() -> None:
    found = read_topology()
    assert found
    for placing in ("core", "cache", "node"):
        assert sorted(place(found, placing)) == [each.number for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-3,8\n", {0, 1, 2, 3, 8}),
        ("5", {5}),
        ("", set()),
        ("0-", set()),
        ("x", set()),
        ("3-1", set()),
        ("0,,1", set()),
        ("999999", set()),
    ],
)
def test_lists_of_processors(text: str, expected: set[int]) -> None:
    assert parse_list(text) == expected
