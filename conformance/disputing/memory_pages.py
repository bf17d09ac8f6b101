"""Memory as a Merkle tree of pages, so that one step opens the pages that it touches and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from samestate.spec.evm.hashing import keccak256

PAGE: Final = 256
"""Bytes of a page."""
DEPTH: Final = 24
"""Levels above the pages: memory reaches up to 4 GiB."""


class NotOpened(Exception):  # noqa: N818 - says what is wrong
    """A step touches what its opening does not open."""


class ProofFails(Exception):  # noqa: N818 - says what is wrong
    """Pages and siblings do not make up the tree that was committed to."""


@lru_cache(maxsize=4096)
def page_hash(page: bytes) -> bytes:
    """The commitment to a page."""
    return keccak256(b"\x00" + page)


@lru_cache(maxsize=65536)
def pair_hash(left: bytes, right: bytes) -> bytes:
    """The commitment to two subtrees."""
    return keccak256(b"\x01" + left + right)


def _zeros() -> tuple[bytes, ...]:
    hashes = [page_hash(bytes(PAGE))]
    for _ in range(DEPTH):
        hashes.append(pair_hash(hashes[-1], hashes[-1]))
    return tuple(hashes)


ZEROS: Final = _zeros()
"""By level, the subtree in which all is zero."""


class OpenedMemory(bytearray):
    """A memory of which some pages are known. Others may grow but be neither read nor written: NotOpened.

    ``known`` None: all are known, and ``touched`` says which were used.
    """

    def __init__(self, content: bytes | bytearray, known: frozenset[int] | None) -> None:
        super().__init__(content)
        self.known = known
        self.touched: set[int] = set()

    def __getitem__(self, place: Any) -> Any:
        self._touch(place)
        return super().__getitem__(place)

    def __setitem__(self, place: Any, value: Any) -> None:
        self._touch(place)
        super().__setitem__(place, value)

    def _touch(self, place: Any) -> None:
        start, end, _ = place.indices(len(self)) if isinstance(place, slice) else (place, place + 1, 1)
        if start >= end:
            return
        pages = range(start // PAGE, (end - 1) // PAGE + 1)
        if self.known is not None:
            for page in pages:
                if page not in self.known:
                    raise NotOpened(f"memory page {page}")
        self.touched.update(pages)


def pages_of(memory: bytes | bytearray) -> dict[int, bytes]:
    """The pages of a memory that are not zero."""
    content = bytes(memory)
    pages: dict[int, bytes] = {}
    for start in range(0, len(content), PAGE):
        page = content[start : start + PAGE].ljust(PAGE, b"\0")
        if any(page):
            pages[start // PAGE] = page
    return pages


def memory_root(memory: bytes | bytearray) -> bytes:
    """The root of the tree of a whole memory."""
    return levels_of(memory)[DEPTH].get(0, ZEROS[DEPTH])


def levels_of(memory: bytes | bytearray) -> list[dict[int, bytes]]:
    """By level, the subtrees that are not zero."""
    level = {index: page_hash(page) for index, page in pages_of(memory).items()}
    levels = [level]
    for height in range(DEPTH):
        zero = ZEROS[height]
        level = {
            parent: pair_hash(level.get(2 * parent, zero), level.get(2 * parent + 1, zero))
            for parent in {index // 2 for index in level}
        }
        levels.append(level)
    return levels


def siblings_of(memory: bytes | bytearray, pages: Iterable[int]) -> list[bytes]:
    """What has to be known beside these pages: level by level from below, from left to right."""
    levels = levels_of(memory)
    wanted = sorted(set(pages))
    siblings: list[bytes] = []
    for height in range(DEPTH):
        here = set(wanted)
        siblings += [levels[height].get(index ^ 1, ZEROS[height]) for index in wanted if index ^ 1 not in here]
        wanted = sorted({index // 2 for index in wanted})
    return siblings


def root_of_opened(pages: Mapping[int, bytes], siblings: Sequence[bytes]) -> bytes:
    """The root of the tree that has these pages and, beside them, these siblings. Raises ProofFails."""
    level = {index: page_hash(page) for index, page in pages.items()}
    left = list(reversed(siblings))
    for _ in range(DEPTH):
        for index in sorted(level):
            if index ^ 1 not in level:
                if not left:
                    raise ProofFails("memory: there are too few siblings")
                level[index ^ 1] = left.pop()
        level = {
            parent: pair_hash(level[2 * parent], level[2 * parent + 1]) for parent in {each // 2 for each in level}
        }
    if left:
        raise ProofFails("memory: there are too many siblings")
    return level[0]
