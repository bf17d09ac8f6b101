"""Bytes by themselves: signed transactions, signatures, and fixtures of programs that are bytecode, told by content."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedSignatures, RecordedWire
from samestate.spec.machine import Rejection
from samestate.spec.svm.transaction import decode_transaction

SIGNATURE_BYTES: Final = 64
RECORD_BYTES: Final = 96
"""A signature and the key that is said to have made it."""
SIGNED: Final = b"Zcash"
"""What each of the signatures in a file of them is said to sign."""

PASS: Final = "should_pass"
FAIL: Final = "should_fail"
FIXTURE: Final = ".fix"


def read_wire(place: str, content: bytes) -> RecordedWire | RecordedSignatures | NotExecuted | None:
    """What some bytes are; None where they are nothing that is known."""
    name = PurePosixPath(place).name
    if name.endswith(FIXTURE):
        return NotExecuted(place, name, "BYTECODE_NOT_SPECIFIED: a fixture of a program that is bytecode")
    if len(content) % RECORD_BYTES == 0 and (PASS in name) != (FAIL in name):
        records = [content[at : at + RECORD_BYTES] for at in range(0, len(content), RECORD_BYTES)]
        pairs = tuple((record[SIGNATURE_BYTES:], record[:SIGNATURE_BYTES]) for record in records)
        return RecordedSignatures(place, name, pairs, SIGNED, PASS in name)
    try:
        decode_transaction(content)
    except Rejection:
        return None
    return RecordedWire(place, name, content)
