"""A command that is an engine: it asks the specification, and gives what it was told to give wrongly.

Its arguments: the field of a result to be wrong about, if any, then ``--lacks SELECTOR`` and ``--outputs NAME,NAME``.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from samestate.conformance.vectors.machines import MACHINES, execute
from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case

WRONG: dict[str, Any] = {"gas_used": "1", "state_root": "0x" + "77" * 32, "receipts_root": "0x" + "77" * 32}


def main() -> None:
    """Answer lines until there are none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wrong", nargs="?")
    parser.add_argument("--lacks", default="")
    parser.add_argument("--outputs", default=",".join(OUTPUTS))
    options = parser.parse_args()
    hello = {
        "protocol": "samestate-engine/1",
        "id": "stand-in",
        "capabilities": {
            "machines": {name: list(forks) for name, forks in MACHINES.items()},
            "selectors": [name for name in SELECTORS if name != options.lacks],
            "outputs": options.outputs.split(","),
            "access": "none",
        },
    }
    for line in sys.stdin:
        question = json.loads(line)
        answer = hello if question["type"] == "hello" else {"results": answers(question["case"], options.wrong)}
        print(json.dumps(answer), flush=True)


def answers(document: dict[str, Any], wrong: str | None) -> list[dict[str, Any]]:
    """What the specification says of a case, but for what is to be wrong."""
    machine = document["machine"]
    case = Case(
        id=document["id"],
        machine=machine["name"],
        fork=machine["fork"],
        params=machine["params"],
        selectors=frozenset(document["selectors"]),
        pre=document["pre"],
        blocks=tuple(document["blocks"]),
        parent=document.get("parent"),
        transition=machine.get("transition"),
    )
    results: list[dict[str, Any]] = []
    for result in execute(case):
        if wrong == "rejects":
            results.append({"status": "NONCE_TOO_LOW", "transaction": "0"})
        elif wrong == "accepts" and result["status"] != "valid":
            results.append({"status": "valid"})
        else:
            results.append({**result, **({wrong: WRONG[wrong]} if wrong in WRONG and wrong in result else {})})
    return results


if __name__ == "__main__":
    main()
