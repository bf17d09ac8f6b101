// How a transaction or an instruction can fail, under the runtime's own names, in the runtime's own order.
// Source: solana-transaction-error, solana-instruction-error (solana-sdk).

#ifndef SAMESTATE_SVM_ERRORS_HPP
#define SAMESTATE_SVM_ERRORS_HPP

#include <cstdint>
#include <cstdio>
#include <string>

namespace samestate::svm {

// Each name with the text that logs show.
#define SAMESTATE_SVM_INSTRUCTION_ERRORS(IS) \
    IS(GENERIC_ERROR, "GenericError", "generic instruction error") \
    IS(INVALID_ARGUMENT, "InvalidArgument", "invalid program argument") \
    IS(INVALID_INSTRUCTION_DATA, "InvalidInstructionData", "invalid instruction data") \
    IS(INVALID_ACCOUNT_DATA, "InvalidAccountData", "invalid account data for instruction") \
    IS(ACCOUNT_DATA_TOO_SMALL, "AccountDataTooSmall", "account data too small for instruction") \
    IS(INSUFFICIENT_FUNDS, "InsufficientFunds", "insufficient funds for instruction") \
    IS(INCORRECT_PROGRAM_ID, "IncorrectProgramId", "incorrect program id for instruction") \
    IS(MISSING_REQUIRED_SIGNATURE, "MissingRequiredSignature", "missing required signature for instruction") \
    IS(ACCOUNT_ALREADY_INITIALIZED, "AccountAlreadyInitialized", "instruction requires an uninitialized account") \
    IS(UNINITIALIZED_ACCOUNT, "UninitializedAccount", "instruction requires an initialized account") \
    IS(UNBALANCED_INSTRUCTION, "UnbalancedInstruction", "sum of account balances before and after instruction do not match") \
    IS(MODIFIED_PROGRAM_ID, "ModifiedProgramId", "instruction illegally modified the program id of an account") \
    IS(EXTERNAL_ACCOUNT_LAMPORT_SPEND, "ExternalAccountLamportSpend", "instruction spent from the balance of an account it does not own") \
    IS(EXTERNAL_ACCOUNT_DATA_MODIFIED, "ExternalAccountDataModified", "instruction modified data of an account it does not own") \
    IS(READONLY_LAMPORT_CHANGE, "ReadonlyLamportChange", "instruction changed the balance of a read-only account") \
    IS(READONLY_DATA_MODIFIED, "ReadonlyDataModified", "instruction modified data of a read-only account") \
    IS(DUPLICATE_ACCOUNT_INDEX, "DuplicateAccountIndex", "instruction contains duplicate accounts") \
    IS(EXECUTABLE_MODIFIED, "ExecutableModified", "instruction changed executable bit of an account") \
    IS(RENT_EPOCH_MODIFIED, "RentEpochModified", "instruction modified rent epoch of an account") \
    IS(NOT_ENOUGH_ACCOUNT_KEYS, "NotEnoughAccountKeys", "insufficient account keys for instruction") \
    IS(ACCOUNT_DATA_SIZE_CHANGED, "AccountDataSizeChanged", "program other than the account's owner changed the size of the account data") \
    IS(ACCOUNT_NOT_EXECUTABLE, "AccountNotExecutable", "instruction expected an executable account") \
    IS(ACCOUNT_BORROW_FAILED, "AccountBorrowFailed", "instruction tries to borrow reference for an account which is already borrowed") \
    IS(ACCOUNT_BORROW_OUTSTANDING, "AccountBorrowOutstanding", "instruction left account with an outstanding borrowed reference") \
    IS(DUPLICATE_ACCOUNT_OUT_OF_SYNC, "DuplicateAccountOutOfSync", "instruction modifications of multiply-passed account differ") \
    IS(CUSTOM, "Custom", "custom program error: {num:#x}") \
    IS(INVALID_ERROR, "InvalidError", "program returned invalid error code") \
    IS(EXECUTABLE_DATA_MODIFIED, "ExecutableDataModified", "instruction changed executable accounts data") \
    IS(EXECUTABLE_LAMPORT_CHANGE, "ExecutableLamportChange", "instruction changed the balance of an executable account") \
    IS(EXECUTABLE_ACCOUNT_NOT_RENT_EXEMPT, "ExecutableAccountNotRentExempt", "executable accounts must be rent exempt") \
    IS(UNSUPPORTED_PROGRAM_ID, "UnsupportedProgramId", "Unsupported program id") \
    IS(CALL_DEPTH, "CallDepth", "Cross-program invocation call depth too deep") \
    IS(MISSING_ACCOUNT, "MissingAccount", "An account required by the instruction is missing") \
    IS(REENTRANCY_NOT_ALLOWED, "ReentrancyNotAllowed", "Cross-program invocation reentrancy not allowed for this instruction") \
    IS(MAX_SEED_LENGTH_EXCEEDED, "MaxSeedLengthExceeded", "Length of the seed is too long for address generation") \
    IS(INVALID_SEEDS, "InvalidSeeds", "Provided seeds do not result in a valid address") \
    IS(INVALID_REALLOC, "InvalidRealloc", "Failed to reallocate account data") \
    IS(COMPUTATIONAL_BUDGET_EXCEEDED, "ComputationalBudgetExceeded", "Computational budget exceeded") \
    IS(PRIVILEGE_ESCALATION, "PrivilegeEscalation", "Cross-program invocation with unauthorized signer or writable account") \
    IS(PROGRAM_ENVIRONMENT_SETUP_FAILURE, "ProgramEnvironmentSetupFailure", "Failed to create program execution environment") \
    IS(PROGRAM_FAILED_TO_COMPLETE, "ProgramFailedToComplete", "Program failed to complete") \
    IS(PROGRAM_FAILED_TO_COMPILE, "ProgramFailedToCompile", "Program failed to compile") \
    IS(IMMUTABLE, "Immutable", "Account is immutable") \
    IS(INCORRECT_AUTHORITY, "IncorrectAuthority", "Incorrect authority provided") \
    IS(BORSH_IO_ERROR, "BorshIoError", "Failed to serialize or deserialize account data") \
    IS(ACCOUNT_NOT_RENT_EXEMPT, "AccountNotRentExempt", "An account does not have enough lamports to be rent-exempt") \
    IS(INVALID_ACCOUNT_OWNER, "InvalidAccountOwner", "Invalid account owner") \
    IS(ARITHMETIC_OVERFLOW, "ArithmeticOverflow", "Program arithmetic overflowed") \
    IS(UNSUPPORTED_SYSVAR, "UnsupportedSysvar", "Unsupported sysvar") \
    IS(ILLEGAL_OWNER, "IllegalOwner", "Provided owner is not allowed") \
    IS(MAX_ACCOUNTS_DATA_ALLOCATIONS_EXCEEDED, "MaxAccountsDataAllocationsExceeded", "Accounts data allocations exceeded the maximum allowed per transaction") \
    IS(MAX_ACCOUNTS_EXCEEDED, "MaxAccountsExceeded", "Max accounts exceeded") \
    IS(MAX_INSTRUCTION_TRACE_LENGTH_EXCEEDED, "MaxInstructionTraceLengthExceeded", "Max instruction trace length exceeded") \
    IS(BUILTIN_PROGRAMS_MUST_CONSUME_COMPUTE_UNITS, "BuiltinProgramsMustConsumeComputeUnits", "Builtin programs must consume compute units")

#define SAMESTATE_SVM_TRANSACTION_ERRORS(IS) \
    IS(ACCOUNT_IN_USE, "AccountInUse") \
    IS(ACCOUNT_LOADED_TWICE, "AccountLoadedTwice") \
    IS(ACCOUNT_NOT_FOUND, "AccountNotFound") \
    IS(PROGRAM_ACCOUNT_NOT_FOUND, "ProgramAccountNotFound") \
    IS(INSUFFICIENT_FUNDS_FOR_FEE, "InsufficientFundsForFee") \
    IS(INVALID_ACCOUNT_FOR_FEE, "InvalidAccountForFee") \
    IS(ALREADY_PROCESSED, "AlreadyProcessed") \
    IS(BLOCKHASH_NOT_FOUND, "BlockhashNotFound") \
    IS(INSTRUCTION_ERROR, "InstructionError") \
    IS(CALL_CHAIN_TOO_DEEP, "CallChainTooDeep") \
    IS(MISSING_SIGNATURE_FOR_FEE, "MissingSignatureForFee") \
    IS(INVALID_ACCOUNT_INDEX, "InvalidAccountIndex") \
    IS(SIGNATURE_FAILURE, "SignatureFailure") \
    IS(INVALID_PROGRAM_FOR_EXECUTION, "InvalidProgramForExecution") \
    IS(SANITIZE_FAILURE, "SanitizeFailure") \
    IS(CLUSTER_MAINTENANCE, "ClusterMaintenance") \
    IS(ACCOUNT_BORROW_OUTSTANDING, "AccountBorrowOutstanding") \
    IS(WOULD_EXCEED_MAX_BLOCK_COST_LIMIT, "WouldExceedMaxBlockCostLimit") \
    IS(UNSUPPORTED_VERSION, "UnsupportedVersion") \
    IS(INVALID_WRITABLE_ACCOUNT, "InvalidWritableAccount") \
    IS(WOULD_EXCEED_MAX_ACCOUNT_COST_LIMIT, "WouldExceedMaxAccountCostLimit") \
    IS(WOULD_EXCEED_ACCOUNT_DATA_BLOCK_LIMIT, "WouldExceedAccountDataBlockLimit") \
    IS(TOO_MANY_ACCOUNT_LOCKS, "TooManyAccountLocks") \
    IS(ADDRESS_LOOKUP_TABLE_NOT_FOUND, "AddressLookupTableNotFound") \
    IS(INVALID_ADDRESS_LOOKUP_TABLE_OWNER, "InvalidAddressLookupTableOwner") \
    IS(INVALID_ADDRESS_LOOKUP_TABLE_DATA, "InvalidAddressLookupTableData") \
    IS(INVALID_ADDRESS_LOOKUP_TABLE_INDEX, "InvalidAddressLookupTableIndex") \
    IS(INVALID_RENT_PAYING_ACCOUNT, "InvalidRentPayingAccount") \
    IS(WOULD_EXCEED_MAX_VOTE_COST_LIMIT, "WouldExceedMaxVoteCostLimit") \
    IS(WOULD_EXCEED_ACCOUNT_DATA_TOTAL_LIMIT, "WouldExceedAccountDataTotalLimit") \
    IS(DUPLICATE_INSTRUCTION, "DuplicateInstruction") \
    IS(INSUFFICIENT_FUNDS_FOR_RENT, "InsufficientFundsForRent") \
    IS(MAX_LOADED_ACCOUNTS_DATA_SIZE_EXCEEDED, "MaxLoadedAccountsDataSizeExceeded") \
    IS(INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT, "InvalidLoadedAccountsDataSizeLimit") \
    IS(RESANITIZATION_NEEDED, "ResanitizationNeeded") \
    IS(PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED, "ProgramExecutionTemporarilyRestricted") \
    IS(UNBALANCED_TRANSACTION, "UnbalancedTransaction") \
    IS(PROGRAM_CACHE_HIT_MAX_LIMIT, "ProgramCacheHitMaxLimit") \
    IS(COMMIT_CANCELLED, "CommitCancelled")

#define IS(constant, name, text) constant,
enum class InstructionError : uint8_t { SAMESTATE_SVM_INSTRUCTION_ERRORS(IS) };
#undef IS
#define IS(constant, name) constant,
enum class TransactionError : uint8_t { SAMESTATE_SVM_TRANSACTION_ERRORS(IS) NONE = 255 };
#undef IS

inline const char* name_of(InstructionError error) {
#define IS(constant, name, text) name,
    static const char* const NAMES[] = {SAMESTATE_SVM_INSTRUCTION_ERRORS(IS)};
#undef IS
    return NAMES[static_cast<uint8_t>(error)];
}

inline const char* name_of(TransactionError error) {
#define IS(constant, name) name,
    static const char* const NAMES[] = {SAMESTATE_SVM_TRANSACTION_ERRORS(IS)};
#undef IS
    return NAMES[static_cast<uint8_t>(error)];
}

// What an instruction ends with where it fails; a program's own errors have a number.
struct Failure {
    InstructionError error;
    uint32_t custom;        // of CUSTOM
};

// The text that logs show.
inline std::string text_of(const Failure& failure) {
#define IS(constant, name, text) text,
    static const char* const TEXTS[] = {SAMESTATE_SVM_INSTRUCTION_ERRORS(IS)};
#undef IS
    if (failure.error != InstructionError::CUSTOM) return TEXTS[static_cast<uint8_t>(failure.error)];
    char text[48];
    std::snprintf(text, sizeof text, "custom program error: 0x%x", failure.custom);
    return text;
}

// What a transaction ends with.
struct Error {
    TransactionError error = TransactionError::NONE;
    uint8_t index = 0;      // of the instruction or account that it names
    Failure failure{};      // of INSTRUCTION_ERROR

    explicit operator bool() const { return error != TransactionError::NONE; }
};

inline Error instruction_error(size_t index, InstructionError error, uint32_t custom = 0) {
    return {TransactionError::INSTRUCTION_ERROR, static_cast<uint8_t>(index), {error, custom}};
}

// As Rust's Debug prints it, which is how the runtime's own tools and logs show it.
inline std::string text_of(const Error& error) {
    std::string text = name_of(error.error);
    const std::string index = std::to_string(error.index);
    switch (error.error) {
        case TransactionError::INSTRUCTION_ERROR:
            text += "(" + index + ", " + name_of(error.failure.error);
            if (error.failure.error == InstructionError::CUSTOM) text += "(" + std::to_string(error.failure.custom) + ")";
            return text + ")";
        case TransactionError::DUPLICATE_INSTRUCTION:
            return text + "(" + index + ")";
        case TransactionError::INSUFFICIENT_FUNDS_FOR_RENT:
        case TransactionError::PROGRAM_EXECUTION_TEMPORARILY_RESTRICTED:
            return text + " { account_index: " + index + " }";
        default:
            return text;
    }
}

}  // namespace samestate::svm

#endif
