"""Where the code of a program lies, and whether there is any that may run in a slot.

What the code does is not specified here. What can be said without it is: a program without code, or with bytes that
are no program, does not run, and a program runs from the slot after the one in which it was deployed.
"""

# source: Solana SDK, loader-v3-interface/src/state.rs; Agave, svm/src/program_loader.rs

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import LOADER_V3

_PROGRAM_TAG: Final = (2).to_bytes(4, "little")
_PROGRAM_BYTES: Final = 36
_PROGRAM_DATA_TAG: Final = (3).to_bytes(4, "little")
_SLOT_BYTES: Final = 12
"""Where the slot of the deployment ends."""
PROGRAM_DATA_HEAD: Final = 45
"""Where the code begins."""

_ELF_HEADER_BYTES: Final = 64
_ELF_IDENT: Final = b"\x7fELF\x02\x01\x01\x00"
"""The mark of an ELF file of 64-bit words, little-endian, in version 1, for no operating system."""
_ELF_MACHINE: Final = slice(18, 20)
_ELF_MACHINES: Final = (247, 263)


class Deployment(enum.Enum):
    """Whether a program has code. The values are what a program's log says, where it says anything."""

    MISSING = "Program is not cached"
    NOT_DEPLOYED = "Program is not deployed"
    BYTECODE = ""


def program_data_address(account: Account) -> bytes | None:
    """The address of the account with a loader-v3 program's code; None where the account is no such program."""
    is_program = len(account.data) >= _PROGRAM_BYTES and account.data.startswith(_PROGRAM_TAG)
    if account.owner != LOADER_V3 or not is_program:
        # rule: svm.program.no-loader-v3-program
        return None
    return account.data[4:_PROGRAM_BYTES]


def deployment(program: Account, program_data: Mapping[bytes, Account | None], slot: int) -> Deployment:
    """Whether a program of one of the loaders has code that may run in a slot."""
    if program.owner != LOADER_V3:
        # rule: svm.program.code-in-its-account
        return _of_code(program.data) if program.data else Deployment.MISSING
    address = program_data_address(program)
    account = None if address is None else program_data[address]
    if account is None or account.owner != LOADER_V3 or not _is_program_data(account.data):
        # rule: svm.program.no-program-data
        return Deployment.MISSING
    deployed = int.from_bytes(account.data[4:_SLOT_BYTES], "little")
    if deployed >= slot:
        # rule: svm.program.visible-from-the-next-slot
        # source: Agave, program-runtime/src/loaded_programs.rs, DELAY_VISIBILITY_SLOT_OFFSET
        return Deployment.NOT_DEPLOYED
    return _of_code(account.data[PROGRAM_DATA_HEAD:])


def _is_program_data(data: bytes) -> bool:
    """Whether a slot and an authority, or none, can be read. Zeros up to where the code begins are no part of it."""
    if len(data) <= _SLOT_BYTES or not data.startswith(_PROGRAM_DATA_TAG):
        # rule: svm.program.no-program-data-head
        return False
    has_authority = data[_SLOT_BYTES]
    # rule: svm.program.authority
    return has_authority == 0 or (has_authority == 1 and len(data) >= PROGRAM_DATA_HEAD)


def _of_code(code: bytes) -> Deployment:
    """What can be told from a file's header; further in it is for those who execute it to say whether it is good."""
    is_program = (
        len(code) >= _ELF_HEADER_BYTES
        and code.startswith(_ELF_IDENT)
        and int.from_bytes(code[_ELF_MACHINE], "little") in _ELF_MACHINES
    )
    # rule: svm.program.code-by-its-header
    # source: Agave, svm/src/program_loader.rs, load_program_from_bytes
    return Deployment.BYTECODE if is_program else Deployment.NOT_DEPLOYED
