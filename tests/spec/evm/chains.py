"""Small valid chains: a genesis with a rich account, and blocks made of what their own execution gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from samestate.spec.evm.block import (
    Block,
    Header,
    Withdrawal,
    empty_ommers_hash,
    encode_block,
    ommers_hash,
    transactions_root,
    withdrawals_root,
)
from samestate.spec.evm.block_access_list import encode_access_list, hash_access_list
from samestate.spec.evm.chain import Chain, EvmResult, Link, access_list_of, to_payload
from samestate.spec.evm.environment import ZERO_HASH
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.header_rules import next_difficulty
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.receipt import logs_bloom, receipts_root
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.evm.system_calls import BUILDER_DEPOSITS, BUILDER_EXITS, CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS
from samestate.spec.evm.transaction import LegacyTransaction, Transaction
from samestate.spec.transition import execute_block

CHAIN_ID = 1
ETHER = 10**18
KEY = b"\x07" * 32
RICH = address_of(KEY)
SHOP = b"\x5a" * 20
MINER = b"\x1f" * 20
GENESIS_TIME = 1_700_000_000
GAS_LIMIT = 30_000_000
STOP = b"\x00"

OPTIONAL_FIELDS: dict[str, Any] = {
    "base_fee_per_gas": 10**9,
    "withdrawals_root": withdrawals_root(()),
    "blob_gas_used": 0,
    "excess_blob_gas": 0,
    "parent_beacon_block_root": ZERO_HASH,
    "requests_hash": requests_hash(()),
    "block_access_list_hash": hash_access_list(()),
    "slot_number": 7,
}
"""The fields after the fifteenth, in their order, as a genesis has them."""

SYSTEM = {
    contract: Account(code=STOP)
    for contract in (WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS, BUILDER_DEPOSITS, BUILDER_EXITS)
}
"""System contracts whose absence would make every block invalid, since Prague or Amsterdam. They ask for nothing."""


def is_proof_of_work(fork: Fork) -> bool:
    return fork.block_reward > 0


def has(fork: Fork, name: str) -> bool:
    """Whether headers of the fork have this field."""
    return 15 + list(OPTIONAL_FIELDS).index(name) < fork.header_fields


def genesis_header(fork: Fork, state_root: bytes = ZERO_HASH, **changes: Any) -> Header:
    """The header of a genesis under the fork."""
    header = Header(
        parent_hash=ZERO_HASH,
        ommers_hash=empty_ommers_hash(),
        coinbase=bytes(20),
        state_root=state_root,
        transactions_root=transactions_root(()),
        receipts_root=receipts_root(()),
        bloom=bytes(256),
        difficulty=2**20 if is_proof_of_work(fork) else 0,
        number=0,
        gas_limit=GAS_LIMIT,
        gas_used=0,
        timestamp=GENESIS_TIME,
        extra_data=b"",
        prev_randao=ZERO_HASH,
        nonce=bytes(8),
        **{name: value for name, value in OPTIONAL_FIELDS.items() if has(fork, name)},
    )
    return replace(header, **changes)


def transfer(nonce: int = 0, **changes: Any) -> LegacyTransaction:
    """One wei from the rich account to the shop, signed."""
    fields: dict[str, Any] = {
        "nonce": nonce,
        "gas_price": 2 * 10**9,
        "gas_limit": 21_000,
        "to": SHOP,
        "value": 1,
        "data": b"",
    }
    signed = sign(LegacyTransaction(**{**fields, **changes}), KEY, CHAIN_ID)
    assert isinstance(signed, LegacyTransaction)
    return signed


@dataclass(frozen=True)
class Built:
    """A block, and what its execution gave."""

    block: Block
    result: EvmResult

    @property
    def encoded(self) -> bytes:
        return encode_block(self.block)

    @property
    def access_list(self) -> bytes:
        return encode_access_list(access_list_of(self.result))

    def with_header(self, **changes: Any) -> bytes:
        """The block with another header, which nothing else follows."""
        return encode_block(replace(self.block, header=replace(self.block.header, **changes)))


class SmallChain:
    """A chain that has one fork from its genesis on."""

    def __init__(self, fork: Fork, accounts: dict[bytes, Account] | None = None, **genesis: Any) -> None:
        self.fork = fork
        state = FlatState(
            {RICH: Account(balance=10**6 * ETHER), SHOP: Account(nonce=1), **SYSTEM, **(accounts or {})}, {}
        )
        self.genesis = Block(
            genesis_header(fork, state.root(), **genesis),
            (),
            withdrawals=() if has(fork, "withdrawals_root") else None,
        )
        self.chain = Chain(CHAIN_ID, lambda difficulty, number, timestamp: fork, self.genesis, state)

    @property
    def head(self) -> Link:
        return self.chain.links[self.chain.head]

    def next(
        self,
        transactions: Sequence[Transaction] = (),
        parent: Link | None = None,
        ommers: Sequence[Header] = (),
        withdrawals: Sequence[Withdrawal] = (),
        **changes: Any,
    ) -> Built:
        """A valid block on the head, or on ``parent``. ``changes`` are fields of the header that execution may see."""
        fork = self.fork
        parent = parent or self.head
        before = parent.block.header
        time = changes.get("timestamp", before.timestamp + 12)
        optional = {
            **OPTIONAL_FIELDS,
            "base_fee_per_gas": fork.next_base_fee(before),
            "withdrawals_root": withdrawals_root(withdrawals),
            "excess_blob_gas": fork.next_excess_blob_gas(fork, before),
            "blob_gas_used": 131072 * sum(len(getattr(tx, "blob_versioned_hashes", ())) for tx in transactions),
        }
        header = Header(
            parent_hash=before.hash(),
            ommers_hash=ommers_hash(ommers),
            coinbase=MINER,
            state_root=ZERO_HASH,
            transactions_root=transactions_root(transactions),
            receipts_root=ZERO_HASH,
            bloom=bytes(256),
            difficulty=next_difficulty(fork, before, time) if is_proof_of_work(fork) else 0,
            number=before.number + 1,
            gas_limit=before.gas_limit,
            gas_used=0,
            timestamp=time,
            extra_data=b"",
            prev_randao=ZERO_HASH,
            nonce=bytes(8),
            **{name: value for name, value in optional.items() if has(fork, name)},
        )
        header = replace(header, **changes)
        body = tuple(withdrawals) if has(fork, "withdrawals_root") else None
        block = Block(header, tuple(transactions), tuple(ommers), body)
        hashes = {link.block.header.number: digest for digest, link in self.chain.ancestors(header.parent_hash)}
        result = execute_block(Evm(fork), to_payload(block, CHAIN_ID, hashes), parent.state)
        given: dict[str, Any] = {
            "state_root": result.state().root(),
            "receipts_root": receipts_root(result.receipts),
            "bloom": logs_bloom(log for receipt in result.receipts for log in receipt.logs),
            "gas_used": result.totals.gas_used,
        }
        if has(fork, "requests_hash"):
            given["requests_hash"] = requests_hash(result.closing.requests)
        if has(fork, "block_access_list_hash"):
            given["block_access_list_hash"] = hash_access_list(access_list_of(result))
        return Built(replace(block, header=replace(header, **given)), result)

    def add(self, built: Built) -> Link:
        """Accept the block."""
        return self.chain.add(built.encoded, built.access_list if self.fork.has_access_list else None)
