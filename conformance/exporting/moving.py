"""Vectors without headers as chains: their blocks are moved onto a genesis, and filled anew by the specification.

A vector's first block has any number, and a made-up parent; consumers begin with a genesis of number 0. So the blocks
become 1, 2, …, or later ones where ommers, or hashes that are asked for, need ancestors, which are empty. Their hashes,
and what a block sets for the next (base fee, excess blob gas, difficulty), are those of the chain. Before Paris they
begin at time 0 too, since consumers refuse such blocks of the future. All else of a block is as the vector has it, the
transactions to the byte; and each must still come to what the vector says: the same verdict, the same requests, and the
same status, gas and number of logs of every transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from samestate.conformance.exporting.chain import ExportedBlock, ExportedChain
from samestate.conformance.exporting.encoding import encode_block
from samestate.conformance.exporting.genesis import genesis_before, plain_header
from samestate.conformance.exporting.inexpressible import NO_BYTES, Inexpressible
from samestate.conformance.exporting.moving_access_lists import moved_access_list
from samestate.conformance.exporting.rejections import exception_of
from samestate.conformance.exporting.sealing import BlockContent, execute_leniently, seal
from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.fixtures.forks import ForkSchedule
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import encoded_transactions, read_withdrawals
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import SELECTOR_GROUPS, VALID, Vector, member, members, text, texts
from samestate.spec.evm.block import Block, Header
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import BLOCK_HASH_WINDOW, Chain, EvmResult, Link, encoded_access_list_of
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.header_rules import next_difficulty
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Rejection
from samestate.spec.transition import execute_block

SECONDS: Final = 12
"""Between the genesis and the first block, and between the empty ones that may come before it."""
OTHERWISE: Final = "in this form it comes to something else"


PART_OF_THE_BLOCK: Final = (Invalid.MALFORMED_TRANSACTION.name, Invalid.MALFORMED_BLOCK.name)
"""A legacy transaction stands in a block's encoding as it is: where it is malformed, so is the block."""
ASKS_HASHES: Final = "evm.block.hash"
"""The rule of vectors in which BLOCKHASH gives the hash of a block."""
UNREACHABLE: Final = frozenset(SELECTOR_GROUPS["unreachable"])


def moved(vector: Vector) -> ExportedChain:
    """The chain of a vector whose blocks have no headers. Raises Inexpressible."""
    refuse_unreachable(vector)
    if any(not encoded for block in vector.case.blocks for encoded in encoded_transactions(block)):
        raise Inexpressible(NO_BYTES)
    mover = _Mover(vector)
    for block, expect in zip(vector.case.blocks, vector.expected, strict=True):
        mover.add(block, expect)
    return mover.finished()


def refuse_unreachable(vector: Vector) -> None:
    """Raise Inexpressible where the vector begins with, or gets to, what no chain can."""
    unreachable = vector.case.selectors & UNREACHABLE
    if unreachable:
        raise Inexpressible("a state that no chain can reach", ", ".join(sorted(unreachable)))


class _Mover:
    """The chain as far as it is, and the blocks of it that are written."""

    def __init__(self, vector: Vector) -> None:
        case = vector.case
        self.case, self.fork = case, evm.fork_of(case)
        self.chain_id = int(case.params["chain_id"])
        self.pre = evm.state_of(case)
        first = evm.read_environment(case, member(case.blocks[0], "env"))
        ancestors = _ancestors_needed(case.blocks, asks_hashes=ASKS_HASHES in vector.rules)
        before = SECONDS * (ancestors + 1)
        self.shift = first.timestamp - before if self.fork.block_reward else 0
        time = max(first.timestamp - self.shift - before, 0)
        self.genesis = genesis_before(self.fork, first, time, self.pre.root(), ancestors + 1)
        self.state_before_move = self.pre
        self.proposes = any("block_access_list" in block for block in case.blocks)
        self.blocks: list[ExportedBlock] = []
        self.result: EvmResult | None = None
        self.chain = Chain(
            self.chain_id,
            ForkSchedule(self.fork),
            Block(self.genesis, (), (), () if self._has("withdrawals_root") else None),
            self.pre,
            self._execute,
        )
        for _ in range(ancestors):
            self._add_empty(first)

    def _has(self, field: str) -> bool:
        return has_header_field(self.fork, field)

    def _execute(self, machine: Any, payload: Any, state: Any) -> EvmResult:
        """What was executed to make the header, or, of a block that may be rejected, executed now."""
        return self.result if self.result is not None else execute_block(machine, payload, state)

    @property
    def head(self) -> Link:
        """The last block that was accepted."""
        return self.chain.links[self.chain.head]

    @property
    def state(self) -> FlatState:
        """The state after it."""
        state = self.head.state
        assert isinstance(state, FlatState), "the pre-state is whole"
        return state

    def finished(self) -> ExportedChain:
        """The whole."""
        return ExportedChain(
            schedule=ForkSchedule(self.fork),
            chain_id=self.chain_id,
            genesis=self.genesis,
            pre=self.pre,
            blocks=tuple(self.blocks),
            head=self.chain.head,
            post=self.state,
        )

    def add(self, block: Object, expect: Object) -> None:
        """Add a block of the vector. Raises Inexpressible where it does not come to what is expected."""
        given = evm.read_environment(self.case, member(block, "env"))
        environment = self._on_head(replace(given, timestamp=given.timestamp - self.shift))
        content = BlockContent(
            transactions=tuple(encoded_transactions(block)),
            ommers=tuple(
                self._ommer(unhexed(text(ommer, "address")), given.number - int(text(ommer, "number")))
                for ommer in members(block, "ommers")
            ),
            withdrawals=read_withdrawals(block) if self._has("withdrawals_root") else None,
        )
        if self.proposes:
            content = replace(content, access_list=self._proposed_list(block, environment, content))
        self._deliver(environment, content, expect)

    def _proposed_list(self, block: Object, environment: Environment, content: BlockContent) -> bytes | None:
        """The list that comes with the block, as it is after the move."""
        plain = {name: value for name, value in block.items() if name != "block_access_list"}
        right, self.state_before_move, _ = evm.execute_block(self.case, self.fork, plain, self.state_before_move)
        if "block_access_list" not in block:
            return None
        proposed = unhexed(text(block, "block_access_list"))
        result = execute_leniently(self.fork, environment, content, self.state)
        if "block_access_list" not in right or result is None:
            return proposed
        return moved_access_list(proposed, unhexed(text(right, "block_access_list")), encoded_access_list_of(result))

    def _add_empty(self, first: Environment) -> None:
        time = self.head.block.header.timestamp + SECONDS
        environment = replace(first, timestamp=time, coinbase=bytes(20))
        self._deliver(
            self._on_head(environment), BlockContent(withdrawals=() if self._has("withdrawals_root") else None)
        )

    def _on_head(self, environment: Environment) -> Environment:
        """The environment as the head sets it."""
        parent, fork = self.head.block.header, self.fork
        ancestors = islice(self.chain.ancestors(self.chain.head), BLOCK_HASH_WINDOW)
        return replace(
            environment,
            number=parent.number + 1,
            base_fee_per_gas=fork.next_base_fee(parent) or 0,
            excess_blob_gas=fork.next_excess_blob_gas(fork, parent) or 0,
            difficulty=next_difficulty(fork, parent, environment.timestamp) if fork.block_reward else 0,
            parent_hash=self.chain.head,
            block_hashes={link.block.header.number: digest for digest, link in ancestors},
        )

    def _ommer(self, miner: bytes, generations: int) -> Header:
        """A header beside the ancestor of so many generations ago, 1 being the parent, that is right but unsealed."""
        ancestors = [link.block.header for _, link in self.chain.ancestors(self.chain.head)]
        parent, fork = ancestors[generations], self.fork
        time = parent.timestamp + SECONDS
        return plain_header(
            fork,
            parent_hash=parent.hash(),
            coinbase=miner,
            state_root=parent.state_root,
            number=parent.number + 1,
            gas_limit=parent.gas_limit,
            timestamp=time,
            base_fee_per_gas=fork.next_base_fee(parent),
            difficulty=next_difficulty(fork, parent, time),
        )

    def _deliver(self, environment: Environment, content: BlockContent, expect: Object | None = None) -> None:
        status = VALID if expect is None else text(expect, "status")
        before = self.state
        result = execute_leniently(self.fork, environment, content, before)
        header = seal(self.fork, environment, content, result, before)
        encoded = encode_block(header, content.transactions, content.ommers, content.withdrawals)
        self.result = result if status == VALID and result is not None and _is_whole(result, content) else None
        try:
            self.chain.add(encoded, content.access_list)
        except Rejection as rejection:
            came, exceptions = rejection.code.name, exceptions_of(rejection)
        else:
            came, exceptions = VALID, ()
        if (status, came) == PART_OF_THE_BLOCK:
            exceptions = (*exception_of(Invalid[status]), *exceptions)
        elif came != status:
            raise Inexpressible(OTHERWISE, f"{came} in place of {status}")
        if expect is not None and status == VALID and result is not None:
            compare_outcomes(expect, result)
            compare_requests(expect, result)
        listed = content.access_list
        if listed is None and self.fork.has_access_list:
            listed = encoded_access_list_of(result) if result is not None else encode_access_list(())
        self.blocks.append(
            ExportedBlock(
                rlp=encoded,
                header=header,
                fork=self.fork,
                transactions=content.transactions,
                ommers=content.ommers,
                withdrawals=content.withdrawals,
                access_list=listed,
                requests=result.closing.requests if result is not None else (),
                exceptions=exceptions,
                result=result if status == VALID else None,
            )
        )


def exceptions_of(rejection: Rejection) -> tuple[str, ...]:
    """The names of a rejection. Raises Inexpressible where there is none."""
    assert isinstance(rejection.code, Invalid), "the codes of the EVM"
    return exception_of(rejection.code)


def compare_outcomes(expect: Object, result: EvmResult) -> None:
    """Raise Inexpressible where a transaction comes to something else than in the vector."""
    for index, (receipt, outcome) in enumerate(zip(members(expect, "receipts"), result.outcomes, strict=True)):
        before = _words(text(receipt, "status"), text(receipt, "gas_used"), len(members(receipt, "logs")))
        status = "success" if outcome.succeeded else "failure"
        now = _words(status, str(outcome.gas_used), len(outcome.logs))
        if before != now:
            raise Inexpressible(OTHERWISE, f"transaction {index}: {now}, not {before}")


def compare_requests(expect: Object, result: EvmResult) -> None:
    """Raise Inexpressible where the requests to the consensus layer are others than in the vector."""
    if texts(expect, "requests") != [hexed(request) for request in result.closing.requests if request[1:]]:
        raise Inexpressible(OTHERWISE, "its requests are others")


def _words(status: str, gas: str, logs: int) -> str:
    return f"{status}, {gas} gas, {logs} logs"


def _is_whole(result: EvmResult, content: BlockContent) -> bool:
    """Whether no transaction was left out."""
    return len(result.receipts) == len(content.transactions)


def _ancestors_needed(blocks: Sequence[Object], asks_hashes: bool) -> int:
    """How many blocks must come before the first: so that each ommer has a parent, and each hash asked for a block.

    Vectors that are not known to ask for hashes have those of blocks that nobody may ask for.
    """
    needed = 0
    for index, block in enumerate(blocks):
        environment = member(block, "env")
        number = int(text(environment, "number"))
        for ommer in members(block, "ommers"):
            needed = max(needed, number - int(text(ommer, "number")) - index)
        oldest = min((int(asked) for asked in member(environment, "block_hashes")), default=number)
        if asks_hashes and number - oldest > index + 1:
            needed = max(needed, number - oldest - index)
    return needed
