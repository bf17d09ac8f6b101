"""Why an instruction or a transaction fails: the runtime's own errors, in their order, with its own words.

An error is a value: outcomes hold it, and two errors are equal where they say the same. ``str`` gives what Rust's
``Debug`` prints, which is how the runtime's tools and this project's vectors write an error; ``text`` gives what
``Display`` prints, which is what a program's log says.
"""

# source: Solana SDK, instruction-error/src/lib.rs, transaction-error/src/lib.rs

from __future__ import annotations

import enum
from dataclasses import dataclass


class InstructionErrorKind(enum.Enum):
    """The errors of an instruction. A member's value is its text."""

    GENERIC_ERROR = "generic instruction error"
    INVALID_ARGUMENT = "invalid program argument"
    INVALID_INSTRUCTION_DATA = "invalid instruction data"
    INVALID_ACCOUNT_DATA = "invalid account data for instruction"
    ACCOUNT_DATA_TOO_SMALL = "account data too small for instruction"
    INSUFFICIENT_FUNDS = "insufficient funds for instruction"
    INCORRECT_PROGRAM_ID = "incorrect program id for instruction"
    MISSING_REQUIRED_SIGNATURE = "missing required signature for instruction"
    ACCOUNT_ALREADY_INITIALIZED = "instruction requires an uninitialized account"
    UNINITIALIZED_ACCOUNT = "instruction requires an initialized account"
    UNBALANCED_INSTRUCTION = "sum of account balances before and after instruction do not match"
    MODIFIED_PROGRAM_ID = "instruction illegally modified the program id of an account"
    EXTERNAL_ACCOUNT_LAMPORT_SPEND = "instruction spent from the balance of an account it does not own"
    EXTERNAL_ACCOUNT_DATA_MODIFIED = "instruction modified data of an account it does not own"
    READONLY_LAMPORT_CHANGE = "instruction changed the balance of a read-only account"
    READONLY_DATA_MODIFIED = "instruction modified data of a read-only account"
    DUPLICATE_ACCOUNT_INDEX = "instruction contains duplicate accounts"
    EXECUTABLE_MODIFIED = "instruction changed executable bit of an account"
    RENT_EPOCH_MODIFIED = "instruction modified rent epoch of an account"
    NOT_ENOUGH_ACCOUNT_KEYS = "insufficient account keys for instruction"
    ACCOUNT_DATA_SIZE_CHANGED = "program other than the account's owner changed the size of the account data"
    ACCOUNT_NOT_EXECUTABLE = "instruction expected an executable account"
    ACCOUNT_BORROW_FAILED = "instruction tries to borrow reference for an account which is already borrowed"
    ACCOUNT_BORROW_OUTSTANDING = "instruction left account with an outstanding borrowed reference"
    DUPLICATE_ACCOUNT_OUT_OF_SYNC = "instruction modifications of multiply-passed account differ"
    CUSTOM = "custom program error: {code:#x}"
    INVALID_ERROR = "program returned invalid error code"
    EXECUTABLE_DATA_MODIFIED = "instruction changed executable accounts data"
    EXECUTABLE_LAMPORT_CHANGE = "instruction changed the balance of an executable account"
    EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT = "executable accounts must be rent exempt"
    UNSUPPORTED_PROGRAM_ID = "Unsupported program id"
    CALL_DEPTH = "Cross-program invocation call depth too deep"
    MISSING_ACCOUNT = "An account required by the instruction is missing"
    REENTRANCY_NOT_ALLOWED = "Cross-program invocation reentrancy not allowed for this instruction"
    MAX_SEED_LENGTH_EXCEEDED = "Length of the seed is too long for address generation"
    INVALID_SEEDS = "Provided seeds do not result in a valid address"
    INVALID_REALLOC = "Failed to reallocate account data"
    COMPUTATIONAL_BUDGET_EXCEEDED = "Computational budget exceeded"
    PRIVILEGE_ESCALATION = "Cross-program invocation with unauthorized signer or writable account"
    PROGRAM_ENVIRONMENT_SETUP_FAILURE = "Failed to create program execution environment"
    PROGRAM_FAILED_TO_COMPLETE = "Program failed to complete"
    PROGRAM_FAILED_TO_COMPILE = "Program failed to compile"
    IMMUTABLE = "Account is immutable"
    INCORRECT_AUTHORITY = "Incorrect authority provided"
    BORSH_IO_ERROR = "Failed to serialize or deserialize account data"
    ACCOUNT_NOT_RENT_EXEMPT = "An account does not have enough lamports to be rent-exempt"
    INVALID_ACCOUNT_OWNER = "Invalid account owner"
    ARITHMETIC_OVERFLOW = "Program arithmetic overflowed"
    UNSUPPORTED_SYSVAR = "Unsupported sysvar"
    ILLEGAL_OWNER = "Provided owner is not allowed"
    MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED = "Accounts data allocations exceeded the maximum allowed per transaction"
    MAX_ACCOUNTS_EXCEEDED = "Max accounts exceeded"
    MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED = "Max instruction trace length exceeded"
    BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS = "Builtin programs must consume compute units"


class TransactionErrorKind(enum.Enum):
    """The errors of a transaction. A member's value is its text."""

    ACCOUNT_IN_USE = "Account in use"
    ACCOUNT_LOADED_TWICE = "Account loaded twice"
    ACCOUNT_NOT_FOUND = "Attempt to debit an account but found no record of a prior credit."
    PROGRAM_ACCOUNT_NOT_FOUND = "Attempt to load a program that does not exist"
    INSUFFICIENT_FUNDS_FOR_FEE = "Insufficient funds for fee"
    INVALID_ACCOUNT_FOR_FEE = "This account may not be used to pay transaction fees"
    ALREADY_PROCESSED = "This transaction has already been processed"
    BLOCKHASH_NOT_FOUND = "Blockhash not found"
    INSTRUCTION_ERROR = "Error processing Instruction {index}: {error}"
    CALL_CHAIN_TOO_DEEP = "Loader call chain is too deep"
    MISSING_SIGNATURE_FOR_FEE = "Transaction requires a fee but has no signature present"
    INVALID_ACCOUNT_INDEX = "Transaction contains an invalid account reference"
    SIGNATURE_FAILURE = "Transaction did not pass signature verification"
    INVALID_PROGRAM_FOR_EXECUTION = "This program may not be used for executing instructions"
    SANITIZE_FAILURE = "Transaction failed to sanitize accounts offsets correctly"
    CLUSTER_MAINTENANCE = "Transactions are currently disabled due to cluster maintenance"
    ACCOUNT_BORROW_OUTSTANDING = "Transaction processing left an account with an outstanding borrowed reference"
    WOULD_EXCEED_MAX_BLOCK_COST_LIMIT = "Transaction would exceed max Block Cost Limit"
    UNSUPPORTED_VERSION = "Transaction version is unsupported"
    INVALID_WRITABLE_ACCOUNT = "Transaction loads a writable account that cannot be written"
    WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT = "Transaction would exceed max account limit within the block"
    WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT = "Transaction would exceed account data limit within the block"
    TOO_MANY_ACCOUNT_LOCKS = "Transaction locked too many accounts"
    ADDRESS_LOOKUP_TABLE_NOT_FOUND = "Transaction loads an address table account that doesn't exist"
    INVALID_ADDRESS_LOOKUP_TABLE_OWNER = "Transaction loads an address table account with an invalid owner"
    INVALID_ADDRESS_LOOKUP_TABLE_DATA = "Transaction loads an address table account with invalid data"
    INVALID_ADDRESS_LOOKUP_TABLE_INDEX = "Transaction address table lookup uses an invalid index"
    INVALID_RENT_PAYING_ACCOUNT = "Transaction leaves an account with a lower balance than rent-exempt minimum"
    WOULD_EXCEED_MAX_VOTE_COST_LIMIT = "Transaction would exceed max Vote Cost Limit"
    WOULD_EXCEED_ACCOUNT_DATA_TOTAL_LIMIT = "Transaction would exceed total account data limit"
    DUPLICATE_INSTRUCTION = "Transaction contains a duplicate instruction ({index}) that is not allowed"
    INSUFFICIENT_FUNDS_FOR_RENT = "Transaction results in an account ({index}) with insufficient funds for rent"
    MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED = "Transaction exceeded max loaded accounts data size cap"
    INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT = "LoadedAccountsDataSizeLimit set for transaction must be greater than 0."
    RESANITIZATION_NEEDED = "ResanitizationNeeded"
    PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED = (
        "Execution of the program referenced by account at index {index} is temporarily restricted."
    )
    UNBALANCED_TRANSACTION = "Sum of account balances before and after transaction do not match"
    PROGRAM_CACHE_HIT_MAX_LIMIT = "Program cache hit max limit"
    COMMIT_CANCELLED = "CommitCancelled"


class InstructionError(Exception):
    """Raised by a program, or by the runtime around it: the instruction fails. ``code`` belongs to CUSTOM alone."""

    def __init__(self, kind: InstructionErrorKind, code: int | None = None) -> None:
        super().__init__(kind, code)
        self.kind = kind
        self.code = code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InstructionError) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)

    def __str__(self) -> str:
        name = _rust_name(self.kind.name)
        # rule: svm.error.custom
        return name if self.code is None else f"{name}({self.code})"

    @property
    def text(self) -> str:
        """What a log says of it."""
        return self.kind.value.format(code=self.code)


def custom(code: int) -> InstructionError:
    """The error by which a program fails for a reason of its own."""
    return InstructionError(InstructionErrorKind.CUSTOM, code)


@dataclass(frozen=True, slots=True)
class TransactionError:
    """Why a transaction failed.

    ``index`` is the instruction's or the account's, ``instruction_error`` the instruction's own error; both belong
    to the kinds that name them.
    """

    kind: TransactionErrorKind
    index: int | None = None
    instruction_error: InstructionError | None = None

    def __str__(self) -> str:
        name = _rust_name(self.kind.name)
        if self.instruction_error is not None:
            # rule: svm.error.of-an-instruction
            return f"{name}({self.index}, {self.instruction_error})"
        if self.kind in _WITH_ACCOUNT_INDEX:
            # rule: svm.error.of-an-account
            return f"{name} {{ account_index: {self.index} }}"
        return name if self.index is None else f"{name}({self.index})"

    @property
    def text(self) -> str:
        """What the runtime's ``Display`` says of it."""
        error = None if self.instruction_error is None else self.instruction_error.text
        return self.kind.value.format(index=self.index, error=error)


_WITH_ACCOUNT_INDEX = frozenset(
    {TransactionErrorKind.INSUFFICIENT_FUNDS_FOR_RENT, TransactionErrorKind.PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED}
)


def _rust_name(name: str) -> str:
    """INVALID_ARGUMENT as Rust writes it, InvalidArgument."""
    return "".join(word.capitalize() for word in name.split("_"))
