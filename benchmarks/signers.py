"""How fast signers are found out in lanes, beside libsecp256k1, from C and from Python (coincurve).

    python benchmarks/signers.py [--repetitions 21] [--json FILE]

All take the same signatures by turns, and medians count. What they find is compared before anything is measured. Exits
with 1 where eight at once are not at least 4 times as fast as libsecp256k1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from coincurve import PrivateKey, PublicKey

from samestate.optimized.evm.native.precompiles import has_lanes, recover_many

SIGNATURES = 800
LEAST_RATIO = 4.0

Item = tuple[bytes, bytes, bytes, int]
"""Hash, r, s, parity of y."""


def signed(source: random.Random) -> Item:
    """A hash, signed by a key of its own."""
    digest = source.randbytes(32)
    signature = PrivateKey(source.randbytes(32)).sign_recoverable(digest, hasher=None)
    return digest, signature[:32], signature[32:64], signature[64]


def by_coincurve(items: list[Item]) -> list[bytes]:
    """The keys, from Python: without addresses."""
    return [
        PublicKey.from_signature_and_message(r + s + bytes([parity]), digest, hasher=None).format(compressed=False)
        for digest, r, s, parity in items
    ]


def medians(contenders: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """The seconds that each takes, by turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: median(found) for name, found in times.items()}


def main() -> int:
    """Compare, print, and say by the exit code whether the figures are reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repetitions", type=int, default=21)
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    arguments = parser.parse_args()
    if not has_lanes():
        print("this processor has no AVX-512 IFMA: there is nothing to compare", file=sys.stderr)
        return 2
    source = random.Random(1)
    items = [signed(source) for _ in range(SIGNATURES)]
    found, in_lanes = recover_many(items)
    assert in_lanes == SIGNATURES
    assert found == recover_many(items, in_lanes=False)[0]
    contenders: dict[str, Callable[[], object]] = {
        "libsecp256k1 by coincurve": lambda: by_coincurve(items),
        "libsecp256k1": lambda: recover_many(items, in_lanes=False),
        "lanes": lambda: recover_many(items),
    }
    times = {name: took / SIGNATURES for name, took in medians(contenders, arguments.repetitions).items()}
    for name, took in times.items():
        print(f"  {name:28} {took * 1e6:7.2f} µs a signature   {times['libsecp256k1'] / took:6.2f} times libsecp256k1")
    ratio = times["libsecp256k1"] / times["lanes"]
    print(f"  {ratio:.2f} times libsecp256k1 (at least {LEAST_RATIO})")
    if arguments.json is not None:
        arguments.json.write_text(f"{json.dumps(times, indent=2)}\n", encoding="utf-8")
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
