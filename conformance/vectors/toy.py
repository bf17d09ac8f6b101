"""Vectors of the toy machine: state, blocks and results as maps of strings, and back.

Numbers are decimal in blocks and results, and hex in state and operations, as all words and bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts
from samestate.conformance.vectors.record import (
    parse_value,
    write_critical_paths,
    write_dependencies,
    write_steps,
    write_value,
)
from samestate.spec.access import OPEN, step_name
from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.block import Block, Declaration, Transaction, Withdrawal
from samestate.spec.toy.keys import BALANCE, NONCE, SLOT, check_address, slot_key
from samestate.spec.toy.machine import Outcome, Totals, Toy, ToyResult
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.receipt import Receipt, receipts_root
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.toy.word import WORD_MODULUS, check_number
from samestate.spec.transition import BlockResult, apply_block

NAME: Final = "toy"
FORK: Final = "toy"
ACCUMULATOR: Final = "accumulator"

ApplyToyBlock = Callable[[Toy, Block, ToyState], ToyResult]
"""Whatever gives the result of a block. Raises Rejection where it is invalid.

Roots are computed, unless it is a :class:`FinishedResult`.
"""


@dataclass(frozen=True, slots=True)
class FinishedResult(BlockResult[Outcome, Totals, Receipt, None]):
    """The result of an engine that has itself computed the roots."""

    state_root: bytes
    receipts_root: bytes


class ToyKeyText:
    """``balance 0x…``, ``nonce 0x…``, ``slot 0x…``. In the order of their bytes: balances, nonces, slots."""

    def key(self, key: Key) -> str:
        """A key as text."""
        part, rest = key[:1], key[1:]
        if part == SLOT:
            return f"slot {int.from_bytes(rest, 'big'):#x}"
        return f"{'balance' if part == BALANCE else 'nonce'} 0x{rest.hex()}"

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""
        word, _, rest = text.partition(" ")
        if word not in ("balance", "nonce", "slot"):
            raise ValueError(f"{text!r} is no key")
        if word == "slot":
            slot = int(rest, 16)
            check_number("slot", slot, WORD_MODULUS)
            key = slot_key(slot)
        else:
            address = bytes.fromhex(rest[2:])
            check_address(word, address)
            key = (BALANCE if word == "balance" else NONCE) + address
        if self.key(key) != text:
            raise ValueError(f"{text!r} is not how the key is written: must be {self.key(key)!r}")
        return key

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """By the bytes of the key."""
        return key, 0, b""

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text."""
        return write_value(value)

    def owner(self, key: Key) -> bytes | None:
        """No slot belongs to an address."""
        return None


CODEC: Final = ToyKeyText()


# The case


def read_case(case: Case) -> tuple[ToyState, tuple[Block, ...]]:
    """The pre-state and the blocks of a case. Raises ValueError where a number does not fit."""
    return read_state(case.pre), tuple(read_block(block) for block in case.blocks)


def read_state(pre: Object) -> ToyState:
    """A pre-state. Raises ValueError where a number does not fit."""
    accounts, slots = member(pre, "accounts"), member(pre, "slots")
    return toy_state(
        balances={unhexed(address): int(text(account, "balance"), 16) for address, account in accounts.items()},
        nonces={unhexed(address): int(text(account, "nonce"), 16) for address, account in accounts.items()},
        slots={int(slot, 16): int(str(value), 16) for slot, value in slots.items()},
    )


def write_state(state: ToyState) -> Object:
    """The pre-state that :func:`read_state` reads."""
    numbers: dict[tuple[bytes, bytes], int] = {}
    for key, value in state.values.items():
        numbers[key[:1], key[1:]] = int.from_bytes(value, "big")
    addresses = sorted({rest for part, rest in numbers if part != SLOT})
    return {
        "accounts": {
            hexed(address): {
                "nonce": hex(numbers.get((NONCE, address), 0)),
                "balance": hex(numbers.get((BALANCE, address), 0)),
            }
            for address in addresses
        },
        "slots": {
            hex(int.from_bytes(rest, "big")): hex(number)
            for (part, rest), number in sorted(numbers.items())
            if part == SLOT
        },
    }


def read_block(block: Object) -> Block:
    """A block. Raises ValueError where a number does not fit."""
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
    )


def write_block(block: Block) -> Object:
    """A block as a vector has it, without what is expected."""
    written: Object = {
        "env": {"coinbase": hexed(block.coinbase), "gas_limit": str(block.gas_limit)},
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
    return written


# Operations


def read_operation(written: str) -> Operation:
    """An operation, such as ``SSTORE 0x1 accumulator``. Raises ValueError where it is none."""
    word, *operands = written.split(" ")
    match word, operands:
        case "SLOAD", [slot]:
            return Sload(int(slot, 16))
        case "SSTORE", [slot, value]:
            return Sstore(int(slot, 16), None if value == ACCUMULATOR else int(value, 16))
        case "ADD", [value]:
            return Add(int(value, 16))
        case "SUB", [value]:
            return Sub(int(value, 16))
        case "KECCAK", [data]:
            return Keccak(unhexed(data))
        case "NOOP", []:
            return Noop()
        case _:
            raise ValueError(f"{written!r} is no operation")


def write_operation(operation: Operation) -> str:
    """An operation as text."""
    match operation:
        case Sload(slot):
            return f"SLOAD {slot:#x}"
        case Sstore(slot, None):
            return f"SSTORE {slot:#x} {ACCUMULATOR}"
        case Sstore(slot, value):
            return f"SSTORE {slot:#x} {value:#x}"
        case Add(value):
            return f"ADD {value:#x}"
        case Sub(value):
            return f"SUB {value:#x}"
        case Keccak(data):
            return f"KECCAK {hexed(data)}"
        case Noop():
            return "NOOP"


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


# The result


def execute(case: Case, apply: ApplyToyBlock = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``, where ``apply`` executes the blocks."""
    state, blocks = read_case(case)
    results = []
    for block in blocks:
        result, state = execute_block(block, state, apply)
        results.append(result)
    return results


def execute_block(block: Block, state: ToyState, apply: ApplyToyBlock = apply_block) -> tuple[Object, ToyState]:
    """What comes out of a block, as under ``expect``, and the state after it: the same, where it is rejected."""
    try:
        result = apply(Toy(), block, state)
    except Rejection as rejection:
        return write_rejection(rejection), state
    after: ToyState = result.state()
    if isinstance(result, FinishedResult):
        return write_result(result, result.state_root, result.receipts_root), after
    return write_result(result, after.root(), receipts_root(result.receipts)), after


def write_rejection(rejection: Rejection) -> Object:
    """What is expected of an invalid block: the code, and the transaction at fault where there is one."""
    written: Object = {"status": rejection.code.name}
    if rejection.transaction is not None:
        written["transaction"] = str(rejection.transaction)
    return written


def write_result(result: ToyResult, state: bytes, receipts: bytes) -> Object:
    """What is expected of a valid block, with these roots."""
    gas_used = [receipt.gas_used for receipt in result.receipts]
    return {
        "status": VALID,
        "state_root": hexed(state),
        "receipts_root": hexed(receipts),
        "gas_used": str(result.totals.gas_used),
        "receipts": [write_receipt(receipt) for receipt in result.receipts],
        "access": write_steps(result.steps, CODEC),
        "depends": write_dependencies(result.steps, CODEC),
        **write_critical_paths(result.steps, gas_used),
    }


def write_receipt(receipt: Receipt) -> Object:
    """A receipt; ``error`` only where there was one."""
    written: Object = {"status": "success" if receipt.succeeded else "failure"}
    if receipt.error is not None:
        written["error"] = receipt.error.name
    return {
        **written,
        "gas_used": str(receipt.gas_used),
        "cumulative_gas_used": str(receipt.cumulative_gas_used),
        "first_log": str(receipt.first_log),
        "logs": [hexed(log) for log in receipt.logs],
    }


# What a vector says of itself


def needed_selectors(blocks: Sequence[Object], expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the machine itself."""
    needed = {
        "multiple-blocks": len(blocks) > 1,
        "proposed-access-list": any("access_list" in block for block in blocks),
        "rejections": any(text(expect, "status") != VALID for expect in expected),
        "withdrawals": any(members(block, "withdrawals") for block in blocks),
    }
    return sorted(name for name, is_needed in needed.items() if is_needed)


def rejection_names() -> list[str]:
    """The rejection codes that a vector may expect."""
    return sorted(code.name for code in Invalid)


def state_values(state: Object) -> dict[str, str]:
    """The values of a state, as under ``pre``, by key as a record writes them."""
    return {CODEC.key(key): write_value(value) for key, value in read_state(state).values.items()}


def account_of(key: str) -> str:
    """The account that a key is part of, for records that go no deeper. A slot stands for itself."""
    return key if key.startswith("slot ") else key.split(" ")[1]


def hexed(content: bytes) -> str:
    """Bytes as hex."""
    return f"0x{content.hex()}"


def unhexed(written: str) -> bytes:
    """What :func:`hexed` wrote."""
    return bytes.fromhex(written[2:])
