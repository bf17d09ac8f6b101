"""Contracts of chains that exchange messages: one that sends what it is told, and recipients of each temper."""

from __future__ import annotations

from typing import Final

from samestate.conformance.generating.bytecode import Code
from samestate.spec.chains.evm import MESSAGE_SENT

MAILBOX: Final = (
    Code()
    .push(64)
    .op("CALLDATASIZE", "SUB", "DUP1")
    .push(64, 0)
    .op("CALLDATACOPY")
    .push(32)
    .op("CALLDATALOAD")
    .push(0)
    .op("CALLDATALOAD")
    .push(MESSAGE_SENT)
    .op("DUP4")
    .push(0)
    .op("LOG3", "STOP")
    .build()
)
"""Logs what it is called with: domain, sequence number, and the payload as the event has it. It counts nothing."""

KEEPER: Final = Code().push(132).op("CALLDATALOAD").push(36).op("CALLDATALOAD", "SSTORE", "STOP").build()
"""A recipient that stores the first word of each payload under its sequence number."""

REFUSER: Final = Code().push(0, 0).op("REVERT").build()
"""A recipient that wants nothing."""


def answering(mailbox: bytes) -> bytes:
    """A recipient that sends every payload back to where it came from, counting in slot 0 what it sends.

    Its call of the mailbox has in memory the domain, the count, and the payload as it was in the call data.
    """
    return (
        Code()
        .push(4)
        .op("CALLDATALOAD")
        .push(0)
        .op("MSTORE")
        .push(0)
        .op("SLOAD", "DUP1")
        .push(32)
        .op("MSTORE")
        .push(1)
        .op("ADD")
        .push(0)
        .op("SSTORE")
        .push(32, 64)
        .op("MSTORE")
        .push(100)
        .op("CALLDATASIZE", "SUB")
        .push(100, 96)
        .op("CALLDATACOPY")
        .push(0, 0, 4)
        .op("CALLDATASIZE", "SUB")
        .push(0, 0, mailbox)
        .op("GAS", "CALL", "STOP")
        .build()
    )
