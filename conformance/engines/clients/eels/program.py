"""The process of EELS: a `blockchain_test` a line, and what is wrong with it in answer."""

from __future__ import annotations

import json
import sys
from typing import Any

from samestate.conformance.engines.clients.eels.chains import chain_test
from samestate.conformance.fixtures.strict_json import parse_json


def main() -> None:
    """Answer lines until there are none."""
    for line in sys.stdin:
        test: Any = parse_json(line)
        reason = chain_test(test)
        print(json.dumps({"passed": not reason, "reason": reason}), flush=True)


if __name__ == "__main__":
    main()
