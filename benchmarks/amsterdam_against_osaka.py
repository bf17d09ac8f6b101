"""What Amsterdam costs the specification beside Osaka, on the same transactions.

    python benchmarks/amsterdam_against_osaka.py [--repetitions 15]

Both decode the transactions, recover the senders and execute the block. The two take turns and medians count. A token's
transfer makes a new slot, so that state gas is paid. Exits with 1 where Amsterdam takes more than its share.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys

from spec_against_eels import milliseconds, ours, timed
from workloads import token_transfers, transfers

from samestate.spec.evm.forks import AMSTERDAM, OSAKA

SHARE = 1.15
"""How much longer Amsterdam may take than Osaka."""
GAS_OF_TOKEN_TRANSFER = 180_000
"""Enough for a new slot in Amsterdam."""


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repetitions", type=int, default=15, help="runs of each, at least 1 (default 15)")
    arguments = parser.parse_args()
    if arguments.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    print(f"Python {platform.python_version()}, median of {arguments.repetitions} by turns")
    print(f"{'workload':<48} {'Osaka':>10} {'Amsterdam':>10} {'ratio':>7}  at most {SHARE}")
    reached = True
    for pair in (
        (transfers(fork=OSAKA), transfers(fork=AMSTERDAM)),
        (
            token_transfers(fork=OSAKA, gas_limit=GAS_OF_TOKEN_TRANSFER),
            token_transfers(fork=AMSTERDAM, gas_limit=GAS_OF_TOKEN_TRANSFER),
        ),
    ):
        seconds: list[list[float]] = [[], []]
        states = [case.state() for case in pair]
        for _ in range(arguments.repetitions):
            for times, case, state in zip(seconds, pair, states, strict=True):
                times.append(timed(ours(case, state))[0])
        osaka, amsterdam = (statistics.median(times) for times in seconds)
        reached = reached and amsterdam <= SHARE * osaka
        verdict = "" if amsterdam <= SHARE * osaka else "NOT REACHED"
        print(
            f"{pair[0].name:<48} {milliseconds(osaka):>10} {milliseconds(amsterdam):>10} {amsterdam / osaka:>7.3f}  "
            f"{verdict}"
        )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
