"""What signatures cost on the toy: transactions a second by scheme, verified one by one, in batches, and by workers.

    python benchmarks/toy_signatures.py [--repetitions 9] [--transactions 200] [--json FILE]

The block is the same for every row but for its signatures: transfers to slots of their own, without conflicts. Ways to
execute it take turns, and medians count: of processor time where one worker does all, so that other processes do not
matter, and of time on the clock where two do. The second table is of the verifiers alone, on one thread, in processor
time. Exits with 1 where a figure is not reached:

- verifying ahead of execution on two workers: at least 1.5 times as fast as on one, for ML-DSA;
- batches of ed25519: at least 1.5 times as fast as one by one, where the processor has the vectors for it.

`--floor 0` measures without judging, for machines that are busy with something else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from nacl.bindings import crypto_sign_open

from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.generating.signed_blocks import SigningPlan, signed_block
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.conformance.generating.toy_signing import named_key
from samestate.optimized.configuration import Configuration
from samestate.optimized.signatures.primitives import verify_ml_dsa
from samestate.optimized.svm.primitives import verify_signatures, ways
from samestate.optimized.toy.engine import ToyEngine, ToyOptions
from samestate.spec.toy.signed.schemes import Scheme

MEMORY = 256 << 20
SMALL = Workload(loads=(1, 1), stores=(1, 1), hashes=(0, 0), keys=10_000)
FLOOR = 1.5
TOGETHER = "ahead, 2 workers"
WAYS: dict[str, tuple[int, ToyOptions]] = {
    "in execution": (1, ToyOptions(ahead=False, batches=False)),
    "ahead, one by one": (1, ToyOptions(batches=False)),
    "ahead, batches": (1, ToyOptions()),
    TOGETHER: (2, ToyOptions()),
}
UNSIGNED = "not signed"


def medians(contenders: dict[str, Callable[[], Any]], repetitions: int) -> dict[str, float]:
    """The seconds that each takes, by turns: of the processor, or on the clock where the name says two workers."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            clock = time.perf_counter if name.endswith(TOGETHER) else time.process_time
            began = clock()
            run()
            times[name].append(clock() - began)
    return {name: median(found) for name, found in times.items()}


def engine_of(workers: int, options: ToyOptions) -> ToyEngine:
    """An engine that records nothing."""
    strategy = "block-stm" if workers > 1 else "sequential"
    configuration = Configuration(workers=workers, strategy=strategy, memory_limit=MEMORY, record=False)
    return ToyEngine(configuration, options)


def executed(engine: ToyEngine, packed: Any) -> Callable[[], Any]:
    """Executes a block that must be valid."""

    def run() -> None:
        rejection = engine.execute(packed).rejection
        if rejection is not None:
            raise SystemExit(f"the block is rejected: {rejection}")

    return run


def blocks_a_second(count: int, repetitions: int) -> dict[str, dict[str, float]]:
    """Transactions a second, by scheme and way."""
    plain = generate_block(1, count, 0.0, SMALL)
    engines = {name: engine_of(*way) for name, way in WAYS.items()}
    contenders = {UNSIGNED: executed(engines["ahead, batches"], packed_block(plain.blocks[0], plain.state))}
    for scheme in Scheme:
        plan = SigningPlan(schemes=(scheme,))
        packed = packed_block(*signed_block(Random(1), plain.blocks[0], plain.state, plan))
        for name, engine in engines.items():
            contenders[f"{scheme.name}/{name}"] = executed(engine, packed)
    for run in contenders.values():
        run()
    found = {name: count / seconds for name, seconds in medians(contenders, repetitions).items()}
    for engine in engines.values():
        engine.close()
    rows = {scheme.name: {name: found[f"{scheme.name}/{name}"] for name in WAYS} for scheme in Scheme}
    return {UNSIGNED: {UNSIGNED: found[UNSIGNED]}, **rows}


def verifiers(repetitions: int) -> dict[str, dict[str, float]]:
    """Microseconds a signature, by scheme and verifier."""
    message = bytes(200)
    found: dict[str, dict[str, float]] = {}
    pair = named_key("verifiers")
    signature, key = pair.sign(message), pair.public_key
    items = [(signature, key, message)] * 64
    of_ed25519: dict[str, Callable[[], Any]] = {
        f"ours, {way}": lambda way=way: verify_signatures(items, 1, way)  # type: ignore[misc]
        for way in ways()
    }
    of_ed25519["libsodium"] = lambda: [crypto_sign_open(signature + message, key) for _ in range(64)]
    found["ED25519"] = {name: 1e6 * seconds / 64 for name, seconds in medians(of_ed25519, repetitions).items()}
    for scheme, number in ((Scheme.ML_DSA_44, 44), (Scheme.ML_DSA_65, 65)):
        pair = named_key("verifiers", scheme)
        found[scheme.name] = of_ml_dsa(number, pair.public_key, pair.sign(message), message, repetitions)
    return found


def of_ml_dsa(number: int, key: bytes, signature: bytes, message: bytes, repetitions: int) -> dict[str, float]:
    """Microseconds a signature of ML-DSA, by those verifiers that are there."""
    import dilithium_py.ml_dsa as in_python

    contenders: dict[str, tuple[int, Callable[[], Any]]] = {
        "ours": (20, lambda: verify_ml_dsa(number, key, signature, message)),
        "dilithium-py": (1, lambda: getattr(in_python, f"ML_DSA_{number}").verify(key, message, signature)),
    }
    try:
        import pqcrypto.sign as in_rust

        module = getattr(in_rust, f"ml_dsa_{number}")
        contenders["pqcrypto"] = (20, lambda: module.verify(key, message, signature))
    except ImportError:
        print("pqcrypto is not here: pip install pqcrypto", file=sys.stderr)
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        public = getattr(mldsa, f"MLDSA{number}PublicKey").from_public_bytes(key)
        contenders["cryptography"] = (20, lambda: public.verify(signature, message))
    except ImportError:
        print("cryptography is older than 47 here, and has no ML-DSA", file=sys.stderr)

    def repeated(times: int, run: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: [run() for _ in range(times)]

    taken = medians({name: repeated(*each) for name, each in contenders.items()}, repetitions)
    return {name: 1e6 * taken[name] / contenders[name][0] for name in contenders}


def judged(rows: dict[str, dict[str, float]], floor: float) -> list[str]:
    """What is not reached."""
    missed = []
    for scheme in ("ML_DSA_44", "ML_DSA_65", "HYBRID"):
        gain = rows[scheme][TOGETHER] / rows[scheme]["ahead, batches"]
        if gain < floor:
            missed.append(f"{scheme}: two workers are {gain:.2f} times one, and must be {floor:g}")
    gain = rows["ED25519"]["ahead, batches"] / rows["ED25519"]["ahead, one by one"]
    if len(ways()) > 1 and gain < floor:
        missed.append(f"ED25519: batches are {gain:.2f} times one by one, and must be {floor:g}")
    return missed


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--transactions", type=int, default=200)
    parser.add_argument("--floor", type=float, default=FLOOR)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = blocks_a_second(options.transactions, options.repetitions)
    alone = verifiers(options.repetitions)
    load = os.getloadavg()[0]
    print(f"{options.transactions} transactions, transactions a second (load {load:.1f} on {os.cpu_count()} cores):")
    print(f"  {UNSIGNED:12} {rows[UNSIGNED][UNSIGNED]:>12,.0f}")
    print(f"  {'':12} " + " ".join(f"{name:>18}" for name in WAYS))
    for scheme in Scheme:
        print(f"  {scheme.name:12} " + " ".join(f"{rows[scheme.name][name]:>18,.0f}" for name in WAYS))
    print("microseconds a signature, one thread:")
    for name, found in alone.items():
        print(f"  {name:12} " + ", ".join(f"{verifier} {taken:,.1f}" for verifier, taken in found.items()))
    if options.json:
        options.json.write_text(
            json.dumps({"blocks": rows, "verifiers": alone, "load": load}, indent=2), encoding="utf-8"
        )
    missed = judged(rows, options.floor)
    for each in missed:
        print(each, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
