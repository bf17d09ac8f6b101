"""Results of earlier runs: taken only where nothing has changed, never where something is damaged, and told as such."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.checking import builds
from samestate.conformance.checking.caching import cache as caching
from samestate.conformance.checking.caching import keys, store
from samestate.conformance.checking.caching.store import Store
from samestate.conformance.checking.document import engine_of
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import RLP_TEST, WRONG_RLP_TEST, block_file, samestate, state_test, write

ROOT = Path(__file__).parents[3]
TOY = VECTORS / "toy/conflicts"
MOST = 1 << 30


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*arguments: object) -> dict[str, Any]:
    """What a run with the cache says as JSON."""
    samestate("check", *arguments, "--cache", "kept", "--json", "out.json")
    found: dict[str, Any] = json.loads(Path("out.json").read_text())
    return found


def database() -> sqlite3.Connection:
    (file,) = Path("kept").glob("*.sqlite")
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


# What is taken


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("engine", ["spec", "reference:waves", "optimized:block-stm"])
def test_what_passed_is_not_executed_again(engine: str, jobs: int) -> None:
    arguments = ("check", TOY, "--engine", engine, "--jobs", jobs, "--cache", "kept")
    first = samestate(*arguments)
    assert "cache kept: 0 of 27 results, 27 executed now\n" in first.stdout
    assert first.stdout.endswith("\n27 passed, 0 failed, 0 skipped\n")
    second = samestate(*arguments)
    assert "cache kept: 27 of 27 results (100.0%), 0 executed now\n" in second.stdout
    assert second.stdout.endswith("\n27 passed (27 from the cache), 0 failed, 0 skipped\n")


def test_verdicts_are_the_same_but_for_saying_where_they_are_from() -> None:
    first, second = check(TOY), check(TOY)
    for verdict in second["verdicts"]:
        assert verdict.pop("cached")["build"] == builds.room_digest("spec")
    for verdict in first["verdicts"]:
        assert verdict.pop("cached") is None
    assert first["verdicts"] == second["verdicts"]
    assert second["cache"]["taken"] == 27 and second["cache"]["hit_rate"] == 1.0 and second["cache"]["bytes"] > 0
    assert samestate("check", TOY, "--json", "-").exit_code == 0
    assert json.loads(samestate("check", TOY, "--json", "-").stdout)["cache"] is None


def test_a_failure_is_executed_again_and_the_others_of_its_document_are_not() -> None:
    write(Path("a.json"), {"dog": RLP_TEST, "hog": WRONG_RLP_TEST, "fog": RLP_TEST})
    check("a.json")
    found = check("a.json")
    assert [(each["result"], each["cached"] is None) for each in found["verdicts"]] == [
        ("passed", False),
        ("failed", True),
        ("passed", False),
    ]
    assert found["cache"]["hit_rate"] == 0.666667


def test_each_engine_has_its_own_results() -> None:
    check(TOY, "--engine", "spec")
    found = check(TOY, "--engine", "spec", "--engine", "reference:locks")
    assert {each["engine"] for each in found["verdicts"] if each["cached"]} == {"spec"}
    assert found["cache"]["taken"] == found["cache"]["executed"] == 27


def test_skips_of_ours_are_kept_and_told_with_their_reason() -> None:
    first, second = (check(TOY, "--engine", "reference:access-list") for _ in range(2))
    results = [[(each["result"], each["reason"]) for each in found["verdicts"]] for found in (first, second)]
    assert results[0] == results[1]
    assert second["skipped"] and second["cache"]["executed"] == 0


def test_a_program_whose_build_is_not_known_is_executed_each_time() -> None:
    engine = f"command:{sys.executable} {ROOT / 'docs/examples/client.py'}"
    for _ in range(2):
        result = samestate("check", TOY, "--engine", engine, "--cache", "kept")
        assert "0 of 27 results" in result.stdout
    assert f"results of {engine} are never kept: what it is built of is not known\n" in result.stdout


def client_of_build(build: object) -> str:
    """The example of a client, which says that it is of a build."""
    source = (ROOT / "docs/examples/client.py").read_text(encoding="utf-8")
    marked = source.replace('"id": "client",', f'"id": "client", "build": {build!r},')
    assert marked != source
    engine_of.cache_clear()  # the program of that name is another now
    Path("client.py").write_text(marked, encoding="utf-8")
    return f"command:{sys.executable} client.py"


def test_a_program_that_says_how_it_was_built_is_executed_once_a_build() -> None:
    vector = TOY / "long_chain.yaml"
    taken = [check(vector, "--engine", client_of_build(build))["cache"]["taken"] for build in ("1", "1", "2", "1")]
    assert taken == [0, 1, 0, 1]
    result = samestate("check", vector, "--engine", client_of_build(3), "--cache", "kept")
    assert result.exit_code == 2 and "hello: build: must be a string, not 3" in result.stderr


def test_what_an_engine_cannot_do_is_asked_again_of_others() -> None:
    engine = client_of_build("1")
    skipped = check(TOY, "--engine", engine)["skipped"]
    found = check(TOY, "--engine", engine)
    assert skipped == found["skipped"] == 1
    assert [each["cached"] for each in found["verdicts"] if each["result"] == "skipped"] == [None]


@pytest.mark.parametrize("engine", ["spec", "reference:block-stm", "optimized"])
def test_blocks_of_one_engine(engine: str) -> None:
    first, header = block_file()
    write(Path("blocks") / "1.json", first)
    write(Path("blocks") / "2.json", block_file(16_000_001, header)[0])
    arguments = ("check", "blocks", "--engine", engine, "--cache", "kept")
    plain = samestate(*arguments).stdout.splitlines()
    kept = samestate(*arguments).stdout.splitlines()
    assert "cache kept: 2 of 2 results (100.0%), 0 executed now" in kept
    assert [line for line in kept if "paris" in line.lower()] == [line for line in plain if "paris" in line.lower()]


# Which cases


def test_a_selection_is_found_in_what_the_whole_has_left_and_the_whole_in_what_selections_have() -> None:
    write(Path("a.json"), {"london": state_test(), "berlin": state_test(fork="Berlin"), "dog": RLP_TEST})
    assert check("a.json", "-k", "london")["cache"]["executed"] == 1
    assert check("a.json", "--fork", "Berlin")["cache"]["executed"] == 1
    found = check("a.json")
    assert (found["cache"]["taken"], found["cache"]["executed"]) == (2, 1)
    for arguments, count, deselected in (
        (("-k", "not dog"), 2, 1),
        (("--fork", "London"), 1, 2),
        (("--case", "dog"), 1, 2),
        (("--sample", 2), 2, 0),
        ((), 3, 0),
    ):
        found = check("a.json", *arguments)
        assert (found["cache"]["taken"], found["cache"]["executed"]) == (count, 0)
        assert found["deselected"] == deselected


def test_selectors_of_vectors_are_known_without_reading_them() -> None:
    assert samestate("check", TOY, "--selector", "multiple-blocks").stdout.endswith("1 passed, 0 failed, 0 skipped\n")
    check(TOY)
    kept = samestate("check", TOY, "--selector", "multiple-blocks", "--cache", "kept")
    assert kept.stdout.endswith("1 passed (1 from the cache), 0 failed, 0 skipped\n")
    assert samestate("check", TOY, "--case", "toy/conflicts/nothing", "--cache", "kept").exit_code == 2


def test_headers_are_compared_where_blocks_come_from_the_cache() -> None:
    first, header = block_file()
    second, _ = block_file(16_000_001, header)
    second["header"]["baseFeePerGas"] = "0x8"
    write(Path("blocks") / "1.json", first)
    assert samestate("check", "blocks", "--cache", "kept").exit_code == 0
    write(Path("blocks") / "2.json", second)
    result = samestate("check", "blocks", "--cache", "kept")
    assert "1 of 2 results" in result.stdout and "base fee after parent" in result.stdout
    assert result.exit_code == 1


def test_a_moved_vector_still_says_that_it_is_misplaced() -> None:
    vector = TOY / "later_one_is_quick.yaml"
    check(vector)
    Path("other.yaml").write_bytes(vector.read_bytes())
    for _ in range(2):
        result = samestate("check", "other.yaml", "--cache", "kept")
        assert "is not where its id says" in result.stdout and "0 of 1 results" in result.stdout


# What counts


def test_a_changed_byte_anywhere_misses() -> None:
    content = (TOY / "later_one_is_quick.yaml").read_bytes()
    place = Path("toy/conflicts/later_one_is_quick.yaml")
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    assert check(place)["cache"]["executed"] == 1
    chance = random.Random(1)
    for position in [0, len(content) - 1, *chance.sample(range(len(content)), 60)]:
        changed = bytearray(content)
        changed[position] ^= 1 << chance.randrange(8)
        place.write_bytes(changed)
        result = samestate("check", place, "--cache", "kept")
        assert "from the cache" not in result.stdout, position
    place.write_bytes(content)
    assert check(place)["cache"]["taken"] == 1


def other_room(room: str) -> Callable[[pytest.MonkeyPatch], None]:
    def change(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(keys, "room_digest", lambda name: "other" if name == room else builds.room_digest(name))

    return change


@pytest.mark.parametrize(
    ("engine", "change", "misses"),
    [
        ("spec", other_room("spec"), True),
        ("spec", other_room("conformance"), True),
        ("spec", other_room("reference"), False),
        ("reference:waves", other_room("reference"), True),
        ("reference:waves", other_room("spec"), True),
        ("reference:waves", other_room("optimized"), False),
        ("optimized:waves", other_room("optimized"), True),
        ("optimized:waves", lambda patch: patch.setenv("SAMESTATE_RUN_LENGTH", "1"), True),
        ("optimized:waves", lambda patch: patch.setattr(keys, "surroundings", lambda: "other"), True),
        ("spec", lambda patch: patch.setenv("SAMESTATE_DATA", "/elsewhere"), False),
    ],
)
def test_every_part_of_a_build_counts_for_whom_it_is_part_of(
    engine: str, change: Callable[[pytest.MonkeyPatch], None], misses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector = TOY / "later_one_is_quick.yaml"
    check(vector, "--engine", engine)
    assert check(vector, "--engine", engine)["cache"]["taken"] == 1
    change(monkeypatch)
    assert check(vector, "--engine", engine)["cache"]["taken"] == (0 if misses else 1)


def test_settings_in_a_file_count_by_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTATE_CONFIGURATION", "settings.yaml")
    Path("settings.yaml").write_text("run_length: 1\n")
    first = keys.build_of("optimized:waves")
    Path("settings.yaml").write_text("run_length: 2\n")
    assert keys.build_of("optimized:waves") != first


def test_workers_and_limits_count() -> None:
    vector = TOY / "later_one_is_quick.yaml"
    ways = [("--workers", 2), ("--workers", 3), ("--timeout", 100), ("--timeout", 90), ("--memory", "8G")]
    assert [check(vector, *way)["cache"]["taken"] for way in ways] == [0] * len(ways)
    assert [check(vector, *way)["cache"]["taken"] for way in ways] == [1] * len(ways)


def test_nothing_is_kept_once_the_sources_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as while_it_runs:
        while_it_runs.setattr(caching, "room_digest_now", lambda room: "changed")
        result = samestate("check", TOY, "--cache", "kept")
    assert "cache kept: spec, conformance changed while it ran: nothing more is kept\n" in result.stdout
    assert Path("kept").is_dir()
    assert [check(TOY)["cache"]["taken"] for _ in range(2)] == [0, 27]


# Damage


def damage(connection: sqlite3.Connection, chance: random.Random) -> bytes:
    """Damage an entry in one of several ways. Gives its key."""
    rows = connection.execute("SELECT key, value FROM entries").fetchall()
    (key, value), (_, other) = chance.sample(rows, 2)
    way = chance.randrange(5)
    if way == 0:
        changed = bytearray(value)
        changed[chance.randrange(len(value))] ^= 1 << chance.randrange(8)
        value = bytes(changed)
    elif way == 1:
        value = value[: chance.randrange(len(value))]
    elif way == 2:
        value = other
    elif way == 3:
        value = value + bytes([chance.randrange(256)])
    else:
        start = chance.randrange(len(value))
        value = value[:start] + value[start + 1 + chance.randrange(40) :] if chance.random() < 0.5 else b""
    connection.execute("UPDATE entries SET value = ? WHERE key = ?", (value, key))
    connection.commit()
    return bytes(key)


def filled(count: int, folder: str = "kept") -> dict[bytes, bytes]:
    """A store with so many values, and these."""
    chance = random.Random(count)
    values = {chance.randbytes(32): chance.randbytes(chance.randrange(1, 900)) for _ in range(count)}
    with Store(Path(folder), MOST) as kept:
        kept.put(values.items())
    return values


def damage_entries(times: int) -> int:
    """Damage entries one after another. Gives how many were accepted all the same: none, if all is well."""
    chance = random.Random(times)
    values = filled(40)
    accepted = 0
    with Store(Path("kept"), MOST) as kept, database() as connection:
        for done in range(times):
            key = damage(connection, chance)
            accepted += kept.get(key) is not None
            assert kept.damaged == done + 1
            kept.put([(key, values[key])])
            assert kept.get(key) == values[key]
            kept.release()
    return accepted


def damage_files(times: int) -> int:
    """Damage the file as a whole: bytes, its end, a page for another. Gives how many wrong values were believed."""
    chance = random.Random(times)
    values = filled(60)
    (path,) = Path("kept").iterdir()
    whole = path.read_bytes()
    accepted = 0
    for _ in range(times):
        content = bytearray(whole)
        way = chance.randrange(3)
        if way == 0:
            for _ in range(chance.randrange(1, 20)):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        elif way == 1:
            del content[chance.randrange(len(content)) :]
        else:
            first, second = (4096 * chance.randrange(len(content) // 4096) for _ in range(2))
            content[first : first + 4096] = whole[second : second + 4096]
        for old in Path("kept").iterdir():
            old.unlink()
        path.write_bytes(content)
        with Store(Path("kept"), MOST) as kept:
            assert not kept.lost
            accepted += sum(kept.get(key) not in (None, value) for key, value in values.items())
            kept.put([(b"key", b"value")])
            accepted += kept.get(b"key") not in (None, b"value")
    return accepted


def test_no_damaged_entry_is_accepted() -> None:
    assert damage_entries(400) == 0


def test_no_damaged_file_is_believed() -> None:
    assert damage_files(150) == 0


@pytest.mark.soak
def test_ten_thousand_damages() -> None:
    assert damage_entries(10_000) == 0
    assert damage_files(10_000) == 0


def test_a_damaged_entry_is_executed_again_and_told() -> None:
    check(TOY)
    with database() as connection:
        damage(connection, random.Random(3))
    result = samestate("check", TOY, "--cache", "kept")
    assert "cache kept: 26 of 27 results (96.3%), 1 executed now\n" in result.stdout
    assert "cache kept: 1 entries were damaged, and are made anew\n" in result.stdout
    assert result.exit_code == 0
    assert check(TOY)["cache"]["taken"] == 27


@pytest.mark.parametrize("content", [b"", b"5", b'[["", [], [], [1]]]', b"[" * 200_000])
def test_an_entry_that_fits_its_digest_and_is_no_result_is_executed_again_and_told(content: bytes) -> None:
    check(TOY)
    with database() as connection:
        (key,) = connection.execute("SELECT key FROM entries LIMIT 1").fetchone()
        connection.execute("UPDATE entries SET value = ? WHERE key = ?", (store._digest(key, content) + content, key))
    result = samestate("check", TOY, "--cache", "kept")
    assert "cache kept: 26 of 27 results (96.3%), 1 executed now\n" in result.stdout, result.output
    assert "cache kept: 1 entries were damaged, and are made anew\n" in result.stdout
    assert check(TOY)["cache"]["taken"] == 27


@pytest.mark.parametrize("content", [b"", b"not a database" * 999, None])
def test_a_damaged_database_is_begun_anew(content: bytes | None) -> None:
    check(TOY)
    (path,) = Path("kept").iterdir()
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    result = samestate("check", TOY, "--cache", "kept")
    assert result.exit_code == 0 and "0 of 27 results" in result.stdout
    if content != b"":  # an empty file is an empty database
        assert "cache kept: its database was damaged, and is begun anew\n" in result.stdout
    assert check(TOY)["cache"]["taken"] == 27
    assert len(list(Path("kept").iterdir())) == 1


# Bounds


def test_what_was_used_longest_ago_makes_room() -> None:
    value = bytes(3000)
    with Store(Path("kept"), 1 << 20) as kept:
        kept.put((bytes([0, number]), value) for number in range(100))
        for number in range(50):
            assert kept.get(bytes([0, number])) == value
        for group in range(1, 8):
            kept.put((bytes([group, number]), value) for number in range(25))
            assert kept.size() <= 1 << 20
        assert kept.evicted > 0
    (path,) = Path("kept").iterdir()
    assert path.stat().st_size <= 1 << 20
    with Store(Path("kept"), 1 << 20) as kept:
        there = {key for key in range(100) if kept.get(bytes([0, key])) is not None}
        newest = [kept.get(bytes([7, number])) for number in range(25)]
    assert newest == [value] * 25
    gone = set(range(100)) - there
    assert gone and (gone <= set(range(50, 100)) or not there & set(range(50, 100))), "what was used last went first"


def test_a_run_keeps_to_the_size_and_says_what_made_room() -> None:
    with Store(Path("kept"), MOST) as kept:
        kept.put((number.to_bytes(4, "big"), bytes(4000)) for number in range(600))
    found = check(TOY, "--cache-size", "1M")
    assert found["cache"]["bytes"] <= 1 << 20
    assert found["cache"]["evicted"] > 0 and "made room" in found["cache"]["notes"][0]
    assert check(TOY, "--cache-size", "1M")["cache"]["taken"] == 27


# Several at once, and bad input


COMMAND = "from samestate.conformance.command import main; main()"


def command(*arguments: object, program: str = COMMAND) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WRITER = """
import sys
from pathlib import Path
from samestate.conformance.checking.caching.store import Store
with Store(Path("kept"), 1 << 22) as kept:
    print("ready", flush=True)
    for number in range(int(sys.argv[1]), 10**9, 7):
        key = (number % 500).to_bytes(4, "big")
        found = kept.get(key)
        assert found in (None, key * 100), found
        kept.put([(key, key * 100)])
"""


def killed(times: int) -> Iterator[None]:
    """Processes that write at once, each killed at some moment."""
    chance = random.Random(times)
    for turn in range(times):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(turn + each)],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
            )
            for each in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
        time.sleep(chance.random() * 0.1)
        for writer in writers:
            assert writer.poll() is None
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stdout.close()  # type: ignore[union-attr]
        yield


def stays_sound_when_killed(times: int) -> None:
    for _ in killed(times):
        with Store(Path("kept"), 1 << 22) as kept:
            for number in range(500):
                key = number.to_bytes(4, "big")
                assert kept.get(key) in (None, key * 100)
            assert not kept.damaged and not kept.begun_anew and not kept.lost and kept.size() > 0


def test_whoever_is_killed_leaves_whole_entries() -> None:
    stays_sound_when_killed(6)


@pytest.mark.soak
def test_two_hundred_kills_leave_whole_entries() -> None:
    stays_sound_when_killed(200)


UNCHANGED = """
from samestate.conformance.checking import builds
builds.room_digest_now = lambda room: f"{room} as it is"
from samestate.conformance.command import main
main()
"""
"""The command, for which no source ever changes: whoever edits one while tests run is no difference between runs."""


@pytest.mark.slow
def test_several_runs_share_a_cache() -> None:
    runs = [command("check", TOY, "--cache", "kept", "--jobs", jobs, program=UNCHANGED) for jobs in (1, 2)]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
        assert re.fullmatch(r"cache kept: \d+ of 27 results.*\n[\d.]+ s\n27 passed.*, 0 failed, 0 skipped\n", out), out
    out, err = command("check", TOY, "--cache", "kept", program=UNCHANGED).communicate(timeout=120)
    assert "cache kept: 27 of 27 results (100.0%), 0 executed now\n" in out, out + err


def test_who_waits_for_workers_after_a_hit_keeps_nobody_from_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    check(TOY)
    look_up = caching.ResultCache.look_up
    hits = 0

    def watched(cache: caching.ResultCache, task: DocumentTask) -> DocumentReport | DocumentTask:
        nonlocal hits
        found = look_up(cache, task)
        hits += isinstance(found, DocumentReport)
        with contextlib.closing(database()) as other:  # which waits for nobody
            other.execute("PRAGMA busy_timeout = 0")
            other.execute("BEGIN EXCLUSIVE")
            other.execute("ROLLBACK")
        return found

    monkeypatch.setattr(caching.ResultCache, "look_up", watched)
    assert check(TOY)["cache"]["taken"] == 27
    assert hits == 27


def test_a_locked_database_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    check(TOY)
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    with database() as holder:
        holder.execute("BEGIN EXCLUSIVE")
        result = samestate("check", TOY, "--cache", "kept")
        assert result.exit_code == 0 and result.stdout.endswith("\n27 passed, 0 failed, 0 skipped\n")
        assert "cache kept: 0 of 27 results, 27 executed now\n" in result.stdout
        assert "cache kept: database is locked" in result.stdout
    with Store(Path("kept"), MOST) as kept, database() as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert kept.get(b"key") is None
        assert kept.lost == "database is locked"
        holder.execute("ROLLBACK")


def test_a_full_disk_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Store, number: int) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path(number), isolation_level=None)
        connection.execute("PRAGMA max_page_count = 1")
        connection.executescript(store.SCHEMA)
        raise AssertionError("the schema takes more than a page")

    monkeypatch.setattr(Store, "_connect", full)
    result = samestate("check", TOY, "--cache", "kept")
    assert result.exit_code == 0 and result.stdout.endswith("\n27 passed, 0 failed, 0 skipped\n")
    assert "cache kept: database or disk is full" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cache-size", "1M"), r"--cache-size 1M: goes with --cache alone"),
        (("--cache", "file"), r"--cache file: cannot be written: file is no folder"),
        (("--cache", "kept", "--cache-size", "1"), r"--cache-size 1: must be at least 1 MiB"),
        (("--cache", "kept", "--cache-size", "much"), r"--cache-size much: must be a size such as 512M or 2G"),
        (("--cache", "kept", "--list"), r"--cache kept: cannot be given with --list, which runs nothing"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    Path("file").write_text("a file")
    result = samestate("check", TOY, *arguments)
    assert (result.exit_code, result.stderr) == (2, f"samestate: {message}\n")


def test_libraries_have_the_versions_that_python_says() -> None:
    for requirement in importlib.metadata.requires("samestate") or ():
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            assert builds.version_of(requirement) == importlib.metadata.version(name[0])
