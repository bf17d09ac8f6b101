"""Vectors that are chains already: their blocks are written as they are, on their parent as the genesis."""

from __future__ import annotations

from typing import Final

from samestate.conformance.exporting.chain import ExportedBlock, ExportedChain
from samestate.conformance.exporting.genesis import plain_header
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.rejections import exception_of
from samestate.conformance.exporting.sealing import BlockContent, execute_leniently
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.case import encoded_transactions, read_withdrawals
from samestate.conformance.vectors.evm.header import read_header
from samestate.conformance.vectors.model import VALID, Vector, member, members, text
from samestate.spec.evm.block import Block, Header
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import Chain, EvmResult, encoded_access_list_of, to_payload
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.state import FlatState

OF_A_GENESIS: Final = (
    "parent_hash",
    "coinbase",
    "state_root",
    "difficulty",
    "gas_limit",
    "gas_used",
    "timestamp",
    "extra_data",
    "prev_randao",
    "nonce",
    "base_fee_per_gas",
    "blob_gas_used",
    "excess_blob_gas",
    "slot_number",
)
"""The fields of a genesis that may be anything: consumers take them from the test, and all others for granted."""


def unmoved(vector: Vector) -> ExportedChain:
    """The chain that a vector with headers is. Raises Inexpressible."""
    case = vector.case
    chain = evm.VectorChain(case)
    genesis = chain.chain.links[chain.chain.head].block.header
    check_genesis(chain.schedule.first, genesis)
    blocks = []
    for block, expect in zip(case.blocks, vector.expected, strict=True):
        blocks.append(_block(chain, block, text(expect, "status")))
    post = chain.chain.links[chain.chain.head].state
    assert isinstance(post, FlatState), "the pre-state is whole"
    return ExportedChain(
        schedule=chain.schedule,
        chain_id=chain.chain.chain_id,
        genesis=genesis,
        pre=evm.state_of(case),
        blocks=tuple(blocks),
        head=chain.chain.head,
        post=post,
    )


def check_genesis(fork: Fork, parent: Header) -> None:
    """Raise Inexpressible where a consumer could not begin with such a block."""
    if parent != plain_header(fork, **{name: getattr(parent, name) for name in OF_A_GENESIS}):
        raise Inexpressible("its parent can be no genesis", f"number {parent.number}" if parent.number else "")


def _block(chain: evm.VectorChain, block: Object, status: str) -> ExportedBlock:
    """A block, which arrives at the chain."""
    schedule, links = chain.schedule, chain.chain.links
    encoded = evm.encode_parts(block)
    exceptions = () if status == VALID else exceptions_of_chain(Invalid[status])
    if "header" not in block:
        chain.add(block)
        return ExportedBlock(rlp=encoded, header=None, fork=schedule.first, exceptions=exceptions)
    header = read_header(member(block, "header"))
    parent = links.get(header.parent_hash)
    fork = schedule(parent.total_difficulty if parent is not None else 0, header.number, header.timestamp)
    content = BlockContent(
        transactions=tuple(encoded_transactions(block)),
        ommers=tuple(read_header(ommer) for ommer in members(block, "ommers")),
        withdrawals=read_withdrawals(block) if "withdrawals" in block else None,
        access_list=evm.proposed_list(block),
    )
    if status == Invalid.MALFORMED_BLOCK.name and len(content.decoded()) < len(content.transactions):
        # a payload has the transaction by itself, and not as a part of the block's encoding
        exceptions = (*exceptions, *exception_of(Invalid.MALFORMED_TRANSACTION))
    step = chain.add(block)
    result = step.result
    if result is None and parent is not None and isinstance(parent.state, FlatState):
        result = _as_far_as_it_goes(chain.chain, fork, header, content, parent.state)
    return ExportedBlock(
        rlp=encoded,
        header=header,
        fork=fork,
        transactions=content.transactions,
        ommers=content.ommers,
        withdrawals=content.withdrawals,
        access_list=content.access_list or _committed_list(header, result),
        requests=_committed_requests(header, result),
        exceptions=exceptions,
        result=step.result,
    )


def exceptions_of_chain(code: Invalid) -> tuple[str, ...]:
    """The names of a rejection. Raises Inexpressible where there is none.

    A header that commits to another list than the right one is wrong about its hash; and, once that other list comes
    with it, as with a payload, it is the list that is wrong.
    """
    also = exception_of(Invalid.INVALID_BLOCK_ACCESS_LIST) if code is Invalid.INVALID_BAL_HASH else ()
    return (*exception_of(code), *also)


def _committed_list(header: Header, result: EvmResult | None) -> bytes | None:
    """The block access list that the header commits to, where that is the one of the execution, or an empty one."""
    found = [encode_access_list(())] + ([encoded_access_list_of(result)] if result is not None else [])
    return next((listed for listed in found if keccak256(listed) == header.block_access_list_hash), None)


def _committed_requests(header: Header, result: EvmResult | None) -> tuple[bytes, ...]:
    """The requests that the header commits to, where those are the ones of the execution; else none."""
    requests = result.closing.requests if result is not None else ()
    return requests if requests_hash(requests) == header.requests_hash else ()


def _as_far_as_it_goes(
    chain: Chain, fork: Fork, header: Header, content: BlockContent, state: FlatState
) -> EvmResult | None:
    """What an invalid block gives, for the requests and the list that come beside it."""
    hashes = {link.block.header.number: digest for digest, link in chain.ancestors(header.parent_hash)}
    payload = to_payload(Block(header, (), content.ommers, content.withdrawals), chain.chain_id, hashes)
    return execute_leniently(fork, payload.environment, content, state)
