"""An outside client at length, on blocks of Amsterdam: how many agree, and how any other differs.

    python -m tests.peers.compare geth --blocks 10000 --seed 0 --jobs 2
    python -m tests.peers.compare ethereumjs --blocks 2000 --kind any --kind full

Ends with 1 where a difference is none of those that docs/outside-clients.md explains.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.transactions import EXECUTION_LIMIT
from samestate.conformance.peers.ethereumjs import EthereumJs
from samestate.conformance.peers.ethereumjs_faults import explain
from samestate.conformance.peers.geth import Geth
from samestate.conformance.peers.line_process import PeerFailed
from samestate.conformance.peers.peer import Peer, ReportedBlock, differences, report
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block
from tests.peers.blocks import MAKERS

CLIENTS = {"geth": Geth, "ethereumjs": EthereumJs}
SHARES = {
    "any": 0.40,
    "sweeps of gas": 0.25,
    "full": 0.11,
    "overfull": 0.02,
    "invalid": 0.02,
    "chains": 0.12,
    "across the fork": 0.08,
}
"""How much of all blocks each kind has."""
SHOWN = 20
NEARLY_FULL = 0.9


@dataclass(slots=True)
class Tally:
    """What has been compared: ``counts`` by what is counted, and what differs, for people."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what somebody else has compared."""
        self.counts.update(other.counts)
        self.differences.extend(other.differences)


def compare(peer: Peer, case: GeneratedCase) -> Tally:
    """One block on a client and by the specification."""
    tally = Tally()
    tally.counts[f"blocks of {case.fork.name}"] += 1
    try:
        result = apply_block(Evm(case.fork), case.payload(), case.state())
    except Rejection as rejection:
        ours = ReportedBlock(rejection=str(rejection))
        tally.counts["blocks that are invalid"] += 1
    else:
        ours = report(result, case.fork)
        count(tally.counts, case, result)
    theirs = peer.run(case)
    different = differences(ours, theirs)
    if different:
        known = explain(case, theirs) if isinstance(peer, EthereumJs) else ()
        for name in known:
            tally.counts[f"known: {name}"] += 1
        if not known:
            tally.differences.append(f"{case.name}: {', '.join(different)}")
        tally.counts["blocks that differ as is known" if known else "blocks that differ"] += 1
    return tally


def count(counts: Counter[str], case: GeneratedCase, result: EvmResult) -> None:
    """Count what is in a valid block."""
    counts["transactions"] += len(result.receipts)
    for outcome, receipt in zip(result.outcomes, result.receipts, strict=True):
        counts[f"transactions of type {receipt.type}"] += 1
        if outcome.halt is not None:
            counts[f"transactions that end with {type(outcome.halt).__name__}"] += 1
        counts["transactions that use state gas"] += outcome.state_gas > 0
        counts["transactions with a reservoir"] += outcome.transaction.gas_limit > EXECUTION_LIMIT
    totals = result.totals
    counts["blocks with more state gas than execution gas"] += totals.state_gas > totals.execution_gas
    counts["blocks that are nearly full"] += totals.gas_used > NEARLY_FULL * case.environment.gas_limit
    counts["requests"] += len(result.closing.requests)


_client = ""
_peer: Peer | None = None


def start(client: str) -> None:
    """Start the client in this process."""
    global _client, _peer
    _client, _peer = client, CLIENTS[client]()


def compare_seed(task: tuple[str, int]) -> Tally:
    """All blocks of a seed and a kind."""
    kind, seed = task
    tally = Tally()
    assert _peer is not None
    for case in MAKERS[kind](seed):
        try:
            tally.add(compare(_peer, case))
        except (PeerFailed, EngineFailure) as failure:
            tally.counts["blocks without an answer"] += 1
            tally.differences.append(f"{case.name}: {failure}")
            start(_client)
    return tally


def tasks(kinds: Sequence[str], blocks: int, first: int) -> Iterator[tuple[str, int]]:
    """Kinds and seeds for so many blocks of Amsterdam in all."""
    whole = sum(SHARES[kind] for kind in kinds)
    for kind in kinds:
        in_each = sum(case.fork is AMSTERDAM for case in MAKERS[kind](0))
        for seed in range(max(1, round(blocks * SHARES[kind] / whole / in_each))):
            yield kind, first + seed


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--blocks", type=int, default=100, help="how many blocks of Amsterdam, in all (100)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--kind", action="append", choices=MAKERS, help="one of these kinds alone; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes (2)")
    chosen = parser.parse_args(arguments)
    whole, begun = Tally(), time.monotonic()
    todo = list(tasks(chosen.kind or list(MAKERS), chosen.blocks, chosen.seed))
    with multiprocessing.get_context("spawn").Pool(chosen.jobs, start, (chosen.client,)) as pool:
        for done, tally in enumerate(pool.imap_unordered(compare_seed, todo, chunksize=4), 1):
            whole.add(tally)
            for difference in tally.differences:
                print(difference, flush=True)
            if done % 200 == 0:
                print(f"{done} of {len(todo)} seeds, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for name in sorted(whole.counts):
        print(f"{whole.counts[name]:>9,} {name}")
    print(f"{len(whole.differences)} differences, {time.monotonic() - begun:.0f} s")
    return 1 if whole.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
