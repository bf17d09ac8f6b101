"""States on disk in trouble: whatever happens to a run it says so, and leaves the state of a whole block."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from samestate.optimized.evm.filling import check
from samestate.optimized.stores.description import describe
from samestate.optimized.stores.opening import parse_location
from samestate.optimized.stores.store import StoreUnavailable
from tests.conformance.states.test_kills import ACCOUNTS, PACKAGES, Roots
from tests.conformance.states.test_state_command import CHAIN, document, refused, samestate

COMMITTED = re.compile(r"block (\d+): committed: ")


@pytest.fixture(scope="module")
def roots() -> Roots:
    return Roots()


@pytest.fixture(params=PACKAGES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    pytest.importorskip(PACKAGES[request.param])
    return f"{request.param}:{tmp_path / 'state'}"


class Run:
    """A chain without end on a state, in a process of its own."""

    def __init__(self, place: str, *most: int) -> None:
        command = [sys.executable, "-m", "tests.conformance.states.going_on", place, str(ACCOUNTS), *map(str, most)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.told = 0

    def commits(self, count: int) -> Run:
        """Wait until so many blocks were told to be committed."""
        assert self.process.stdout is not None
        while count:
            line = self.process.stdout.readline()
            assert line, "the process has ended by itself"
            if found := COMMITTED.match(line):
                self.told = int(found[1])
                count -= 1
        return self

    def ends(self) -> tuple[int, str]:
        """How it ends: its exit code, and what it says."""
        rest, words = self.process.communicate(timeout=60)
        self.told = max([self.told, *map(int, COMMITTED.findall(rest))])
        assert "Traceback" not in words, words
        return self.process.returncode, words


def check_whole(place: str, roots: Roots, told: int, untold: int = 1) -> int:
    """The state is that of a whole block, all that was told is there, and no more blocks than so many that were not."""
    store = parse_location(place).store(writable=True)
    try:
        found = describe(store, place)
        assert found is not None
        assert told <= found.height <= told + untold
        assert found.root == roots.at(found.height)
        check(store, found)
        return found.height
    finally:
        store.close()


def test_a_run_that_is_interrupted_ends_after_a_whole_block(place: str, roots: Roots) -> None:
    draw = random.Random(f"interrupts of {place[:4]}")
    heights = []
    for _ in range(4):
        run = Run(place).commits(1 + draw.randrange(4))
        time.sleep(draw.random() * 0.02)
        run.process.send_signal(signal.SIGINT)
        assert run.ends() == (130, "samestate: interrupted\n")
        heights.append(check_whole(place, roots, run.told))
    assert heights == sorted(set(heights))


@pytest.mark.parametrize(
    ("settings", "most", "said"),
    [
        ("", [300_000], "no more can be written: "),
        ("?map_size=300K", [], "the state has reached its map size of 307200 bytes: give more, as in lmdb:"),
    ],
)
def test_a_block_that_has_no_room_when_it_is_written_behind(
    settings: str, most: list[int], said: str, tmp_path: Path, roots: Roots
) -> None:
    """The next block has been executed on it by then."""
    pytest.importorskip("lmdb")
    place = f"lmdb:{tmp_path / 'state'}"
    run = Run(place + settings, *most)
    code, words = run.ends()
    assert code == 2 and said in words and run.told > 2
    assert check_whole(place, roots, run.told, untold=0) == run.told
    more = Run(place).commits(2)  # with more room it goes on
    more.process.send_signal(signal.SIGINT)
    more.ends()
    assert check_whole(place, roots, more.told) > run.told


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def removed(folder: Path) -> None:
    shutil.rmtree(folder)


def unlocked(folder: Path) -> None:
    """As somebody does who takes the lock for a stale one."""
    (folder / "samestate.lock").unlink()


def replaced(folder: Path) -> None:
    moved(folder)
    shutil.copytree(folder.with_name("elsewhere"), folder)


@pytest.mark.parametrize("happens", [moved, removed, unlocked, replaced])
def test_a_state_that_is_taken_away_while_it_is_in_use(
    happens: Callable[[Path], None], place: str, tmp_path: Path, roots: Roots
) -> None:
    """What others may hold by now is written no more."""
    run = Run(place).commits(3)
    happens(tmp_path / "state")
    code, words = run.ends()
    assert code == 2
    assert "was moved or removed while it was in use, or its file samestate.lock was" in words
    kind, _, _ = place.partition(":")
    for folder in (tmp_path / "elsewhere", tmp_path / "state"):
        if folder.exists() and happens is not replaced:
            check_whole(f"{kind}:{folder}", roots, run.told - 1, 2)


def test_a_folder_that_is_read_only_can_be_looked_at(place: str, tmp_path: Path) -> None:
    document("state", place, "--import", CHAIN)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64M", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    kind = place.partition(":")[0]
    there = f"{kind}:{disk / 'state'}"
    try:
        shutil.copytree(tmp_path / "state", disk / "state")
        (disk / "state" / "samestate.lock").unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert "cannot hold a state: Read-only file system" in refused(samestate("run", CHAIN, "--state", there))
        if kind == "lmdb":
            assert document("state", there, "--verify")["damage"] is None
        else:
            assert "is read-only, and RocksDB writes there even to look: look at a copy" in refused(
                samestate("state", there)
            )
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", ["a b#c%20d&e=f", "a\nb", "ünï", "'\"$x", b"\xff\xfe"])
def test_folders_of_any_name(name: str | bytes, place: str, tmp_path: Path) -> None:
    kind = place.partition(":")[0]
    named = f"{kind}:{tmp_path / os.fsdecode(name)}"
    if kind == "rocksdb" and isinstance(name, bytes):
        assert "RocksDB takes names in UTF-8 alone" in refused(samestate("state", named, "--import", CHAIN))
        assert not any(tmp_path.iterdir())
        return
    assert document("state", named, "--import", CHAIN)["place"] == named
    assert document("state", named, "--verify")["damage"] is None


def test_names_that_cannot_be_folders(place: str, tmp_path: Path) -> None:
    kind = place.partition(":")[0]
    (tmp_path / "file").touch()
    for name, said in {
        "a" * 300: "cannot hold a state: File name too long",
        "a/" * 3000: "cannot hold a state: File name too long",
        "file": "cannot hold a state: File exists",
        "file/below": "cannot hold a state: Not a directory",
    }.items():
        line = refused(samestate("state", f"{kind}:{tmp_path}/{name}", "--import", CHAIN))
        assert said in line
    with pytest.raises(StoreUnavailable, match="must be lmdb:PATH or rocksdb:PATH"):
        parse_location(f"{kind}:a\0b")


def test_a_folder_that_may_not_be_looked_into(place: str, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can try as somebody else")
    document("state", place, "--import", CHAIN)
    tmp_path.chmod(0o700)
    os.seteuid(65534)
    try:
        line = refused(samestate("state", place))
    finally:
        os.seteuid(0)
    assert line == f"samestate: {place}: cannot hold a state: Permission denied"


def test_the_users_folder_has_its_short_name(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell leaves it as it is behind a colon."""
    monkeypatch.setenv("HOME", str(tmp_path))
    kind = place.partition(":")[0]
    assert document("state", f"{kind}:~/state", "--import", CHAIN)["place"] == place
    assert parse_location(f"{kind}:a~").folder == Path("a~")
