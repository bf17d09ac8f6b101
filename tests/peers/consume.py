"""What outside clients make of exported files: ``python -m tests.peers.consume FOLDER [CLIENT…]``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from samestate.conformance.peers.peer import PeerMissing
from tests.peers.anvil_files import AnvilFiles
from tests.peers.consumers import Consumer, EthereumJsFiles, GethFiles, Outcome, RevmeFiles, fixtures_below
from tests.peers.eels_files import EelsFiles

CLIENTS: Final[Mapping[str, Callable[[], Consumer]]] = {
    "geth": GethFiles,
    "revme": RevmeFiles,
    "ethereumjs": EthereumJsFiles,
    "EELS": EelsFiles,
    "anvil": AnvilFiles,
}


def main(folder: Path, names: list[str]) -> None:
    """Print what each client makes of the tests below a folder: counts by form, then each that fails."""
    fixtures = [each for each in fixtures_below(folder) if "engineNewPayloads" not in each.content]
    forms = {each.name: "state_test" if each.is_state_test else "blockchain_test" for each in fixtures}
    for name in names or list(CLIENTS):
        try:
            client = CLIENTS[name]()
        except PeerMissing as missing:
            print(f"{name}: {missing}")
            continue
        results = list(client.consume(fixtures))
        for form in dict.fromkeys(forms.values()):
            counts = Counter(result.outcome for result in results if forms[result.name] == form)
            words = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)
            print(f"{client.name} {client.version} {form}: {words}")
        reasons = Counter(result.reason for result in results if result.outcome is Outcome.NOT_EXECUTED)
        for reason, count in reasons.items():
            print(f"  {count} not executed: {reason}")
        for result in results:
            if result.outcome is Outcome.FAILED:
                print(f"  {result.name}: {result.reason[:200]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
