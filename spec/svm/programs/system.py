"""The System program: accounts that nobody else owns. Its instructions, decoded and sent where they are told."""

# source: Agave, programs/system/src/system_processor.rs; Solana SDK, system-interface/src/instruction.rs

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from samestate.spec.svm.frame import Invocation
from samestate.spec.svm.programs.bincode import Reader
from samestate.spec.svm.programs.system_accounts import (
    allocate,
    allocate_with_seed,
    assign,
    assign_with_seed,
    create_account,
    create_account_allow_prefund,
    create_account_with_seed,
    transfer,
    transfer_with_seed,
)
from samestate.spec.svm.programs.system_nonce import (
    advance_nonce_account,
    authorize_nonce_account,
    initialize_nonce_account,
    upgrade_nonce_account,
    withdraw_nonce_account,
)

SYSTEM_UNITS: Final = 150

Field = Callable[[Reader], Any]

INSTRUCTIONS: Final[Mapping[int, tuple[Callable[..., None], tuple[Field, ...]]]] = MappingProxyType(
    {
        0: (create_account, (Reader.u64, Reader.u64, Reader.address)),
        1: (assign, (Reader.address,)),
        2: (transfer, (Reader.u64,)),
        3: (create_account_with_seed, (Reader.address, Reader.string, Reader.u64, Reader.u64, Reader.address)),
        4: (advance_nonce_account, ()),
        5: (withdraw_nonce_account, (Reader.u64,)),
        6: (initialize_nonce_account, (Reader.address,)),
        7: (authorize_nonce_account, (Reader.address,)),
        8: (allocate, (Reader.u64,)),
        9: (allocate_with_seed, (Reader.address, Reader.string, Reader.u64, Reader.address)),
        10: (assign_with_seed, (Reader.address, Reader.string, Reader.address)),
        11: (transfer_with_seed, (Reader.u64, Reader.string, Reader.address)),
        12: (upgrade_nonce_account, ()),
        13: (create_account_allow_prefund, (Reader.u64, Reader.u64, Reader.address)),
    }
)
"""What each tag means, and the fields that follow it."""


def system_program(invocation: Invocation) -> None:
    """Pay, decode, do. Raises InstructionError."""
    # rule: svm.system.units
    invocation.consume(SYSTEM_UNITS)
    instruction, fields = decode(invocation.data)
    instruction(invocation, *fields)


def decode(data: bytes) -> tuple[Callable[..., None], tuple[Any, ...]]:
    """The instruction of the data, with its fields; what follows them does not matter. Raises InstructionError."""
    reader = Reader(data)
    tag = reader.u32()
    if tag not in INSTRUCTIONS:
        # rule: svm.system.unknown-tag
        raise reader.undecodable()
    instruction, fields = INSTRUCTIONS[tag]
    # rule: svm.system.decoded
    return instruction, tuple(field(reader) for field in fields)
