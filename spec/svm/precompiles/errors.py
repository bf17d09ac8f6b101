"""Why a precompile fails, by the numbers that the reasons have as custom errors."""

# source: Solana SDK, precompile-error/src/lib.rs

from __future__ import annotations

from typing import Final

INVALID_PUBLIC_KEY: Final = 0
INVALID_RECOVERY_ID: Final = 1
INVALID_SIGNATURE: Final = 2
INVALID_DATA_OFFSETS: Final = 3
INVALID_INSTRUCTION_DATA_SIZE: Final = 4
