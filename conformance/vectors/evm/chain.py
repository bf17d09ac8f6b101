"""Chains of blocks with their headers: from the maps of a vector to a chain that judges and executes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME, ForkSchedule
from samestate.conformance.fixtures.known_blocks import known_block
from samestate.conformance.fixtures.known_hashes import KnownHashes
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.apply import ApplyEvmBlock
from samestate.conformance.vectors.evm.case import (
    encoded_transactions,
    fork_of,
    needed_selectors,
    read_withdrawals,
    state_of,
)
from samestate.conformance.vectors.evm.header import read_header
from samestate.conformance.vectors.evm.result import write_result
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import Case, member, members, text
from samestate.conformance.vectors.rejection import write_rejection
from samestate.spec.evm import rlp
from samestate.spec.evm.block import Block, decode_block, header_item, withdrawal_item
from samestate.spec.evm.chain import Chain, EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState, MissingWitness
from samestate.spec.machine import Rejection, State
from samestate.spec.transition import apply_block, execute_block


def is_chain(case: Case) -> bool:
    """Whether the blocks of a case come with their headers, on a parent."""
    return case.parent is not None


def schedule_of(case: Case) -> ForkSchedule:
    """Which fork rules which block of a case. Raises InputError where a fork is not known."""
    first, transition = fork_of(case), case.transition
    if transition is None:
        return ForkSchedule(first)
    name = text(transition, "fork")
    if name not in BY_NAME:
        raise InputError(f"{case.id}: machine.transition.fork: no fork is called {name!r}")

    def limit(field: str) -> int | None:
        return int(text(transition, field)) if field in transition else None

    return ForkSchedule(first, BY_NAME[name], limit("number"), limit("timestamp"), limit("total_difficulty"))


def parent_of(case: Case) -> Block:
    """The block before the first, of which only the header is known. Raises TypeError where the case has none."""
    if case.parent is None:
        raise TypeError(f"{case.id} has no parent")
    header = read_header(case.parent)
    return Block(header, (), (), None if header.withdrawals_root is None else ())


def encode_parts(block: Object) -> bytes:
    """The RLP of a block of a chain, whatever its transactions are."""
    if "rlp" in block:
        return unhexed(text(block, "rlp"))
    parts = [
        rlp.encode(header_item(read_header(member(block, "header")))),
        rlp_list([transaction_in_body(raw) for raw in encoded_transactions(block)]),
        rlp_list([rlp.encode(header_item(read_header(ommer))) for ommer in members(block, "ommers")]),
    ]
    if "withdrawals" in block:
        parts.append(rlp.encode([withdrawal_item(withdrawal) for withdrawal in read_withdrawals(block)]))
    return rlp_list(parts)


def transaction_in_body(raw: bytes) -> bytes:
    """A transaction as it stands in a body: a list as it is, anything else as a string of bytes (EIP-2718)."""
    return raw if raw and raw[0] >= 0xC0 else rlp.encode(raw)


def rlp_list(encoded: Sequence[bytes]) -> bytes:
    """The list of items that are encoded already, well or not."""
    payload = b"".join(encoded)
    if len(payload) <= 55:
        return bytes([0xC0 + len(payload)]) + payload
    size = rlp.integer(len(payload))
    return bytes([0xF7 + len(size)]) + size + payload


def proposed_list(block: Object) -> bytes | None:
    """The block access list that came with a block."""
    return unhexed(text(block, "block_access_list")) if "block_access_list" in block else None


class ChainStep(NamedTuple):
    """What came out of a block: as under ``expect``, and, of a valid one, its result, the state after it, its fork."""

    written: Object
    result: EvmResult | None = None
    state: FlatState | None = None
    fork: Fork | None = None


class VectorChain:
    """The chain of a case: its headers are judged by the specification, its blocks executed by ``apply``."""

    def __init__(self, case: Case, apply: ApplyEvmBlock = apply_block) -> None:
        self.case = case
        self._is_specification = apply is apply_block
        self._apply = execute_block if self._is_specification else apply
        self.schedule = schedule_of(case)
        self.chain = Chain(
            int(case.params["chain_id"]),
            self.schedule,
            parent_of(case),
            state_of(case),
            self._execute,
            decode_block if self._is_specification else known_block,
        )

    def add(self, block: Object) -> ChainStep:
        """What becomes of the next block. Raises InputError where it asks for the hash of a block before the parent."""
        results: list[EvmResult] = []
        try:
            link = self.chain.add(encode_parts(block), proposed_list(block), results.append)
        except Rejection as rejection:
            return ChainStep(write_rejection(rejection))
        except MissingWitness as missing:
            if not self._is_specification:
                raise
            raise InputError(f"{self.case.id}: {missing}: it is before the parent") from missing
        header, state = link.block.header, link.state
        if not isinstance(state, FlatState):
            raise TypeError("the states of a vector are complete")
        total_difficulty = self.chain.links[header.parent_hash].total_difficulty
        fork = self.schedule(total_difficulty, header.number, header.timestamp)
        return ChainStep(write_result(fork, results[0], header.state_root), results[0], state, fork)

    def _execute(self, machine: Evm, payload: Payload, state: State) -> EvmResult:
        if not isinstance(state, FlatState):
            raise TypeError("the states of a vector are complete")
        return self._apply(machine, with_known_hashes(payload), state)


def with_known_hashes(payload: Payload) -> Payload:
    """The block, in which a hash that the chain does not have is not known, rather than zero."""
    hashes = KnownHashes(payload.environment.block_hashes)
    return replace(payload, environment=replace(payload.environment, block_hashes=hashes))


def execute_chain(case: Case, apply: ApplyEvmBlock = apply_block) -> list[Object]:
    """What comes out of each block of a chain, as under ``expect``."""
    chain = VectorChain(case, apply)
    return [chain.add(block).written for block in case.blocks]


def chain_selectors(case: Case, expected: Sequence[Object]) -> list[str]:
    """The selectors of a chain: what it takes beside its forks."""
    assert case.parent is not None
    needed = {"chain"} if case.transition is None else {"chain", "fork-transition"}
    schedule = schedule_of(case)
    for fork in (schedule.first, schedule.then):
        if fork is not None:
            needed.update(needed_selectors(fork, case.pre, case.blocks, expected))
    return sorted(needed)
