"""Signing generated transactions of Solana's machine anew, once something has been left out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from samestate.conformance.generating.svm.cast import key_of
from samestate.conformance.generating.svm.messages import sign_message
from samestate.spec.machine import Rejection
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.transaction import decode_transaction

MOST_KEYS = 512
"""How many persons a chain is thought to have at most."""


def simpler(wire: bytes) -> Iterator[bytes]:
    """The transaction with one instruction less; none where it has one alone, or somebody else has signed it."""
    try:
        message = decode_transaction(wire).message
    except Rejection:
        return
    keys = {bytes(key_of(number).verify_key): key_of(number) for number in range(MOST_KEYS)}
    signers = message.keys[: message.header.required_signatures]
    if any(signer not in keys for signer in signers):
        return
    for place in range(len(message.instructions) if len(message.instructions) > 1 else 0):
        yield sign_message(without_instruction(message, place), (keys[signer] for signer in signers))


def without_instruction(message: TransactionMessage, place: int) -> TransactionMessage:
    """The message without one of its instructions, whose keys stay."""
    return replace(message, instructions=message.instructions[:place] + message.instructions[place + 1 :])
