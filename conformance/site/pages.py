"""All pages of the site, written into a folder for mkdocs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.output.targets import check_folder, remove_folder, write_whole
from samestate.conformance.site.catalogue import read_catalogue
from samestate.conformance.site.checkout import checkout
from samestate.conformance.site.documents import decisions_page, documents, findings_page, linked_files
from samestate.conformance.site.hazards import hazards_page
from samestate.conformance.site.history import history_page
from samestate.conformance.site.rules import rule_pages
from samestate.conformance.site.vectors import vector_pages

MARK: Final = ".samestate-site"
"""A file in each folder that this has written: no other folder is emptied."""


def write_site(folder: Path, suites: Sequence[str]) -> int:
    """Write the pages, with the vectors below those folders of `vectors`, and say how many. Raises InputError."""
    check_own(folder)
    catalogue = read_catalogue(suites)
    empty(folder)
    pages = documents()
    files = {*linked_files(pages), *(each.path.relative_to(checkout()) for each in catalogue.vectors.values())}
    files |= {path.relative_to(checkout()) for path in (checkout() / "findings").glob("*.sh")}
    pages[Path("docs/decisions/README.md")] = decisions_page(pages)
    pages[Path("findings/README.md")] = findings_page()
    pages[Path("hazards.md")] = hazards_page(catalogue)
    pages[Path("benchmarks/history.md")] = history_page()
    pages |= dict(generated for generated in (*rule_pages(catalogue), *vector_pages(catalogue)))
    for place, content in pages.items():
        write_whole("", folder / place, content, make_folders=True)
    for place in files:
        write_whole("", folder / place, (checkout() / place).read_bytes(), make_folders=True)
    for asset in (checkout() / "docs" / "assets").iterdir():
        write_whole("", folder / "assets" / asset.name, asset.read_bytes(), make_folders=True)
    return len(pages)


def check_own(folder: Path) -> None:
    """Raise InputError where the folder is there, and holds what is not ours."""
    check_folder("", folder / "docs")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise InputError(f"{folder}: is not empty, and was not written by this: name another folder, or remove it")


def empty(folder: Path) -> None:
    """Make the folder anew. Raises InputError."""
    if folder.exists():
        remove_folder("", folder)
    write_whole("", folder / MARK, "", make_folders=True)
