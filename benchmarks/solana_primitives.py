"""How fast the primitives of the compiled Solana machine are, beside hashlib, blake3, libsodium and solders.

    python benchmarks/solana_primitives.py [--repetitions 9] [--json FILE]

Each figure's contenders take turns, and medians count. Results are compared before anything is measured. Exits with 1
where a figure is not reached:

- a history of 2,356 entries and four million hashes: one worker at least 3 times as fast as hashlib, two 1.8 times as
  fast as one;
- the lattice hash: at least 0.8 of what the library blake3 makes of the same accounts, two workers 1.8 times one;
- signatures: at least 1.8 times as fast as libsodium on one worker, two 1.8 times one.

The last table says from which part of a state on it is faster to sum it up anew than to change the sum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import blake3
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from samestate.optimized.svm.primitives import LatticeTerms, verify_history, verify_signatures, ways
from samestate.optimized.svm.primitives import blake3 as own_blake3

EMPTY = bytes(2048)
ENTRIES = 2356
HASHES = 4_000_000
SLICE = 200_000
"""Hashes that hashlib makes in its turn."""
ACCOUNTS = 100_000
SIGNATURES = 2000
MEBIBYTE = 1 << 20

Contenders = dict[str, Callable[[], Any]]
PlainAccount = tuple[int, bytes, bool, bytes, bytes]
"""Lamports, data, whether it is executable, owner, address."""


def medians(contenders: Contenders, repetitions: int) -> dict[str, float]:
    """The seconds that each takes, by turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: median(found) for name, found in times.items()}


def hashed(value: bytes, times: int) -> bytes:
    """SHA-256 over and over, by Python."""
    sha256 = hashlib.sha256
    for _ in range(times):
        value = sha256(value).digest()
    return value


def history() -> tuple[Contenders, dict[str, float]]:
    """Entries of 1,698 hashes, one after the other."""
    entries, value = [], bytes(32)
    for _ in range(ENTRIES):
        value = hashed(value, HASHES // ENTRIES)
        entries.append((HASHES // ENTRIES, value, list[bytes]()))
    assert verify_history(bytes(32), entries) is None
    total = ENTRIES * (HASHES // ENTRIES)
    contenders: Contenders = {
        "hashlib": lambda: hashed(bytes(32), SLICE),
        "one worker": lambda: verify_history(bytes(32), entries, 1),
        "two workers": lambda: verify_history(bytes(32), entries, 2),
    }
    return contenders, {"hashlib": SLICE, "one worker": total, "two workers": total}


def account(source: random.Random, length: int) -> PlainAccount:
    """An account with so much data."""
    return source.randrange(1, 2**60), source.randbytes(length), False, source.randbytes(32), source.randbytes(32)


def content(entry: PlainAccount) -> bytes:
    """What an account's vector is made of."""
    lamports, data, executable, owner, address = entry
    return lamports.to_bytes(8, "little") + data + bytes([executable]) + owner + address


def lattice(length: int, count: int) -> tuple[Contenders, dict[str, float]]:
    """Accounts with so much data; the library hashes the same bytes, and adds nothing up."""
    source = random.Random(length)
    accounts = [account(source, length) for _ in range(count)]
    messages = [content(entry) for entry in accounts]
    assert own_blake3([messages[0]], 2048) == blake3.blake3(messages[0]).digest(2048)
    terms = LatticeTerms(accounts, [])
    assert terms.add_to(EMPTY, 1) == terms.add_to(EMPTY, 2)
    contenders: Contenders = {
        "blake3": lambda: [blake3.blake3(message).digest(2048) for message in messages],
        "one worker": lambda: terms.add_to(EMPTY, 1),
        "two workers": lambda: terms.add_to(EMPTY, 2),
    }
    return contenders, dict.fromkeys(contenders, count)


def signatures() -> tuple[Contenders, dict[str, float]]:
    """Messages of the length of a transfer, each by a key of its own."""
    source = random.Random(3)
    items = []
    for _ in range(SIGNATURES):
        key, secret = crypto_sign_seed_keypair(source.randbytes(32))
        message = source.randbytes(150)
        items.append((crypto_sign(message, secret)[:64], key, message))
    contenders: Contenders = {
        "libsodium": lambda: [crypto_sign_open(signature + message, key) for signature, key, message in items]
    }
    if find_spec("solders") is not None:
        from solders.pubkey import Pubkey
        from solders.signature import Signature

        theirs = [(Signature(signature), Pubkey(key), message) for signature, key, message in items]
        contenders["solders"] = lambda: [signature.verify(key, message) for signature, key, message in theirs]
    for way in ways():
        for workers, name in ((1, "one worker"), (2, "two workers")):
            assert verify_signatures(items, workers, way) == [True] * SIGNATURES
            contenders[f"{way}, {name}"] = lambda way=way, workers=workers: verify_signatures(items, workers, way)
    return contenders, dict.fromkeys(contenders, SIGNATURES)


def crossover(length: int, count: int, repetitions: int) -> dict[str, float]:
    """How long changing a sum takes beside making it anew, by the part of the state that changes."""
    source = random.Random(4)
    accounts = [account(source, length) for _ in range(count)]
    changed = [account(source, length) for _ in range(count)]
    anew = LatticeTerms(accounts, [])
    found = {}
    for percent in (10, 25, 40, 45, 50, 55, 60, 75, 100):
        part = count * percent // 100
        terms = LatticeTerms(changed[:part], accounts[:part])
        times = medians({"change": lambda t=terms: t.add_to(EMPTY), "anew": lambda: anew.add_to(EMPTY)}, repetitions)
        found[f"{percent} %"] = times["change"] / times["anew"]
    return found


def main() -> int:
    """Compare, print, and say by the exit code whether all figures are reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    arguments = parser.parse_args()
    best = ways()[0]
    tables = {
        "history, a hash": (history(), "hashlib", "one worker", "two workers", 3.0),
        "lattice hash, an account without data": (lattice(0, ACCOUNTS), "blake3", "one worker", "two workers", 0.8),
        "lattice hash, an account of 165 bytes": (lattice(165, ACCOUNTS), "blake3", "one worker", "two workers", 0.8),
        "lattice hash, an account of 3,000 bytes": (lattice(3000, 10_000), "blake3", "one worker", "two workers", 0.8),
        "lattice hash, an account of 10 MiB": (lattice(10 * MEBIBYTE, 8), "blake3", "one worker", "two workers", 0.8),
        "a signature": (signatures(), "libsodium", f"{best}, one worker", f"{best}, two workers", 1.8),
    }
    figures: dict[str, Any] = {}
    is_reached = True
    for title, ((contenders, units), other, one, two, wanted) in tables.items():
        times = {name: took / units[name] for name, took in medians(contenders, arguments.repetitions).items()}
        figures[title] = times
        print(f"\n{title}:")
        for name, took in times.items():
            print(f"  {name:22} {took * 1e9:14,.1f} ns   {times[other] / took:6.2f} times {other}")
        ratio, scale = times[other] / times[one], times[one] / times[two]
        is_reached &= ratio >= wanted and scale >= 1.8
        print(
            f"  {one} {ratio:.2f} times {other} (at least {wanted}), two workers {scale:.2f} times one (at least 1.8)"
        )
    print("\nchanging a lattice hash, as a part of the time that making it anew takes:")
    for length in (0, 165, 10_000):
        figures[f"crossover, {length}"] = found = crossover(length, 4000, arguments.repetitions)
        print(f"  {length:6} bytes  " + "  ".join(f"{part}: {ratio:.2f}" for part, ratio in found.items()))
    if arguments.json is not None:
        arguments.json.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")
    return 0 if is_reached else 1


if __name__ == "__main__":
    sys.exit(main())
