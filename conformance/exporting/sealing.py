"""The header of a block: what follows from its execution, so far as it can be executed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from samestate.conformance.exporting.genesis import plain_header
from samestate.conformance.fixtures.features import has_header_field
from samestate.spec.evm.block import Header, Withdrawal, ommers_hash, withdrawals_root
from samestate.spec.evm.block_access_list import hash_encoded_access_list
from samestate.spec.evm.chain import EvmResult, commitments_of, encoded_access_list_of
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import OmmerMiner, Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import BlobTransaction, Transaction, decode_transaction
from samestate.spec.machine import Rejection
from samestate.spec.state.patricia import ordered_trie_root
from samestate.spec.transition import execute_block


@dataclass(frozen=True, slots=True)
class BlockContent:
    """What is in a block, its transactions encoded, well or not. ``access_list`` is one that is proposed for it."""

    transactions: tuple[bytes, ...] = ()
    ommers: tuple[Header, ...] = ()
    withdrawals: tuple[Withdrawal, ...] | None = None
    access_list: bytes | None = None

    def decoded(self) -> tuple[Transaction, ...]:
        """The transactions that are well formed."""
        decoded = []
        for encoded in self.transactions:
            try:
                decoded.append(decode_transaction(encoded))
            except Rejection:
                continue
        return tuple(decoded)


def execute_leniently(
    fork: Fork, environment: Environment, content: BlockContent, state: FlatState
) -> EvmResult | None:
    """What the block gives without the transactions that may not be in it; None where what is around them fails."""
    payload = Payload(
        environment=environment,
        transactions=content.decoded(),
        withdrawals=content.withdrawals or (),
        ommers=tuple(OmmerMiner(ommer.coinbase, ommer.number) for ommer in content.ommers),
    )
    try:
        return execute_block(Evm(fork), payload, state, leave_out=lambda index, rejection: None)
    except Rejection:
        return None


def seal(
    fork: Fork, environment: Environment, content: BlockContent, result: EvmResult | None, state: FlatState
) -> Header:
    """The header that commits to the content and to its result; without one, to a block that changes nothing."""
    header = plain_header(
        fork,
        parent_hash=environment.parent_hash,
        ommers_hash=ommers_hash(content.ommers),
        coinbase=environment.coinbase,
        transactions_root=ordered_trie_root(content.transactions),
        difficulty=environment.difficulty,
        number=environment.number,
        gas_limit=environment.gas_limit,
        timestamp=environment.timestamp,
        prev_randao=environment.prev_randao,
        base_fee_per_gas=environment.base_fee_per_gas,
        withdrawals_root=withdrawals_root(content.withdrawals or ()),
        blob_gas_used=blob_gas_of(content.decoded()),
        excess_blob_gas=environment.excess_blob_gas,
        parent_beacon_block_root=environment.parent_beacon_block_root,
        slot_number=environment.slot_number,
        **results(fork, result, state),
    )
    if content.access_list is None or header.block_access_list_hash is None:
        return header
    return replace(header, block_access_list_hash=keccak256(content.access_list))


def results(fork: Fork, result: EvmResult | None, state: FlatState) -> dict[str, bytes | int]:
    """What a header says of a result, or, where there is none, of nothing done to the state."""
    if result is None:
        return {"state_root": state.root()}
    computed = commitments_of(result, has_header_field(fork, "requests_hash"))
    said: dict[str, bytes | int] = {
        "state_root": result.state().root(),
        "receipts_root": computed.receipts_root,
        "bloom": computed.logs_bloom,
        "gas_used": result.totals.gas_used,
    }
    if computed.requests_hash is not None:
        said["requests_hash"] = computed.requests_hash
    if fork.has_access_list:
        said["block_access_list_hash"] = hash_encoded_access_list(encoded_access_list_of(result))
    return said


def blob_gas_of(transactions: Sequence[Transaction]) -> int:
    """The blob gas of transactions, whether they may be in a block or not: what a header says is counted first."""
    blobs = sum(len(each.blob_versioned_hashes) for each in transactions if isinstance(each, BlobTransaction))
    return blobs * GAS_PER_BLOB
