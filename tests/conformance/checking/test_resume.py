"""What is done stays done: the journal, interruptions, and workers that are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samestate.conformance.checking import builds, journal
from samestate.conformance.checking.journal import program_version
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result
from samestate.conformance.checking.workers import check_all
from samestate.conformance.engines.clients import making
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import LOOP, RLP_TEST, WRONG_RLP_TEST, block_file, samestate, state_test, write

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines_of_journal() -> list[str]:
    files = list(Path(".samestate").glob("check-*.jsonl"))
    return files[0].read_text().splitlines() if files else []


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_is_counted_and_not_run_again(jobs: int) -> None:
    for number in range(30):
        write(Path("cases") / f"{number:02}.json", {f"dog {number}": RLP_TEST})
    write(Path("cases") / "07.json", {"hog": WRONG_RLP_TEST})
    write(Path("cases") / "block.json", block_file()[0])
    first = samestate("check", "cases", "--resume", "--jobs", jobs, "--json", "first.json")
    assert first.exit_code == 1
    assert len(lines_of_journal()) == 31
    Path("cases/12.json").unlink()
    write(Path("cases") / "03.json", {"changed": RLP_TEST})
    second = samestate("check", "cases", "--resume", "--jobs", jobs)
    assert second.exit_code == 1
    assert "29 documents were checked by an earlier run\n" in second.stdout
    assert "FAILED cases/07.json::hog\n" in second.stdout
    assert second.stdout.endswith("\n29 passed, 1 failed, 0 skipped\n")
    assert len(lines_of_journal()) == 32


def test_a_document_that_moved_keeps_its_verdicts() -> None:
    write(Path("a") / "one.json", {"dog": RLP_TEST})
    assert samestate("check", "a", "--resume").exit_code == 0
    Path("a").rename("b")
    assert samestate("check", "b", "--resume", "--json", "v.json").exit_code == 0
    assert "b/one.json::dog" in Path("v.json").read_text()
    assert len(lines_of_journal()) == 1


def test_a_vector_keeps_its_id_and_its_hazards() -> None:
    vector = VECTORS / "toy/conflicts/later_one_is_quick.yaml"
    Path("client.py").write_text((ROOT / "docs/examples/client.py").read_text(encoding="utf-8"), encoding="utf-8")
    arguments = ("check", vector, "--engine", f"command:{sys.executable} client.py", "--resume", "--json")
    samestate(*arguments, "first.json")
    assert "1 documents were checked by an earlier run\n" in samestate(*arguments, "second.json").stdout
    first, second = (json.loads(Path(name).read_text())["verdicts"] for name in ("first.json", "second.json"))
    assert first == second
    assert first[0]["id"] == "toy/conflicts/later_one_is_quick" and first[0]["hazards"]


def test_headers_are_compared_after_resuming_too() -> None:
    first, header = block_file()
    second, _ = block_file(16_000_001, header)
    second["header"]["baseFeePerGas"] = "0x8"
    write(Path("blocks") / "1.json", first)
    assert samestate("check", "blocks", "--resume").exit_code == 0
    write(Path("blocks") / "2.json", second)
    result = samestate("check", "blocks", "--resume")
    assert "1 documents were checked by an earlier run\n" in result.stdout
    assert "base fee after parent" in result.stdout
    assert result.exit_code == 1


def test_a_line_that_was_cut_off_does_not_count() -> None:
    for number in range(3):
        write(Path("cases") / f"{number}.json", {f"dog {number}": RLP_TEST})
    samestate("check", "cases", "--resume")
    (file,) = Path(".samestate").iterdir()
    file.write_bytes(file.read_bytes()[:-30])
    result = samestate("check", "cases", "--resume")
    assert "2 documents were checked by an earlier run\n" in result.stdout
    assert result.stdout.endswith("\n3 passed, 0 failed, 0 skipped\n")
    assert "3 documents" in samestate("check", "cases", "--resume").stdout


@pytest.mark.parametrize("report", ["5", "{}", '{"verdicts": [[]], "blocks": [], "deselected": 0}', "[" * 200_000])
def test_a_damaged_line_does_not_count(report: str) -> None:
    """Whatever it holds: in a process in which the EVM has raised the limit, deep nesting would end it."""
    write(Path("cases") / "a.json", {"dog": RLP_TEST})
    samestate("check", "cases", "--resume")
    (file,) = Path(".samestate").iterdir()
    key = json.loads(file.read_bytes())["key"]
    file.write_text(f'{{"key": "{key}", "report": {report}}}\n["key"]\n{{"key": []}}\n', encoding="utf-8")
    result = samestate("check", "cases", "--resume")
    assert "by an earlier run" not in result.stdout
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed, 0 skipped"), result.output


def test_a_journal_that_cannot_be_is_bad_input() -> None:
    Path(".samestate").write_text("a file")
    result = samestate("check", write(Path("a.json"), {"dog": RLP_TEST}), "--resume")
    assert result.exit_code == 2
    assert re.fullmatch(
        r"samestate: --resume: \.samestate: cannot be written: \.samestate is no folder\n", result.stderr
    )


def test_other_source_other_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("cases") / "1.json", {"dog": RLP_TEST})
    samestate("check", "cases", "--resume")
    monkeypatch.setattr(journal, "source_version", lambda: "another")
    assert "earlier run" not in samestate("check", "cases", "--resume").stdout


def test_a_changed_program_or_another_number_of_workers_is_run_again() -> None:
    vector = VECTORS / "toy/conflicts/long_chain.yaml"
    program = Path("client.py")
    arguments = ("check", vector, "--engine", f"command:{sys.executable} client.py", "--resume")
    program.write_text((ROOT / "docs/examples/client.py").read_text(encoding="utf-8"), encoding="utf-8")
    samestate(*arguments)
    assert "earlier run" in samestate(*arguments).stdout
    program.write_text(program.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    program_version.cache_clear()
    assert "earlier run" not in samestate(*arguments).stdout
    waves = ("check", vector, "--engine", "reference:waves", "--resume", "--workers")
    samestate(*waves, 2)
    assert "earlier run" in samestate(*waves, 2).stdout
    assert "earlier run" not in samestate(*waves, 3).stdout


@pytest.mark.parametrize("ending", [".py", ".so"])
@pytest.mark.parametrize("room", ["spec", "conformance", "reference", "optimized"])
def test_the_source_of_every_room_counts(room: str, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = journal.source_version()
    builds.room_digest.cache_clear()
    read = Path.read_bytes

    def changed(path: Path) -> bytes:
        return read(path) + b"#" if path.suffix == ending and room in path.parts else read(path)

    has_any = any((ROOT / room).rglob(f"*{ending}"))
    monkeypatch.setattr(Path, "read_bytes", changed)
    assert (journal.source_version() != before) == has_any
    builds.room_digest.cache_clear()


def test_a_device_is_no_journal() -> None:
    document = write(Path("a.json"), {"dog": RLP_TEST})
    samestate("check", document, "--resume")
    (file,) = Path(".samestate").iterdir()
    file.unlink()
    file.symlink_to("/dev/full")
    result = samestate("check", document, "--resume")
    assert result.exit_code == 2
    assert re.fullmatch(r"samestate: --resume: \.samestate/check-[0-9a-f]+\.jsonl: must be a file\n", result.stderr)


def slow_cases(count: int, gas: int = 700_000) -> None:
    for number in range(count):
        write(Path("slow") / f"{number:03}.json", {f"loop {number}": state_test(gas + number, LOOP)})


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from samestate.conformance.command import main; main()", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_done(jobs: str) -> None:
    slow_cases(40)
    arguments = ("check", "slow", "--resume", "--jobs", jobs, "--json", "v.json")
    process = command(*arguments)
    limit = time.monotonic() + 60
    while len(lines_of_journal()) < 2:
        assert process.poll() is None, process.communicate(timeout=20)
        assert time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=20)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    done = len(lines_of_journal())
    assert 2 <= done < 40
    assert re.fullmatch(rf"samestate: interrupted after {done} cases; the same command goes on from here\n", error), (
        "what is done is counted, that of a worker that is ahead of another too"
    )
    assert out.endswith(f"interrupted\n{out.splitlines()[-2]}\n{done} passed, 0 failed, 0 skipped\n")
    told = json.loads(Path("v.json").read_text())
    assert (told["complete"], told["ended"], told["passed"]) == (False, "interrupted", done)
    assert len(told["verdicts"]) == done
    rest = samestate(*arguments)
    assert rest.exit_code == 0
    assert f"{done} documents were checked by an earlier run\n" in rest.stdout
    assert rest.stdout.endswith("\n40 passed, 0 failed, 0 skipped\n")


def test_a_worker_that_is_killed_once_costs_nothing() -> None:
    slow_cases(60)
    tasks = [DocumentTask(str(path), path.read_bytes(), "slow") for path in sorted(Path("slow").iterdir())]
    reports = check_all(tasks, 2)
    first = next(reports)
    for process in multiprocessing.active_children():
        os.kill(process.pid or 0, signal.SIGKILL)
    verdicts = [verdict for _, report in (first, *reports) for verdict in report.verdicts]
    assert [verdict.result for verdict in verdicts] == [Result.PASSED] * 60


def test_another_version_of_a_client_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for version in ("geth 1", "geth 2"):
        monkeypatch.setattr(making, "evm_version", lambda said=version: said)
        program_version.cache_clear()
        digests.add(program_version("geth"))
    program_version.cache_clear()
    assert len(digests) == 2
