"""The rules as pages, one for each part of a machine: text, source, vectors that reach it, mutants that break it."""

from __future__ import annotations

import ast
import functools
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from samestate.conformance.rules.anchors import Anchor
from samestate.conformance.site.catalogue import Catalogue
from samestate.conformance.site.links import to_vector

LONGEST: Final = 40
"""Lines that are shown of a rule's text: what follows stands in its file."""
MOST_VECTORS: Final = 12


def page_name(rule: str) -> str:
    """The page on which a rule stands, below `rules/`: its machine, and the part that comes first in its name."""
    machine, part = rule.split(".")[:2]
    return f"{machine}/{part}.md"


def rule_pages(catalogue: Catalogue) -> Iterator[tuple[Path, str]]:
    """Every page of rules, and the list of them."""
    parts: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in catalogue.anchors:
        parts[page_name(anchor.name)].append(anchor)
    yield Path("rules/README.md"), index_page(parts, catalogue)
    for name, anchors in parts.items():
        title = name.removesuffix(".md").replace("/", ".")
        lines = [f"# Rules {title}", ""]
        for anchor in sorted(anchors, key=lambda each: (str(each.file), each.line)):
            lines += section(anchor, catalogue)
        yield Path("rules") / name, "\n".join(lines) + "\n"


def index_page(parts: Mapping[str, Sequence[Anchor]], catalogue: Catalogue) -> str:
    """The list of parts, with how many rules each has and how many of them vectors name."""
    rows = []
    for name, anchors in sorted(parts.items()):
        named = sum(anchor.name in catalogue.reaching for anchor in anchors)
        mutants = sum(len(catalogue.breaking.get(anchor.name, ())) for anchor in anchors)
        title = name.removesuffix(".md").replace("/", ".")
        rows.append(f"| [{title}]({name}) | {len(anchors)} | {named} | {mutants} |")
    words = (
        "Every rule of the specification has one place, under a comment with its name; one of scheduling has two, "
        "readable and compiled. Vectors name the rules of the specification that they reach, but for those of "
        "encodings and those that every payment reaches."
    )
    head = ("# Rules", "", words, "", "| part | rules | named by vectors | mutants |", "|---|--:|--:|--:|")
    return "\n".join((*head, *rows, ""))


def section(anchor: Anchor, catalogue: Catalogue) -> Iterator[str]:
    """What the page says of a rule."""
    yield f"## {anchor.name} {{ #{anchor.name} }}"
    yield ""
    compiled = catalogue.compiled.get(anchor.name)
    places = f"`{anchor.where}`" + (f", compiled `{compiled.where}`" if compiled else "")
    yield places + (f" · {anchor.source}" if anchor.source else "")
    yield ""
    yield "```python"
    yield from text_of(anchor)
    yield "```"
    yield ""
    reaching = catalogue.reaching.get(anchor.name, ())
    if reaching:
        shown = ", ".join(to_vector(each, "../..") for each in spread(reaching))
        more = f", and {len(reaching) - MOST_VECTORS} more" if len(reaching) > MOST_VECTORS else ""
        yield f"**Vectors:** {shown}{more}."
    elif anchor.name in catalogue.ordinary:
        yield "**Vectors:** all that have a valid block reach it, or nearly all, and so none names it."
    elif anchor.name in catalogue.compiled or not is_of_machine(anchor):
        yield "**Vectors:** what engines do inside shows in none; mutants and every interleaving of small blocks do."
    else:
        yield "**Vectors:** none names it."
    yield ""
    for mutant in catalogue.breaking.get(anchor.name, ()):
        killed = f" Killed by {to_vector(mutant.killer, '../..', catalogue)}." if mutant.killer else ""
        yield f"- **Mutant** `{mutant.name}`: {mutant.wrong}{killed}"
    yield ""


def is_of_machine(anchor: Anchor) -> bool:
    """Whether it is a rule of the specification, and not of scheduling."""
    return anchor.where.startswith("spec/")


def spread(ids: Sequence[str]) -> Sequence[str]:
    """Some of many, from the whole of the list."""
    if len(ids) <= MOST_VECTORS:
        return ids
    return [ids[index * len(ids) // MOST_VECTORS] for index in range(MOST_VECTORS)]


def text_of(anchor: Anchor) -> Sequence[str]:
    """The lines of a rule: from its comment to the end of the statement, or to the next rule."""
    lines, ends = source_of(anchor.file)
    last = max([ends.get(line, 0) for line in range(anchor.line + 1, anchor.lines[0] + 1)] + [anchor.lines[-1]])
    shown = lines[anchor.line - 1 : last]
    following = next((at for at, line in enumerate(shown[1:], 1) if "# rule: " in line), len(shown))
    shown = shown[:following]
    cut = [*shown[:LONGEST], "…"] if len(shown) > LONGEST else shown
    return textwrap.dedent("\n".join(cut)).splitlines()


@functools.lru_cache(maxsize=64)
def source_of(file: Path) -> tuple[Sequence[str], Mapping[int, int]]:
    """The lines of a module, and where statements end, by the lines in which they begin: the widest of each line."""
    text = file.read_text(encoding="utf-8")
    ends: dict[int, int] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(each.lineno for each in decorators)])
            ends[first] = max(ends.get(first, 0), node.end_lineno or node.lineno)
    return text.splitlines(), ends
