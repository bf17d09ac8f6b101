"""The documents of the project as pages: in the folders in which they lie, so that their links stay what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from samestate.conformance.site.checkout import checkout

DOCUMENTS: Final = (
    "README.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "vectors/*.md",
    "benchmarks/**/*.md",
    "optimized/**/mutants.md",
)
LINK: Final = re.compile(r"(?<=\]\()(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
FENCE: Final = re.compile(r"\s*(```|~~~)")
ITEM: Final = re.compile(r"(?:[-*+]|\d+\.)\s")


def documents() -> dict[Path, str]:
    """The text of each page by its place below the root, and every page that one of them leads to."""
    found = {
        path.relative_to(checkout()): spaced(path.read_text(encoding="utf-8"))
        for pattern in DOCUMENTS
        for path in sorted(checkout().glob(pattern))
        if "node_modules" not in path.parts
    }
    return {place: FOLDERS.sub(index_link, text) for place, text in found.items()}


FOLDERS: Final = re.compile(r"(?<=\]\()(?P<folder>[^)\s#:]*/)(?=\))")
"""Links that lead to a folder; there is a page that lists what is in it."""


def index_link(found: re.Match[str]) -> str:
    """A link to the page of a folder."""
    return f"{found['folder']}README.md"


def linked_files(pages: dict[Path, str]) -> Iterator[Path]:
    """The files below the root, other than pages, that pages lead to: sources, vectors, pictures."""
    for place, text in pages.items():
        for link in LINK.finditer(text):
            target = link["target"]
            if ":" in target:
                continue
            path = (checkout() / place.parent / target).resolve()
            if path.is_file() and path.suffix != ".md" and path.is_relative_to(checkout()):
                yield path.relative_to(checkout())


def spaced(text: str) -> str:
    """A text in which a list has an empty line before it, as Python's Markdown wants it and others don't."""
    lines: list[str] = []
    in_fence = False
    for line in text.splitlines():
        if FENCE.match(line):
            in_fence = not in_fence
        begins = not in_fence and ITEM.match(line) is not None
        if begins and lines and lines[-1].strip() and not ITEM.match(lines[-1]) and not lines[-1].startswith(" "):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def title_of(text: str) -> str:
    """The first heading of a page."""
    return next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), "")


def decisions_page(pages: dict[Path, str]) -> str:
    """The list of decisions."""
    folder = Path("docs/decisions")
    rows = [f"| [{place.stem[:4]}]({place.name}) | {title_of(pages[place])} |" for place in below(pages, folder)]
    return "\n".join(("# Decisions", "", "| | |", "|---|---|", *rows, ""))


def findings_page() -> str:
    """What was found out about other people's software: the first sentence of each script, and where it is."""
    rows = []
    for path in sorted((checkout() / "findings").glob("*.sh")):
        sentence = path.read_text(encoding="utf-8").splitlines()[1].removeprefix("# ")
        rows.append(f"| [`{path.name}`]({path.name}) | {sentence} |")
    words = "Scripts that show, with pinned packages, what one would not guess of the software of this field."
    return "\n".join(("# Findings", "", words, "", "| script | what happens |", "|---|---|", *rows, ""))


def below(pages: dict[Path, str], folder: Path) -> Sequence[Path]:
    """The pages in a folder, in order."""
    return sorted(place for place in pages if place.parent == folder and place.name != "README.md")
