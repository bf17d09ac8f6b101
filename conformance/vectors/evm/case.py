"""What an engine is given of the EVM: pre-state, environment and blocks as maps of strings, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.features import has_header_field
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.fixtures.known_hashes import KnownHashes
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.evm.keys import CODEC
from samestate.conformance.vectors.hexadecimal import hexed, read_bytes, unhexed, write_bytes
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts
from samestate.conformance.vectors.record import integer, write_value
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.block_access_list import decode_access_list
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import PARIS, SHANGHAI
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import empty_account_key
from samestate.spec.evm.payload import OmmerMiner, Payload
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import Transaction, decode_transaction
from samestate.spec.machine import Rejection

NAME: Final = "evm"

BLOB_TYPE: Final = b"\x03"

OVERFLOWS: Final = {Invalid.BALANCE_OVERFLOW.name, Invalid.BLOB_BASE_FEE_OVERFLOW.name}
"""The rejections that take more wei than there is, or more blobs than there were: no chain gets there."""


def fork_of(case: Case) -> Fork:
    """The fork that rules the case. Raises InputError where this specification has none of that name."""
    fork = BY_NAME.get(case.fork)
    if fork is None:
        raise InputError(f"{case.id}: machine.fork: no fork is called {case.fork!r}; known are {', '.join(BY_NAME)}")
    return fork


# The pre-state


def state_of(case: Case) -> FlatState:
    """The pre-state."""
    return FlatState.from_alloc(case.pre)


def state_values(state: Object) -> dict[str, str]:
    """The values of a state, as under ``pre``, by key as a record writes them; what is zero is left out."""
    numbers: dict[str, str] = {}
    values: dict[str, str] = {}
    for address, account in state.items():
        numbers |= {f"balance {address}": text(account, "balance"), f"nonce {address}": text(account, "nonce")}
        numbers |= {f"slot {address} {slot}": str(value) for slot, value in member(account, "storage").items()}
        code = unhexed(text(account, "code"))
        if code:
            values[f"code {address}"] = hexed(keccak256(code))
    values |= {key: write_value(integer(int(value, 16))) for key, value in numbers.items() if int(value, 16)}
    whole = FlatState.from_alloc(state)
    for holder in (*whole.empty_accounts, *whole.storage):
        needless = whole.get(empty_account_key(holder))
        if needless is not None:
            values[CODEC.key(empty_account_key(holder))] = write_value(needless)
    return values


# The environment


OF_THE_HEADER: Final = ("base_fee_per_gas", "excess_blob_gas", "parent_beacon_block_root", "slot_number")
"""Fields of ``env`` that a block has where its header does."""


def has(fork: Fork, since: Fork) -> bool:
    """Whether ``fork`` is ``since`` or a later one, be it as its page has it or as a chain changes it."""
    names = [known.name for known in BY_NAME.values()]
    # a name that no page has is that of a later change of the blob schedule, as BPO3
    return fork.name not in names or names.index(fork.name) >= names.index(since.name)


def environment_fields(fork: Fork) -> dict[str, bool]:
    """The fields of ``env`` that come and go with forks, and whether a block of ``fork`` has them."""
    fields = {name: has_header_field(fork, name) for name in OF_THE_HEADER}
    is_merged = has(fork, PARIS)
    return {**fields, "prev_randao": is_merged, "difficulty": not is_merged}


def write_environment(fork: Fork, environment: Environment) -> Object:
    """The environment of a block; of the fields that come with forks only those that it has."""
    fields = environment_fields(fork)
    written: Object = {
        "number": str(environment.number),
        "timestamp": str(environment.timestamp),
        "coinbase": hexed(environment.coinbase),
        "gas_limit": str(environment.gas_limit),
        "base_fee_per_gas": str(environment.base_fee_per_gas),
        "difficulty": str(environment.difficulty),
        "prev_randao": hexed(environment.prev_randao),
        "excess_blob_gas": str(environment.excess_blob_gas),
        "parent_hash": hexed(environment.parent_hash),
        "parent_beacon_block_root": hexed(environment.parent_beacon_block_root),
        "slot_number": str(environment.slot_number),
        "block_hashes": {
            str(number): hexed(environment.block_hashes[number]) for number in sorted(environment.block_hashes)
        },
    }
    return {name: value for name, value in written.items() if fields.get(name, True)}


def read_environment(case: Case, env: Object) -> Environment:
    """The environment that :func:`write_environment` wrote. A block hash that it does not have is not known."""

    def number(name: str) -> int:
        return int(text(env, name)) if name in env else 0

    return Environment(
        chain_id=int(case.params["chain_id"]),
        number=number("number"),
        timestamp=number("timestamp"),
        coinbase=unhexed(text(env, "coinbase")),
        gas_limit=number("gas_limit"),
        base_fee_per_gas=number("base_fee_per_gas"),
        difficulty=number("difficulty"),
        prev_randao=unhexed(text(env, "prev_randao")) if "prev_randao" in env else ZERO_HASH,
        excess_blob_gas=number("excess_blob_gas"),
        parent_hash=unhexed(text(env, "parent_hash")),
        parent_beacon_block_root=(
            unhexed(text(env, "parent_beacon_block_root")) if "parent_beacon_block_root" in env else ZERO_HASH
        ),
        slot_number=number("slot_number"),
        block_hashes=KnownHashes(
            {int(number): unhexed(str(digest)) for number, digest in member(env, "block_hashes").items()}
        ),
    )


# The block


def block_fields(fork: Fork) -> dict[str, bool]:
    """The fields of a block that come and go with forks, and whether a block of ``fork`` may have them."""
    return {
        "withdrawals": has(fork, SHANGHAI),
        "ommers": not has(fork, PARIS),
        "block_access_list": fork.has_access_list,
    }


def write_withdrawal(withdrawal: Withdrawal) -> Object:
    """A withdrawal, its amount in gwei."""
    return {
        "index": str(withdrawal.index),
        "validator_index": str(withdrawal.validator_index),
        "address": hexed(withdrawal.address),
        "amount": str(withdrawal.amount),
    }


def read_payload(case: Case, block: Object, transactions: tuple[Transaction, ...]) -> Payload:
    """What executing a block takes. Raises Rejection where the access list that came with it is malformed."""
    return Payload(
        environment=read_environment(case, member(block, "env")),
        transactions=transactions,
        withdrawals=read_withdrawals(block),
        ommers=tuple(
            OmmerMiner(unhexed(text(entry, "address")), int(text(entry, "number")))
            for entry in members(block, "ommers")
        ),
        access_list=(
            decode_access_list(unhexed(text(block, "block_access_list"))) if "block_access_list" in block else None
        ),
    )


def read_withdrawals(block: Object) -> tuple[Withdrawal, ...]:
    """The withdrawals of a block."""
    return tuple(
        Withdrawal(
            index=int(text(entry, "index")),
            validator_index=int(text(entry, "validator_index")),
            address=unhexed(text(entry, "address")),
            amount=int(text(entry, "amount")),
        )
        for entry in members(block, "withdrawals")
    )


def encoded_transactions(block: Object) -> list[bytes]:
    """The bytes of a block's transactions."""
    return [read_bytes(entry["raw"]) for entry in members(block, "txs")]


def read_transactions(block: Object) -> tuple[Transaction, ...]:
    """The transactions of a block. Raises Rejection where one is malformed."""
    transactions = []
    for index, raw in enumerate(encoded_transactions(block)):
        try:
            transactions.append(decode_transaction(raw))
        except Rejection as rejection:
            rejection.transaction = index
            raise
    return tuple(transactions)


def write_transaction(raw: bytes) -> Object:
    """A transaction: its bytes, and its sender where there is one."""
    try:
        return {"raw": write_bytes(raw), "sender": hexed(recover_sender(decode_transaction(raw)))}
    except Rejection:
        return {"raw": write_bytes(raw)}


# What a vector says of itself


def needed_selectors(fork: Fork, pre: Object, blocks: Sequence[Object], expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the fork itself."""
    state = FlatState.from_alloc(pre)
    transactions = [raw for block in blocks for raw in encoded_transactions(block)]
    needed = {
        "access-list": fork.has_access_list,
        "blobs": any(raw.startswith(BLOB_TYPE) for raw in transactions),
        "empty-accounts": bool(state.empty_accounts),
        "multiple-blocks": len(blocks) > 1,
        "ommers": any(members(block, "ommers") for block in blocks),
        "orphan-storage": any(state.has_storage(address) for address in state.storage),
        "overflows": any(text(expect, "status") in OVERFLOWS for expect in expected),
        "proposed-access-list": any("block_access_list" in block for block in blocks),
        "rejections": any(text(expect, "status") != VALID for expect in expected),
        "requests": any(texts(expect, "requests") for expect in expected),
        "rewards": fork.block_reward > 0,
        "system-calls": bool(fork.opening),
        "withdrawals": any(members(block, "withdrawals") for block in blocks),
    }
    return sorted(name for name, is_needed in needed.items() if is_needed)


def write_account(account: Mapping[str, str | dict[str, str]]) -> Object:
    """An account as under ``pre``, its slots in order."""
    written: Object = {}
    for name, value in account.items():
        if isinstance(value, str):
            written[name] = value
        else:
            written[name] = {slot: value[slot] for slot in sorted(value, key=lambda slot: int(slot, 16))}
    return written
