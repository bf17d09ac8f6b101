"""Real blocks and samples of Solana, from the folder that SAMESTATE_DATA names. Tests skip where it is not there."""

from __future__ import annotations

import functools
import gzip
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest

from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import address
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash
from samestate.spec.svm.entries import decode_entries
from tests.data import data_folder

DATA_COMPLETE = 0x40
PAYLOAD = 88
LATTICE_IN_MANIFEST = slice(-2081, -33)


def svm_folder() -> Path:
    folder = data_folder() / "svm"
    if not folder.is_dir():
        pytest.skip("SAMESTATE_DATA has no svm")
    return folder


def facts(name: str) -> Any:
    return json.loads((svm_folder() / "facts" / f"{name}.json").read_text(encoding="utf-8"))


def read_gzip(name: str) -> bytes:
    return gzip.decompress((svm_folder() / name).read_bytes())


@functools.cache
def batches_of(folder: Path, block: str) -> tuple[bytes, ...]:
    """The batches of entries in the shreds of a block, in order."""
    shreds = sorted(
        (bytes(shred) for shred in json.loads(gzip.decompress((folder / block / "shreds.json.gz").read_bytes()))),
        key=lambda shred: int.from_bytes(shred[73:77], "little"),
    )
    batches, current = [], b""
    for shred in shreds:
        current += shred[PAYLOAD : int.from_bytes(shred[86:88], "little")]
        if shred[85] & DATA_COMPLETE:
            batches.append(current)
            current = b""
    assert current == b""
    return tuple(batches)


@functools.cache
def entries_in(folder: Path, block: str) -> tuple[HistoryEntry, ...]:
    return tuple(entry for batch in batches_of(folder, block) for entry in decode_entries(batch)[0])


def block_entries(block: str) -> tuple[HistoryEntry, ...]:
    return entries_in(svm_folder(), block)


def sample_entries() -> tuple[HistoryEntry, ...]:
    """The first batch of slot 410,010,000 of the main network."""
    return decode_entries(bytes.fromhex(facts("entries-410010000")["entries"]))[0]


def accounts_of(block: str) -> dict[bytes, Account]:
    return {
        address(account["pubkey"]): Account(
            account["lamports"], address(account["owner"]), account["executable"], bytes(account["data"])
        )
        for account in json.loads(read_gzip(f"{block}/accounts.json.gz"))
    }


def lattice_before(block: str) -> int:
    """The lattice of the parent's state, from its snapshot's manifest."""
    return lattice.from_bytes(read_gzip(f"{block}/manifest.bin.gz")[LATTICE_IN_MANIFEST])


def blockhashes_before(block: str) -> BlockhashQueue:
    """The queue of the parent, with which its snapshot's manifest begins."""
    manifest = read_gzip(f"{block}/manifest.bin.gz")
    (count,) = struct.unpack_from("<Q", manifest, 41)
    rows = [struct.unpack_from("<32sQQQ", manifest, 49 + 56 * row) for row in range(count)]
    return BlockhashQueue(
        {digest: RegisteredHash(number, price) for digest, price, number, _ in sorted(rows, key=lambda row: row[2])}
    )


@functools.cache
def samples(folder: Path) -> dict[str, bytes]:
    found = {}
    with tarfile.open(folder / "svm-fixtures.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                found[member.name] = file.read()
    return found


def sample(name: str) -> bytes:
    return samples(svm_folder())[name]
