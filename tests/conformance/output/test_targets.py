"""One writer for every output: into what is special, beside and renamed for the rest, and never half."""

from __future__ import annotations

import ast
import os
import stat
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samestate import conformance
from samestate.conformance.command import application
from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import (
    LineFile,
    Output,
    check_apart,
    check_file,
    check_folder,
    descriptor_of,
    remove,
    write_whole,
)
from samestate.conformance.vectors.places import VECTORS

PACKAGE = Path(conformance.__file__).parent
VECTOR = str(VECTORS / "toy/conflicts/long_chain.yaml")
IS_ROOT = os.geteuid() == 0


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_in_the_place_of_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("before")
    target.chmod(0o640)
    write_whole("--json", target, "after")
    assert target.read_text() == "after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.json"]


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("")
    write_whole("--json", tmp_path / "ours", b"content")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("before")

    def half() -> None:
        with Output("--json", target) as output:
            output.write("half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert target.read_text() == "before"
    assert names(tmp_path) == ["a.json"]


def test_a_symbolic_link_stays_and_where_it_leads_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here.json").symlink_to("there/real.json")
    write_whole("--json", tmp_path / "here.json", "one")
    write_whole("--json", tmp_path / "here.json", "two")
    assert (tmp_path / "here.json").is_symlink()
    assert (tmp_path / "there" / "real.json").read_text() == "two"
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(InputError, match=r"--json .*round: cannot be written: .* leads to itself"):
        write_whole("--json", tmp_path / "round", "")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
def test_a_device_is_never_replaced(device: str) -> None:
    before = os.stat(device)  # noqa: PTH116 - as the system tells it
    check_file("--json", device)
    if device == "/dev/full":
        with pytest.raises(InputError, match=r"--json /dev/full: cannot be written: No space left on device"):
            write_whole("--json", device, "content" * 10_000)
    else:
        write_whole("--json", device, "content")
    after = os.stat(device)  # noqa: PTH116
    assert (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode, before.st_rdev)


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    check_file("--json", pipe)
    write_whole("--json", pipe, "content")
    reader.join(10)
    assert read == ["content"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_is_a_target(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_file("--json", target)
    print("first")
    write_whole("--json", target, "content\n")
    write_whole("--json", target, b"bytes\n")
    print("last")
    assert capsys.readouterr().out == "first\ncontent\nbytes\nlast\n"


def test_a_descriptor_of_a_file_is_written_on_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as file:
        file.write("before\n")
        file.flush()
        number = path.stat().st_ino
        assert descriptor_of(f"/dev/fd/{file.fileno()}") == file.fileno()
        write_whole("--json", f"/dev/fd/{file.fileno()}", "content\n")
        file.write("after\n")
    assert path.read_text() == "before\ncontent\nafter\n"
    assert path.stat().st_ino == number
    with pytest.raises(InputError, match=r"--json /dev/fd/999: cannot be written: Bad file descriptor"):
        write_whole("--json", "/dev/fd/999", "")


def test_a_path_that_is_none() -> None:
    for target in ("a\0b", "n" * 5000):
        with pytest.raises(InputError, match=r"--json .*: cannot be written: "):
            check_file("--json", target)
        with pytest.raises(InputError, match=r"--json .*: cannot be written: "):
            write_whole("--json", target, "")


def test_folders_where_files_are_meant_and_files_where_folders_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for make_folders in (False, True):
        with pytest.raises(InputError, match=f"--json {tmp_path}: must be a file, and is a folder"):
            check_file("--json", tmp_path, make_folders)
        with pytest.raises(InputError, match=r"--json .*/file/a: cannot be written: .*folder"):
            check_file("--json", tmp_path / "file" / "a", make_folders)
        with pytest.raises(InputError, match=r"--json .*/file/a: cannot be written: (Not a directory|File exists)"):
            write_whole("--json", tmp_path / "file" / "a", "", make_folders)
    with pytest.raises(InputError, match="cannot be written: it is a folder"):
        write_whole("--json", tmp_path, "")
    with pytest.raises(InputError, match=r"--output .*: cannot be written: .*/file is no folder"):
        check_folder("--output", tmp_path / "file" / "a")
    with pytest.raises(InputError, match=r"--output .*nothing: cannot be written: No such file"):
        remove("--output", tmp_path / "nothing")


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_file("--json", tmp_path / "a.json")
    check_file("--output", tmp_path / "deep" / "a.json", make_folders=True)
    check_folder("--output", tmp_path / "deep" / "deeper")
    assert names(tmp_path) == []
    write_whole("--output", tmp_path / "deep" / "a.json", "", make_folders=True)
    assert names(tmp_path) == ["deep"]


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_what_is_read_only_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("before")
    target.chmod(0o444)
    for attempt in (lambda: check_file("--json", target), lambda: write_whole("--json", target, "")):
        with pytest.raises(InputError, match="cannot be written: it is read-only"):
            attempt()
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match="cannot be written: Permission denied"):
            check_file("--json", tmp_path / "b.json")
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_that_nobody_may_write_to() -> None:
    with pytest.raises(InputError, match=r"--json /proc/a.json: cannot be written: "):
        check_file("--json", "/proc/a.json")
    with pytest.raises(InputError, match=r"--json /proc/a.json: cannot be written: "):
        write_whole("--json", "/proc/a.json", "")


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    target = tmp_path / "out"
    (tmp_path / "link").symlink_to(target)
    for other in (target, tmp_path / "." / "out", tmp_path / "link", os.path.relpath(target)):
        with pytest.raises(InputError, match=r"^--json, --trace .*: only one of them can be written there$"):
            check_apart(("--json", target), ("--plot", None), ("--trace", other))
    with pytest.raises(InputError, match=r"^--json, --trace /dev/stdout: only one of them can be written there$"):
        check_apart(("--json", "-"), ("--trace", "/dev/stdout"))
    check_apart(("--json", target), ("--trace", tmp_path / "other"))
    check_apart(("--json", "/dev/null"), ("--trace", "/dev/null"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", VECTOR, "--json", "out", "--junitxml", "out"),
        ("run", VECTOR, "--engine", "optimized", "--json", "out", "--trace", "out"),
        ("bench", "--json", "out", "--trace", "out"),
        ("t8n", "--state.fork", "Prague", "--output.alloc", "out", "--output.result", "out"),
    ],
)
def test_no_command_writes_over_its_own_output(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(application, arguments)
    assert result.exit_code == 2
    assert "only one of them can be written there" in result.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "in.yaml", "--json", "in.yaml"),
        ("check", "in.yaml::toy/conflicts/long_chain", "--junitxml", "./in.yaml"),
        ("run", "in.yaml", "--json", "link"),
        ("run", "in.yaml", "--engine", "optimized", "--trace", "in.yaml"),
        ("trace", "in.yaml", "--output", "in.yaml"),
        ("rules", "in.yaml", "--json", "in.yaml"),
    ],
)
def test_no_command_writes_over_what_it_reads(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.yaml").write_bytes(content := Path(VECTOR).read_bytes())
    (tmp_path / "link").symlink_to("in.yaml")
    result = CliRunner().invoke(application, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"samestate: {' '.join(arguments[-2:])}: is an input, which would be written over\n"
    assert (tmp_path / "in.yaml").read_bytes() == content


def test_a_log_is_added_to(tmp_path: Path) -> None:
    for line in ("one", "two"):
        log = LineFile("--resume:", tmp_path / "deep" / "log")
        log.add(line)
        log.close()
    assert (tmp_path / "deep" / "log").read_text() == "one\ntwo\n"
    (tmp_path / "full").symlink_to("/dev/full")
    full = LineFile("--resume:", tmp_path / "full")
    with pytest.raises(InputError, match=r"--resume: .*full: cannot be written: No space left on device"):
        full.add("three")
    full.close()


# No other module writes

WRITING_METHODS = frozenset({"write_text", "write_bytes", "mkdir", "unlink", "touch", "rmdir", "rename", "symlink_to"})
WRITING_FUNCTIONS = frozenset(
    {
        *("os.replace", "os.rename", "os.remove", "os.makedirs", "os.truncate", "os.mkfifo", "os.symlink"),
        *("shutil.copy", "shutil.copyfile", "shutil.copytree", "shutil.move", "shutil.rmtree"),
        *("tempfile.mkstemp", "tempfile.mkdtemp", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"),
        "tempfile.TemporaryDirectory",
    }
)
MODULES_THAT_OPEN = ("io", "os", "gzip", "lzma", "bz2", "tarfile", "zipfile")
ALLOWED = {
    "benchmarking/states.py": "a folder of its own for states that are measured, gone at the end",
    "benchmarking/sorted_records.py": "a folder of its own for records that memory would not hold, gone at the end",
    "exploring/variants.py": "the lock of a build, which only a source checkout makes",
    "fixtures/group_folders.py": "a folder of its own for what workers read out of an archive, gone at the end",
    "engines/bounded_run.py": "a folder of its own for a run of somebody else's program, gone at its end",
    "engines/clients/anvil/node.py": "the streams of a node, in a temporary folder",
}


def opens_for_writing(node: ast.Call) -> bool:
    """Whether a call opens a file in a mode that writes, or that is not written out: ``open(path, mode)``."""
    name = ast.unparse(node.func)
    if name.rpartition(".")[2] not in ("open", "fdopen"):
        return False
    is_function = "." not in name or name.partition(".")[0] in MODULES_THAT_OPEN
    modes = [keyword.value for keyword in node.keywords if keyword.arg in ("mode", "flags")]
    modes += node.args[1:2] if is_function else node.args[:1]
    for mode in modes:
        if isinstance(mode, ast.Constant):
            return isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))
        return name.startswith("os.") or ast.unparse(mode) == "mode"
    return False


def writes(node: ast.Call) -> bool:
    """Whether a call writes to the file system, as far as its form tells."""
    name = ast.unparse(node.func)
    if name.endswith(".savefig"):
        return ast.unparse(node.args[0]) != "drawn"
    is_method = "." in name and name.rpartition(".")[2] in WRITING_METHODS
    return is_method or name in WRITING_FUNCTIONS or opens_for_writing(node)


def test_no_other_module_of_the_package_writes_files() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place in ALLOWED or path.parent.name == "output":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and writes(node):
                found.append(f"{place}:{node.lineno}: {ast.unparse(node)}")
    assert not found, "outputs are written by conformance/output alone:\n" + "\n".join(found)


def test_what_writes_is_recognized() -> None:
    writing = """open(p, "w"); open(p, mode="ab"); p.open("x"); p.open(mode); p.write_text(t); os.replace(a, b)
p.unlink(); tempfile.mkstemp(); os.open(p, flags); gzip.open(p, "wb"); figure.savefig(path); os.fdopen(d, "wb")"""
    reading = """open(p); open(p, "rb"); p.open("rb"); name.replace("a", "b"); machine.open(block, view); p.open()
tarfile.open(fileobj=f, mode="r|"); dataclasses.replace(case, id=id); figure.savefig(drawn)"""
    for text, expected in ((writing, True), (reading, False)):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                assert writes(node) is expected, ast.unparse(node)
