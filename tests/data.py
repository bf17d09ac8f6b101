"""The folder of official fixtures and real blocks, which tests use where it is there and skip where it is not."""

from __future__ import annotations

import functools
import gzip
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def data_folder() -> Path:
    """The folder that SAMESTATE_DATA names. Skips the test where it names none."""
    folder = os.environ.get("SAMESTATE_DATA")
    if not folder:
        pytest.skip("SAMESTATE_DATA is not set")
    return Path(folder)


def archive_members(name: str, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """The path and content of every JSON file below ``prefix`` in the archive ``name``, such as ``eest-osaka``.

    An archive is read once for each prefix and process, without unpacking it. Skips the test where there is none.
    """
    path = data_folder() / f"{name}.tar.xz"
    if not path.exists():
        pytest.skip(f"SAMESTATE_DATA has no {name}.tar.xz")
    yield from _members(path, prefix)


def block_file(name: str) -> dict[str, Any]:
    """The content of a file of real blocks, such as ``1-23587691``. Skips the test where there is none."""
    path = data_folder() / "blocks" / f"{name}.json.gz"
    if not path.exists():
        pytest.skip(f"SAMESTATE_DATA has no blocks/{name}.json.gz")
    content: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return content


def small_case(name: str) -> Path:
    """A file or folder of the small inputs that lie in ``cases``, beside the data. Skips the test where it is not."""
    path = data_folder().parent / "cases" / name
    if not path.exists():
        pytest.skip(f"beside SAMESTATE_DATA there is no cases/{name}")
    return path


@functools.cache
def _members(path: Path, prefix: str) -> tuple[tuple[str, bytes], ...]:
    members: list[tuple[str, bytes]] = []
    with tarfile.open(path, "r|xz") as archive:
        for member in archive:
            if member.isfile() and member.name.startswith(prefix) and member.name.endswith(".json"):
                file = archive.extractfile(member)
                if file is not None:
                    members.append((member.name, file.read()))
    return tuple(members)
