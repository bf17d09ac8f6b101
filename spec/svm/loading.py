"""Loading: the accounts of a transaction, their size, and whether each instruction has a program that may run."""

# source: Agave, svm/src/account_loader.rs, load_transaction_accounts; SIMD-0186

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from samestate.spec.machine import View
from samestate.spec.svm.account import Account, account_key, decode_account
from samestate.spec.svm.addresses import (
    INSTRUCTIONS,
    LOADER_V1,
    LOADER_V2,
    LOADER_V3,
    LOADER_V4,
    NATIVE_LOADER,
    SYSVAR,
)
from samestate.spec.svm.errors import TransactionError, TransactionErrorKind
from samestate.spec.svm.programs.deployment import program_data_address
from samestate.spec.svm.resolved import ResolvedMessage

ACCOUNT_BYTES: Final = 64
"""What an account that exists counts for beside its data."""

LOOKUP_TABLE_BYTES: Final = 8_248
"""What a lookup table counts for, whatever it holds."""

PROGRAM_OWNERS: Final = frozenset({NATIVE_LOADER, LOADER_V1, LOADER_V2, LOADER_V3, LOADER_V4})
"""Who may own the program of an instruction."""


@dataclass(frozen=True, slots=True)
class LoadedTransaction:
    """What a transaction has to begin with.

    ``accounts``: those of its keys; one that does not exist is there without lamports. ``program_data``: the accounts
    with the code of loader-v3 programs, by address. ``size``: what all that counts for, in bytes, and never more than
    the limit. ``error``: why it can't be executed, and only pays its fee.
    """

    accounts: tuple[Account, ...]
    program_data: Mapping[bytes, Account | None]
    size: int
    error: TransactionError | None


def load_accounts(view: View, transaction: ResolvedMessage, payer: Account, size_limit: int) -> LoadedTransaction:
    """Load every account, ``payer`` being that of the fee payer once the fee is taken."""
    # rule: svm.load.every-key
    found = [payer, *(_found(view, address) for address in transaction.keys[1:])]
    accounts = tuple(_loaded(address, account) for address, account in zip(transaction.keys, found, strict=True))
    program_data = _program_data(view, accounts)
    size = loaded_size(transaction, found, program_data)
    error = None
    if size > size_limit:
        # rule: svm.load.size-limit
        error = TransactionError(TransactionErrorKind.MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED)
    else:
        error = check_programs(transaction, found)
    return LoadedTransaction(accounts, program_data, min(size, size_limit), error)


def loaded_size(
    transaction: ResolvedMessage, found: list[Account | None], program_data: Mapping[bytes, Account | None]
) -> int:
    """What a transaction loads: its lookup tables, its accounts, and the code of loader-v3 programs, each once."""
    # rule: svm.load.size-of-lookup-tables
    size = LOOKUP_TABLE_BYTES * len(transaction.message.lookups)
    for account in found:
        if account is not None:
            # rule: svm.load.size-of-account
            size += ACCOUNT_BYTES + len(account.data)
    for address, account in program_data.items():
        if account is not None and address not in transaction.keys:
            # rule: svm.load.size-of-program-data
            size += ACCOUNT_BYTES + len(account.data)
    return size


def check_programs(transaction: ResolvedMessage, found: list[Account | None]) -> TransactionError | None:
    """The error of the first instruction whose program does not exist, or is none."""
    for instruction in transaction.instructions:
        program = found[instruction.program]
        if program is None:
            # rule: svm.load.program-not-found
            return TransactionError(TransactionErrorKind.PROGRAM_ACCOUNT_NOT_FOUND)
        if program.owner not in PROGRAM_OWNERS:
            # rule: svm.load.program-owner
            return TransactionError(TransactionErrorKind.INVALID_PROGRAM_FOR_EXECUTION)
    return None


def _found(view: View, address: bytes) -> Account | None:
    if address == INSTRUCTIONS:
        # It is made for each transaction.
        # rule: svm.load.instructions-sysvar-is-not-read
        return None
    return decode_account(view.get(account_key(address)))


def _loaded(address: bytes, account: Account | None) -> Account:
    if address == INSTRUCTIONS:
        # What it says only bytecode can read.
        # rule: svm.load.instructions-sysvar
        return Account(lamports=0, owner=SYSVAR)
    # rule: svm.load.absent-account
    return Account(lamports=0) if account is None else account


def _program_data(view: View, accounts: tuple[Account, ...]) -> dict[bytes, Account | None]:
    """The accounts with the code of the loader-v3 programs among these, whether an instruction uses them or not."""
    program_data: dict[bytes, Account | None] = {}
    for account in accounts:
        address = program_data_address(account)
        if address is not None and address not in program_data:
            # rule: svm.load.program-data
            program_data[address] = decode_account(view.get(account_key(address)))
    return program_data
