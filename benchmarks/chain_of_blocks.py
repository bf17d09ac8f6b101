"""How long a block takes on a base state that outlives it, beside one that is laid out anew for each block.

    python benchmarks/chain_of_blocks.py [--keys 1000000] [--blocks 20] [--transactions 1000] [--json FILE]

A chain of blocks of the toy machine, each on what the one before it has left, on two threads under block-stm. Once the
state is one table in memory that takes each block's changes; once a new table is filled for each block. The two take
turns, block by block, and have to leave the same values. Timed is from the transactions as tuples to the changes in the
table, with packing them; medians count. Exits with 1 where keeping the state is not faster.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from samestate.conformance.engines.optimized.toy import plain_block
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.core.base_state import StateTable
from samestate.optimized.engine import Engine
from samestate.optimized.toy.packing import pack
from samestate.spec.toy.block import Block
from samestate.spec.toy.keys import balance_key, slot_key
from samestate.spec.toy.state import ToyState

FIRST_FREE_SLOT = 2**40
"""Slots from here on are in the state and in no transaction."""
RICH = (2**100).to_bytes(13, "big")
"""A balance that pays for any chain."""


def chain(keys: int, blocks: int, transactions: int) -> tuple[dict[bytes, bytes], Iterator[Block]]:
    """The state before a chain, with so many keys besides those that its blocks touch, and the blocks."""
    case = generate_block(7, transactions, 0.2, Workload(keys=20_000))
    (first,) = case.blocks
    values = {slot_key(FIRST_FREE_SLOT + number): b"\x01" for number in range(keys)}
    values |= case.state.values
    values |= {balance_key(transaction.sender): RICH for transaction in first.transactions}
    sent = Counter(transaction.sender for transaction in first.transactions)
    following = (
        replace(
            first,
            transactions=tuple(
                replace(transaction, nonce=transaction.nonce + number * sent[transaction.sender])
                for transaction in first.transactions
            ),
            access_list=None,
        )
        for number in range(blocks)
    )
    return values, following


def filled(values: dict[bytes, bytes]) -> StateTable:
    """A new table with a state in it."""
    table = StateTable()
    table.update(values)
    return table


def run(engine: Engine, block: Block, table: StateTable) -> float:
    """Run a block on a table and put its changes in. The milliseconds that it took."""
    plain = plain_block(block, ToyState(table))
    began = time.perf_counter()
    result = engine.execute(pack(*plain))
    if result.rejection is not None:
        raise SystemExit(f"the block is rejected: {result.rejection}")
    table.update(result.changes)
    return 1000 * (time.perf_counter() - began)


def compare(keys: int, blocks: int, transactions: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each block, on the state that is kept and on one that is laid out anew."""
    values, following = chain(keys, blocks, transactions)
    kept_times, anew_times = [], []
    kept = filled(values)
    with Engine("toy", Configuration(workers=2)) as engine:
        for block in following:
            kept_times.append(run(engine, block, kept))
            began = time.perf_counter()
            anew = filled(values)
            laid_out = 1000 * (time.perf_counter() - began)
            anew_times.append(laid_out + run(engine, block, anew))
            values = dict(anew.items())
            anew.close()
    if dict(kept.items()) != values:
        raise SystemExit("the two states differ")
    kept.close()
    return kept_times, anew_times


def main() -> int:
    """Compare, print, and say by the exit code whether keeping the state is faster."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys of the state that no block touches")
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--transactions", type=int, default=1000, help="of each block")
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    arguments = parser.parse_args()
    kept, anew = map(median, compare(arguments.keys, arguments.blocks, arguments.transactions))
    print(f"a block of {arguments.transactions:,} transactions on a state of {arguments.keys:,} keys and more:")
    print(f"  on the state that is kept   {kept:9.2f} ms")
    print(f"  on one laid out anew        {anew:9.2f} ms, {anew / kept:.0f} times as long")
    if arguments.json is not None:
        figures = {"keys": arguments.keys, "blocks": arguments.blocks, "transactions": arguments.transactions}
        text = json.dumps({**figures, "kept_ms": kept, "anew_ms": anew}, indent=2)
        arguments.json.write_text(f"{text}\n", encoding="utf-8")
    return 0 if kept < anew else 1


if __name__ == "__main__":
    sys.exit(main())
