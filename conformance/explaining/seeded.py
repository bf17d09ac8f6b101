"""An engine with a bug of the specification: `python -m samestate.conformance.explaining.seeded BUG`.

Each line on stdin is a pickled case in base64; each line on stdout what came of its blocks, or why nothing did.
"""

from __future__ import annotations

import base64
import json
import pickle
import sys

from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.importing import install


def main() -> None:
    """Change the specification, then execute what comes."""
    install(all_bugs()[sys.argv[1]].changes)
    from samestate.conformance.engines.registry import SpecEngine

    for line in sys.stdin.buffer:
        case = pickle.loads(base64.b64decode(line))
        try:
            answer: object = list(SpecEngine().run(case))
        except Exception as error:  # of a wrong specification anything may be expected
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
