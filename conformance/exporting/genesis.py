"""The genesis that a block may follow: the inverse of the rules by which a header sets fields of the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.spec.evm.block import HEADER_FIELDS, Header, empty_ommers_hash
from samestate.spec.evm.block_access_list import hash_access_list
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.header_rules import GAS_LIMIT_MAXIMUM, GAS_LIMIT_MINIMUM
from samestate.spec.evm.requests import requests_hash
from samestate.spec.state.patricia import ordered_trie_root

LARGEST_FEE: Final = 2**64 - 1
"""What clients take a base fee to be at most, in wei."""
NO_PARENT: Final = "no genesis comes before such a block"


def plain_header(fork: Fork, **fields: Any) -> Header:
    """The header of a block in which nothing happens, with these fields."""
    nothing = ordered_trie_root([])
    values: dict[str, Any] = {
        "parent_hash": ZERO_HASH,
        "ommers_hash": empty_ommers_hash(),
        "coinbase": bytes(20),
        "state_root": ZERO_HASH,
        "transactions_root": nothing,
        "receipts_root": nothing,
        "bloom": bytes(256),
        "difficulty": 0,
        "number": 0,
        "gas_limit": GAS_LIMIT_MINIMUM,
        "gas_used": 0,
        "timestamp": 0,
        "extra_data": b"",
        "prev_randao": ZERO_HASH,
        "nonce": bytes(8),
        "base_fee_per_gas": 0,
        "withdrawals_root": nothing,
        "blob_gas_used": 0,
        "excess_blob_gas": 0,
        "parent_beacon_block_root": ZERO_HASH,
        "requests_hash": requests_hash(()),
        "block_access_list_hash": hash_access_list(()),
        "slot_number": 0,
    }
    names = [name for name, _ in HEADER_FIELDS[: fork.header_fields]]
    values |= {name: value for name, value in fields.items() if name in names}
    return Header(**{name: values[name] for name in names})


def genesis_before(fork: Fork, first: Environment, timestamp: int, state_root: bytes, generations: int) -> Header:
    """A genesis on which a block of that environment may stand, after so many generations, all but it empty.

    Raises Inexpressible where none sets the block's gas limit, base fee and blob gas.
    """
    if not GAS_LIMIT_MINIMUM <= first.gas_limit <= GAS_LIMIT_MAXIMUM:
        raise Inexpressible("a gas limit that no header may have", str(first.gas_limit))
    header = plain_header(
        fork,
        state_root=state_root,
        gas_limit=first.gas_limit,
        timestamp=timestamp,
        difficulty=first.difficulty,
        base_fee_per_gas=first.base_fee_per_gas,
        excess_blob_gas=first.excess_blob_gas,
    )
    for generation in range(1, generations + 1):
        header = _with_base_fee(fork, header)
        header = _with_excess_blob_gas(fork, header, is_genesis=generation == generations)
    return header


def _with_base_fee(fork: Fork, child: Header) -> Header:
    """As the child, but with the base fee of a parent without transactions.

    Where that no longer fits, after many of them, it stays the child's: the blocks then have less than they should.
    """
    fee = child.base_fee_per_gas
    if fee is None:
        return child
    guess = fee * 8 // 7
    if fee <= LARGEST_FEE < guess:
        return child
    for candidate in range(max(guess - 2, 0), guess + 10):
        parent = replace(child, base_fee_per_gas=candidate)
        if fork.next_base_fee(parent) == fee:
            return parent
    raise Inexpressible(NO_PARENT, f"base fee {fee}")


def _with_excess_blob_gas(fork: Fork, parent: Header, is_genesis: bool) -> Header:
    """The parent with the excess blob gas that sets the one which it has now. A genesis may say that it used some."""
    excess, schedule = parent.excess_blob_gas, fork.blob_schedule
    if excess is None or schedule is None:
        return parent
    for used in range(0, schedule.maximum_gas + 1 if is_genesis else 1, GAS_PER_BLOB):
        # less the target (EIP-4844), or by the share of the room above it (EIP-7918)
        share = used * (schedule.maximum - schedule.target) // schedule.maximum
        for candidate in (excess - share, excess + schedule.target_gas - used):
            trial = replace(parent, excess_blob_gas=max(candidate, 0), blob_gas_used=used)
            if fork.next_excess_blob_gas(fork, trial) == excess:
                return trial
    raise Inexpressible(NO_PARENT, f"excess blob gas {excess}")
