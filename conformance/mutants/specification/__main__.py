"""`python -m samestate.conformance.mutants.specification BUG [COMMAND…]`: that bug is in whatever runs then.

With a command, `samestate COMMAND…` runs on the specification that has the bug. Without one, vectors are read from
stdin and judged (:mod:`.judging`).
"""

from __future__ import annotations

import runpy
import sys

from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.importing import install


def main() -> None:
    """Change the specification, then do what was asked for."""
    name, *command = sys.argv[1:]
    install(all_bugs()[name].changes)
    if command:
        sys.argv = ["samestate", *command]
        runpy.run_module("samestate", run_name="__main__", alter_sys=True)
        return
    from samestate.conformance.mutants.specification.judging import judge_stdin

    judge_stdin()


if __name__ == "__main__":
    main()
