"""Locks: which accounts a transaction may write to, and how many it may name."""

# source: Agave, accounts-db/src/account_locks.rs; Solana SDK, message/src/sanitized.rs

from __future__ import annotations

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import LOADER_V3, RESERVED
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.resolved import ResolvedMessage
from samestate.spec.svm.ruleset import SvmRuleset


def resolve(
    message: TransactionMessage, writable_loaded: tuple[bytes, ...], readonly_loaded: tuple[bytes, ...]
) -> ResolvedMessage:
    """A message with the keys that its lookups bring, and what it may do with each key."""
    requested = requested_writable(message, len(writable_loaded), len(readonly_loaded))
    keys = (*message.keys, *writable_loaded, *readonly_loaded)
    programs = frozenset(instruction.program for instruction in message.instructions)
    if LOADER_V3 in keys:
        # rule: svm.locks.programs-with-their-loader
        programs = frozenset()
    granted = tuple(
        is_requested and not is_demoted(key, index, programs)
        for index, (key, is_requested) in enumerate(zip(keys, requested, strict=True))
    )
    return ResolvedMessage(message, keys, requested, granted)


def is_demoted(key: bytes, index: int, programs: frozenset[int]) -> bool:
    """Whether a key that is asked for is only read, and nobody is told."""
    if key in RESERVED:
        # rule: svm.locks.reserved
        return True
    # rule: svm.locks.called-program
    return index in programs


def requested_writable(message: TransactionMessage, writable_loaded: int, readonly_loaded: int) -> tuple[bool, ...]:
    """Whether header and lookups ask to write to each key, given how many keys the lookups bring."""
    header, count = message.header, len(message.keys)
    # rule: svm.locks.requested
    return (
        *(index < header.required_signatures - header.readonly_signed for index in range(header.required_signatures)),
        *(index < count - header.readonly_unsigned for index in range(header.required_signatures, count)),
        *(True for _ in range(writable_loaded)),
        *(False for _ in range(readonly_loaded)),
    )


def check_locks(ruleset: SvmRuleset, resolved: ResolvedMessage) -> None:
    """Raise Rejection where the accounts of a transaction cannot be locked."""
    if len(resolved.keys) > ruleset.account_lock_limit:
        # rule: svm.locks.too-many
        raise Rejection(Invalid.TOO_MANY_ACCOUNT_LOCKS, f"{len(resolved.keys)} keys")
    if len(set(resolved.keys)) != len(resolved.keys):
        # rule: svm.locks.loaded-twice
        raise Rejection(Invalid.ACCOUNT_LOADED_TWICE)
