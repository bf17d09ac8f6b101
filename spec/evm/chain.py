"""Blocks one after another: which fork rules a block, whether it may follow its parent, and what state it leaves."""

# source: yellow paper, section 4.4.2

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

from samestate.spec.evm.access_list_of_block import block_access_list
from samestate.spec.evm.block import Block, Header, decode_block, ommers_hash, transactions_root, withdrawals_root
from samestate.spec.evm.block_access_list import (
    BlockAccessList,
    decode_access_list,
    encode_access_list,
    hash_encoded_access_list,
)
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Closing, Evm
from samestate.spec.evm.ommers import GENERATIONS, check_ommers
from samestate.spec.evm.payload import OmmerMiner, Payload
from samestate.spec.evm.receipt import Receipt, logs_bloom, receipts_root
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction_execution import Outcome
from samestate.spec.machine import Rejection, RejectionCode, State
from samestate.spec.transition import BlockResult, execute_block

BLOCK_HASH_WINDOW = 256

EvmResult = BlockResult[Outcome, Totals, Receipt, Closing]


class CommittedResult(BlockResult[Outcome, Totals, Receipt, Closing]):
    """A result of whoever has judged the block's own access list, and computes itself what a header commits to."""

    __slots__ = ()

    def commitments(self) -> Commitments:
        """What a header commits to of the execution, apart from the state root."""
        raise NotImplementedError

    def access_list(self) -> bytes:
        """The block access list in its RLP (EIP-7928)."""
        raise NotImplementedError


class Commitments(NamedTuple):
    """What a header commits to of an execution in hashes and filters; ``requests_hash`` where it was asked for."""

    receipts_root: bytes
    logs_bloom: bytes
    requests_hash: bytes | None


class Claim(NamedTuple):
    """Something that a header says about the execution of its block, beside what the execution gave."""

    name: str
    claimed: bytes | int | None
    computed: bytes | int | None
    code: RejectionCode

    @property
    def holds(self) -> bool:
        """Whether the header is right."""
        return self.claimed == self.computed


Execute = Callable[[Evm, Payload, State], EvmResult]
"""Whatever gives the result of a block on a state: ``execute_block``, or who claims to do the same."""


class ForkFinder(Protocol):
    """Which fork rules a block."""

    def __call__(self, parent_total_difficulty: int, number: int, timestamp: int) -> Fork:
        """The fork of the block of that number and timestamp, on a parent with that total difficulty."""


@dataclass(frozen=True, slots=True)
class Link:
    """A block that was accepted, the state that it left, and the difficulty of all blocks up to it."""

    block: Block
    state: State
    total_difficulty: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block with which nothing is wrong that can be known before it is executed, and what executing it takes."""

    block: Block
    fork: Fork
    parent: Link
    payload: Payload


def to_payload(
    block: Block, chain_id: int, block_hashes: Mapping[int, bytes], access_list: BlockAccessList | None = None
) -> Payload:
    """What executing ``block`` takes. ``access_list`` is the one that came with it, if any."""
    header = block.header
    return Payload(
        environment=Environment(
            chain_id=chain_id,
            number=header.number,
            timestamp=header.timestamp,
            coinbase=header.coinbase,
            gas_limit=header.gas_limit,
            base_fee_per_gas=header.base_fee_per_gas or 0,
            difficulty=header.difficulty,
            prev_randao=header.prev_randao,
            excess_blob_gas=header.excess_blob_gas or 0,
            parent_hash=header.parent_hash,
            parent_beacon_block_root=header.parent_beacon_block_root or ZERO_HASH,
            slot_number=header.slot_number or 0,
            block_hashes=block_hashes,
        ),
        transactions=block.transactions,
        withdrawals=block.withdrawals or (),
        ommers=tuple(OmmerMiner(ommer.coinbase, ommer.number) for ommer in block.ommers),
        access_list=access_list,
    )


def body_claims(block: Block) -> Iterator[Claim]:
    """What the header says of the body."""
    header = block.header
    computed = transactions_root(block.transactions)
    # rule: evm.block.transactions-root
    yield Claim("transactions root", header.transactions_root, computed, Invalid.INVALID_TRANSACTIONS_ROOT)
    # rule: evm.block.ommers-hash
    yield Claim("ommers hash", header.ommers_hash, ommers_hash(block.ommers), Invalid.INVALID_OMMERS_HASH)
    if block.withdrawals is not None:
        computed = withdrawals_root(block.withdrawals)
        # rule: evm.block.withdrawals-root
        # source: EIP-4895, specification
        yield Claim("withdrawals root", header.withdrawals_root, computed, Invalid.INVALID_WITHDRAWALS_ROOT)


def claims(header: Header, result: EvmResult) -> Iterator[Claim]:
    """What the header says of the execution, apart from the state root and the block access list."""
    # rule: evm.block.gas-used
    yield Claim("gas used", header.gas_used, result.totals.gas_used, Invalid.INVALID_GAS_USED)
    computed = commitments_of(result, header.requests_hash is not None)
    # rule: evm.block.receipts-root
    yield Claim("receipts root", header.receipts_root, computed.receipts_root, Invalid.INVALID_RECEIPTS_ROOT)
    # rule: evm.block.bloom
    yield Claim("logs bloom", header.bloom, computed.logs_bloom, Invalid.INVALID_LOGS_BLOOM)
    if header.blob_gas_used is not None:
        yield Claim("blob gas used", header.blob_gas_used, result.totals.blob_gas_used, Invalid.INVALID_BLOB_GAS_USED)
    if header.requests_hash is not None:
        # rule: evm.block.requests-hash
        # source: EIP-7685, Block Header
        yield Claim("requests hash", header.requests_hash, computed.requests_hash, Invalid.INVALID_REQUESTS_HASH)


def commitments_of(result: EvmResult, with_requests: bool) -> Commitments:
    """What a header commits to of the execution, apart from the state root and the block access list.

    ``with_requests``: whether it has a hash of requests (EIP-7685).
    """
    if isinstance(result, CommittedResult):
        return result.commitments()
    return Commitments(
        receipts_root(result.receipts),
        logs_bloom(log for receipt in result.receipts for log in receipt.logs),
        requests_hash(result.closing.requests) if with_requests else None,
    )


def access_list_claims(header: Header, result: EvmResult) -> Iterator[Claim]:
    """What the header says of the block access list, where it says anything (EIP-7928)."""
    if header.block_access_list_hash is not None:
        digest = hash_encoded_access_list(encoded_access_list_of(result))
        # rule: evm.block.access-list-hash
        # source: EIP-7928, Block Structure Modification
        yield Claim("block access list hash", header.block_access_list_hash, digest, Invalid.INVALID_BAL_HASH)


def access_list_of(result: EvmResult) -> BlockAccessList:
    """The block access list that the execution gives."""
    return block_access_list(result.before, result.steps)


def encoded_access_list_of(result: EvmResult) -> bytes:
    """The block access list that the execution gives, in its RLP."""
    return result.access_list() if isinstance(result, CommittedResult) else encode_access_list(access_list_of(result))


def verify(machine: Evm, payload: Payload, result: EvmResult, before: State) -> None:
    """Judge the access list that came with the block, unless its executor has. Raises Rejection."""
    if not isinstance(result, CommittedResult):
        machine.verify(payload, result.steps, before)


def read_proposed_access_list(header: Header, proposed: bytes) -> BlockAccessList:
    """The list that came with a block: the one that the header commits to, and well formed. Raises Rejection."""
    digest = keccak256(proposed)
    if digest != header.block_access_list_hash:
        # rule: evm.block.proposed-access-list-hash
        # source: EIP-7928, State Transition Function
        raise Rejection(Invalid.INVALID_BAL_HASH, f"0x{digest.hex()}")
    return decode_access_list(proposed)


class Chain:
    """Every block that was accepted so far, by hash; a tree, since fixtures branch.

    ``genesis`` and its ``state`` are taken on trust. Blocks are executed by ``execute``; all else is judged here.
    ``decode`` does what :func:`decode_block` does, and may know the block already.
    """

    def __init__(
        self,
        chain_id: int,
        schedule: ForkFinder,
        genesis: Block,
        state: State,
        execute: Execute = execute_block,
        decode: Callable[[bytes], Block] = decode_block,
    ) -> None:
        self.chain_id = chain_id
        self.schedule = schedule
        self.execute = execute
        self.decode = decode
        self.head = genesis.header.hash()
        self.links: dict[bytes, Link] = {self.head: Link(genesis, state, genesis.header.difficulty)}

    def ancestors(self, digest: bytes) -> Iterator[tuple[bytes, Link]]:
        """The blocks from the one of that hash back to the genesis."""
        while digest in self.links:
            link = self.links[digest]
            yield digest, link
            digest = link.block.header.parent_hash

    def fork_of_ommer(self, ommer: Header) -> Fork:
        """The fork that rules an ommer, which is always a block of proof of work."""
        return self.schedule(0, ommer.number, ommer.timestamp)

    def receive(self, encoded: bytes, access_list: bytes | None = None) -> Candidate:
        """Judge all of a block that can be judged before it is executed, as given to :meth:`add`. Raises Rejection."""
        block = self.decode(encoded)
        header = block.header
        parent = self.links.get(header.parent_hash)
        if parent is None:
            # rule: evm.header.unknown-parent
            # source: yellow paper, section 4.4.4
            raise Rejection(Invalid.UNKNOWN_PARENT, f"0x{header.parent_hash.hex()}")
        fork = self.schedule(parent.total_difficulty, header.number, header.timestamp)
        for header_rule in fork.header_rules:
            header_rule(fork, parent.block.header, header)
        for block_rule in fork.block_rules:
            block_rule(fork, block, len(encoded))
        family = [link.block for _, link in islice(self.ancestors(header.parent_hash), GENERATIONS + 1)]
        check_ommers(self.fork_of_ommer, block, family)
        proposed = None
        if fork.has_access_list and access_list is not None:
            proposed = read_proposed_access_list(header, access_list)
        hashes = {
            link.block.header.number: digest
            for digest, link in islice(self.ancestors(header.parent_hash), BLOCK_HASH_WINDOW)
        }
        return Candidate(block, fork, parent, to_payload(block, self.chain_id, hashes, proposed))

    def add(
        self,
        encoded: bytes,
        access_list: bytes | None = None,
        observe: Callable[[EvmResult], None] | None = None,
    ) -> Link:
        """Accept a block given by its RLP, or raise Rejection. ``access_list`` is the proposed one's RLP, if any."""
        candidate = self.receive(encoded, access_list)
        block, parent, payload = candidate.block, candidate.parent, candidate.payload
        header, machine = block.header, Evm(candidate.fork)
        result = self.execute(machine, payload, parent.state)
        if observe is not None:
            observe(result)
        verify(machine, payload, result, parent.state)
        for claim in (*access_list_claims(header, result), *body_claims(block), *claims(header, result)):
            if not claim.holds:
                raise Rejection(claim.code, f"the header says {show(claim.claimed)}, and it is {show(claim.computed)}")
        state = result.state()
        root = state.root()
        if header.state_root != root:
            # rule: evm.block.state-root
            raise Rejection(
                Invalid.INVALID_STATE_ROOT, f"the header says {show(header.state_root)}, and it is {show(root)}"
            )
        return self.append(candidate, state)

    def append(self, candidate: Candidate, state: State) -> Link:
        """Take in a block that was executed and left ``state``. It becomes the head if it is heavier, or of stake."""
        header = candidate.block.header
        digest = header.hash()
        link = Link(candidate.block, state, candidate.parent.total_difficulty + header.difficulty)
        self.links[digest] = link
        if link.total_difficulty > self.links[self.head].total_difficulty or header.difficulty == 0:
            # rule: evm.chain.head
            # source: yellow paper (Berlin version), section 10; EIP-3675, specification
            self.head = digest
        return link


def show(value: bytes | int | None) -> str:
    """A value of a header for people."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
