"""A bug of the specification plays: `python -m samestate.conformance.disputing.seeded BUG FILE CASE BLOCK [INDEX]`.

What it is committed to goes to stdout as JSON: results of transactions, or the steps of the one of that index.
"""

from __future__ import annotations

import sys

from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.importing import install


def main() -> None:
    """Change the specification, then play."""
    bug, path, case, block, *transaction = sys.argv[1:]
    install(all_bugs()[bug].changes)
    from samestate.conformance.disputing.answering import answer

    answer(path, case or None, int(block), int(transaction[0]) if transaction else None)


if __name__ == "__main__":
    main()
