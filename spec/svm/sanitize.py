"""What a transaction must be by itself, whatever the state."""

# source: Agave, runtime/src/bank.rs, verify_transaction; Solana SDK, message/src/versions/v0/mod.rs, sanitize

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.compute_budget import is_heap_size
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.transaction import SignedTransaction

SIZE_LIMIT: Final = 1_232
"""How many bytes a legacy transaction or one of version 0 may have: those of a packet."""

SIZE_LIMIT_OF_VERSION_1: Final = 4_096
ADDRESS_LIMIT_OF_VERSION_1: Final = 64
SIGNATURE_LIMIT_OF_VERSION_1: Final = 12
KEY_LIMIT: Final = 256
"""How many keys a message may have with those of its lookups: an index is a byte."""


def sanitize(ruleset: SvmRuleset, transaction: SignedTransaction) -> None:
    """Raise Rejection where a transaction may be in no block under these rules."""
    message = transaction.message
    if message.version not in ruleset.versions:
        # rule: svm.sanitize.version
        raise Rejection(Invalid.UNSUPPORTED_VERSION, f"version {message.version}")
    limit = SIZE_LIMIT_OF_VERSION_1 if message.version == 1 else SIZE_LIMIT
    if transaction.size > limit:
        # rule: svm.sanitize.size
        raise Rejection(Invalid.SANITIZE_FAILURE, f"{transaction.size} bytes; it may have {limit}")
    if len(message.instructions) > ruleset.instruction_limit:
        # rule: svm.sanitize.instruction-count
        # source: SIMD-0160
        raise Rejection(Invalid.SANITIZE_FAILURE, f"{len(message.instructions)} instructions")
    for index, instruction in enumerate(message.instructions):
        if len(instruction.accounts) > ruleset.instruction_account_limit:
            # rule: svm.sanitize.instruction-accounts
            # source: SIMD-0406
            raise Rejection(Invalid.SANITIZE_FAILURE, f"{len(instruction.accounts)} accounts of instruction {index}")
    _check_signatures(transaction)
    if message.version == 1:
        _check_version_1(message)
    _check_keys(message)
    _check_indices(message)


def _check_signatures(transaction: SignedTransaction) -> None:
    header = transaction.message.header
    if len(transaction.signatures) != header.required_signatures:
        # rule: svm.sanitize.signature-count
        # source: Solana SDK, transaction/src/versioned/mod.rs, sanitize_signatures
        raise Rejection(
            Invalid.SANITIZE_FAILURE,
            f"{len(transaction.signatures)} signatures for {header.required_signatures} signers",
        )


def _check_version_1(message: TransactionMessage) -> None:
    if message.header.required_signatures > SIGNATURE_LIMIT_OF_VERSION_1:
        # rule: svm.sanitize.v1-signatures
        # source: SIMD-0385
        raise Rejection(Invalid.SANITIZE_FAILURE, f"{message.header.required_signatures} signatures")
    if len(message.keys) > ADDRESS_LIMIT_OF_VERSION_1:
        # rule: svm.sanitize.v1-addresses
        # source: SIMD-0385
        raise Rejection(Invalid.SANITIZE_FAILURE, f"{len(message.keys)} addresses")
    if len(set(message.keys)) != len(message.keys):
        # rule: svm.sanitize.v1-duplicate-address
        # source: SIMD-0385
        raise Rejection(Invalid.SANITIZE_FAILURE, "an address stands there twice")
    heap_size = message.config.heap_size if message.config is not None else None
    if heap_size is not None and not is_heap_size(heap_size):
        # rule: svm.sanitize.v1-heap-size
        # source: SIMD-0385
        raise Rejection(Invalid.SANITIZE_FAILURE, f"a heap of {heap_size} bytes")


def _check_keys(message: TransactionMessage) -> None:
    header = message.header
    if header.required_signatures + header.readonly_unsigned > len(message.keys):
        # rule: svm.sanitize.header-overlaps
        raise Rejection(Invalid.SANITIZE_FAILURE, "the header counts more keys than there are")
    if header.readonly_signed >= header.required_signatures:
        # rule: svm.sanitize.no-fee-payer
        raise Rejection(Invalid.SANITIZE_FAILURE, "no signing key may be written to, so that nobody pays")
    for lookup in message.lookups:
        if not lookup.writable and not lookup.readonly:
            # rule: svm.sanitize.empty-lookup
            raise Rejection(Invalid.SANITIZE_FAILURE, "a lookup brings no key")
    keys = key_count(message)
    if keys > KEY_LIMIT:
        # rule: svm.sanitize.key-count
        raise Rejection(Invalid.SANITIZE_FAILURE, f"{keys} keys; an index reaches {KEY_LIMIT}")


def _check_indices(message: TransactionMessage) -> None:
    keys = key_count(message)
    for index, instruction in enumerate(message.instructions):
        if instruction.program >= len(message.keys):
            # rule: svm.sanitize.program-index
            raise Rejection(Invalid.SANITIZE_FAILURE, f"the program of instruction {index} is no static key")
        if instruction.program == 0:
            # rule: svm.sanitize.program-pays
            raise Rejection(Invalid.SANITIZE_FAILURE, f"the program of instruction {index} is the fee payer")
        if instruction.accounts and max(instruction.accounts) >= keys:
            # rule: svm.sanitize.account-index
            raise Rejection(Invalid.SANITIZE_FAILURE, f"an account of instruction {index} is no key")


def key_count(message: TransactionMessage) -> int:
    """How many keys a message has with those of its lookups."""
    return len(message.keys) + sum(len(lookup.writable) + len(lookup.readonly) for lookup in message.lookups)
