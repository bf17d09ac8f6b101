"""Vectors of the EVM: state, blocks and results as maps of strings, and back.

Numbers are decimal, except those in state, which are hex as all bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts
from samestate.conformance.vectors.record import (
    integer,
    write_critical_paths,
    write_dependencies,
    write_steps,
    write_value,
)
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.block_access_list import decode_access_list, encode_access_list, hash_access_list
from samestate.spec.evm.chain import EvmResult, access_list_of
from samestate.spec.evm.environment import ZERO_HASH, Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import CANCUN, LONDON, PARIS, PRAGUE, SHANGHAI
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import CODE, SLOT, empty_account_key, parse, storage_owner
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import OmmerMiner, Payload
from samestate.spec.evm.receipt import Receipt, logs_bloom, receipts_root
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.requests import requests_hash
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import Transaction, decode_transaction
from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.transition import apply_block

NAME: Final = "evm"

_WORDS: Final = {"empty account": "empty", "balance": "balance", "nonce": "nonce", "code": "code", "slot": "slot"}
_FIRST_BYTES: Final = {word: bytes([number]) for number, word in enumerate(_WORDS.values())}


class EvmKeyText:
    """``balance 0x…``, ``nonce 0x…``, ``code 0x…``, ``slot 0x… 0x…``, ``empty 0x…``. Code is written as its hash."""

    def key(self, key: Key) -> str:
        """A key as text."""
        parsed = parse(key)
        words = [_WORDS[parsed.part], f"0x{parsed.address.hex()}"]
        return " ".join(words if parsed.slot is None else [*words, hex(parsed.slot)])

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""
        word, _, rest = text.partition(" ")
        address, _, slot = rest.partition(" ")
        if word not in _FIRST_BYTES or (word == "slot") != bool(slot):
            raise ValueError(f"{text!r} is no key")
        key = _FIRST_BYTES[word] + bytes.fromhex(address[2:])
        if slot:
            key += int(slot, 16).to_bytes(32, "big")
        if self.key(key) != text:
            raise ValueError(f"{text!r} is not how the key is written: must be {self.key(key)!r}")
        return key

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """By account, then as the parts come in its life."""
        return key[1:21], key[0], key[21:]

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text."""
        if key[0] == CODE and value is not None:
            return write_value(keccak256(value))
        return write_value(value)

    def owner(self, key: Key) -> bytes | None:
        """The address in a slot's key."""
        return storage_owner(key) if key[0] == SLOT else None


CODEC: Final = EvmKeyText()


def fork_of(case: Case) -> Fork:
    """The fork that rules the case. Raises InputError where this specification has none of that name."""
    fork = BY_NAME.get(case.fork)
    if fork is None:
        raise InputError(f"{case.id}: machine.fork: no fork is called {case.fork!r}; known are {', '.join(BY_NAME)}")
    return fork


# The environment


ENVIRONMENT_SINCE: Final = {
    "base_fee_per_gas": LONDON,
    "prev_randao": PARIS,
    "excess_blob_gas": CANCUN,
    "parent_beacon_block_root": CANCUN,
}
"""Fields of ``env`` that a block has from a fork on; ``difficulty`` it has until ``prev_randao`` takes its place."""


def has(fork: Fork, since: Fork) -> bool:
    """Whether ``fork`` is ``since`` or a later one, be it as its page has it or as a chain changes it."""
    names = [known.name for known in BY_NAME.values()]
    # a name that no page has is that of a later change of the blob schedule, as BPO3
    return fork.name not in names or names.index(fork.name) >= names.index(since.name)


def environment_fields(fork: Fork) -> dict[str, bool]:
    """The fields of ``env`` that come and go with forks, and whether a block of ``fork`` has them."""
    fields = {name: has(fork, since) for name, since in ENVIRONMENT_SINCE.items()}
    return {**fields, "difficulty": not fields["prev_randao"]}


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
        "block_hashes": {
            str(number): hexed(environment.block_hashes[number]) for number in sorted(environment.block_hashes)
        },
    }
    return {name: value for name, value in written.items() if fields.get(name, True)}


def read_environment(case: Case, env: Object) -> Environment:
    """The environment that :func:`write_environment` wrote."""

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
        block_hashes={int(number): unhexed(str(digest)) for number, digest in member(env, "block_hashes").items()},
    )


# The block


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
        withdrawals=tuple(
            Withdrawal(
                index=int(text(entry, "index")),
                validator_index=int(text(entry, "validator_index")),
                address=unhexed(text(entry, "address")),
                amount=int(text(entry, "amount")),
            )
            for entry in members(block, "withdrawals")
        ),
        ommers=tuple(
            OmmerMiner(unhexed(text(entry, "address")), int(text(entry, "number")))
            for entry in members(block, "ommers")
        ),
        access_list=(
            decode_access_list(unhexed(text(block, "block_access_list"))) if "block_access_list" in block else None
        ),
    )


def read_transactions(block: Object) -> tuple[Transaction, ...]:
    """The transactions of a block. Raises Rejection where one is malformed."""
    transactions = []
    for index, entry in enumerate(members(block, "txs")):
        try:
            transactions.append(decode_transaction(unhexed(text(entry, "raw"))))
        except Rejection as rejection:
            rejection.transaction = index
            raise
    return tuple(transactions)


def write_transaction(raw: bytes) -> Object:
    """A transaction: its bytes, and its sender where there is one."""
    try:
        return {"raw": hexed(raw), "sender": hexed(recover_sender(decode_transaction(raw)))}
    except Rejection:
        return {"raw": hexed(raw)}


# The result


ApplyEvmBlock = Callable[[Evm, Payload, FlatState], EvmResult]
"""Whatever gives the result of a block. Raises Rejection where it is invalid."""


def execute(case: Case, apply: ApplyEvmBlock = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``, where ``apply`` executes the blocks."""
    fork, state = fork_of(case), state_of(case)
    results = []
    for block in case.blocks:
        result, state, _ = execute_block(case, fork, block, state, apply)
        results.append(result)
    return results


def execute_block(
    case: Case, fork: Fork, block: Object, state: FlatState, apply: ApplyEvmBlock = apply_block
) -> tuple[Object, FlatState, EvmResult | None]:
    """What comes out of a block: a map as under ``expect``, the state after it, and the whole result.

    A block that is rejected leaves the state as it was, and has no result.
    """
    try:
        result = apply(Evm(fork), read_payload(case, block, read_transactions(block)), state)
    except Rejection as rejection:
        return write_rejection(rejection), state, None
    after: FlatState = result.state()
    return write_result(fork, result, after.root()), after, result


def write_rejection(rejection: Rejection) -> Object:
    """What is expected of an invalid block: the code, and the transaction at fault where there is one."""
    written: Object = {"status": rejection.code.name}
    if rejection.transaction is not None:
        written["transaction"] = str(rejection.transaction)
    return written


def write_result(fork: Fork, result: EvmResult, state_root: bytes | None) -> Object:
    """What is expected of a valid block, but for the state root where it is not known."""
    gas_used = [outcome.gas_used for outcome in result.outcomes]
    logs = [log for receipt in result.receipts for log in receipt.logs]
    written: Object = {"status": VALID}
    if state_root is not None:
        written["state_root"] = hexed(state_root)
    written["receipts_root"] = hexed(receipts_root(result.receipts))
    written["gas_used"] = str(result.totals.gas_used)
    if fork.blob_schedule is not None:
        written["blob_gas_used"] = str(result.totals.blob_gas_used)
    written["logs_bloom"] = hexed(logs_bloom(logs))
    written["receipts"] = [
        write_receipt(receipt, used) for receipt, used in zip(result.receipts, gas_used, strict=True)
    ]
    written["access"] = write_steps(result.steps, CODEC)
    written["depends"] = write_dependencies(result.steps, CODEC)
    written.update(write_critical_paths(result.steps, gas_used))
    if has(fork, PRAGUE):
        written["requests"] = [hexed(request) for request in result.closing.requests]
        written["requests_hash"] = hexed(requests_hash(result.closing.requests))
    if fork.has_access_list:
        access_list = access_list_of(result)
        written["block_access_list"] = hexed(encode_access_list(access_list))
        written["block_access_list_hash"] = hexed(hash_access_list(access_list))
    return written


def write_receipt(receipt: Receipt, gas_used: int) -> Object:
    """A receipt, with the gas of its transaction alone too."""
    return {
        "type": str(receipt.type),
        "status": "success" if receipt.succeeded else "failure",
        "gas_used": str(gas_used),
        "cumulative_gas_used": str(receipt.cumulative_gas_used),
        "logs": [
            {
                "address": hexed(log.address),
                "topics": [hexed(topic) for topic in log.topics],
                "data": hexed(log.data),
            }
            for log in receipt.logs
        ],
    }


def expected_fields(fork: Fork) -> dict[str, bool]:
    """The fields of ``expect`` that come with forks, and whether a valid block of ``fork`` has them."""
    return {
        "blob_gas_used": fork.blob_schedule is not None,
        "requests": has(fork, PRAGUE),
        "requests_hash": has(fork, PRAGUE),
        "block_access_list": fork.has_access_list,
        "block_access_list_hash": fork.has_access_list,
    }


def block_fields(fork: Fork) -> dict[str, bool]:
    """The fields of a block that come and go with forks, and whether a block of ``fork`` may have them."""
    return {
        "withdrawals": has(fork, SHANGHAI),
        "ommers": not has(fork, PARIS),
        "block_access_list": fork.has_access_list,
    }


def state_of(case: Case) -> FlatState:
    """The pre-state."""
    return FlatState.from_alloc(case.pre)


def needed_selectors(fork: Fork, pre: Object, blocks: Sequence[Object], expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the fork itself."""
    state = FlatState.from_alloc(pre)
    transactions = [text(entry, "raw") for block in blocks for entry in members(block, "txs")]
    needed = {
        "access-list": fork.has_access_list,
        "blobs": any(raw.startswith("0x03") for raw in transactions),
        "empty-accounts": bool(state.empty_accounts),
        "multiple-blocks": len(blocks) > 1,
        "ommers": any(members(block, "ommers") for block in blocks),
        "orphan-storage": any(state.has_storage(address) for address in state.storage),
        "proposed-access-list": any("block_access_list" in block for block in blocks),
        "rejections": any(text(expect, "status") != VALID for expect in expected),
        "requests": any(texts(expect, "requests") for expect in expected),
        "rewards": fork.block_reward > 0,
        "system-calls": bool(fork.opening),
        "withdrawals": any(members(block, "withdrawals") for block in blocks),
    }
    return sorted(name for name, is_needed in needed.items() if is_needed)


def rejection_names() -> list[str]:
    """The rejection codes that a vector may expect."""
    return sorted(code.name for code in Invalid)


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


def account_of(key: str) -> str:
    """The account that a key is part of, for records that go no deeper."""
    return key.split(" ")[1]


def hexed(content: bytes) -> str:
    """Bytes as hex."""
    return f"0x{content.hex()}"


def unhexed(written: str) -> bytes:
    """What :func:`hexed` wrote."""
    return bytes.fromhex(written[2:])
