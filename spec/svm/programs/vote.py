"""The Vote program, as far as it goes here: a tower that says nothing new is refused. All else is not specified.

A vote is for slots, the newest last; an account that has voted for that slot or a later one takes no such vote.
"""

# source: Agave, programs/vote/src/vote_processor.rs, programs/vote/src/vote_state/mod.rs

from __future__ import annotations

import struct
from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import ADDRESS_BYTES, VOTE
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind, custom
from samestate.spec.svm.frame import Invocation
from samestate.spec.svm.rejections import Invalid

VOTE_UNITS: Final = 2_100
VOTE_TOO_OLD: Final = 0

_TOWER_SYNC: Final = 14
_NO_ROOT: Final = 2**64 - 1

_STATE_V1_14_11: Final = 1
_STATE_V3: Final = 2
_STATE_V4: Final = 3
_VOTES_START: Final = {
    _STATE_V1_14_11: 4 + 2 * ADDRESS_BYTES + 1,
    _STATE_V3: 4 + 2 * ADDRESS_BYTES + 1,
    _STATE_V4: 4 + 4 * ADDRESS_BYTES + 2 + 2 + 8,
}
"""Where the votes begin in an account, by the version of its state; in the newest an optional key comes before."""
_BLS_KEY_BYTES: Final = 48
_VOTE: Final = struct.Struct("<QI")


def vote_program(invocation: Invocation) -> None:
    """Pay, and refuse an old tower. Raises InstructionError, and Rejection for everything else that votes can be."""
    # rule: svm.vote.units
    invocation.consume(VOTE_UNITS)
    account = invocation.account(0)
    if account.owner != VOTE:
        # rule: svm.vote.account-owner
        raise InstructionError(InstructionErrorKind.INVALID_ACCOUNT_OWNER)
    try:
        proposed, voted = newest_proposed_slot(invocation.data), newest_voted_slot(account.data)
    except (IndexError, struct.error, UnknownVote):
        # rule: svm.vote.not-specified
        raise Rejection(Invalid.BYTECODE_NOT_SPECIFIED, "an instruction of the Vote program") from None
    if proposed is None or voted is None or proposed > voted:
        # rule: svm.vote.success-is-not-specified
        raise Rejection(Invalid.BYTECODE_NOT_SPECIFIED, "a vote that is not too old")
    # rule: svm.vote.too-old
    raise custom(VOTE_TOO_OLD)


class UnknownVote(Exception):  # noqa: N818 - no error of anybody's
    """An instruction or an account that is none of those understood here."""


def newest_proposed_slot(data: bytes) -> int | None:
    """The last slot of a tower: its root and all distances after it. None if it has none."""
    if int.from_bytes(data[:4], "little") != _TOWER_SYNC:
        raise UnknownVote
    root = int.from_bytes(data[4:12], "little")
    slot = 0 if root == _NO_ROOT else root
    count, place = _varint(data, 12)
    for _ in range(count):
        distance, place = _varint(data, place)
        slot += distance
        place += 1  # how often it has been confirmed
    return slot if count else None


def newest_voted_slot(data: bytes) -> int | None:
    """The last slot that a vote account has voted for. None if it has voted for none."""
    version = int.from_bytes(data[:4], "little")
    if version not in _VOTES_START:
        raise UnknownVote
    place = _VOTES_START[version]
    if version == _STATE_V4:
        place += 1 + data[place] * _BLS_KEY_BYTES
    count = int.from_bytes(data[place : place + 8], "little")
    latency_bytes = 0 if version == _STATE_V1_14_11 else 1
    if count == 0:
        return None
    last = place + 8 + (count - 1) * (latency_bytes + _VOTE.size) + latency_bytes
    slot: int = _VOTE.unpack_from(data, last)[0]
    return slot


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number in groups of 7 bits, the lowest first, and the place after it."""
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
