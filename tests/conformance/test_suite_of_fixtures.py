"""What lies in SAMESTATE_DATA is taken as it is: archives of any name, unpacked releases, and what is none of them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.checking.cases import block_file, blockchain_test, state_test, write

ROOT = Path(__file__).parents[2]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"


def archive(path: Path, **members: Any) -> None:
    """An archive as releases are: every member below ``fixtures``, JSON but for what is bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:xz" if path.suffix == ".xz" else "w:gz") as tar:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            ending = "bin" if isinstance(content, bytes) else "json"
            information = tarfile.TarInfo(f"fixtures/state_tests/{name}.{ending}")
            information.size = len(data)
            tar.addfile(information, io.BytesIO(data))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data as a user may have it: releases in every form, and files that are about something else."""
    archive(tmp_path / "fixtures_stable.tar.gz", first={"a": state_test()}, second={"b": blockchain_test()})
    archive(tmp_path / "more" / "anything at all.tgz", third={"c": state_test()})
    archive(tmp_path / "of_another_machine.tar.xz", fourth=b"not JSON")
    write(tmp_path / "unpacked" / "fixtures" / "state_tests" / "deep" / "fifth.json", {"d": state_test()})
    write(tmp_path / "of_another_fork.json", {"e": {**blockchain_test(), "network": "Frontier"}})
    write(tmp_path / "notes.json", {"nothing": {"of": "ours"}})
    (tmp_path / "README.md").write_text("A page.\n", encoding="utf-8")
    (tmp_path / "not_fetched.tar.gz").write_bytes(POINTER)
    (tmp_path / "reserve.bin").write_bytes(b"\x00")
    write(tmp_path / "more" / "blocks" / "block.json", block_file()[0])
    return tmp_path


def suite(data: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the suite says of a folder of data."""
    command = [sys.executable, "-m", "pytest", "conformance/suite/test_fixtures.py", "-v", "-rs", *arguments]
    environment = os.environ | {"SAMESTATE_DATA": str(data), "COLUMNS": "200"}
    return subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def test_whatever_lies_there_is_taken_and_nothing_that_lies_there_fails(data: Path) -> None:
    done = suite(data)
    assert done.returncode == 0, done.stdout + done.stderr
    for release in ("fixtures_stable.tar.gz", "more/anything at all.tgz", "unpacked"):
        assert f"test_a_sample_of_a_release[{release}] PASSED" in done.stdout
    for release in ("of_another_machine.tar.xz", "of_another_fork.json", "notes.json", "not_fetched.tar.gz"):
        assert f"test_a_sample_of_a_release[{release}] SKIPPED" in done.stdout
    assert "test_every_real_block PASSED" in done.stdout
    assert "not_fetched.tar.gz: is a Git LFS pointer and not the file that it stands for" in done.stdout
    assert "README" not in done.stdout
    assert "reserve" not in done.stdout


def test_a_difference_in_it_fails_and_names_the_case(data: Path) -> None:
    wrong = state_test()
    wrong["post"]["London"][0]["hash"] = "0x" + "00" * 32
    archive(data / "fixtures_stable.tar.gz", first={"a": state_test(), "wrong": wrong})
    done = suite(data)
    assert done.returncode == 1
    assert "fixtures_stable.tar.gz] FAILED" in done.stdout
    assert "state_tests/first.json::wrong (London)" in done.stdout


def test_an_empty_folder_is_a_reason_to_skip_and_a_missing_one_a_mistake(tmp_path: Path) -> None:
    done = suite(tmp_path)
    assert done.returncode == 0
    assert "2 skipped" in done.stdout
    done = suite(tmp_path / "missing")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == f"ERROR: SAMESTATE_DATA names {tmp_path / 'missing'}, which is no folder"


def test_the_targets_take_the_folder_and_name_no_release(data: Path) -> None:
    def commands(target: str, folder: Path) -> subprocess.CompletedProcess[str]:
        command = ["make", "--dry-run", target, f"SAMESTATE_DATA={folder}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    lines = commands("conformance", data).stdout.splitlines()
    assert any(f"check --jobs 2 {data}/more/blocks ||" in line for line in lines)
    assert any(f"check --jobs 2 --sample 1000 {data} ||" in line for line in lines)
    assert f"check --jobs 2 --resume {data} ||" in commands("soak-fixtures", data).stdout
    missing = commands("conformance", data / "missing")
    assert missing.returncode == 2
    assert f"SAMESTATE_DATA names {data / 'missing'}, which is no folder" in missing.stderr
