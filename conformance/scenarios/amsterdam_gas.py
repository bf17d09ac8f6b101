"""What things cost since Amsterdam, in gas: written down from the EIPs apart from the specification.

Scenarios say with these what must be paid, so that a price that the specification has wrong is noticed.
"""

from __future__ import annotations

from typing import Final

# A transaction (EIP-2780, EIP-7976, EIP-7981, EIP-8038)
BASE: Final = 12_000
RECIPIENT: Final = 3_000
VALUE: Final = 6_000
CREATION: Final = 12_000
ZERO_BYTE: Final = 4
OTHER_BYTE: Final = 16
FLOOR_BYTE: Final = 64
LISTED_ADDRESS: Final = 2_900 + 20 * FLOOR_BYTE
LISTED_SLOT: Final = 2_000 + 32 * FLOOR_BYTE
AUTHORIZATION: Final = 7_816
EXECUTION_CAP: Final = 2**24
TOTAL_CAP: Final = 2**32 - 1

CALL: Final = BASE + RECIPIENT
"""A transaction that calls somebody, without value and data."""
TRANSFER: Final = CALL + VALUE
"""One that brings value."""

# New state (EIP-8037)
STATE_BYTE: Final = 1_530
NEW_SLOT: Final = 64 * STATE_BYTE
NEW_ACCOUNT: Final = 120 * STATE_BYTE
NEW_DELEGATION: Final = 23 * STATE_BYTE

# Accesses and writes (EIP-8038)
COLD_ACCOUNT: Final = 3_000
WARM: Final = 100
COLD_SLOT: Final = 2_100
ACCOUNT_WRITE: Final = 9_000
SLOT_WRITE: Final = 10_000
CLEARED_SLOT: Final = 11_616
"""What comes back for a slot that is cleared."""
CALL_VALUE: Final = ACCOUNT_WRITE + 2_300
STIPEND: Final = 2_300
SELF_DESTRUCT: Final = 5_000
CODE_WORD: Final = 6
INITCODE_WORD: Final = 2
KECCAK_WORD: Final = 6

# Instructions
PUSH: Final = 3
STORE: Final = 2 * PUSH + COLD_SLOT + SLOT_WRITE
"""The instructions that ``store`` assembles, for a number and a slot that nothing was stored in before."""
