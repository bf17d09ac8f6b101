"""How fast the compiled tries, receipts and decoder are beside the specification's, on the same content.

    python benchmarks/roots_and_encodings.py [--repetitions 9] [--json FILE]

The state root after 2,000 of 100,000 accounts have changed, with one and two workers; the receipts root of 2,000
receipts with a log each; 2,000 transactions out of their bytes. Each is compared before it is measured, the two take
turns, and medians count. What Python makes of the results of the compiled side is in its time: where C++ calls, it
takes less.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from samestate.optimized.evm import encodings
from samestate.optimized.evm.trie import StateTrie, pack_account
from samestate.spec.evm.keys import balance_key, nonce_key
from samestate.spec.evm.receipt import Log, Receipt, receipts_root
from samestate.spec.evm.rlp import integer
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import FeeMarketTransaction, decode_transaction, encode_transaction

ACCOUNTS = 100_000
CHANGED = 2_000
Row = dict[str, float | str]


def milliseconds(run: Callable[[], object]) -> float:
    """How long a run takes."""
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1_000


def state_roots(random: Random, repetitions: int) -> list[Row]:
    """The root after a block's worth of changes, over a state that lasts."""
    addresses = [random.randbytes(20) for _ in range(ACCOUNTS)]
    tries = {workers: StateTrie() for workers in (1, 2)}
    state = FlatState({}, {})
    times: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for repetition in range(repetitions + 1):
        changed = addresses if repetition == 0 else random.sample(addresses, CHANGED)
        values = {address: (repetition + 1, random.getrandbits(70) + 1) for address in changed}
        changes = {
            key: integer(number)
            for address, (nonce, balance) in values.items()
            for key, number in ((nonce_key(address), nonce), (balance_key(address), balance))
        }
        packed = b"".join(pack_account(address, nonce=n, balance=b) for address, (n, b) in values.items())
        state = state.apply(changes, ())
        taken = {0: milliseconds(state.root)}
        for workers, trie in tries.items():
            taken[workers] = milliseconds(lambda: trie.update(packed, workers=workers) or trie.root(workers))  # noqa: B023
            assert trie.root() == state.root()
        if repetition:
            for who, time_taken in taken.items():
                times[who].append(time_taken)
    what = f"state root, {CHANGED:,} of {ACCOUNTS:,} accounts changed"
    ours = statistics.median(times[0])
    return [row(f"{what}, {workers} worker(s)", statistics.median(times[workers]), ours) for workers in tries]


def beside(what: str, compiled: Callable[[], object], ours: Callable[[], object], repetitions: int) -> Row:
    """Both, by turns."""
    times = [(milliseconds(compiled), milliseconds(ours)) for _ in range(repetitions)]
    return row(what, statistics.median(one for one, _ in times), statistics.median(other for _, other in times))


def row(what: str, compiled: float, specification: float) -> Row:
    """A line of the table."""
    return {"what": what, "compiled": compiled, "specification": specification, "ratio": specification / compiled}


def receipts(random: Random, repetitions: int) -> Row:
    """The root of receipts and their blooms."""
    token, event = random.randbytes(20), random.randbytes(32)
    people = [bytes(12) + random.randbytes(20) for _ in range(CHANGED + 1)]
    listed = [
        Receipt(2, True, 21_000 * (i + 1), (Log(token, (event, people[i], people[i + 1]), random.randbytes(32)),))
        for i in range(CHANGED)
    ]
    plain = [(each.type, each.succeeded, each.cumulative_gas_used, each.logs) for each in listed]
    assert encodings.receipts_root(plain)[0] == receipts_root(listed)
    what = f"receipts root, {CHANGED:,} receipts of a log"
    return beside(what, lambda: encodings.receipts_root(plain), lambda: receipts_root(listed), repetitions)


def decoding(random: Random, repetitions: int) -> Row:
    """Transactions out of their bytes."""
    raw = [
        encode_transaction(
            FeeMarketTransaction(
                chain_id=1,
                nonce=index,
                max_priority_fee_per_gas=1,
                max_fee_per_gas=10**10,
                gas_limit=60_000,
                to=random.randbytes(20),
                value=0,
                data=random.randbytes(68),
                y_parity=1,
                r=random.getrandbits(255),
                s=random.getrandbits(254),
            )
        )
        for index in range(CHANGED)
    ]
    assert all(encodings.decode_transaction(data)["r"] == decode_transaction(data).r for data in raw)
    return beside(
        f"{CHANGED:,} transactions decoded",
        lambda: [encodings.decode_transaction(data) for data in raw],
        lambda: [decode_transaction(data) for data in raw],
        repetitions,
    )


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    random = Random(1)
    rows = state_roots(random, arguments.repetitions)
    rows += [receipts(random, arguments.repetitions), decoding(random, arguments.repetitions)]
    for each in rows:
        print(
            f"{each['what']:<60} {each['compiled']:>9.2f} ms, specification {each['specification']:>9.2f} ms: "
            f"{each['ratio']:.1f} times as fast"
        )
    if arguments.json:
        content = {"processor": platform.processor() or platform.machine(), "rows": rows}
        arguments.json.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
