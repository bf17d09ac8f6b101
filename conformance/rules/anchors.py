"""Where each rule stands: comments `# rule: name`, and the lines that show that it was used.

The rules of the specification have one place each. Those of scheduling have one in `reference` and one under the same
name in `optimized`. In `spec` and `reference` a comment `# source: …` right below the name says where the rule is from.
Such a comment at the left margin of a module, below no rule, says it for all its rules that do not say it themselves.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from samestate import spec
from samestate.conformance.errors import InputError

_ANCHOR: Final = re.compile(r"#\s*rule:\s*(?P<name>\S+)\s*")
_SOURCE: Final = re.compile(r"#\s*source:\s*(?P<source>.*\S)\s*")
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A rule: its name, the file and line of its comment, and the lines of the statement that it stands above.

    The rule is reached when any of ``lines`` is executed. ``source``: where it is from, if the next line or the module
    says so.
    """

    name: str
    file: Path
    line: int
    lines: range
    source: str = ""

    @property
    def where(self) -> str:
        """File and line, from the folder that holds the packages."""
        return f"{self.file.relative_to(root())}:{self.line}"


def root() -> Path:
    """The folder that holds the package `spec`."""
    return Path(next(iter(spec.__path__))).parent


def all_anchors(room: str = "spec") -> tuple[Anchor, ...]:
    """Every anchor of a room. Raises InputError where a name is malformed or is used twice in that room."""
    anchors: dict[str, Anchor] = {}
    for file in sorted((root() / room).rglob("*.py")):
        for anchor in _anchors_of(file, file.read_text(encoding="utf-8")):
            first = anchors.setdefault(anchor.name, anchor)
            if first is not anchor:
                raise InputError(f"{anchor.where}: the rule {anchor.name} is at {first.where} already: one name each")
    return tuple(anchors.values())


def scheduling_rules() -> tuple[tuple[Anchor, Anchor | None], ...]:
    """Every rule of scheduling: its anchor in `reference`, and the one in `optimized`, None where that is not there."""
    compiled = {anchor.name: anchor for anchor in all_anchors("optimized")}
    return tuple((anchor, compiled.get(anchor.name)) for anchor in all_anchors("reference"))


@lru_cache(maxsize=2048)
def _anchors_of(file: Path, source: str) -> tuple[Anchor, ...]:
    """The same as :func:`anchors_in`, for who asks again."""
    return tuple(anchors_in(file, source))


def anchors_in(file: Path, source: str) -> Iterator[Anchor]:
    """The anchors of a module.

    Raises InputError where a name is malformed, no statement follows, or a source is neither a rule's nor the module's.
    """
    if "rule:" not in source and "source:" not in source:
        return
    tree = ast.parse(source)
    for line, name, given in _comments(file, source):
        where = f"{file}:{line}"
        if not _NAME.fullmatch(name):
            raise InputError(f"{where}: {name!r} must be words of small letters with dots between them, as a.b-c.d")
        lines = _statement_after(tree, line)
        if lines is None:
            raise InputError(f"{where}: the rule {name} has no statement after it")
        yield Anchor(name, file, line, lines, given)


def _comments(file: Path, source: str) -> Iterator[tuple[int, str, str]]:
    """The line and name of each anchor, and its source: the comment right below it, else the module's."""
    comments = {
        token.start[0]: token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    names = {line: match["name"] for line, token in comments.items() if (match := _ANCHOR.fullmatch(token.string))}
    sources = {line: match["source"] for line, token in comments.items() if (match := _SOURCE.fullmatch(token.string))}
    of_module = [line for line in sources if line - 1 not in names]
    for line in of_module:
        if comments[line].start[1] != 0:
            raise InputError(f"{file}:{line}: a source must stand right below its rule, or at the margin for all rules")
    if len(of_module) > 1:
        raise InputError(f"{file}:{of_module[1]}: the module has a source at line {of_module[0]} already: one for all")
    inherited = sources[of_module[0]] if of_module else ""
    for line, name in names.items():
        yield line, name, sources.get(line + 1, inherited)


def _statement_after(tree: ast.Module, line: int) -> range | None:
    """The lines of the statement that begins next after ``line``, or of the innermost one that holds the line.

    Of a compound statement only its head counts; of a definition its first statement, since the definition itself is
    executed on import.
    """
    holding = tree.body
    found: ast.stmt | None = None
    while holding:
        inside = next((node for node in holding if _first_line(node) <= line <= (node.end_lineno or 0)), None)
        after = next((node for node in holding if _first_line(node) > line), None)
        if inside is None:
            return _head(after) if after is not None else _head(found) if found is not None else None
        found = inside
        blocks = [block for block in _blocks(inside) if block and line <= (block[-1].end_lineno or 0)]
        holding = blocks[0] if blocks else []
    return _head(found) if found is not None else None


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """The lists of statements right inside a statement, in the order in which they stand."""
    blocks: list[list[ast.stmt]] = []
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        part = getattr(node, name, None) or []
        for element in part:
            if isinstance(element, ast.ExceptHandler | ast.match_case):
                blocks.append(element.body)
        statements = [element for element in part if isinstance(element, ast.stmt)]
        if statements:
            blocks.append(statements)
    return sorted(blocks, key=lambda block: block[0].lineno)


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.lineno


def _head(node: ast.stmt) -> range:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        first = node.body[1] if len(node.body) > 1 and _is_docstring(node.body[0]) else node.body[0]
        return _head(first)
    blocks = _blocks(node)
    if not blocks:
        return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(node.lineno, max(blocks[0][0].lineno, node.lineno + 1))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
