"""The blocks of a case as they follow on a state on disk: each by its number, with what executes it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from samestate.conformance.checking.choosing import choose, choose_vector, vectors_below
from samestate.conformance.checking.executor import Executor
from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.optimized.stored_state import StoredState
from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.block_file import BlockFileCase
from samestate.conformance.fixtures.blockchain_test import BlockchainTestCase
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.load import load_cases
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.states.importing import block_number
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.chain import parent_of, with_known_hashes
from samestate.conformance.vectors.model import Case, Vector
from samestate.conformance.vectors.rejection import write_rejection
from samestate.optimized.stores.description import Description
from samestate.spec.evm.block import Block, decode_block
from samestate.spec.evm.chain import Chain, EvmResult, ForkFinder, Link, claims, to_payload
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState, PartialState
from samestate.spec.machine import Rejection, State


class Done(NamedTuple):
    """What came out of a block, as in a vector, and what the store is to say of the state after it; None: rejected."""

    written: Object
    state: StoredState | None = None
    description: Description | None = None


@dataclass(frozen=True, slots=True)
class NextBlock:
    """A block by its number, None where it has none that can be read, and what executes it on the state."""

    number: int | None
    execute: Callable[[StoredState], Done]


class StoredChain:
    """Blocks on a state, in their order. ``forks``: those under which the state may be."""

    forks: frozenset[str]

    def blocks(self, description: Description) -> Iterator[NextBlock]:
        """The blocks that follow on a state that says this of itself. Raises InputError where none do."""
        raise NotImplementedError


class PlainBlocks(StoredChain):
    """The blocks of a vector without headers."""

    def __init__(self, case: Case, engine: InProcess) -> None:
        self._case = case
        self._engine = engine
        self._fork = evm.fork_of(case)
        self.forks = frozenset({name_fork(self._fork).rules})

    def blocks(self, description: Description) -> Iterator[NextBlock]:
        """See :class:`StoredChain`."""
        for block in self._case.blocks:
            yield NextBlock(block_number(block), self._executing(block))

    def _executing(self, block: Object) -> Callable[[StoredState], Done]:
        def execute(state: StoredState) -> Done:
            try:
                payload = evm.read_payload(self._case, block, evm.read_transactions(block))
                result = self._engine.apply(Evm(self._fork), payload, state)
            except Rejection as rejection:
                return Done(write_rejection(rejection))
            after: StoredState = result.state()
            number = payload.environment.number
            described = Description(name_fork(self._fork).rules, number, after.root())
            return Done(evm.write_result(self._fork, result, after.root()), after, described)

        return execute


class HeadedBlocks(StoredChain):
    """A chain of blocks with headers, each judged whole; the state is that of the last one that was accepted."""

    def __init__(
        self,
        where: str,
        chain_id: int,
        schedule: ForkFinder,
        genesis: Block,
        blocks: Sequence[tuple[bytes, bytes | None]],
        forks: frozenset[str],
        engine: InProcess,
        prepare: Callable[[Payload], Payload] = lambda payload: payload,
    ) -> None:
        self._where = where
        self._chain_id = chain_id
        self._schedule = schedule
        self._genesis = genesis
        self._blocks = blocks
        self._engine = engine
        self._prepare = prepare
        self._current: State | None = None
        self.forks = forks

    def blocks(self, description: Description) -> Iterator[NextBlock]:
        """See :class:`StoredChain`. Raises InputError where the state is after no block of this chain."""
        chain = Chain(self._chain_id, self._schedule, self._genesis, NOWHERE, self._execute)
        head = self._genesis.header.hash()
        if description.block_hash != head:
            head = self._past(chain, description)
        for encoded, proposed in self._blocks:
            yield NextBlock(number_of(encoded), self._executing(chain, encoded, proposed, head))

    def _past(self, chain: Chain, description: Description) -> bytes:
        """Have the chain know its blocks up to the one that the state is after. Gives that one's hash."""
        for encoded, _ in self._blocks:
            try:
                block = decode_block(encoded)
            except Rejection:
                continue
            parent = chain.links.get(block.header.parent_hash)
            if parent is None:
                continue
            digest = block.header.hash()
            chain.links[digest] = Link(block, NOWHERE, parent.total_difficulty + block.header.difficulty)
            if digest == description.block_hash:
                return digest
        raise InputError(
            f"{self._where}: the state is after block {description.height}, 0x{description.block_hash.hex()}, which is"
            " no block of this chain"
        )

    def _executing(
        self, chain: Chain, encoded: bytes, proposed: bytes | None, head: bytes
    ) -> Callable[[StoredState], Done]:
        def execute(state: StoredState) -> Done:
            self._current = state
            for digest in (head, chain.head):
                link = chain.links[digest]
                if link.state is NOWHERE:
                    chain.links[digest] = Link(link.block, state, link.total_difficulty)
            results: list[EvmResult] = []
            try:
                link = chain.add(encoded, proposed, results.append)
            except Rejection as rejection:
                state.revert()
                return Done(write_rejection(rejection))
            header, after = link.block.header, link.state
            assert isinstance(after, StoredState), "what is executed on a state in a store leaves one"
            parent = chain.links[header.parent_hash]
            fork = self._schedule(parent.total_difficulty, header.number, header.timestamp)
            described = Description(name_fork(fork).rules, header.number, after.root(), header.hash())
            return Done(evm.write_result(fork, results[0], header.state_root), after, described)

        return execute

    def _execute(self, machine: Evm, payload: Payload, state: State) -> EvmResult:
        if state is not self._current:
            raise InputError(
                f"{self._where}: branches: a state on disk is that of one chain, whose blocks follow one another"
            )
        return self._engine.apply(machine, self._prepare(payload), state)


class BlockFiles(StoredChain):
    """Block files, in the order of their numbers: the header of each is held against what comes out.

    What they have of a state before them is not looked at. Raises InputError where two have one number.
    """

    def __init__(self, cases: Sequence[BlockFileCase], engine: InProcess) -> None:
        self._cases = sorted(cases, key=lambda case: case.header.number)
        self._engine = engine
        self.forks = frozenset(name_fork(case.fork).rules for case in cases)
        for one, other in pairwise(self._cases):
            if one.header.number == other.header.number:
                raise InputError(
                    f"{other.id}: has the number of {one.id}, {one.header.number}: a state on disk is that of one"
                    " chain: --case must name one of them"
                )

    def blocks(self, description: Description) -> Iterator[NextBlock]:
        """See :class:`StoredChain`."""
        head, height = description.block_hash, description.height
        for case in self._cases:
            header = case.header
            if head not in (b"", header.parent_hash) and height < header.number:
                raise InputError(
                    f"{case.id}: follows on block 0x{header.parent_hash.hex()}, and the state is after block"
                    f" 0x{head.hex()}"
                )
            yield NextBlock(header.number, self._executing(case))
            if header.number > height:
                head, height = header.hash(), header.number

    def _executing(self, case: BlockFileCase) -> Callable[[StoredState], Done]:
        def execute(state: StoredState) -> Done:
            return self._execute(case, state)

        return execute

    def _execute(self, case: BlockFileCase, state: StoredState) -> Done:
        header = case.header
        executor = Executor(SPEC if isinstance(self._engine, SpecEngine) else "engine", self._engine)
        try:
            payload = to_payload(case.block(), case.chain_id, case.block_hashes)
            result = executor.apply(Evm(case.fork), payload, state)
            for claim in claims(header, result):
                if not claim.holds:
                    raise Rejection(claim.code)
        except Rejection as rejection:
            state.revert()
            return Done(write_rejection(rejection))
        after: StoredState = result.state()
        written = evm.write_result(case.fork, result, after.root())
        if after.root() != header.state_root:
            after.revert()
            raise InputError(
                f"{case.id}: the header says that the state root is 0x{header.state_root.hex()}, and on this state it"
                f" is 0x{after.root().hex()}: it is not the state that the block follows on"
            )
        return Done(written, after, Description(name_fork(case.fork).rules, header.number, after.root(), header.hash()))


class _Nowhere:
    """Stands for the state after a block that is past: nothing is asked of it."""


NOWHERE: Final[State] = _Nowhere()  # type: ignore[assignment]


def number_of(encoded: bytes) -> int | None:
    """The number of a block; None where it is malformed."""
    try:
        return decode_block(encoded).header.number
    except Rejection:
        return None


def find_chain(
    path: Path, name: str | None, engine: InProcess, network: Network | None = None, rulesets: Rulesets = AS_THEY_SAY
) -> StoredChain:
    """The blocks of the one case that a path and a part of its name mean, or of all its block files. InputError."""
    if vectors_below(path):
        return of_vector(choose_vector(path, name, vectors_below(path)), engine)
    found = (case for case in load_cases([path], network, rulesets) if not isinstance(case, Skipped))
    cases = [without_state(case) if isinstance(case, BlockFileCase) else case for case in found]
    files = [case for case in cases if isinstance(case, BlockFileCase)]
    if name is None and len(files) == len(cases) > 1:
        return BlockFiles(files, engine)
    case = choose(path, name, [(case.id, case) for case in cases])
    if isinstance(case, BlockchainTestCase):
        schedule = case.schedule
        forks = forks_of(fork for fork in (schedule.first, schedule.then) if fork is not None)
        blocks = [(entry.rlp, entry.access_list) for entry in case.blocks]
        return HeadedBlocks(case.id, case.chain_id, schedule, decode_block(case.genesis), blocks, forks, engine)
    if isinstance(case, BlockFileCase):
        return BlockFiles([case], engine)
    raise InputError(f"{case.id}: --state: its block follows on no other: only vectors, chains and block files do")


def without_state(case: BlockFileCase) -> BlockFileCase:
    """The block alone, so that the witnesses of a long chain are not in memory all at once."""
    return replace(case, state=PartialState(FlatState({}, {})))


def of_vector(vector: Vector, engine: InProcess) -> StoredChain:
    """The blocks of a vector. Raises InputError where its machine is another."""
    case = vector.case
    if case.machine != evm.NAME:
        raise InputError(
            f"{case.id}: --state: is of the machine {case.machine}: only states of the evm lie on disk, since the"
            " others' are small or have no tries"
        )
    if not evm.is_chain(case):
        return PlainBlocks(case, engine)
    schedule = evm.schedule_of(case)
    forks = forks_of(fork for fork in (schedule.first, schedule.then) if fork is not None)
    blocks = [(evm.encode_parts(block), evm.proposed_list(block)) for block in case.blocks]
    chain_id = int(case.params["chain_id"])
    return HeadedBlocks(case.id, chain_id, schedule, parent_of(case), blocks, forks, engine, with_known_hashes)


def forks_of(forks: Iterator[Fork]) -> frozenset[str]:
    """What a store calls these forks."""
    return frozenset(name_fork(fork).rules for fork in forks)
