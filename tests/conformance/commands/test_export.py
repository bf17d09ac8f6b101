"""`samestate export`: files in folders of their forms, refusals by reason, nothing written over, never half a file."""

from __future__ import annotations

import json
import lzma
import tarfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command
from samestate.conformance.commands import export
from samestate.conformance.exporting.exporter import ExportedTest
from samestate.conformance.vectors.places import VECTORS

TRANSFERS = str(VECTORS / "evm/transfers")
REFUSED = str(VECTORS / "evm/storage_alone")


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, ["export", "--to", "eest", *arguments])


def files(folder: Path) -> list[str]:
    """The tests below a folder."""
    places = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(place for place in places if not place.startswith(".meta/"))


def test_each_form_has_a_folder(tmp_path: Path) -> None:
    result = samestate(TRANSFERS, "--output", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    places = files(tmp_path / "out")
    assert "blockchain_tests/for_paris/transfers/all_but_the_fee-paris.json" in places
    assert "blockchain_tests_engine/for_paris/transfers/all_but_the_fee-paris.json" in places
    assert all(place.startswith(("blockchain_tests", "state_tests")) for place in places)
    assert f"{len(places)} tests in {tmp_path / 'out'}" in result.stdout
    assert "a state test has one transaction" in result.stdout


def test_the_same_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        assert samestate(TRANSFERS, "--output", str(tmp_path / name), "--form", "blockchain_test").exit_code == 0
    for place in files(tmp_path / "a"):
        assert (tmp_path / "a" / place).read_bytes() == (tmp_path / "b" / place).read_bytes()
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_forms_forks_and_words_choose(tmp_path: Path) -> None:
    options = ("--form", "blockchain_test", "--fork", "paris", "-k", "many_pay_one")
    assert samestate(TRANSFERS, "--output", str(tmp_path), *options).exit_code == 0
    assert files(tmp_path) == ["blockchain_tests/for_paris/transfers/many_pay_one-paris.json"]


def test_refusals_are_told_by_name_and_reason(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    result = samestate(REFUSED, TRANSFERS, "--output", str(tmp_path / "out"), "--json", str(target))
    assert result.exit_code == 0
    report = json.loads(target.read_text(encoding="utf-8"))
    refused = [each for each in report["refused"] if each["form"] == "blockchain_test"]
    assert {each["reason"] for each in refused} == {"a state that no chain can reach"}
    assert all(each["vector"].startswith("evm/storage_alone/") for each in refused)
    assert report["written"]["blockchain_test"] == len(files(tmp_path / "out" / "blockchain_tests"))
    assert f"{len(refused):6}  a state that no chain can reach" in result.stdout


def test_an_export_of_nothing_is_no_success(tmp_path: Path) -> None:
    result = samestate(REFUSED, "--output", str(tmp_path / "out"), "--form", "blockchain_test")
    assert result.exit_code == 2
    assert "blockchain_test: 0 written" in result.stdout
    why = "samestate: nothing is written: all that was chosen is refused, for the reasons that are listed\n"
    assert result.stderr == why
    result = samestate(REFUSED, "--output", str(tmp_path / "out"), "-k", "no-such-case")
    why = "samestate: nothing is written: no vector is taken by -k no-such-case: take a limit away\n"
    assert (result.exit_code, result.stderr) == (2, why)


def test_what_is_there_is_written_over_only_when_asked(tmp_path: Path) -> None:
    options = ("--output", str(tmp_path), "--form", "state_test")
    assert samestate(TRANSFERS, *options).exit_code in (0, 2)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    refused = samestate(TRANSFERS, *options)
    assert refused.exit_code == 2
    assert f"--output {tmp_path}: is not empty" in refused.stderr
    assert samestate(TRANSFERS, "--output", str(tmp_path), "--form", "blockchain_test", "--update").exit_code == 0
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_an_interruption_leaves_whole_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = export.export_vector

    def interrupted(*arguments: Any) -> Any:
        for each in real(*arguments):
            yield each
            if isinstance(each, ExportedTest):
                raise KeyboardInterrupt

    monkeypatch.setattr(export, "export_vector", interrupted)
    result = samestate(TRANSFERS, "--output", str(tmp_path))
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "samestate: interrupted")
    (place,) = files(tmp_path)
    assert json.loads((tmp_path / place).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "hive"), "--to hive: must be eest"),
        ((), "--output: there must be a folder to write to, or an archive"),
        (
            ("--form", "engine"),
            "--form engine: no form is called so; known are blockchain_test, blockchain_test_engine",
        ),
        (("--fork", "Frontier"), "--fork Frontier: no fork is called so"),
    ],
)
def test_bad_options_are_told(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    output = () if not options else ("--output", str(tmp_path / "out"))
    result = CliRunner().invoke(command.application, ["export", TRANSFERS, *output, *options])
    assert result.exit_code == 2
    assert message in result.stderr


def test_only_vectors_are_exported(tmp_path: Path) -> None:
    (tmp_path / "fixture.json").write_text('{"name": {"env": {}}}', encoding="utf-8")
    result = samestate(str(tmp_path / "fixture.json"), "--output", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "fixture.json: is no vector: only vectors can be exported" in result.stderr


def test_one_id_twice_is_told(tmp_path: Path) -> None:
    text = (VECTORS / "evm/transfers/many_pay_one-paris.yaml").read_text(encoding="utf-8")
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "many_pay_one-paris.yaml").write_text(
            text.replace("evm/transfers/", "evm/generated/"), encoding="utf-8"
        )
    result = samestate(str(tmp_path / "a"), str(tmp_path / "b"), "--output", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "has the id of" in result.stderr


def test_an_archive_has_the_same_files_and_always_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert samestate(TRANSFERS, "--output", str(tmp_path / "out")).exit_code == 0
    contents = []
    for name, time in (("a", None), ("b", None), ("c", "1700000000")):
        if time is not None:
            monkeypatch.setenv("SOURCE_DATE_EPOCH", time)
        target = tmp_path / f"{name}.tar.xz"
        assert samestate(TRANSFERS, "--output", str(target)).exit_code == 0
        contents.append(target.read_bytes())
    assert contents[0] == contents[1] != contents[2]
    with tarfile.open(tmp_path / "c.tar.xz") as archive:
        names = archive.getnames()
        assert names == sorted(names)
        assert {entry.mtime for entry in archive} == {1_700_000_000}
        for place in [*files(tmp_path / "out"), ".meta/samestate.json"]:
            packed = archive.extractfile(place)
            assert packed is not None
            assert packed.read() == (tmp_path / "out" / place).read_bytes()


def test_an_archive_is_written_over_only_when_asked(tmp_path: Path) -> None:
    target = str(tmp_path / "a.tar.xz")
    assert samestate(TRANSFERS, "--output", target).exit_code == 0
    refused = samestate(TRANSFERS, "--output", target)
    assert refused.exit_code == 2
    assert f"--output {target}: is there already" in refused.stderr
    assert samestate(TRANSFERS, "--output", target, "--update").exit_code == 0
    assert "passed" in CliRunner().invoke(command.application, ["check", target]).output


def test_a_folder_says_what_was_refused(tmp_path: Path) -> None:
    assert samestate(REFUSED, TRANSFERS, "--output", str(tmp_path)).exit_code == 0
    about = json.loads((tmp_path / ".meta/samestate.json").read_text(encoding="utf-8"))
    assert any(each["reason"] == "a state that no chain can reach" for each in about["refused"])


def test_a_time_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    result = samestate(TRANSFERS, "--output", str(tmp_path / "a.tar.xz"))
    assert result.exit_code == 2
    assert "SOURCE_DATE_EPOCH=yesterday: must be a number of seconds" in result.stderr


def test_a_packed_vector_is_exported(tmp_path: Path) -> None:
    content = (VECTORS / "evm/transfers/many_pay_one-paris.yaml").read_bytes()
    (tmp_path / "many_pay_one-paris.yaml").write_bytes(lzma.compress(content))
    result = samestate(str(tmp_path / "many_pay_one-paris.yaml"), "--output", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
