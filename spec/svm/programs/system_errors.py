"""The System program's own errors, by the numbers that they have as custom errors."""

# source: Solana SDK, system-interface/src/error.rs, pubkey/src/lib.rs (PubkeyError)

from __future__ import annotations

from typing import Final

ACCOUNT_ALREADY_IN_USE: Final = 0
RESULT_WITH_NEGATIVE_LAMPORTS: Final = 1
INVALID_ACCOUNT_DATA_LENGTH: Final = 3
ADDRESS_WITH_SEED_MISMATCH: Final = 5
NONCE_NO_RECENT_BLOCKHASHES: Final = 6
NONCE_BLOCKHASH_NOT_EXPIRED: Final = 7

# A seed that makes no address fails with the number of another enumeration, as if it were one of the above.
MAX_SEED_LENGTH_EXCEEDED: Final = 0
ILLEGAL_OWNER: Final = 2
