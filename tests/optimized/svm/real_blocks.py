"""Entries and signatures of real blocks of Solana, from the files of SAMESTATE_DATA."""

from __future__ import annotations

import gzip
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.data import data_folder
from tests.optimized.svm.strict import Item

BATCH_COMPLETE = 0x40


@dataclass
class Entry:
    hashes: int
    hash: bytes
    signatures: list[bytes] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    @property
    def plain(self) -> tuple[int, bytes, list[bytes]]:
        return self.hashes, self.hash, self.signatures


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, length: int) -> bytes:
        self.place += length
        assert self.place <= len(self.data)
        return self.data[self.place - length : self.place]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "little")

    def short(self) -> int:
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def transaction(self, entry: Entry) -> None:
        signatures = [self.take(64) for _ in range(self.short())]
        start = self.place
        is_versioned = self.data[start] >= 0x80
        self.take(4 if is_versioned else 3)
        keys = [self.take(32) for _ in range(self.short())]
        self.take(32)
        for _ in range(self.short()):
            self.take(1)
            self.take(self.short())
            self.take(self.short())
        if is_versioned:
            for _ in range(self.short()):
                self.take(32)
                self.take(self.short())
                self.take(self.short())
        message = self.data[start : self.place]
        entry.signatures += signatures
        entry.items += [(signature, key, message) for signature, key in zip(signatures, keys, strict=False)]

    def entries(self) -> list[Entry]:
        found = []
        for _ in range(self.number(8)):
            entry = Entry(self.number(8), self.take(32))
            for _ in range(self.number(8)):
                self.transaction(entry)
            found.append(entry)
        return found


def svm_folder() -> Path:
    folder = data_folder() / "svm"
    if not folder.exists():
        pytest.skip("SAMESTATE_DATA has no svm")
    return folder


def entries_of_block(name: str) -> list[Entry]:
    """The entries of a block that lies there in shreds, such as ``testnet-356797362``."""
    path = svm_folder() / name / "shreds.json.gz"
    shreds = [bytes(shred) for shred in json.loads(gzip.decompress(path.read_bytes()))]
    data = sorted((s for s in shreds if s[64] & 0xF0 in (0x90, 0xB0)), key=lambda s: int.from_bytes(s[73:77], "little"))
    found = []
    batch = b""
    for shred in data:
        batch += shred[88 : int.from_bytes(shred[86:88], "little")]
        if shred[85] & BATCH_COMPLETE:
            found += Reader(batch).entries()
            batch = b""
    return found


def entries_of_slot_410010000() -> list[Entry]:
    path = svm_folder() / "facts" / "entries-410010000.json"
    return Reader(bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["entries"])).entries()


def malleability_vectors() -> list[tuple[Item, bool]]:
    """Firedancer's 396 signatures of one message by keys and points of small and mixed order, with their verdicts."""
    found: list[tuple[Item, bool]] = []
    with tarfile.open(svm_folder() / "svm-fixtures.tar.xz") as archive:
        for verdict, name in ((True, "pass"), (False, "fail")):
            path = f"firedancer/src/ballet/ed25519/test_ed25519_signature_malleability_should_{name}.bin"
            member = archive.extractfile(path)
            assert member is not None
            data = member.read()
            found += [((data[i : i + 64], data[i + 64 : i + 96], b"Zcash"), verdict) for i in range(0, len(data), 96)]
    return found
