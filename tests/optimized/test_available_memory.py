"""How much memory is left, by files of the system such as it has with and without containers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from samestate.optimized.available_memory import available

SYSTEM = {"proc/meminfo": "MemTotal: 999999 kB\nMemAvailable:      1000 kB\n"}
UNLIMITED_1 = "9223372036854771712\n"


def left(root: Path, files: Mapping[str, str]) -> int | None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return available(root)


def group(path: str, most: str, used: int, cache: int | None = None) -> dict[str, str]:
    """A group of version 2."""
    files = {f"{path}/memory.max": most, f"{path}/memory.current": f"{used}\n"}
    if cache is not None:
        files[f"{path}/memory.stat"] = f"anon 5\ninactive_file {cache}\n"
    return files


def group_1(path: str, most: str, used: int, cache: int = 0) -> dict[str, str]:
    """A group of version 1."""
    return {
        f"{path}/memory.limit_in_bytes": most,
        f"{path}/memory.usage_in_bytes": f"{used}\n",
        f"{path}/memory.stat": f"inactive_file 7\ntotal_inactive_file {cache}\n",
    }


V2 = {"proc/self/cgroup": "0::/outer/inner\n"}
V1 = {"proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/outer/inner\n0::/\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/meminfo": "MemTotal: 999999 kB\n"}, None),
        (SYSTEM, 1000 << 10),
        (SYSTEM | V2, 1000 << 10),
        (SYSTEM | V2 | group("sys/fs/cgroup/outer/inner", "max\n", 7), 1000 << 10),
        (SYSTEM | V2 | group("sys/fs/cgroup/outer/inner", "5000\n", 2000), 3000),
        (SYSTEM | V2 | group("sys/fs/cgroup/outer/inner", "5000\n", 2000, cache=500), 3500),
        (SYSTEM | V2 | group("sys/fs/cgroup/outer/inner", "5000\n", 6000), 0),
        (SYSTEM | V2 | group("sys/fs/cgroup/outer/inner", "99999999\n", 2000), 1000 << 10),
        (
            V2 | group("sys/fs/cgroup/outer/inner", "5000\n", 10) | group("sys/fs/cgroup/outer", "4000\n", 3000),
            1000,
        ),
        (SYSTEM | V2 | group("sys/fs/cgroup", "4000\n", 3990), 10),
        (V2 | group("sys/fs/cgroup/outer/inner", "5000\n", 2000), 3000),
        (SYSTEM | V2 | group("sys/fs/cgroup/elsewhere", "5000\n", 2000), 1000 << 10),
        (SYSTEM | V2 | group("sys/fs/cgroup/unified/outer/inner", "5000\n", 2000), 3000),
        (SYSTEM | V1 | group_1("sys/fs/cgroup/memory/outer/inner", UNLIMITED_1, 2000), 1000 << 10),
        (SYSTEM | V1 | group_1("sys/fs/cgroup/memory/outer/inner", "5000\n", 2000, cache=300), 3300),
        (SYSTEM | V1 | group_1("sys/fs/cgroup/memory/outer", "5000\n", 4000), 1000),
        (SYSTEM | V1 | group_1("sys/fs/cgroup/memory", "5000\n", 4900), 100),
        (SYSTEM | V2 | {"sys/fs/cgroup/outer/inner/memory.max": "5000\n"}, 1000 << 10),
        (SYSTEM | {"proc/self/cgroup": "0::/../../other\n"}, 1000 << 10),
    ],
)  # fmt: skip
def test_the_least_of_what_the_system_and_the_groups_have_left(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    assert left(tmp_path, files) == expected


def test_this_system() -> None:
    assert (available() is None) == (not Path("/proc/meminfo").exists())
