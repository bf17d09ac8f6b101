"""`python -m samestate.conformance.site FOLDER`: write the pages of the site, in Markdown, for mkdocs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from samestate.conformance.errors import InputError
from samestate.conformance.site.pages import write_site


def main() -> int:
    """Write the pages into the folder, which is made anew. Exit code 2 where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m samestate.conformance.site", description=__doc__)
    parser.add_argument("folder", type=Path, help="what is in it is removed: pages that are there no more would stay")
    parser.add_argument(
        "--suite",
        action="append",
        metavar="NAME",
        help="only vectors below that folder, as evm/transfers; again for more",
    )
    given = parser.parse_args()
    try:
        count = write_site(given.folder, given.suite or [""])
    except InputError as error:
        print(f"samestate: {error}", file=sys.stderr)
        return 2
    print(f"{count} pages in {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
