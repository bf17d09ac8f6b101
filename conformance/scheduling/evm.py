"""A mempool of the EVM: what its transactions pay, reserve and declare, under a fork's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.scheduling.building import Entries, ExecutedBlock
from samestate.conformance.scheduling.pending import BlockLimits, Pending
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.evm.case import encoded_transactions
from samestate.conformance.vectors.model import Case
from samestate.spec.evm.address import created_address
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import TRANSACTION_GAS_LIMIT
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, nonce_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import recover_authority
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import SetCodeTransaction, Transaction, decode_transaction
from samestate.spec.evm.validity import blob_gas, check_alone, effective_gas_price
from samestate.spec.machine import Key, Rejection
from samestate.spec.transition import execute_block

GAS: Final = "gas"
EXECUTION_GAS: Final = "execution gas"
STATE_GAS: Final = "state gas"
BLOB_GAS: Final = "blob gas"
BYTES: Final = "bytes"
HEADER_BYTES: Final = 2048
"""Kept free of a block that may have so many bytes: its header, and the lengths around its lists."""

REPLACED: Final = "another of the same sender and nonce pays more"
GAP: Final = "its nonce is not the sender's next"


@dataclass(slots=True)
class EvmMempool:
    """The transactions of a case's one block as a mempool. Implements :class:`.building.Mempool`."""

    given: Case
    fork: Fork
    state: FlatState
    payload: Payload
    encoded: Sequence[bytes]
    limits: BlockLimits
    transactions: dict[int, Transaction] = field(default_factory=dict)
    candidates: list[Pending] = field(default_factory=list)
    hopeless: dict[int, str] = field(default_factory=dict)
    fee_unit: str = "wei"
    names: Sequence[str] = (GAS,)

    @property
    def dimension(self) -> str:
        """The dimension that stands for time."""
        return next(iter(self.limits.block))

    def execute(self, entries: Entries) -> ExecutedBlock:
        """Execute the block on the specification, leaving out what is rejected."""
        order = [index for entry in entries for index in entry]
        rejected: dict[int, str] = {}

        def leave_out(place: int, rejection: Rejection) -> None:
            rejected[order[place]] = rejection.code.name

        payload = replace(self.payload, transactions=tuple(self.transactions[index] for index in order))
        result = execute_block(Evm(self.fork), payload, self.state, leave_out)
        used: dict[int, dict[str, int]] = {}
        earned: dict[int, int] = {}
        kept = (index for index in order if index not in rejected)
        for index, outcome in zip(kept, result.outcomes, strict=True):
            used[index] = {
                GAS: outcome.gas_used,
                EXECUTION_GAS: outcome.execution_gas,
                STATE_GAS: outcome.state_gas,
                BLOB_GAS: outcome.blob_gas_used,
                BYTES: len(self.encoded[index]),
            }
            earned[index] = outcome.gas_used * (outcome.effective_gas_price - self.payload.environment.base_fee_per_gas)
        return ExecutedBlock(used, earned, rejected)

    def case(self, name: str, entries: Entries) -> Case:
        """The block as a case: the one that was given, with these transactions."""
        block = dict(self.given.blocks[0])
        block.pop("block_access_list", None)
        block["env"] = evm.write_environment(self.fork, self.payload.environment)
        block["txs"] = [evm.write_transaction(self.encoded[index]) for entry in entries for index in entry]
        return replace(self.given, id=f"{evm.NAME}/scheduled/{name}", blocks=(block,), selectors=frozenset())


def read_mempool(case: Case, given: Mapping[str, int]) -> EvmMempool:
    """The mempool that the one block of a case is, under its fork's limits but for those that are ``given``."""
    fork, state, block = evm.fork_of(case), evm.state_of(case), case.blocks[0]
    payload = evm.read_payload(case, {name: part for name, part in block.items() if name != "block_access_list"}, ())
    if gas := given.get(GAS):
        payload = replace(payload, environment=replace(payload.environment, gas_limit=gas))
    encoded = encoded_transactions(block)
    limits = fork_limits(fork, payload.environment.gas_limit)
    limits |= {name: limit for name, limit in given.items() if name in limits and name != GAS}
    pool = EvmMempool(case, fork, state, payload, encoded, BlockLimits(limits))
    senders: dict[bytes, dict[int, int]] = {}
    for index, raw in enumerate(encoded):
        try:
            transaction = pool.transactions[index] = decode_transaction(raw)
            sender = check_alone(fork, payload.environment, transaction)
        except Rejection as rejection:
            pool.candidates.append(Pending(keccak256(raw), 0, {}))
            pool.hopeless[index] = rejection.code.name
            continue
        pool.candidates.append(candidate_of(pool, raw, transaction, sender))
        rival = senders.setdefault(sender, {}).setdefault(transaction.nonce, index)
        if rival != index:
            better, worse = sorted((index, rival), key=lambda i: (-pool.candidates[i].fee, pool.candidates[i].name))
            senders[sender][transaction.nonce] = better
            pool.hopeless[worse] = REPLACED
    for sender, by_nonce in senders.items():
        line_up(pool, sender, by_nonce)
    return pool


def fork_limits(fork: Fork, gas_limit: int) -> dict[str, int]:
    """What a block of a fork has room for."""
    gas = {EXECUTION_GAS: gas_limit, STATE_GAS: gas_limit} if counts_state_gas(fork) else {GAS: gas_limit}
    blobs = {} if fork.blob_schedule is None else {BLOB_GAS: fork.blob_schedule.maximum_gas}
    size = {} if fork.block_size_limit is None else {BYTES: fork.block_size_limit - HEADER_BYTES}
    return {**gas, **blobs, **size}


def candidate_of(pool: EvmMempool, raw: bytes, transaction: Transaction, sender: bytes) -> Pending:
    """What is known of a transaction before it is executed."""
    environment = pool.payload.environment
    tip = effective_gas_price(environment, transaction) - environment.base_fee_per_gas
    if counts_state_gas(pool.fork):
        execution = min(TRANSACTION_GAS_LIMIT, transaction.gas_limit)
        gas = {EXECUTION_GAS: execution, STATE_GAS: transaction.gas_limit}
    else:
        gas = {GAS: transaction.gas_limit}
    reads, writes = declared(pool, transaction, sender)
    return Pending(
        name=keccak256(raw),
        fee=tip * transaction.gas_limit,
        use={**gas, BLOB_GAS: blob_gas(transaction), BYTES: len(raw)},
        reads=reads,
        writes=writes,
    )


def declared(pool: EvmMempool, transaction: Transaction, sender: bytes) -> tuple[frozenset[Key], frozenset[Key]]:
    """The keys that a transaction names: its sender, whom it pays, its access list (EIP-2930), its authorities.

    An access list does not say what is written, so all of it may be. A contract that is called without one may do
    anything to its storage: then its code stands for that.
    """
    to = transaction.to if transaction.to is not None else created_address(sender, transaction.nonce)
    slots = {slot_key(address, slot) for address, numbers in transaction.access_list for slot in numbers}
    writes = {nonce_key(sender), balance_key(sender), *slots}
    reads = {code_key(to)}
    if transaction.value or transaction.to is None:
        writes.add(balance_key(to))
    if transaction.to is None or (pool.state.get(code_key(to)) and not transaction.access_list):
        writes.add(code_key(to))
    if isinstance(transaction, SetCodeTransaction):
        for authorization in transaction.authorizations:
            authority = recover_authority(authorization)
            if authority is not None:
                writes |= {nonce_key(authority), code_key(authority)}
    return frozenset(reads - writes), frozenset(writes)


def line_up(pool: EvmMempool, sender: bytes, by_nonce: Mapping[int, int]) -> None:
    """Put the transactions of a sender one after another; those behind a gap may not be in the block."""
    stored = pool.state.get(nonce_key(sender))
    nonce = int.from_bytes(stored or b"", "big")
    before = None
    for number, index in sorted(by_nonce.items()):
        if number != nonce:
            pool.hopeless[index] = GAP
            continue
        pool.candidates[index] = replace(pool.candidates[index], after=before)
        before, nonce = index, nonce + 1
