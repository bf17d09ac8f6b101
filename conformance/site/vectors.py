"""A vector as a page: what it is about, each block as a timeline, who reads from whom, what comes out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from samestate.conformance.explaining.graph import draw, graph_of
from samestate.conformance.site.catalogue import Catalogue, VectorFile
from samestate.conformance.site.links import to_hazard, to_rule
from samestate.conformance.site.timeline import MOST_ROWS, bars_of, draw_timeline
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.explaining import map_of
from samestate.conformance.vectors.model import VALID, members, text

FRONT: Final = "---\nhide:\n  - navigation\nsearch:\n  exclude: true\n---\n"
"""Room for tables; and a search finds vectors by the lists of their suites, not by their thousands of values."""
LONGEST: Final = 70
"""Characters of a value that a table shows."""
MOST_STEPS: Final = 200


def vector_pages(catalogue: Catalogue) -> Iterator[tuple[Path, str]]:
    """A page for each vector, a list for each suite, and the list of suites."""
    suites: dict[str, list[VectorFile]] = defaultdict(list)
    for each in catalogue.vectors.values():
        suites[each.id.rpartition("/")[0]].append(each)
        yield Path(f"vectors/{each.id}.md"), page_of(each, catalogue)
    for suite, those in suites.items():
        yield Path(f"vectors/{suite}/README.md"), suite_page(suite, those)
    rows = [f"| [{suite}]({suite}/README.md) | {len(those)} |" for suite, those in sorted(suites.items())]
    words = "What a vector holds, and how an engine is held against it, [FORMAT.md](FORMAT.md) says."
    head = ("# Vectors", "", words, "", "| suite | vectors |", "|---|--:|")
    yield Path("vectors/README.md"), "\n".join((*head, *rows, ""))


def suite_page(suite: str, those: Sequence[VectorFile]) -> str:
    """The list of a suite."""
    rows = [f"| [{each.path.stem}]({each.path.stem}.md) | {cell(each.about)} |" for each in those]
    return "\n".join((f"# Vectors {suite}", "", "| vector | |", "|---|---|", *rows, ""))


def page_of(each: VectorFile, catalogue: Catalogue) -> str:
    """The page of a vector."""
    return FRONT + "\n".join(lines_of(each, catalogue)) + "\n"


def lines_of(each: VectorFile, catalogue: Catalogue) -> Iterator[str]:
    """Its lines."""
    vector = each.vector
    up = "/".join([".."] * each.id.count("/")) + "/.."
    yield f"# {each.id}"
    yield ""
    yield escape(each.about, quote=False)
    yield ""
    yield f"- **Machine:** {vector.case.machine}, {' to '.join(vector.case.forks)}"
    if vector.hazards:
        yield f"- **Hazards:** {', '.join(to_hazard(hazard, up) for hazard in vector.hazards)}"
    if vector.case.selectors:
        yield f"- **Needs:** {', '.join(sorted(vector.case.selectors))}"
    for mutant in catalogue.killing.get(each.id, ()):
        yield f"- **Kills** `{mutant.name}`: {cell(mutant.wrong)}"
    yield f"- **File:** [{each.path.name}]({each.path.name})"
    yield ""
    for index, expected in enumerate(vector.expected):
        told = each.transactions[index] if index < len(each.transactions) else {}
        heading = "The block" if len(vector.expected) == 1 else f"Block {index}"
        yield f"## {heading}"
        yield ""
        yield from block_lines(expected, told)
    if vector.rules:
        yield "## Rules that it reaches"
        yield ""
        yield ", ".join(to_rule(rule, up) for rule in vector.rules)
        yield ""


def block_lines(expected: Object, told: Mapping[int, str]) -> Iterator[str]:
    """What becomes of a block."""
    status = text(expected, "status")
    if status != VALID:
        where = f", by transaction {text(expected, 'transaction')}" if "transaction" in expected else ""
        yield f"Invalid: **{status}**{where}."
        yield ""
        yield from transaction_table({}, told)
        return
    bars = bars_of(expected)
    if bars:
        yield f'<div class="drawn">{draw_timeline(bars)}</div>'
        yield ""
        if len(bars) > MOST_ROWS:
            yield f"The first {MOST_ROWS} of {len(bars)} transactions are drawn."
            yield ""
        whole, longest = sum(bar.used for bar in bars), max(bar.begins + bar.used for bar in bars)
        yield f"In order {whole:,}, at the least {longest:,}: at most {whole / longest:.2f} times as fast in parallel."
        yield ""
        if any(bar.sources for bar in bars) and len(bars) <= MOST_ROWS:
            yield f'<div class="drawn">{draw(graph_of(expected), "")}</div>'
            yield ""
    yield from transaction_table(dict(enumerate(members(expected, "receipts"))), told)
    yield from totals(expected)
    yield from access_lines(expected)


def transaction_table(receipts: Mapping[int, Object], told: Mapping[int, str]) -> Iterator[str]:
    """A row for each transaction: what it does, and the short fields of its receipt."""
    indices = sorted({*receipts, *told})[:MOST_STEPS]
    if not indices:
        return
    fields = [
        field
        for field in dict.fromkeys(field for receipt in receipts.values() for field in receipt)
        if any(isinstance(receipt.get(field), str) for receipt in receipts.values())
    ]
    yield f"| | transaction | {' | '.join(field.replace('_', ' ') for field in fields)} |"
    yield "|---" * (2 + len(fields)) + "|"
    for index in indices:
        values = [value_of(receipts.get(index, {}).get(field)) for field in fields]
        yield f"| {index} | {cell(told.get(index, ''))} | {' | '.join(values)} |"
    yield ""


def totals(expected: Object) -> Iterator[str]:
    """The fields of the block that are single values."""
    fields = {field: value for field, value in expected.items() if isinstance(value, str) and field != "status"}
    if fields:
        yield "| of the block | |"
        yield "|---|---|"
        for field, value in fields.items():
            yield f"| {field.replace('_', ' ')} | {value_of(value)} |"
        yield ""


def access_lines(expected: Object) -> Iterator[str]:
    """The access record, folded away."""
    steps = members(expected, "access")[:MOST_STEPS] if "access" in expected else []
    rows = [row for step in steps for row in access_rows(step)]
    if rows:
        yield '??? note "Reads and writes of each step"'
        yield ""
        yield "    | step | | key | value | from |"
        yield "    |---|---|---|---|---|"
        for row in rows:
            yield f"    | {' | '.join(row)} |"
        yield ""


def access_rows(step: Object) -> Iterator[tuple[str, ...]]:
    """The rows of a step: reads with their sources, writes, credits, wipes and touches."""
    name = text(step, "step")
    for key, entry in map_of(step, "reads").items():
        read = entry if isinstance(entry, dict) else {}
        made = read.get("from")
        source = ", ".join(map(str, made)) if isinstance(made, list) else str(made)
        yield name, "reads", f"`{key}`", value_of(read.get("value")), source
    for kind in ("writes", "credits"):
        for key, written in map_of(step, kind).items():
            yield name, kind, f"`{key}`", value_of(written), ""
    for kind in ("wipes", "touches"):
        found = step.get(kind)
        for address in found if isinstance(found, list) else ():
            yield name, kind, f"`{address}`", "", ""


def value_of(value: Json | None) -> str:
    """A value as a cell of a table."""
    if not isinstance(value, str):
        return ""
    return f"`{value}`" if len(value) <= LONGEST else f"`{value[:LONGEST]}…`"


def cell(words: str) -> str:
    """Words as a cell of a table may hold them."""
    return escape(words, quote=False).replace("|", "\\|")
