"""Habits that every source must have: bounded caches, files with an encoding, and JSON read in one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("spec", "reference", "optimized", "conformance")
OPENING = {"open", "read_text", "write_text", "NamedTemporaryFile", "TemporaryFile", "fdopen"}
NO_FILES = {"os", "gzip", "lzma", "tarfile", "super()", "strategy"}
RUNNING = {"run", "Popen", "check_output", "check_call", "call"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last word of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def unbounded_caches(text: str) -> list[int]:
    """The lines of functions that remember a result for each of any number of arguments."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        takes_arguments = any((node.args.args, node.args.posonlyargs, node.args.kwonlyargs, node.args.vararg))
        for decorator in node.decorator_list:
            written = ast.unparse(decorator).removeprefix("functools.")
            is_bounded = written.startswith("lru_cache(maxsize=") and "None" not in written
            if written.startswith(("cache", "lru_cache")) and takes_arguments and not is_bounded:
                lines.append(node.lineno)
    return lines


def calls_without_encoding(text: str) -> list[int]:
    """The lines that read or write text in whatever encoding the user's machine happens to have."""
    lines = []
    for name, call in calls(ast.parse(text)):
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if "encoding" in keywords or None in keywords:
            continue
        if name in OPENING and not is_binary(name, call, keywords):
            lines.append(call.lineno)
        if name in RUNNING and (keywords.get("text") == "True" or keywords.get("universal_newlines") == "True"):
            lines.append(call.lineno)
    return lines


def is_binary(name: str, call: ast.Call, keywords: dict[str | None, str]) -> bool:
    """Whether a call opens no text: the mode says so, or what is opened is no file of ours."""
    if name in ("read_text", "write_text"):
        return False
    if name in ("NamedTemporaryFile", "TemporaryFile"):
        mode = keywords.get("mode", ast.unparse(call.args[0]) if call.args else "'w+b'")
        return "b" in mode
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in NO_FILES and name == "open":
        return True
    if name == "fdopen":
        return len(call.args) > 1 and "b" in ast.unparse(call.args[1])
    values = [call.args[0] if call.args else None] if isinstance(call.func, ast.Attribute) else call.args[1:2]
    if (
        name == "open"
        and isinstance(call.func, ast.Attribute)
        and call.args
        and not isinstance(values[0], ast.Constant)
    ):
        return True
    modes = [keywords.get("mode", "")] + [ast.unparse(value) for value in values if value is not None]
    return any("b" in mode for mode in modes)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("@functools.cache\ndef a(x): ...", [2]),
        ("@cache\ndef a(*, x): ...", [2]),
        ("@lru_cache\ndef a(x): ...", [2]),
        ("@lru_cache(maxsize=None)\ndef a(*x): ...", [2]),
        ("@lru_cache(None)\ndef a(x): ...", [2]),
        ("@functools.lru_cache(maxsize=8)\ndef a(x): ...", []),
        ("@functools.cache\ndef a(): ...", []),
    ],
)
def test_a_cache_without_a_bound_is_seen(text: str, lines: list[int]) -> None:
    assert unbounded_caches(text) == lines


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("open('a')", 1),
        ("open('a', 'w')", 1),
        ("path.open('a')", 1),
        ("path.open()", 1),
        ("path.read_text()", 1),
        ("path.write_text(content)", 1),
        ("subprocess.run(command, text=True)", 1),
        ("NamedTemporaryFile('w')", 1),
        ("os.fdopen(3, 'w')", 1),
        ("open('a', 'rb')", 0),
        ("path.open('wb', buffering=0)", 0),
        ("path.read_text(encoding='utf-8')", 0),
        ("NamedTemporaryFile(dir=folder)", 0),
        ("os.fdopen(3, 'wb')", 0),
        ("os.open(path, os.O_RDONLY)", 0),
        ("subprocess.run(command, text=True, encoding='utf-8')", 0),
        ("subprocess.run(command)", 0),
    ],
)
def test_text_without_an_encoding_is_seen(text: str, count: int) -> None:
    assert len(calls_without_encoding(text)) == count


@pytest.mark.parametrize("room", ROOMS)
def test_every_cache_has_a_bound(room: str) -> None:
    found = {path: unbounded_caches(path.read_text(encoding="utf-8")) for path in sources(room)}
    assert [f"{path}:{line}: remembers without a bound" for path, lines in found.items() for line in lines] == []


def test_every_text_has_an_encoding() -> None:
    paths = [*sources(*ROOMS, "benchmarks"), *sorted(ROOT.glob("*.py"))]
    found = {path: calls_without_encoding(path.read_text(encoding="utf-8")) for path in paths}
    assert [f"{path}:{line}: no encoding" for path, lines in found.items() for line in lines] == []


READS_JSON = {
    "conformance/fixtures/strict_json.py": "the one way",
    "conformance/engines/clients/litesvm/solders_program.py": "a program that runs without us, on our questions",
}


def readings_of_json(text: str) -> list[int]:
    """The lines that have JSON parsed by the library itself, which no nesting may reach: it ends the process."""
    names = {"load", "loads", "JSONDecoder", "decoder", "scanner"}
    lines = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "json" and node.attr in names:
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module == "json" and names & {each.name for each in node.names}:
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("json.loads(line)", 1),
        ("json.load(file)", 1),
        ("map(json.loads, lines)", 1),
        ("json.JSONDecoder().raw_decode(text)", 1),
        ("from json import loads", 1),
        ("json.dumps(value)", 0),
        ("pickle.loads(content)", 0),
    ],
)
def test_another_way_of_reading_json_is_seen(text: str, count: int) -> None:
    assert len(readings_of_json(text)) == count


def test_json_is_read_in_one_way() -> None:
    found = {path for path in sources(*ROOMS) if readings_of_json(path.read_text(encoding="utf-8"))}
    assert {str(path.relative_to(ROOT)) for path in found} == set(READS_JSON)


SAME_IN_MACHINES = {
    "Account": "what stands under an address",
    "Closing": "what the end of a block gives",
    "Block": "what a block of the machine is",
    "Invalid": "the machine's rejection codes",
    "OutOfGas": "the machine's failure for want of gas",
    "Outcome": "what one transaction does",
    "Receipt": "what one transaction reports",
    "Totals": "what the committed transactions of a block have used together",
    "Withdrawal": "what a block pays out to an address",
}
"""Names of classes that stand in several machines of ``spec``: the part that the class plays in each."""

MACHINES = {"spec/evm", "spec/svm", "spec/toy"}


def classes(*folders: str) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for path in sources(*folders):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    return places


def test_a_class_name_has_one_meaning() -> None:
    shared = {name: sorted(where) for name, where in classes("spec", "reference", "conformance").items() if where[1:]}
    assert {name for name in shared if name not in SAME_IN_MACHINES} == set(), shared
    for name in SAME_IN_MACHINES:
        folders = [path.rpartition("/")[0] for path in shared[name]]
        assert len(folders) == len(set(folders)) and MACHINES.issuperset(folders), name
