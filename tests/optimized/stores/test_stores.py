"""Stores: what LMDB and RocksDB do where one may guess otherwise, and what becomes of it here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import (
    ACCOUNTS,
    CODES,
    META,
    NODES,
    SLOTS,
    Changes,
    Store,
    StoreDamaged,
    StoreInUse,
    StoreUnavailable,
    behind,
)

PACKAGES = {"lmdb": "lmdb", "rocksdb": "rocksdict"}


@pytest.fixture(params=PACKAGES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    pytest.importorskip(PACKAGES[request.param])
    return f"{request.param}:{tmp_path / 'store'}"


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = parse_location(place).store(writable=True)
    yield opened
    opened.close()


def put(store: Store, table: int, *records: tuple[bytes, bytes | None]) -> None:
    store.write(Changes((), {table: sorted(records)}))


def test_an_empty_value_is_not_an_absent_one(store: Store) -> None:
    put(store, META, (b"block_hash", b""), (b"height", b"0"))
    assert store.get(META, b"block_hash") == b"" and store.get(META, b"other") is None
    assert store.get_many(META, [b"block_hash", b"other", b"height", b"other"]) == [b"", None, b"0", None]
    assert list(store.iterate(META)) == [(b"block_hash", b""), (b"height", b"0")]


def test_tables_are_apart(store: Store) -> None:
    for table in (ACCOUNTS, SLOTS, CODES, NODES, META):
        put(store, table, (b"\xff" * 66, bytes((table,))), (b"\x00", b"first"))
    for table in (ACCOUNTS, SLOTS, CODES, NODES, META):
        assert store.scan(table, b"", b"") == [(b"\x00", b"first"), (b"\xff" * 66, bytes((table,)))]
        assert store.scan(table, b"\xff", b"") == [(b"\xff" * 66, bytes((table,)))]
    store.write(Changes([(SLOTS, b"")], {}))
    assert store.scan(SLOTS, b"", b"") == [] and len(store.scan(CODES, b"", b"")) == 2


def test_a_range_goes_before_what_is_put_into_it(store: Store) -> None:
    put(store, SLOTS, (b"a1", b"old"), (b"a2", b"old"), (b"b1", b"stays"), (b"\xff\xff", b"old"))
    store.write(Changes([(SLOTS, b"a"), (SLOTS, b"\xff")], {SLOTS: [(b"a2", b"new"), (b"b1", None)]}))
    assert store.scan(SLOTS, b"", b"") == [(b"a2", b"new")]


def test_what_is_between_two_keys(store: Store) -> None:
    put(store, SLOTS, *((bytes((n,)), b"x") for n in range(10)))
    assert [key for key, _ in store.scan(SLOTS, b"\x03", b"\x06")] == [b"\x03", b"\x04", b"\x05"]
    assert store.scan(SLOTS, b"\x06", b"\x03") == []
    assert behind(b"a\xff") == b"b" and behind(b"\xff\xff") == b""


def test_an_iterator_stays_with_what_it_began_on(store: Store) -> None:
    """It neither skips nor repeats what a commit changes meanwhile."""
    put(store, SLOTS, *((bytes((n,)), b"x") for n in range(100)))
    iterator = store.iterate(SLOTS)
    seen = [next(iterator)[0] for _ in range(10)]
    put(store, SLOTS, *((bytes((n,)), None) for n in range(50)), (b"\x63\x00", b"later"))
    assert seen + [key for key, _ in iterator] == [bytes((n,)) for n in range(100)]
    assert len(store.scan(SLOTS, b"", b"")) == 51


def test_what_is_read_through_lmdb_is_not_written_meanwhile(tmp_path: Path) -> None:
    """What was there before a commit may be overwritten by the next: whoever reads through it is told."""
    pytest.importorskip("lmdb")
    store = parse_location(f"lmdb:{tmp_path / 'store'}").store(writable=True)
    put(store, SLOTS, *((n.to_bytes(2, "big"), b"x") for n in range(3000)))
    assert [key for key, _ in store.iterate(SLOTS, b"\x00\x05")] == [n.to_bytes(2, "big") for n in range(5, 3000)]
    iterator = store.iterate(SLOTS)
    assert next(iterator) == (b"\0\0", b"x")
    put(store, META, (b"height", b"1"))
    with pytest.raises(RuntimeError, match="the state was written while it was read through"):
        list(iterator)
    store.close()
    with pytest.raises(ValueError, match="the state is closed"):
        store.get(SLOTS, b"\0")


def test_pages_that_were_read_are_let_go_of(tmp_path: Path) -> None:
    """No more of the file is mapped than the place says, however much is read."""
    pytest.importorskip("lmdb")
    place = f"lmdb:{tmp_path / 'store'}"
    store = parse_location(place).store(writable=True)
    put(store, SLOTS, *((n.to_bytes(4, "big"), bytes(1000)) for n in range(60_000)))
    store.close()
    read = "for n in range(0, 60_000, 3): assert store.get(SLOTS, n.to_bytes(4, 'big')) == bytes(1000)"
    mapped = {}
    for resident in ("8M", "1G"):
        code = MAPPED.format(place=f"{place}?resident={resident}", read=read)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        mapped[resident] = int(done.stdout)
    assert mapped["8M"] < 16 << 20 < 50 << 20 < mapped["1G"]


MAPPED = """
from pathlib import Path
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import SLOTS
def mapped():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))
store = parse_location("{place}").store(writable=False)
before = mapped()
{read}
print(mapped() - before)
"""


@pytest.mark.parametrize("writable", [True, False])
def test_another_lmdb_environment_is_no_state(tmp_path: Path, writable: bool) -> None:
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(tmp_path / "store"), max_dbs=2) as other:
        other.open_db(b"accounts")
        other.open_db(b"somebody's")
    with pytest.raises(StoreDamaged, match="is an LMDB environment of something else, or is damaged: it lacks tables"):
        parse_location(f"lmdb:{tmp_path / 'store'}").store(writable)


def test_a_table_whose_name_is_damaged_is_not_made_anew(tmp_path: Path) -> None:
    pytest.importorskip("lmdb")
    place = parse_location(f"lmdb:{tmp_path / 'store'}")
    store = place.store(writable=True)
    put(store, SLOTS, (b"a", b"1"))
    store.close()
    file = tmp_path / "store" / "data.mdb"
    file.write_bytes(file.read_bytes().replace(b"accounts", b"accountz"))
    for writable in (True, False):
        with pytest.raises(StoreDamaged, match="it lacks tables"):
            place.store(writable)


def test_lmdbs_functions_are_those_of_the_version_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lmdb")
    from samestate.optimized.stores import lmdb_functions

    assert all(lmdb_functions.addresses(["env_create", "cursor_get"]))
    with pytest.raises(StoreUnavailable, match="keeps the functions of LMDB to itself"):
        lmdb_functions.addresses(["env_create", "of_tomorrow"])
    monkeypatch.setattr(lmdb_functions, "VERSION", (0, 8))
    with pytest.raises(StoreUnavailable, match=r"the package lmdb has LMDB 0\.9\.\d+"):
        lmdb_functions.addresses(["env_create"])
    monkeypatch.setattr(lmdb_functions, "MODULE", "no_such_wheel.at_all")
    with pytest.raises(StoreUnavailable, match=r"is not installed: pip install 'samestate\[state\]'"):
        lmdb_functions.addresses(["env_create"])


def test_keys_that_do_not_ascend_are_not_left_out(tmp_path: Path) -> None:
    """findings/lmdb_append_drops_records.sh"""
    pytest.importorskip("lmdb")
    store = parse_location(f"lmdb:{tmp_path / 'store'}").store(writable=True)
    with pytest.raises(ValueError, match="slots: record 0x61 is out of order"):
        store.write(Changes((), {SLOTS: [(b"b", b"1"), (b"a", b"2"), (b"c", b"3")]}))
    assert store.scan(SLOTS, b"", b"") == []
    store.close()


def test_the_longest_key_fits(store: Store) -> None:
    """Of a node of a storage: a byte, the hash of an address, a whole path and its length."""
    name = b"\x01" + b"\xaa" * 32 + b"\xff" * 32 + b"\x40"
    put(store, NODES, (name, b"node"))
    assert store.get(NODES, name) == b"node"


def test_a_place_is_one_processs_and_is_free_after_it(place: str) -> None:
    first = parse_location(place).store(writable=True)
    with pytest.raises(StoreInUse, match="another process uses this state"):
        parse_location(place).store(writable=True)
    with pytest.raises(StoreInUse, match="another process uses this state"):
        parse_location(place).store(writable=False)
    first.close()
    looking = [parse_location(place).store(writable=False) for _ in range(2 if place.startswith("rocksdb") else 1)]
    with pytest.raises(StoreInUse, match="another process uses this state"):
        parse_location(place).store(writable=True)
    for store in looking:
        store.close()
    parse_location(place).store(writable=True).close()


FORKED = """
import os, sys
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import META, Changes
store = parse_location(sys.argv[1]).store(writable=True)
store.write(Changes((), {META: [(b"a", b"1")]}))
child = os.fork()
if child == 0:
    os._exit(0)  # what it has inherited ends with it
os.waitpid(child, 0)
store.write(Changes((), {META: [(b"b", b"2")]}))
store.close()
store = parse_location(sys.argv[1]).store(writable=False)
print([key for key, _ in store.iterate(META)])
"""


def test_a_process_that_was_forked_off_and_ends_harms_nothing(place: str) -> None:
    done = subprocess.run([sys.executable, "-c", FORKED, place], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[b'a', b'b']\n", done.stderr


FILLING = """
import resource, sys
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import META, SLOTS, Changes, StoreFull
store = parse_location(sys.argv[1]).store(writable=True)
store.write(Changes((), {META: [(b"height", b"1")]}))
if len(sys.argv) == 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    for first in range(0, 100_000, 1000):
        slots = [(n.to_bytes(32, "big"), bytes(range(200))) for n in range(first, first + 1000)]
        store.write(Changes((), {META: [(b"height", b"%d" % (2 + first // 1000))], SLOTS: slots}))
except StoreFull as full:
    print(full)
"""


def check_full(place: str, *arguments: str) -> None:
    """A process fills a store until nothing more is taken: it is told, and what was committed is there."""
    done = subprocess.run(
        [sys.executable, "-c", FILLING, place, *arguments], capture_output=True, text=True, timeout=100
    )
    assert "no more can be written: " in done.stdout and "what was committed before is there" in done.stdout, done
    store = parse_location(place).store(writable=False)
    height = store.get(META, b"height")
    assert height is not None and int(height) > 1
    assert sum(1 for _ in store.iterate(SLOTS)) == 1000 * (int(height) - 1)
    store.close()


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    pytest.importorskip("lmdb")
    check_full(f"lmdb:{tmp_path / 'store'}")


@pytest.mark.parametrize("kind", PACKAGES)
def test_a_disk_that_is_full(kind: str, tmp_path: Path) -> None:
    pytest.importorskip(PACKAGES[kind])
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        check_full(f"{kind}:{disk / 'store'}", "full")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
