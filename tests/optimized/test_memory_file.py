"""The memory of an arena, with what Linux has and without."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from samestate.optimized.memory_file import open_memory

SIZE = (3 << 20) + 5


def without_linux(patch: pytest.MonkeyPatch, folder: Path) -> None:
    patch.delattr(os, "memfd_create", raising=False)
    patch.delattr(os, "posix_fallocate", raising=False)
    patch.setattr(tempfile, "tempdir", str(folder))


@pytest.mark.parametrize("linux", [True, False])
def test_all_of_it_exists_and_none_of_it_has_a_name(
    linux: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not linux:
        without_linux(monkeypatch, tmp_path)
    descriptor = open_memory(SIZE)
    try:
        status = os.fstat(descriptor)
        assert status.st_size == SIZE
        assert status.st_blocks * 512 >= SIZE
        assert os.pread(descriptor, 8, SIZE - 4) == bytes(4)
        assert list(tmp_path.iterdir()) == []
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("linux", [True, False])
def test_nothing_is_left_open_where_there_is_too_little(
    linux: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise OSError("no space")

    if not linux:
        without_linux(monkeypatch, tmp_path)
    monkeypatch.setattr(os, "posix_fallocate" if linux else "pwrite", refuse)
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="no space"):
        open_memory(SIZE)
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_an_arena_without_memfd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from samestate.optimized.core.arena import SharedArena

    without_linux(monkeypatch, tmp_path)
    arena = SharedArena.create(1 << 20)
    assert arena.size == 1 << 20
    arena.close()
