"""The cost model: what a transaction counts for under the limits of a block."""

# source: Agave, cost-model/src/cost_model.rs, cost-model/src/block_cost_limits.rs

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from samestate.spec.svm.account import MAXIMUM_DATA_BYTES
from samestate.spec.svm.addresses import ED25519, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.errors import InstructionError
from samestate.spec.svm.fee import precompile_signatures
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.programs.system import decode
from samestate.spec.svm.programs.system_accounts import (
    allocate,
    allocate_with_seed,
    create_account,
    create_account_allow_prefund,
    create_account_with_seed,
)
from samestate.spec.svm.resolved import ResolvedMessage

SIGNATURE_UNITS: Final = 720
PRECOMPILE_SIGNATURE_UNITS: Final = {ED25519: 2_400, SECP256K1: 6_690, SECP256R1: 4_800}
WRITE_LOCK_UNITS: Final = 300
DATA_BYTES_PER_UNIT: Final = 4
MOST_DATA_BYTES: Final = 2**16 - 1
PAGE_BYTES: Final = 32 * 2**10
PAGE_UNITS: Final = 8

SPACE_FIELDS: Final[Mapping[object, int]] = {
    create_account: 1,
    create_account_with_seed: 3,
    allocate: 0,
    allocate_with_seed: 2,
    create_account_allow_prefund: 1,
}
"""Which field of an instruction of the System program is the space that it asks for."""

ALLOCATION_LIMIT: Final = 2 * MAXIMUM_DATA_BYTES
"""How many bytes a transaction may allocate, and so how many it may count for."""


@dataclass(frozen=True, slots=True)
class TransactionCost:
    """What a transaction costs by its parts, in units, and how many bytes it asks for."""

    signatures: int
    write_locks: int
    data: int
    execution: int
    loaded_pages: int
    allocation: int

    @property
    def total(self) -> int:
        """The units together."""
        # rule: svm.cost.total
        return self.signatures + self.write_locks + self.data + self.execution + self.loaded_pages


def transaction_cost(resolved: ResolvedMessage, units: int, loaded_size: int) -> TransactionCost:
    """The cost of a transaction that has used so many compute units and loaded so many bytes."""
    message = resolved.message
    data_bytes = sum(len(instruction.data) for instruction in message.instructions)
    return TransactionCost(
        signatures=signature_cost(message),
        # rule: svm.cost.requested-locks
        write_locks=WRITE_LOCK_UNITS * sum(resolved.writable_requested),
        # rule: svm.cost.data
        data=min(data_bytes, MOST_DATA_BYTES) // DATA_BYTES_PER_UNIT,
        execution=units,
        # rule: svm.cost.loaded-pages
        loaded_pages=PAGE_UNITS * -(-loaded_size // PAGE_BYTES),
        allocation=allocation(message),
    )


def signature_cost(message: TransactionMessage) -> int:
    """What the signatures cost: the transaction's own, and those that instructions of precompiles say they have."""
    # rule: svm.cost.signatures
    return SIGNATURE_UNITS * message.header.required_signatures + sum(
        units * precompile_signatures(message, program) for program, units in PRECOMPILE_SIGNATURE_UNITS.items()
    )


def allocation(message: TransactionMessage) -> int:
    """How many bytes the instructions of the System program ask for, as far as that can be read before they run."""
    asked = 0
    for instruction in message.instructions:
        if message.keys[instruction.program] != SYSTEM:
            continue
        space = asked_space(instruction.data)
        if space is None or space > MAXIMUM_DATA_BYTES:
            # rule: svm.cost.allocation-of-what-must-fail
            return 0
        asked += space
    # rule: svm.cost.allocation
    return min(asked, ALLOCATION_LIMIT)


def asked_space(data: bytes) -> int | None:
    """The bytes that an instruction of the System program asks for; None where it cannot be decoded."""
    try:
        instruction, fields = decode(data)
    except InstructionError:
        # rule: svm.cost.allocation-undecodable
        return None
    space: int = fields[SPACE_FIELDS[instruction]] if instruction in SPACE_FIELDS else 0
    return space
