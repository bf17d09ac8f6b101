"""How many processors there are for this process: masks, and quotas of containers, by files such as systems have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from samestate.optimized.processors import AutoWorkers, allowed_processors, available_processors

EIGHT = frozenset(range(8))
V2 = {"proc/self/cgroup": "0::/outer/inner\n"}
V1 = {"proc/self/cgroup": "9:name=systemd:/\n4:cpu,cpuacct:/outer/inner\n2:memory:/\n0::/\n"}
INNER = "sys/fs/cgroup/outer/inner/cpu.max"
INNER_1 = "sys/fs/cgroup/cpu,cpuacct/outer/inner"


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        (V2, 8),
        (V2 | {INNER: "max 100000\n"}, 8),
        (V2 | {INNER: "200000 100000\n"}, 2),
        (V2 | {INNER: "150000 100000\n"}, 2),
        (V2 | {INNER: "5000 100000\n"}, 1),
        (V2 | {INNER: "1600000 100000\n"}, 8),
        (V2 | {INNER: "max 100000\n", "sys/fs/cgroup/outer/cpu.max": "300000 100000\n"}, 3),
        (V2 | {"sys/fs/cgroup/cpu.max": "400000 100000\n"}, 4),  # a container sees its own group as the outermost
        (V2 | {INNER: "100000\n"}, 8),
        (V2 | {INNER: "100000 0\n"}, 8),
        (V2 | {INNER: "nonsense of a system\n"}, 8),
        (V1 | {f"{INNER_1}/cpu.cfs_quota_us": "250000\n", f"{INNER_1}/cpu.cfs_period_us": "100000\n"}, 3),
        (V1 | {f"{INNER_1}/cpu.cfs_quota_us": "-1\n", f"{INNER_1}/cpu.cfs_period_us": "100000\n"}, 8),
    ],
)
def test_the_least_of_mask_and_quotas_counts(tmp_path: Path, files: Mapping[str, str], expected: int) -> None:
    assert available_processors(write(tmp_path, files), EIGHT) == expected


def test_the_mask_of_this_process() -> None:
    assert 1 <= available_processors() <= len(allowed_processors())


def test_as_many_as_suit_is_a_number_that_says_so() -> None:
    workers = AutoWorkers(4)
    assert workers == 4 and range(workers) == range(4)
    assert str(workers) == "auto (4)"
