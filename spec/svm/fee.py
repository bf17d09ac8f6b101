"""The fee of a transaction: a price for each signature, and what it offers for priority."""

# source: Agave, fee/src/lib.rs

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from samestate.spec.svm.addresses import ED25519, SECP256K1, SECP256R1
from samestate.spec.svm.message import TransactionMessage

LAMPORTS_PER_SIGNATURE: Final = 5_000
MICROLAMPORTS_PER_LAMPORT: Final = 1_000_000
UINT64_MAXIMUM: Final = 2**64 - 1

PRECOMPILES_WITH_SIGNATURES: Final = frozenset({ED25519, SECP256K1, SECP256R1})


@dataclass(frozen=True, slots=True)
class TransactionFee:
    """What a transaction pays, in lamports: for its signatures, and for priority."""

    signatures: int
    priority: int

    @property
    def total(self) -> int:
        """Both parts together."""
        # rule: svm.fee.saturates
        return min(self.signatures + self.priority, UINT64_MAXIMUM)


def precompile_signatures(message: TransactionMessage, program: bytes) -> int:
    """How many signatures the instructions of a precompile say that they have: the first byte of each."""
    # rule: svm.fee.precompile-signatures
    # source: Agave, runtime-transaction/src/signature_details.rs
    return sum(
        instruction.data[0]
        for instruction in message.instructions
        if message.keys[instruction.program] == program and instruction.data
    )


def transaction_fee(message: TransactionMessage, priority_fee: int, lamports_per_signature: int) -> TransactionFee:
    """The fee of a message."""
    signatures = message.header.required_signatures
    # rule: svm.fee.signatures
    signatures += sum(precompile_signatures(message, program) for program in PRECOMPILES_WITH_SIGNATURES)
    return TransactionFee(signatures * lamports_per_signature, priority_fee)


def price_of_units(microlamports_per_unit: int, unit_limit: int) -> int:
    """The lamports that a price for each compute unit comes to, rounded up."""
    # rule: svm.fee.priority
    fee = -(-microlamports_per_unit * unit_limit // MICROLAMPORTS_PER_LAMPORT)
    # rule: svm.fee.priority-saturates
    return min(fee, UINT64_MAXIMUM)
