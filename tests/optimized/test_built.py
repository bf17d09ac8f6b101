"""Importing `optimized` is refused unless it is compiled, and from the sources beside it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

from samestate import optimized
from samestate.optimized import built, sources

PACKAGE = Path(optimized.__file__).parent

DECLARED: Final = re.compile(r"^ *cdef (?!inline|struct|class|enum|extern)[^=\n(]*?(\w+)\(", re.MULTILINE)
"""Functions of a declaration file whose bodies stand elsewhere."""


def import_copy(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from samestate import optimized; print(optimized.__file__)"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    package = tmp_path / "samestate"
    package.mkdir()
    shutil.copyfile(PACKAGE.parent / "__init__.py", package / "__init__.py")
    shutil.copytree(PACKAGE, package / "optimized", ignore=shutil.ignore_patterns("__pycache__"))
    return package / "optimized"


def test_the_build_knows_its_sources() -> None:
    assert sources.digest(PACKAGE) == built.SOURCES


def test_a_fresh_build_is_imported(copy: Path) -> None:
    assert import_copy(copy.parents[1]).stdout.strip() == str(copy / "__init__.py")


@pytest.mark.parametrize("suffix", ["py", "pxd"])
def test_a_changed_source_is_refused(copy: Path, suffix: str) -> None:
    with (copy / f"built.{suffix}").open("a") as file:
        file.write("# changed\n")
    error = import_copy(copy.parents[1]).stderr.splitlines()[-1]
    assert error.startswith(
        f"ImportError: samestate.optimized was compiled from other sources than those in {copy}: run `make build`"
    )


def test_an_ordinary_module_may_change(copy: Path) -> None:
    with (copy / "sources.py").open("a") as file:
        file.write("# changed\n")
    assert import_copy(copy.parents[1]).returncode == 0


def test_an_interpreted_module_is_refused(copy: Path) -> None:
    for extension in copy.glob("built.*.so"):
        extension.unlink()
    error = import_copy(copy.parents[1]).stderr.splitlines()[-1]
    assert error.startswith(
        "ImportError: samestate.optimized is not compiled (built.py): run `make build`, or `pip install .`"
    )


def test_compiled_modules_have_a_stub_where_python_can_call_them() -> None:
    """No stub says nothing, and no compiled module that has something for Python is without one."""
    for path in sources.compiled_modules(PACKAGE):
        name = ".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts))
        module = import_module(f"samestate.{name}")
        own = [what for what, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        stub = path.with_suffix(".pyi")
        if stub.exists():
            kinds = {type(node) for node in ast.parse(stub.read_text(encoding="utf-8")).body}
            assert kinds - {ast.Expr, ast.Import, ast.ImportFrom}, f"{stub}: nothing stands in it"
        else:
            assert own == [], f"{stub} is missing"


def test_signatures_of_compiled_functions_stand_in_the_source() -> None:
    """Types stand where they are read, and every docstring is there."""
    bare = []
    for path in sources.compiled_modules(PACKAGE):
        declared = set(DECLARED.findall(path.with_suffix(".pxd").read_text(encoding="utf-8")))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (node.name in declared or is_compiled(node)):
                given = [argument for argument in node.args.args if argument.arg != "self"]
                is_typed = node.returns is not None and all(argument.annotation for argument in given)
                if not is_typed or not ast.get_docstring(node):
                    bare.append(f"{path.name}:{node.lineno} {node.name}")
    assert bare == []


def is_compiled(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator) in ("cython.cfunc", "cython.ccall") for decorator in function.decorator_list)
