"""The hazards of Solana's machine: locks, nonces, caches of programs, fees and hashes of banks."""

from __future__ import annotations

from typing import Final

from samestate.conformance.hazards.hazard import Hazard, HazardGroup, Standing

C, U, D = Standing.CONFIRMED, Standing.REPORTED, Standing.DERIVED
N, F = Standing.NOT_DETERMINISTIC, Standing.OF_A_UNIT


def _all(*hazards: tuple[str, Standing, str, str]) -> tuple[Hazard, ...]:
    return tuple(
        Hazard(id_, HazardGroup.SEALEVEL, standing, sentence, source) for id_, standing, sentence, source in hazards
    )


SVM_HAZARDS: Final = _all(
    ("H78", C, "A transaction with a durable nonce fails and is executed once more.", "outage of June 2022"),
    ("H79", C, "Locks kept duplicates apart: without them messages are told apart by their hash.", "agave#4253"),
    ("H80", C, "A nonce is used again or closed within a batch.", "agave#3146"),
    ("H81", C, "A transaction names an account twice, and the scheduler waits for itself.", "agave#2554"),
    ("H82", C, "A program cache compiles one program for ever.", "outage of February 2024"),
    ("H83", U, "Clients count the credits of votes differently.", "firedancer#2321"),
    ("H84", D, "Transactions of one entry conflict, and are executed in its order.", "SIMD-0083"),
    ("H85", C, "A nonce is rolled back to its state from before the batch.", "agave#9455"),
    ("H86", C, "The account of the nonce pays the fee as well: both changes are of one account.",
     "firedancer#4715, #4728; agave#2741"),
    ("H87", C, "A nonce is changed, or its rent is looked at, before the transaction is executed.", "sig#823"),
    ("H88", C, "A nonce is derived from the root's block hash and not from the parent's, or stored twice.",
     "firedancer#1803"),
    ("H89", C, "The fee of a nonce is from another entry of the queue of block hashes.", "agave#5454"),
    ("H90", C, "A transaction is valid by its block hash and by its nonce, and is executed twice.",
     "solana#25541, #25711, #25744, #25787, #25788"),
    ("H91", C, "A leader takes a nonce that replay rejects.", "solana#9357"),
    ("H92", C, "An account is closed and made again in a batch, and its old data are still there.",
     "agave#3453, #3769, #1468; solana#8590, #9083"),
    ("H93", C, "Execution fails, and the fee payer keeps what else it has changed.", "firedancer#2839"),
    ("H94", N, "Fees of replay in parallel are not added up.", "sig#937"),
    ("H95", C, "Replay finds too little for rent where there is enough.", "sig#1056"),
    ("H96", C, "The data of a program are counted more than once in what was loaded.", "firedancer#6116"),
    ("H97", C, "What a transaction has loaded that only pays its fee is counted differently.", "agave#7105, #11813"),
    ("H98", C, "The cost of allocations counts instructions that can't be decoded, or repeated ones.",
     "firedancer#9326"),
    ("H99", C, "The tracker of costs is exhausted, and the block is taken or the client dies.", "firedancer#9599"),
    ("H100", C, "Producer and replay do not agree on an account's cost, and the cluster stalls.",
     "solana#31340, #29595, #23422"),
    ("H101", F, "An instruction has more than 255 accounts, and the client dies.", "agave#9112"),
    ("H102", C, "A program is visible in the slot of its own upgrade, or bears another slot.", "solana#30902, #31792"),
    ("H103", C, "A program is deployed in the last slot of an epoch.", "agave#101"),
    ("H104", C, "A program is closed, and loaded or invoked in the same slot.", "agave#673, #14204"),
    ("H105", C, "A program cache outlives the activation of a feature, or its retraction.",
     "solana#32974, agave#14838"),
    ("H106", C, "A lookup table cools down over skipped slots, lacks its sysvar, or is frozen.",
     "firedancer#3302, #2838, #1642"),
    ("H107", N, "A bundle checks its locks and uses them later.", "jito-solana#1093, #1128"),
    ("H108", N, "Memory is used again for the next transaction of a microblock.", "firedancer#4838"),
    ("H109", C, "The cache of statuses looks at a part of the key.", "solana#9223"),
    ("H110", C, "Duplicates are told by their signature and not by their message.", "solana#18340"),
    ("H111", C, "The sysvar of slot hashes has more than 512.", "solana#23545"),
    ("H112", C, "A sysvar is asked for as writable, or comes from an old cache.", "firedancer#5820, #768"),
    ("H113", C, "The sysvar of instructions shows what the transaction may do, and not the instruction.",
     "mollusk#307, #308"),
    ("H114", C, "Loaders take different executables.", "firedancer#9700"),
    ("H115", C, "A nonce is writable by way of a lookup table.", "agave#15400, SIMD-0242"),
    ("H116", C, "The slot of genesis has no place in the lattice hash.", "agave#3262"),
    ("H117", C, "An account is hashed twice in a batch.", "agave, accounts_lt_hash.rs"),
    ("H118", N, "The hash of a bank depends on an order that nothing fixes.", "solana#28111"),
    ("H119", C, "Versions that run beside one another give one block different hashes.", "agave#13765"),
    ("H120", C, "A limit of zero for what may be loaded is no page, or one.", "agave; its proposal is ambiguous"),
    ("H121", C, "Execution outruns the check of signatures, and the status of an unsigned transaction shows.",
     "agave, status_cache.rs"),
    ("H122", C, "Closed vote accounts are pooled.", "firedancer#9171"),
    ("H123", F, "One name stands for several errors.", "InsufficientFundsForRent{0}, InvalidInstructionData"),
    ("H124", N, "A transaction with a nonce comes again: its age is looked at before its status.", "agave"),
    ("H125", N, "A nonce is closed in the batch: which error comes first depends on how it is replayed.", "agave"),
    ("H146", C, "Nonce accounts have 81 or 200 bytes; the data of a program are missing; of duplicates the first only "
     "failed to lock.", "Bank 4.3.2, run"),
)  # fmt: skip
