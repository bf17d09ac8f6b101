"""The process of EELS: a `blockchain_test` a line, and what is wrong with it in answer."""

from __future__ import annotations

import json
import sys

from samestate.conformance.engines.clients.eels.chains import chain_test


def main() -> None:
    """Answer lines until there are none."""
    for line in sys.stdin:
        reason = chain_test(json.loads(line))
        print(json.dumps({"passed": not reason, "reason": reason}), flush=True)


if __name__ == "__main__":
    main()
