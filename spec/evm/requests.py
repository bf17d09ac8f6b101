"""Requests to the consensus layer: deposits out of logs, what two system contracts have queued, and the hash of all.

EIP-6110 (deposits), EIP-7002 (withdrawals), EIP-7251 (consolidations), EIP-7685 (the hash).
"""

# source: EIP-6110, specification

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import (
    BUILDER_DEPOSITS,
    BUILDER_EXITS,
    CONSOLIDATION_REQUESTS,
    WITHDRAWAL_REQUESTS,
    checked_system_call,
)
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection

DEPOSIT_EVENT = bytes.fromhex("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5")
"""The first topic of a deposit's log: the hash of ``DepositEvent(bytes,bytes,bytes,bytes,bytes)``."""
DEPOSIT_REQUEST_TYPE = b"\x00"
"""EIP-6110."""
WITHDRAWAL_REQUEST_TYPE = b"\x01"
"""EIP-7002."""
CONSOLIDATION_REQUEST_TYPE = b"\x02"
"""EIP-7251."""
BUILDER_DEPOSIT_TYPE = b"\x03"
BUILDER_EXIT_TYPE = b"\x04"
"""EIP-8282."""
DEPOSIT_EVENT_SIZE = 576
DEPOSIT_FIELDS = ((160, 48), (256, 32), (320, 8), (384, 96), (512, 8))
"""Where the length word of each field stands in a deposit's log, and that length in bytes: public key, withdrawal
credentials, amount, signature, index."""


def collect_deposits(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> bytes | None:
    """Closing: the deposits that the deposit contract logged in this block, in order (EIP-6110)."""
    deposits = b""
    for receipt in receipts:
        for log in receipt.logs:
            if log.address == fork.deposit_contract and log.topics and log.topics[0] == DEPOSIT_EVENT:
                # rule: evm.requests.deposits
                deposits += fork.parse_deposit(log.data)
    return DEPOSIT_REQUEST_TYPE + deposits if deposits else None


def parse_deposit(data: bytes) -> bytes:
    """The deposit in the data of a log: its five fields without their ABI wrapping, 192 bytes.

    Raises Rejection where the data is laid out in any other way than the contract does it.
    """
    if len(data) != DEPOSIT_EVENT_SIZE:
        # rule: evm.requests.deposit-size
        raise Rejection(Invalid.INVALID_DEPOSIT_LAYOUT, f"{len(data)} bytes, not {DEPOSIT_EVENT_SIZE}")
    fields = []
    for index, (place, length) in enumerate(DEPOSIT_FIELDS):
        pointer = int.from_bytes(data[32 * index : 32 * index + 32], "big")
        if pointer != place:
            # rule: evm.requests.deposit-offset
            raise Rejection(Invalid.INVALID_DEPOSIT_LAYOUT, f"field {index} at {pointer}, not {place}")
        if int.from_bytes(data[place : place + 32], "big") != length:
            # rule: evm.requests.deposit-length
            raise Rejection(Invalid.INVALID_DEPOSIT_LAYOUT, f"field {index} is not of {length} bytes")
        fields.append(data[place + 32 : place + 32 + length])
    return b"".join(fields)


def collect_withdrawal_requests(
    fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World
) -> bytes | None:
    """Closing: take the withdrawal requests that the block's transactions queued (EIP-7002)."""
    output = checked_system_call(payload, fork, world, WITHDRAWAL_REQUESTS)
    # rule: evm.requests.withdrawals
    # source: EIP-7002, specification
    return WITHDRAWAL_REQUEST_TYPE + output if output else None


def collect_consolidation_requests(
    fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World
) -> bytes | None:
    """Closing: take the consolidation requests that the block's transactions queued (EIP-7251)."""
    output = checked_system_call(payload, fork, world, CONSOLIDATION_REQUESTS)
    # rule: evm.requests.consolidations
    # source: EIP-7251, specification
    return CONSOLIDATION_REQUEST_TYPE + output if output else None


def collect_builder_deposits(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> bytes | None:
    """Closing: take the deposits of builders that the block's transactions queued (EIP-8282)."""
    output = checked_system_call(payload, fork, world, BUILDER_DEPOSITS)
    # rule: evm.requests.builder-deposits
    # source: EIP-8282, System call
    return BUILDER_DEPOSIT_TYPE + output if output else None


def collect_builder_exits(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> bytes | None:
    """Closing: take the exits of builders that the block's transactions queued (EIP-8282)."""
    output = checked_system_call(payload, fork, world, BUILDER_EXITS)
    # rule: evm.requests.builder-exits
    # source: EIP-8282, System call
    return BUILDER_EXIT_TYPE + output if output else None


def requests_hash(requests: Iterable[bytes]) -> bytes:
    """The commitment to a block's requests, each a type byte and its data (EIP-7685)."""
    # rule: evm.requests.hash
    # source: EIP-7685, Block Header
    return hashlib.sha256(b"".join(hashlib.sha256(request).digest() for request in requests)).digest()
