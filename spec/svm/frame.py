"""A transaction while its instructions run, and one instruction of it: what a program sees and what it may change.

Instructions that a program calls itself are bytecode's business, so here every instruction runs at depth 1, and a
trace can't be longer than the instructions of the transaction.
"""

# source: Agave, transaction-context/src/instruction_accounts.rs, transaction-context/src/transaction_accounts.rs

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from samestate.spec.svm.account import MAXIMUM_DATA_BYTES, UINT64_MODULUS, Account
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind
from samestate.spec.svm.logs import LogCollector
from samestate.spec.svm.rent import RentPrice
from samestate.spec.svm.resolved import ResolvedMessage

MAXIMUM_GROWTH: Final = 20 * 2**20
"""How many bytes the accounts of a transaction may grow by together."""


@dataclass(frozen=True, slots=True)
class RuntimeFacts:
    """What the runtime tells a program about the block: constants of it, which no transaction of it changes.

    ``rent`` is the price of the Rent sysvar; ``next_nonce`` what a nonce becomes that advances in this block, and
    ``lamports_per_signature`` what is stored beside it; ``has_recent_blockhashes`` whether the sysvar
    RecentBlockhashes lists any.
    """

    slot: int
    rent: RentPrice
    next_nonce: bytes
    lamports_per_signature: int
    has_recent_blockhashes: bool = True


@dataclass(slots=True)
class Execution:
    """A transaction while it runs.

    ``accounts`` are those of the message's keys, as they are now; ``program_data`` the accounts with the code of
    loader-v3 programs, by address, as they were before; ``growth`` the bytes by which accounts have grown.
    """

    transaction: ResolvedMessage
    facts: RuntimeFacts
    accounts: list[Account]
    program_data: Mapping[bytes, Account | None]
    units_left: int
    logs: LogCollector = field(default_factory=LogCollector)
    growth: int = 0

    def total_lamports(self) -> int:
        """What all the accounts hold together."""
        return sum(account.lamports for account in self.accounts)


@dataclass(frozen=True, slots=True)
class InstructionAccount:
    """An account of an instruction: its index among the message's keys, and what the instruction may do with it."""

    index: int
    is_signer: bool
    is_writable: bool


class Invocation:
    """One instruction while its program runs. Accounts are named by their place in the instruction."""

    __slots__ = ("_accounts", "_execution", "data", "facts", "program")

    def __init__(self, execution: Execution, place: int) -> None:
        transaction = execution.transaction
        instruction = transaction.instructions[place]
        self._execution = execution
        self.facts = execution.facts
        self.program = transaction.program_of(instruction)
        self.data = instruction.data
        self._accounts = tuple(
            InstructionAccount(index, transaction.is_signer(index), transaction.is_writable(index))
            for index in instruction.accounts
        )

    def log(self, line: str) -> None:
        """Say something."""
        self._execution.logs.log(line)

    def consume(self, units: int) -> None:
        """Take compute units. Where there are not so many left, they are gone all the same, and InstructionError."""
        left = self._execution.units_left
        # rule: svm.units.consumed
        # source: Agave, program-runtime/src/invoke_context.rs, consume_checked
        self._execution.units_left = max(left - units, 0)
        if units > left:
            # rule: svm.units.exceeded
            # source: Agave, program-runtime/src/invoke_context.rs, consume_checked
            raise InstructionError(InstructionErrorKind.COMPUTATIONAL_BUDGET_EXCEEDED)

    def require_accounts(self, count: int) -> None:
        """Raise InstructionError where the instruction names fewer accounts."""
        if len(self._accounts) < count:
            # rule: svm.instruction.missing-account
            # source: Agave, transaction-context/src/instruction.rs, check_number_of_instruction_accounts
            raise InstructionError(InstructionErrorKind.MISSING_ACCOUNT)

    def key(self, place: int) -> bytes:
        """The address of an account. Raises InstructionError where the instruction has none at that place."""
        self.require_accounts(place + 1)
        return self._execution.transaction.keys[self._accounts[place].index]

    def account(self, place: int) -> Account:
        """An account as it is now. Raises InstructionError where the instruction has none at that place."""
        self.require_accounts(place + 1)
        return self._execution.accounts[self._accounts[place].index]

    def is_signer(self, place: int) -> bool:
        """Whether the account's key signed."""
        return self._accounts[place].is_signer

    def is_writable(self, place: int) -> bool:
        """Whether the account may be changed at all."""
        return self._accounts[place].is_writable

    def signers(self) -> frozenset[bytes]:
        """The addresses among the instruction's accounts that signed."""
        return frozenset(self.key(place) for place, account in enumerate(self._accounts) if account.is_signer)

    @property
    def program_datas(self) -> Mapping[bytes, Account | None]:
        """The accounts with the code of loader-v3 programs, by address."""
        return self._execution.program_data

    def program_account(self) -> Account:
        """The account of the program that runs."""
        transaction = self._execution.transaction
        return self._execution.accounts[transaction.keys.index(self.program)]

    # What a program changes, each with the checks that guard it. A program owns an account if it is its owner.

    def set_owner(self, place: int, owner: bytes) -> None:
        """Give the account another owner: only the owner may, and only if the data is all zeros."""
        account = self.account(place)
        if account.owner != self.program:
            # rule: svm.account.owner-by-owner
            raise InstructionError(InstructionErrorKind.MODIFIED_PROGRAM_ID)
        if not self.is_writable(place):
            # rule: svm.account.owner-of-readonly
            raise InstructionError(InstructionErrorKind.MODIFIED_PROGRAM_ID)
        if any(account.data):
            # rule: svm.account.owner-with-data
            raise InstructionError(InstructionErrorKind.MODIFIED_PROGRAM_ID)
        self._put(place, replace(account, owner=owner))

    def add_lamports(self, place: int, lamports: int) -> None:
        """Credit the account: any program may."""
        balance = self.account(place).lamports + lamports
        if balance >= UINT64_MODULUS:
            # rule: svm.account.lamports-overflow
            raise InstructionError(InstructionErrorKind.ARITHMETIC_OVERFLOW)
        self._set_lamports(place, balance)

    def subtract_lamports(self, place: int, lamports: int) -> None:
        """Debit the account, which has as much: only the owner may."""
        self._set_lamports(place, self.account(place).lamports - lamports)

    def write_data(self, place: int, content: bytes) -> None:
        """Overwrite the beginning of the data, whose length stays: only the owner may."""
        self._check_data_may_change(place)
        account = self.account(place)
        if len(content) > len(account.data):
            # rule: svm.account.data-too-small
            raise InstructionError(InstructionErrorKind.ACCOUNT_DATA_TOO_SMALL)
        # rule: svm.account.data-written
        self._put(place, replace(account, data=content + account.data[len(content) :]))

    def resize(self, place: int, length: int) -> None:
        """Cut the data off, or append zeros: only the owner may."""
        account = self.account(place)
        growth = self._execution.growth + length - len(account.data)
        if length > MAXIMUM_DATA_BYTES:
            # rule: svm.account.data-too-long
            raise InstructionError(InstructionErrorKind.INVALID_REALLOC)
        if growth > MAXIMUM_GROWTH:
            # rule: svm.account.growth-of-transaction
            raise InstructionError(InstructionErrorKind.MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED)
        self._check_data_may_change(place)
        self._execution.growth = growth
        # rule: svm.account.resized
        self._put(place, replace(account, data=account.data[:length].ljust(length, b"\x00")))

    def _set_lamports(self, place: int, lamports: int) -> None:
        account = self.account(place)
        if account.owner != self.program and lamports < account.lamports:
            # rule: svm.account.lamports-spent-by-owner
            raise InstructionError(InstructionErrorKind.EXTERNAL_ACCOUNT_LAMPORT_SPEND)
        if not self.is_writable(place):
            # rule: svm.account.lamports-of-readonly
            raise InstructionError(InstructionErrorKind.READONLY_LAMPORT_CHANGE)
        self._put(place, replace(account, lamports=lamports))

    def _check_data_may_change(self, place: int) -> None:
        if not self.is_writable(place):
            # rule: svm.account.data-of-readonly
            raise InstructionError(InstructionErrorKind.READONLY_DATA_MODIFIED)
        if self.account(place).owner != self.program:
            # rule: svm.account.data-by-owner
            raise InstructionError(InstructionErrorKind.EXTERNAL_ACCOUNT_DATA_MODIFIED)

    def _put(self, place: int, account: Account) -> None:
        self._execution.accounts[self._accounts[place].index] = account
