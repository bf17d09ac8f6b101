"""Which block of which case is to be traced: its rules, its payload and the state before it, whatever form it has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from samestate.conformance.checking.choosing import choose, choose_vector, vectors_below
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.blockchain_test import BlockchainTestCase
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.load import Case as FixtureCase
from samestate.conformance.fixtures.load import load_cases
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.fixtures.state_test import StateTestCase
from samestate.conformance.tracing.trace import LineTracer, TraceOptions, summary_of, summary_of_rejection, to_line
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.model import Vector
from samestate.spec.evm.block import Header, decode_block
from samestate.spec.evm.chain import BLOCK_HASH_WINDOW, Chain, to_payload
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Closing, Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import FlatState, MissingWitness, RootUnavailable
from samestate.spec.evm.transaction import Transaction, decode_transaction
from samestate.spec.evm.transaction_execution import Outcome, execute_transaction
from samestate.spec.machine import Rejection, State, View
from samestate.spec.transition import execute_block


@dataclass(frozen=True, slots=True)
class TraceableBlock:
    """A block ready to be executed, and the state before it.

    ``header`` is there where the case has one; ``access_list`` is the proposed block access list as RLP, where one came
    along.
    """

    fork: Fork
    payload: Payload
    before: State
    header: Header | None = None
    access_list: bytes | None = None


@dataclass(frozen=True, slots=True)
class TraceableCase:
    """A case with blocks to trace: ``prepare`` gives one by its index, having executed those before it.

    It raises Rejection for a block that cannot be executed, because it is malformed or has no parent.
    """

    id: str
    blocks: int
    prepare: Callable[[int], TraceableBlock]


class TracedEvm(Evm):
    """The EVM up to one transaction of a block, which alone is traced; the block is never closed."""

    def __init__(self, fork: Fork, wanted: int, tracer: LineTracer) -> None:
        super().__init__(fork)
        self._wanted = wanted
        self._wanted_tracer = tracer

    def transactions(self, block: Payload) -> Sequence[Transaction]:
        """The transactions up to the one that is wanted."""
        return block.transactions[: self._wanted + 1]

    def execute(self, block: Payload, transaction: Transaction, view: View) -> Outcome:
        """One transaction; its place in the block is told by identity, since two may be equal."""
        if transaction is not block.transactions[self._wanted]:
            return super().execute(block, transaction, view)
        return execute_transaction(self.fork, block.environment, transaction, view, self._wanted_tracer)

    def close(self, block: Payload, receipts: Sequence[Receipt], view: View) -> Closing:
        """Nothing: the state asked for is the one after the transaction."""
        return Closing(())


def check_transaction(block: TraceableBlock, wanted: int) -> None:
    """See that a block has the transaction of that index. Raises InputError."""
    count = len(block.payload.transactions)
    if not 0 <= wanted < count:
        raise InputError(f"--transaction: the block has {count} transactions, from 0: there is no {wanted}")


def trace_transaction(
    block: TraceableBlock, wanted: int, write: Callable[[str], object], options: TraceOptions
) -> Rejection | None:
    """Write the trace of a transaction by its index in the block. Gives why it was rejected, if it was.

    Transactions before it that are rejected, as an invalid block may have, are left out. Raises InputError where the
    block has no such transaction, or its state lacks what executing it takes.
    """
    check_transaction(block, wanted)
    rejections: dict[int, Rejection] = {}
    tracer = LineTracer(write, options)
    machine = TracedEvm(block.fork, wanted, tracer)
    try:
        result = execute_block(machine, block.payload, block.before, rejections.__setitem__)
        root = None
        # of a partial state only the root of the block as a whole may be known, not one in its middle
        with contextlib.suppress(RootUnavailable, MissingWitness):
            root = result.state().root()
    except MissingWitness as error:
        raise InputError(f"the state before the block is not enough to execute it: {error}") from error
    rejection = rejections.get(wanted)
    if rejection is not None:
        write(to_line(summary_of_rejection(rejection, block.fork.name)))
        return rejection
    write(to_line(summary_of(result.outcomes[-1], tracer.output, block.fork, root)))
    return None


def find_case(
    path: Path, name: str | None, chain: Network | None = None, rulesets: Rulesets = AS_THEY_SAY
) -> TraceableCase:
    """The one case below ``path`` whose id holds ``name``. Raises InputError where there is none, or more than one.

    ``chain`` and ``rulesets`` as in :func:`samestate.conformance.fixtures.load.load_cases`.
    """
    vectors = vectors_below(path)
    if vectors:
        return from_vector(choose_vector(path, name, vectors))
    return find_fixture(path, name, chain, rulesets)


def find_fixture(
    path: Path, name: str | None, chain: Network | None = None, rulesets: Rulesets = AS_THEY_SAY
) -> TraceableCase:
    """As :func:`find_case`, but of fixtures and block files alone."""
    return choose(path, name, ((case.id, case) for case in traceable_fixtures(path, chain, rulesets)))


def traceable_fixtures(
    path: Path, chain: Network | None = None, rulesets: Rulesets = AS_THEY_SAY
) -> Iterator[TraceableCase]:
    """Every fixture and block file below ``path`` that has blocks. Raises InputError where one is malformed."""
    for case in load_cases([path], chain, rulesets):
        found = from_fixture(case)
        if found is not None:
            yield found


def from_fixture(case: FixtureCase | Skipped) -> TraceableCase | None:
    """A fixture or a block file; None where it has no blocks."""
    if isinstance(case, StateTestCase):
        return from_state_test(case)
    if isinstance(case, BlockchainTestCase):
        return from_blockchain_test(case)
    return from_block_file(case) if isinstance(case, BlockFileCase) else None


def from_state_test(case: StateTestCase) -> TraceableCase:
    """The block of a state test, which is its one transaction."""

    def prepare(_: int) -> TraceableBlock:
        transaction = decode_transaction(case.transaction)
        payload = Payload(environment=case.environment, transactions=(transaction,), is_bare=True)
        return TraceableBlock(case.fork, payload, case.pre)

    return TraceableCase(case.id, 1, prepare)


def from_blockchain_test(case: BlockchainTestCase) -> TraceableCase:
    """The blocks of a blockchain test, each on the state that its own parent left."""

    def prepare(index: int) -> TraceableBlock:
        try:
            genesis = decode_block(case.genesis)
        except Rejection as rejection:
            raise InputError(f"{case.id}: genesisRLP: {rejection}") from rejection
        chain = Chain(case.chain_id, case.schedule, genesis, case.pre)
        return in_chain(chain, [(entry.rlp, entry.access_list) for entry in case.blocks], index)

    return TraceableCase(case.id, len(case.blocks), prepare)


def in_chain(chain: Chain, blocks: Sequence[tuple[bytes, bytes | None]], index: int) -> TraceableBlock:
    """The block of that index, once ``chain`` has those before it; blocks as :meth:`Chain.add` takes them."""
    for encoded, proposed in blocks[:index]:
        # a block that is invalid, on purpose or not, has no children
        with contextlib.suppress(Rejection):
            chain.add(encoded, proposed)
    encoded, proposed = blocks[index]
    block = decode_block(encoded)
    parent = chain.links.get(block.header.parent_hash)
    if parent is None:
        raise Rejection(Invalid.UNKNOWN_PARENT, f"0x{block.header.parent_hash.hex()}")
    hashes = {
        link.block.header.number: digest
        for digest, link in islice(chain.ancestors(block.header.parent_hash), BLOCK_HASH_WINDOW)
    }
    fork = chain.schedule(parent.total_difficulty, block.header.number, block.header.timestamp)
    payload = to_payload(block, chain.chain_id, hashes)
    return TraceableBlock(fork, payload, parent.state, block.header, proposed)


def from_block_file(case: BlockFileCase) -> TraceableCase:
    """The block of a block file."""

    def prepare(_: int) -> TraceableBlock:
        payload = to_payload(case.block(), case.chain_id, case.block_hashes)
        return TraceableBlock(case.fork, payload, case.state, case.header)

    return TraceableCase(case.id, 1, prepare)


def from_vector(vector: Vector) -> TraceableCase:
    """The blocks of a vector, one after another."""
    case = vector.case

    def prepare(index: int) -> TraceableBlock:
        if case.machine != evm.NAME:
            raise InputError(
                f"{case.id}: is of the machine {case.machine}: only the instructions of the evm are traced"
            )
        if evm.is_chain(case):
            blocks = [(evm.encode_parts(block), evm.proposed_list(block)) for block in case.blocks]
            return in_chain(evm.VectorChain(case).chain, blocks, index)
        fork = evm.fork_of(case)
        state: FlatState = evm.state_of(case)
        for earlier in case.blocks[:index]:
            _, state, _ = evm.execute_block(case, fork, earlier, state)
        # a list that came with the block says nothing to its transactions, and may be malformed
        block = {name: value for name, value in case.blocks[index].items() if name != "block_access_list"}
        return TraceableBlock(fork, evm.read_payload(case, block, evm.read_transactions(block)), state)

    return TraceableCase(f"{vector.place}::{case.id}", len(case.blocks), prepare)


def choose_block(case: TraceableCase, wanted: int | None) -> TraceableBlock:
    """The block of that index, or the first that has transactions. Raises InputError."""
    return prepared(case, choose_block_index(case, wanted))


def choose_block_index(case: TraceableCase, wanted: int | None) -> int:
    """That index, or the one of the first block that has transactions. Raises InputError where there is no such one."""
    if wanted is not None:
        if not 0 <= wanted < case.blocks:
            raise InputError(f"--block: {case.id} has {case.blocks} blocks, from 0: there is no {wanted}")
        return wanted
    for index in range(case.blocks):
        if prepared(case, index).payload.transactions:
            return index
    raise InputError(f"{case.id}: no block has a transaction to trace")


def prepared(case: TraceableCase, index: int) -> TraceableBlock:
    """The block of that index. Raises InputError where there is nothing in it that could be executed."""
    try:
        return case.prepare(index)
    except Rejection as rejection:
        raise InputError(f"{case.id}: block {index}: cannot be traced: {rejection}") from rejection
