"""What a party in a process of its own answers: on whatever specification was imported there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from samestate.conformance.disputing.playing import play_block, play_transaction
from samestate.conformance.disputing.transcript import to_json
from samestate.conformance.tracing.traceable import find_case, prepared


def answer(path: str, case: str | None, block: int, transaction: int | None) -> None:
    """Write what comes of a block on stdout: of its transactions, or of the instructions of one."""
    chosen = prepared(find_case(Path(path), case), block)
    played = play_block(chosen)
    if transaction is None:
        found = to_json(played.results)
    else:
        found = to_json(play_transaction(chosen, transaction, played.states[transaction]))
    json.dump(found, sys.stdout)
