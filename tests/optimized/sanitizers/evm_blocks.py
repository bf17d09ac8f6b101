"""Blocks of the EVM in plain terms, as `stress.py` takes them: vectors, generated ones, real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from samestate.conformance.benchmarking.evm_workloads import (
    EvmWorkload,
    contended_token_transfers,
    swaps,
    token_transfers,
    transfers,
)
from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.optimized.evm import plain_block
from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.engines.predictions import predictions_of
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.load import load_cases
from samestate.conformance.fuzzing.campaign import case_of
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import vector_files
from samestate.optimized.evm.choosing import FEWEST_PLAIN
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import access_list_of, to_payload
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.machine import Evm
from samestate.spec.transition import apply_block

COUNT = 64
LARGEST = 60_000
"""Bytes of the largest file of a vector that is taken."""

PlainBlock = tuple[Any, ...]


def blocks_of(case: Case) -> list[PlainBlock]:
    """The blocks of a case."""
    made: list[PlainBlock] = []

    def apply(machine: Any, block: Any, state: Any) -> Any:
        result = None
        try:
            result = apply_block(machine, block, state)
            return result
        finally:
            made.append(plain(machine, block, state, result))

    evm.execute(case, apply)
    return made


def plain(
    machine: Any, block: Any, state: Any, result: Any = None, senders: Sequence[bytes] | None = None
) -> PlainBlock:
    """A block of the specification and the state before it, without any class of ours.

    With an access list: its own, or the one that its execution gives, where that was done. ``senders``: who sent the
    transactions, where nobody is to find out.
    """
    predictions: Any = predictions_of(block)
    if predictions is None and result is not None:
        predictions = encode_access_list(access_list_of(result))
    fork, environment, *rest = plain_block(machine, block, predictions, senders)
    values = dict(plain_state(listed_state(machine, block, state)))
    return (fork.name, dict(fork.numbers), dict(fork.instructions)), tuple(environment), tuple(rest), values


def vector_blocks() -> Iterator[PlainBlock]:
    """Those of all vectors that are not large."""
    for path in vector_files(evm.NAME):
        if path.stat().st_size <= LARGEST:
            yield from blocks_of(load_vector_file(path).case)


def generated_blocks(seeds: range, transactions: int) -> Iterator[PlainBlock]:
    """Those of generated cases."""
    for seed in seeds:
        yield from blocks_of(case_of(evm.NAME, seed, transactions)[0])


def real_blocks(folder: Path, count: int) -> Iterator[PlainBlock]:
    """So many real blocks of a folder, those of the smallest files."""
    files = sorted(folder.glob("*.json.gz"), key=lambda path: path.stat().st_size)
    cases = (case for path in files for case in load_cases([path]) if isinstance(case, BlockFileCase))
    for case in islice(cases, count):
        block = to_payload(case.block(), case.chain_id, case.block_hashes)
        yield plain(Evm(case.fork), block, case.state)


def blocks_in_pieces() -> Iterator[PlainBlock]:
    """Blocks that `adaptive` executes in pieces: independent ones, and swaps, dealt once they have conflicted.

    Then one that it would execute one at a time, and does in pieces from its list.
    """
    swapping = swaps("swaps", OSAKA, COUNT, COUNT // 2)
    for workload in (token_transfers("token", OSAKA, COUNT), plain_transfers(), swapping, swapping, swapping):
        case = workload.case
        yield plain(Evm(case.fork), case.payload(), case.state(), senders=workload.senders)
    contended = contended_token_transfers("pair", AMSTERDAM, COUNT)
    machine, block, state = Evm(contended.case.fork), contended.case.payload(), contended.case.state()
    yield plain(machine, block, state, apply_block(machine, block, state), contended.senders)


def plain_transfers() -> EvmWorkload:
    """As many as are worth a second worker."""
    return transfers("transfers", OSAKA, FEWEST_PLAIN, lambda index: f"recipient {index % 7}")
