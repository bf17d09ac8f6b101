"""What an engine is given of the toy machine: pre-state and blocks as maps of strings, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts
from samestate.conformance.vectors.record import parse_value, write_value
from samestate.conformance.vectors.toy.keys import CODEC
from samestate.conformance.vectors.toy.operations import read_operation, write_operation
from samestate.conformance.vectors.toy.signatures import (
    ML_DSA,
    SCHEME_NAMES,
    SCHEMES,
    read_registration,
    read_signature,
    write_registration,
    write_signature,
)
from samestate.spec.access import OPEN, step_name
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import BALANCE, NONCE, SLOT
from samestate.spec.toy.signed.registry import REGISTERED, RegisteredKey, from_registered
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import UINT64_MODULUS, check_number

NAME: Final = "toy"


FORK: Final = "toy"
SIGNED: Final = "signed"
"""The ruleset whose transactions are signed."""

FORKS: Final = (FORK, SIGNED)
CHAIN_ID: Final = "chain_id"
"""The one parameter of the ruleset `signed`."""


def read_case(case: Case) -> tuple[ToyState, tuple[Block, ...]]:
    """The pre-state and the blocks of a case. Raises ValueError where a number does not fit."""
    chain_id = chain_of(case)
    return read_state(case.pre), tuple(read_block(block, chain_id) for block in case.blocks)


def chain_of(case: Case) -> int | None:
    """The chain of a case under the ruleset `signed`. Raises ValueError where the number does not fit."""
    if case.fork != SIGNED:
        return None
    chain_id = int(case.params[CHAIN_ID])
    check_number(CHAIN_ID, chain_id, UINT64_MODULUS)
    return chain_id


def fork_of(block: Block) -> str:
    """The ruleset of a block."""
    return FORK if block.chain_id is None else SIGNED


def params_of(block: Block) -> dict[str, str]:
    """The parameters of a block's ruleset."""
    return {} if block.chain_id is None else {CHAIN_ID: str(block.chain_id)}


# The pre-state


def read_state(pre: Object) -> ToyState:
    """A pre-state. Raises ValueError where a number does not fit."""
    accounts, slots = member(pre, "accounts"), member(pre, "slots")
    return toy_state(
        balances={unhexed(address): int(text(account, "balance"), 16) for address, account in accounts.items()},
        nonces={unhexed(address): int(text(account, "nonce"), 16) for address, account in accounts.items()},
        slots={int(slot, 16): int(str(value), 16) for slot, value in slots.items()},
        registered={
            (unhexed(address), int(number)): RegisteredKey(
                SCHEMES[text(entry, "scheme")], unhexed(text(entry, "public_key"))
            )
            for address in accounts
            for number, entry in keys_of(member(accounts, address)).items()
        },
    )


def write_state(state: ToyState) -> Object:
    """The pre-state that :func:`read_state` reads."""
    numbers: dict[tuple[bytes, bytes], int] = {}
    keys: dict[bytes, Object] = {}
    for key, value in sorted(state.values.items()):
        entry = from_registered(value) if key[:1] == REGISTERED else None
        if entry is None:
            numbers[key[:1], key[1:]] = int.from_bytes(value, "big")
        else:
            written: Object = {"scheme": SCHEME_NAMES[entry.scheme], "public_key": hexed(entry.public_key)}
            keys.setdefault(key[1:-1], {})[str(key[-1])] = written
    addresses = sorted({rest for part, rest in numbers if part != SLOT} | keys.keys())
    return {
        "accounts": {
            hexed(address): {
                "nonce": hex(numbers.get((NONCE, address), 0)),
                "balance": hex(numbers.get((BALANCE, address), 0)),
                **({"keys": keys[address]} if address in keys else {}),
            }
            for address in addresses
        },
        "slots": {
            hex(int.from_bytes(rest, "big")): hex(number)
            for (part, rest), number in sorted(numbers.items())
            if part == SLOT
        },
    }


def keys_of(account: Object) -> Object:
    """The registered keys of an account, by number; none where it has none."""
    return member(account, "keys") if "keys" in account else {}


def state_values(state: Object) -> dict[str, str]:
    """The values of a state, as under ``pre``, by key as a record writes them."""
    return {CODEC.key(key): write_value(value) for key, value in read_state(state).values.items()}


# The block


def read_block(block: Object, chain_id: int | None = None) -> Block:
    """A block, under the ruleset `signed` where it is of a chain. Raises ValueError where a number does not fit."""
    env = member(block, "env")
    return Block(
        coinbase=unhexed(text(env, "coinbase")),
        gas_limit=int(text(env, "gas_limit")),
        transactions=tuple(read_transaction(entry) for entry in members(block, "txs")),
        withdrawals=tuple(
            Withdrawal(unhexed(text(entry, "address")), int(text(entry, "amount")))
            for entry in members(block, "withdrawals")
        ),
        access_list=read_access_list(members(block, "access_list")) if "access_list" in block else None,
        opening=tuple(
            (int(slot, 16), int(str(value), 16))
            for slot, value in (member(block, "opening") if "opening" in block else {}).items()
        ),
        chain_id=chain_id,
    )


def write_block(block: Block) -> Object:
    """A block as a vector has it, without what is expected."""
    opening: Object = {hex(slot): hex(value) for slot, value in sorted(block.opening)}
    written: Object = {
        "env": {"coinbase": hexed(block.coinbase), "gas_limit": str(block.gas_limit)},
        **({"opening": opening} if opening else {}),
        "txs": [write_transaction(transaction) for transaction in block.transactions],
        "withdrawals": [
            {"address": hexed(withdrawal.address), "amount": str(withdrawal.amount)} for withdrawal in block.withdrawals
        ],
    }
    if block.access_list is not None:
        written["access_list"] = write_access_list(block.access_list, len(block.transactions))
    return written


def read_transaction(entry: Object) -> Transaction:
    """A transaction. Raises ValueError where a number does not fit."""
    declared = None
    if "declared" in entry:
        said = member(entry, "declared")
        declared = Declaration(
            reads=tuple(int(slot, 16) for slot in texts(said, "reads")),
            writes=tuple(int(slot, 16) for slot in texts(said, "writes")),
        )
    return Transaction(
        sender=unhexed(text(entry, "sender")),
        nonce=int(text(entry, "nonce")),
        gas_limit=int(text(entry, "gas_limit")),
        gas_price=int(text(entry, "gas_price")),
        operations=tuple(read_operation(operation) for operation in texts(entry, "operations")),
        declared=declared,
        signature=read_signature(member(entry, "signature")) if "signature" in entry else None,
        registration=read_registration(member(entry, "registration")) if "registration" in entry else None,
    )


def write_transaction(transaction: Transaction) -> Object:
    """A transaction as a vector has it."""
    written: Object = {
        "sender": hexed(transaction.sender),
        "nonce": str(transaction.nonce),
        "gas_limit": str(transaction.gas_limit),
        "gas_price": str(transaction.gas_price),
        "operations": [write_operation(operation) for operation in transaction.operations],
    }
    if transaction.declared is not None:
        written["declared"] = {
            "reads": [hex(slot) for slot in transaction.declared.reads],
            "writes": [hex(slot) for slot in transaction.declared.writes],
        }
    if transaction.registration is not None:
        written["registration"] = write_registration(transaction.registration)
    if transaction.signature is not None:
        written["signature"] = write_signature(transaction.signature)
    return written


# Access lists


def read_access_list(entries: Sequence[Object]) -> AccessList:
    """The access list of a block: entries by position, keys in order. Raises ValueError for what is no key."""
    return tuple(
        Entry(
            reads=tuple(sorted(CODEC.parse_key(key) for key in texts(entry, "reads"))),
            changes=tuple(
                sorted(
                    (CODEC.parse_key(key), parse_value(str(value))) for key, value in member(entry, "changes").items()
                )
            ),
        )
        for entry in entries
    )


def write_access_list(access_list: AccessList, transactions: int) -> list[Json]:
    """An access list as a vector has it, for a block of so many transactions."""
    return [
        {
            "step": step_name(step, transactions),
            "reads": [CODEC.key(key) for key in entry.reads],
            "changes": {CODEC.key(key): write_value(value) for key, value in entry.changes},
        }
        for step, entry in enumerate(access_list, OPEN)
    ]


# What a vector says of itself


def needed_selectors(pre: Object, blocks: Sequence[Object], expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the machine itself."""
    needed = {
        "ml-dsa": any(scheme in ML_DSA for scheme in schemes_of(pre, blocks)),
        "multiple-blocks": len(blocks) > 1,
        "opening": any("opening" in block for block in blocks),
        "proposed-access-list": any("access_list" in block for block in blocks),
        "rejections": any(text(expect, "status") != VALID for expect in expected),
        "withdrawals": any(members(block, "withdrawals") for block in blocks),
    }
    return sorted(name for name, is_needed in needed.items() if is_needed)


def schemes_of(pre: Object, blocks: Sequence[Object]) -> set[str]:
    """The names of the signature schemes that a case names anywhere."""
    accounts = member(pre, "accounts")
    keys = [keys_of(member(accounts, address)) for address in accounts]
    entries = [member(each, number) for each in keys for number in each]
    for block in blocks:
        for transaction in members(block, "txs"):
            entries += [member(transaction, name) for name in ("signature", "registration") if name in transaction]
    return {text(entry, "scheme") for entry in entries}
