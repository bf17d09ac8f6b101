"""Chains of random blocks, each on the state that the one before it left, from one fork into the next."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import without_rejected
from samestate.conformance.generating.evm_draft import EvmDraft
from samestate.conformance.generating.system_contracts import (
    REQUEST_SIZES,
    request_to,
    system_contracts,
)
from samestate.spec.evm.block import Header, empty_ommers_hash, transactions_root, withdrawals_root
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.receipt import logs_bloom, receipts_root
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.transaction import Transaction, encode_transaction
from samestate.spec.transition import apply_block

REQUEST_GAS = 1_200_000
"""Enough for what a request stores, new slots included."""


def generate_chain(forks: Sequence[Fork], seed: int, transactions: int = 8) -> list[GeneratedCase]:
    """A block under each of the forks, none of them from before Shanghai, with at most so many transactions each.

    Many of these ask for requests to the consensus layer, more than a block may take out, so that they queue. The
    contracts of the last fork are there from the beginning, as on a chain.
    """
    random = Random(f"{' '.join(fork.name for fork in forks)} {seed} {transactions}")
    draft = EvmDraft(random, forks[0], transactions, last=forks[-1])
    for address, code in system_contracts(forks[-1]).items():
        draft.account(address, nonce=1, code=code)
    asks = random.choice((0.0, 0.3, 0.9))
    cases: list[GeneratedCase] = []
    for index, fork in enumerate(forks):
        if cases:
            result = apply_block(Evm(cases[-1].fork), cases[-1].payload(), cases[-1].state())
            draft = draft.following(fork, header_of(cases[-1], result), result.state().to_alloc())
        made = [_transaction(draft, asks) for _ in range(transactions)]
        name = f"{fork.name}, block {index} of chain {seed}, {transactions} transactions"
        encoded = [encode_transaction(transaction) for transaction in made]
        cases.append(without_rejected(draft.case(name, encoded)))
    return cases


def _transaction(draft: EvmDraft, asks: float) -> Transaction:
    """One that asks for a request as often as that, else any."""
    random, maker, group = draft.random, draft.maker, draft.hot
    contracts = [address for address in system_contracts(draft.fork) if address in REQUEST_SIZES]
    if contracts and random.random() < asks:
        to = random.choice(contracts)
        value, data = request_to(random, to)
        return maker.plain(random.choice(group.senders), to, value, data, REQUEST_GAS)
    return maker.transaction(group)


def header_of(case: GeneratedCase, result: EvmResult) -> Header:
    """The header of a block that was executed."""
    fork, environment, parent = case.fork, case.environment, case.parent
    has_blobs = fork.blob_schedule is not None
    return Header(
        parent_hash=environment.parent_hash,
        ommers_hash=empty_ommers_hash(),
        coinbase=environment.coinbase,
        state_root=result.state().root(),
        transactions_root=transactions_root(case.payload().transactions),
        receipts_root=receipts_root(result.receipts),
        bloom=logs_bloom(log for receipt in result.receipts for log in receipt.logs),
        difficulty=environment.difficulty,
        number=environment.number,
        gas_limit=environment.gas_limit,
        gas_used=result.totals.gas_used,
        timestamp=environment.timestamp,
        extra_data=b"",
        prev_randao=environment.prev_randao,
        nonce=parent.nonce,
        base_fee_per_gas=environment.base_fee_per_gas,
        withdrawals_root=withdrawals_root(case.withdrawals),
        blob_gas_used=result.totals.blob_gas_used if has_blobs else None,
        excess_blob_gas=environment.excess_blob_gas if has_blobs else None,
        parent_beacon_block_root=environment.parent_beacon_block_root if has_blobs else None,
        requests_hash=requests_hash(result.closing.requests) if parent.requests_hash is not None else None,
        block_access_list_hash=hash_access_list(access_list_of(result)) if fork.has_access_list else None,
        slot_number=environment.slot_number if has_header_field(fork, "slot_number") else None,
    )
