"""Which rules of the specification are reached: a statement that says so stands before each rule's.

The functions of the specification are compiled anew with a call before each statement that an anchor names, and take
the new code where they are, those included that others hold already. That costs a tenth of a microsecond where a
rule is passed, and nothing elsewhere, which trace functions cannot do: all code of the process is slow while one is
set. Lines stay what they were, and so does all that a function gives.
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import InspectLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

from samestate import spec
from samestate.conformance.rules.anchors import Anchor, anchors_in

MARK: Final = "__samestate_reached__"
"""What the call is of, a name of each module that is marked."""

reached: Final[set[str]] = set()
"""Every rule that was reached since whoever wanted to know emptied this."""


def mark() -> None:
    """Have every module of the specification that is loaded marked, in this process, from now on."""
    _mark(len(sys.modules))


@functools.lru_cache(maxsize=1)
def _mark(modules: int) -> None:
    """Mark those that are not yet. ``modules``: how many are loaded, of any kind."""
    codes: dict[str, dict[Place, CodeType]] = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith(f"{spec.__name__}.") or MARK in vars(module):
            continue
        vars(module)[MARK] = reached.add
        source, file = source_of(module), str(module.__file__)
        if "# rule: " in source:
            codes[file] = marked_codes(source, file)
    for function in all_functions() if codes else ():
        code = codes.get(function.__code__.co_filename, {}).get(place_of(function.__code__))
        if code is not None:
            function.__code__ = code


def all_functions() -> list[FunctionType]:
    """Every function that there is, those included that the garbage collector was told to leave out."""
    is_frozen = gc.get_freeze_count() > 0
    if is_frozen:
        gc.unfreeze()
    functions = [found for found in gc.get_objects() if isinstance(found, FunctionType)]
    if is_frozen:
        gc.freeze()
    return functions


def source_of(module: ModuleType) -> str:
    """What was compiled, as whoever loaded it says: it may be a text that has been changed."""
    loader = module.__spec__ and module.__spec__.loader
    if isinstance(loader, InspectLoader):
        return loader.get_source(module.__name__) or ""
    file = Path(module.__file__ or "")  # as pytest's loader, which does not say, has read it
    return file.read_text(encoding="utf-8") if file.suffix == ".py" else ""


Place = tuple[str, int]
"""By what a function is known in its file: its qualified name, and its first line."""


def place_of(code: CodeType) -> Place:
    """Where a function is."""
    return code.co_qualname, code.co_firstlineno


def marked_codes(source: str, file: str) -> dict[Place, CodeType]:
    """The functions of a module that hold a rule, or a function that does, with marks.

    Raises ValueError where two cannot be told apart.
    """
    tree = ast.parse(source)
    put_marks(tree, tuple(anchors_in(Path(file), source)))
    found: dict[Place, CodeType] = {}
    for code in functions_in(compile(tree, file, "exec", dont_inherit=True)):
        first = found.setdefault(place_of(code), code)
        if first is not code and (has_marks(first) or has_marks(code)):
            raise ValueError(f"{file}:{code.co_firstlineno}: two functions are called {code.co_qualname}")
    return {place: code for place, code in found.items() if has_marks(code)}


def functions_in(code: CodeType) -> Iterator[CodeType]:
    """The code of every function inside a code, at any depth."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from functions_in(constant)


def has_marks(code: CodeType) -> bool:
    """Whether a function or one inside it is marked."""
    return MARK in code.co_names or any(MARK in inner.co_names for inner in functions_in(code))


def put_marks(tree: ast.Module, anchors: Sequence[Anchor]) -> None:
    """Put marks before the statements that begin where the lines of an anchor do, and into the functions without a name
    that are on any of its lines.

    A definition is executed where it stands: its body has the rule.
    """
    names: dict[int, list[str]] = defaultdict(list)
    lines: dict[int, list[str]] = defaultdict(list)
    for anchor in anchors:
        names[anchor.lines[0]].append(anchor.name)
        for line in anchor.lines:
            lines[line].append(anchor.name)
    for node in list(ast.walk(tree)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                block[:] = [each for statement in block for each in (*marks_before(statement, names), statement)]
        if isinstance(node, ast.Lambda):
            body = node.body
            inside = sorted({name for line in lines_of(body) for name in lines.get(line, ())})
            if inside:
                # Adding to a set gives None, so that what comes after `or` is what the function gives.
                node.body = ast.copy_location(
                    ast.BoolOp(ast.Or(), [*(mark_at(body, name) for name in inside), body]), body
                )


def marks_before(statement: ast.stmt, names: Mapping[int, list[str]]) -> list[ast.stmt]:
    """What goes before a statement."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    found = names.get(statement.lineno, ())
    return [ast.copy_location(ast.Expr(mark_at(statement, name)), statement) for name in found]


def mark_at(place: ast.stmt | ast.expr, name: str) -> ast.expr:
    """The call that says that a rule is reached, on the lines of ``place``."""
    function = ast.copy_location(ast.Name(MARK, ast.Load()), place)
    return ast.copy_location(ast.Call(function, [ast.copy_location(ast.Constant(name), place)], []), place)


def lines_of(node: ast.expr) -> range:
    """The lines of an expression."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
