"""samestate explain: seeded bugs are told by transaction, key, read and instruction, in words and as a page."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.api.cases import export
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.command import application
from samestate.conformance.engines.names import REGISTRY
from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.explaining.graph import draw, graph_of
from samestate.conformance.explaining.index import write_pages
from samestate.conformance.exporting.exporter import ExportedTest
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.test_recorded import bank_case

READS = "self_destruct/destroyed_recreated_called-shanghai"
CHAIN = "delegated_a_block_before-prague"
SHINES = "destroyed-storage-shines-through"
CHROMIUM = shutil.which("chromium")

BUGS = [
    (SHINES, READS, 2, "slot 0x51df5c51aa40035232f4e39501f934a5325c350b (phoenix) 0x0", "SLOAD"),
    (
        "sign-lost-at-64-bits",
        "arithmetic/sign_extensions-berlin",
        5,
        "slot 0xacc33ad9ab814ba5f786313cfeba11a055b7de6a (calculator) 0x0",
        "SIGNEXTEND",
    ),
    (
        "transient-outlives-its-frame",
        "transaction_memory/transient_storage_of_a_reverted_frame-cancun",
        0,
        "slot 0x1dd74804f117605f3355b78006e7f56914631251 (keeper) 0x0",
        "TLOAD",
    ),
    (
        "failed-frame-keeps-what-came-in",
        "state_gas/clearing_that_is_undone-amsterdam",
        0,
        "balance 0x0512008c88dc5da56a525cb3c202deec7649f7fa (alice)",
        "REVERT",
    ),
]
"""A bug of the specification, a vector that shows it, and the transaction, key and instruction to be named."""


def explain(*arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr."""
    result = CliRunner().invoke(application, ["explain", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def vector(name: str) -> str:
    return str(VECTORS / "evm" / f"{name}.yaml")


@pytest.mark.parametrize(("bug", "name", "transaction", "key", "instruction"), BUGS)
def test_a_seeded_bug_is_explained(bug: str, name: str, transaction: int, key: str, instruction: str) -> None:
    code, out, err = explain(vector(name), "--engine", f"bug:{bug}", "--seconds", "0")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].endswith(f": {key}")
    assert f"begins in: transaction {transaction}" in lines
    assert any(line.startswith(f"  after {instruction} at ") for line in lines)


def test_a_read_of_a_wrong_version_names_who_should_have_written_it() -> None:
    _, out, _ = explain(vector(READS), "--engine", f"bug:{SHINES}", "--seconds", "0")
    key = BUGS[0][3]
    assert f"read: {key}\n  right: absent, written by transaction 0\n  given: 0x07 from pre\n" in out
    assert "RAW on step 0 was missed" in out


def test_the_shrunk_case_is_a_vector_that_shows_the_same(tmp_path: Path) -> None:
    target = tmp_path / "smaller.yaml"
    code, out, _ = explain(vector(READS), "--engine", f"bug:{SHINES}", "--seconds", "8", "--output", str(target))
    assert code == 0
    assert re.search(r"shrunk: 3 to [23] transactions", out)
    assert load_vector_file(target).case.machine == "evm"
    code, again, _ = explain(str(target), "--engine", f"bug:{SHINES}", "--seconds", "0")
    assert code == 0
    assert ": reads: slot " in again.splitlines()[1]


def test_an_engine_that_is_right_leaves_nothing_to_explain() -> None:
    code, out, _ = explain(vector(READS), "--engine", "spec")
    assert code == 1
    assert out == f"evm/{READS} on spec: everything is right: there is nothing to explain\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "bug:none"], "--engine bug:none: the specification has no such seeded bug"),
        (["--engine", "nobody"], "--engine: no engine is called 'nobody'; known are "),
        (["--engine", "spec", "--html", "/"], "--html /: must be a file, and is a folder"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments: list[str], message: str) -> None:
    code, _, err = explain(vector(READS), *arguments)
    assert code == 2
    assert err.startswith(f"samestate: {message}")


# The page


class Page(HTMLParser):
    """What a page asks for from elsewhere, and the tags that it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [name for name, _ in attrs if name in ("src", "href", "action", "onclick")]
        if tag not in ("meta", "br", "line", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "circle"):
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "page.html"
    code, _, _ = explain(vector(READS), "--engine", f"bug:{SHINES}", "--seconds", "0", "--html", str(target))
    assert code == 0
    return target


def test_the_page_is_whole_and_asks_for_nothing(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    parsed = Page()
    parsed.feed(content)
    assert (parsed.asked, parsed.open) == ([], [])
    assert "prefers-color-scheme: dark" in content
    assert "<script" not in content and "url(" not in content and "@import" not in content


def test_the_page_says_what_differs_without_colour(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    assert '<div class="wrong">2<br>43,127 gas<br>differs</div>' in content
    assert '<text class="mark"' in content
    assert "written by transaction 0" in content


def test_the_graph_has_the_critical_path() -> None:
    graph = graph_of(load_vector_file(Path(vector(READS))).expected[0])
    assert graph.critical == ("0", "1", "2")
    assert set(graph.edges) == {("0", "1"), ("1", "2"), ("0", "2")}
    assert draw(graph, "2").count("edge critical") == 2


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(("scheme", "paper"), [("light", b"\xfd\xfd\xfb"), ("dark", b"\x17\x18\x1a")])
def test_chromium_shows_the_page_in_light_and_dark(page: Path, tmp_path: Path, scheme: str, paper: bytes) -> None:
    """The page as it is painted: nothing is wider than the window, and its paper is that of the scheme."""
    image_module = pytest.importorskip("PIL.Image")
    assert CHROMIUM is not None
    shot = tmp_path / "shot.png"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'user'}"]
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    subprocess.run(
        [*command, *dark, f"--screenshot={shot}", "--window-size=900,1500", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    image = image_module.open(shot).convert("RGB")
    assert bytes(image.getpixel((3, 3))) == paper
    assert bytes(image.getpixel((image.width - 3, 3))) == paper
    assert len(image.getcolors(1_000_000)) > 20


# The index of a run


def test_a_run_has_an_index_of_all_cases(tmp_path: Path) -> None:
    arguments = ["check", vector(READS), vector(BUGS[1][1]), "--html", str(tmp_path / "pages")]
    assert CliRunner().invoke(application, arguments).exit_code == 0
    assert [each.name for each in (tmp_path / "pages").iterdir()] == ["index.html"]
    content = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "0 failed, 0 error, 0 skipped, 2 passed" in content
    assert content.count("<td>✓ passed</td>") == 2


def test_a_vector_that_failed_has_a_page_and_comes_first(tmp_path: Path) -> None:
    passed, failed = (Verdict(f"{vector(each[1])}::evm/{each[1]}", Result.PASSED) for each in BUGS[:2])
    failed = replace(failed, result=Result.FAILED, reason="wrong <here>\nand so on", engine=f"bug:{BUGS[1][0]}")
    write_pages("--html", tmp_path, [passed, failed], [vector(READS), vector(BUGS[1][1])])
    content = (tmp_path / "index.html").read_text(encoding="utf-8")
    parsed = Page()
    parsed.feed(content)
    assert (parsed.asked, parsed.open) == (["href"], [])
    assert content.index("✗ failed</td>") < content.index("✓ passed</td>")
    assert '<a href="case-1.html">' in content and "<td>wrong &lt;here&gt;</td>" in content
    assert "SIGNEXTEND at 28" in (tmp_path / "case-1.html").read_text(encoding="utf-8")


def test_what_cannot_be_explained_is_a_row_with_its_reason(tmp_path: Path) -> None:
    failed = Verdict("nowhere.json::x", Result.FAILED, "why")
    write_pages("--html", tmp_path, [failed], ["nowhere.json"])
    assert [each.name for each in tmp_path.iterdir()] == ["index.html"]
    assert "<td>why</td>" in (tmp_path / "index.html").read_text(encoding="utf-8")


# Cases of other forms


@pytest.mark.parametrize(("bug", "name", "transaction", "key", "instruction"), BUGS[:2])
def test_fixtures_in_archives_are_explained_like_vectors(
    bug: str, name: str, transaction: int, key: str, instruction: str, tmp_path: Path
) -> None:
    """The same transaction, key and instruction, of a test that lies in an archive beside another."""
    with tarfile.open(tmp_path / "tests.tar.xz", "w:xz") as archive:
        for each in (name, "transfers/many_pay_one-paris"):
            (made,) = export(load_vector_file(VECTORS / "evm" / f"{each}.yaml"), "blockchain_test")
            assert isinstance(made, ExportedTest)
            member = tarfile.TarInfo(str(made.path))
            member.size = len(made.text.encode())
            archive.addfile(member, io.BytesIO(made.text.encode()))
    case = name.rpartition("/")[2]
    words = (str(tmp_path / "tests.tar.xz"), "--case", case, "--engine", f"bug:{bug}", "--seconds", "0")
    code, out, err = explain(*words, "--output", str(tmp_path / "written.yaml"))
    assert (code, err) == (0, ""), err
    bare_key = re.sub(r" \(\w+\)", "", key)  # a fixture has no names for accounts
    assert out.splitlines()[1].endswith(f": {bare_key}")
    assert f"begins in: transaction {transaction}" in out
    assert f"  after {instruction} at " in out
    code, again, _ = explain(str(tmp_path / "written.yaml"), "--engine", f"bug:{bug}", "--seconds", "0")
    assert code == 0 and again.splitlines()[1:] == out.splitlines()[1:]


def test_the_block_of_a_chain_that_is_wrong_is_the_one_that_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The blocks before it are executed by the specification."""
    vector = load_vector_file(VECTORS / "evm" / "chains" / f"{CHAIN}.yaml")
    (made,) = export(vector, "blockchain_test")
    assert isinstance(made, ExportedTest)
    (tmp_path / "chain.json").write_text(made.text, encoding="utf-8")
    monkeypatch.setitem(REGISTRY, "wrong", lambda workers: WrongGas())
    code, out, err = explain(str(tmp_path / "chain.json"), "--engine", "wrong", "--seconds", "0")
    assert (code, err) == (0, ""), err
    assert out.startswith("evm/block_2 on wrong\ndifference: ")


class WrongGas:
    """An engine that says of blocks of number 2 that they used a unit more."""

    id = "wrong"
    capabilities = SpecEngine.capabilities

    def run(self, case: Case) -> list[Any]:
        results = execute(case)
        if case.machine == "evm" and case.blocks[0]["env"]["number"] != "2":  # type: ignore[index, call-overload]
            return results
        return [{**result, "receipts": []} for result in results]

    def close(self) -> None:
        """Nothing was started."""


def test_recorded_cases_are_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bank.json").write_text(json.dumps({"cases": [bank_case()]}), encoding="utf-8")
    monkeypatch.setitem(REGISTRY, "wrong", lambda workers: WrongGas())
    code, out, err = explain(str(tmp_path), "--case", "a transfer twice", "--engine", "wrong", "--seconds", "0")
    assert (code, err) == (0, ""), err
    assert out.splitlines()[1] == "difference: receipt 0"


def test_what_is_right_or_no_case_says_so(tmp_path: Path) -> None:
    (made,) = export(load_vector_file(VECTORS / "evm" / "transfers" / "many_pay_one-paris.yaml"), "blockchain_test")
    assert isinstance(made, ExportedTest)
    target = tmp_path / "right.json"
    target.write_text(made.text, encoding="utf-8")
    code, out, _ = explain(str(target), "--engine", "reference:waves", "--seconds", "0")
    assert code == 1 and out.endswith("everything is right: there is nothing to explain\n")
    code, _, err = explain(str(target), "--engine", "spec", "--case", "nobody", "--seconds", "0")
    assert code == 2 and "no case has 'nobody' in its name" in err
