"""Addresses: 32 bytes, written in base58; those that the rules name, and those that no transaction may write to."""

# source: Agave, runtime/src/reserved_account_keys.rs; Solana SDK, sdk-ids/src/lib.rs

from __future__ import annotations

from functools import lru_cache
from typing import Final

ADDRESS_BYTES: Final = 32
ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LONGEST: Final = 44


def base58(content: bytes) -> str:
    """Bytes as people write them: the number in base 58, and a 1 for each zero byte in front of it."""
    number, digits = int.from_bytes(content, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    zeros = len(content) - len(content.lstrip(b"\x00"))
    return "1" * zeros + digits


@lru_cache(maxsize=4096)
def address(text: str) -> bytes:
    """The 32 bytes that base58 stands for. Raises ValueError where they are not 32, or not base58."""
    number = 0
    for digit in text[: _LONGEST + 1]:
        place = ALPHABET.find(digit)
        if place < 0:
            raise ValueError(f"{text!r}: {digit!r} is no digit of base58")
        number = number * 58 + place
    zeros = len(text) - len(text.lstrip("1"))
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(text) > _LONGEST or zeros + len(digits) != ADDRESS_BYTES:
        raise ValueError(f"{text!r} stands for {zeros + len(digits)} bytes; an address has {ADDRESS_BYTES}")
    return bytes(zeros) + digits


# Programs

SYSTEM: Final = bytes(ADDRESS_BYTES)
NATIVE_LOADER: Final = address("NativeLoader1111111111111111111111111111111")
LOADER_V1: Final = address("BPFLoader1111111111111111111111111111111111")
LOADER_V2: Final = address("BPFLoader2111111111111111111111111111111111")
LOADER_V3: Final = address("BPFLoaderUpgradeab1e11111111111111111111111")
LOADER_V4: Final = address("LoaderV411111111111111111111111111111111111")
ADDRESS_LOOKUP_TABLE: Final = address("AddressLookupTab1e1111111111111111111111111")
COMPUTE_BUDGET: Final = address("ComputeBudget111111111111111111111111111111")
CONFIG: Final = address("Config1111111111111111111111111111111111111")
FEATURE_GATE: Final = address("Feature111111111111111111111111111111111111")
STAKE: Final = address("Stake11111111111111111111111111111111111111")
STAKE_CONFIG: Final = address("StakeConfig11111111111111111111111111111111")
VOTE: Final = address("Vote111111111111111111111111111111111111111")
ZK_ELGAMAL_PROOF: Final = address("ZkE1Gama1Proof11111111111111111111111111111")
ZK_TOKEN_PROOF: Final = address("ZkTokenProof1111111111111111111111111111111")

# Precompiles

ED25519: Final = address("Ed25519SigVerify111111111111111111111111111")
SECP256K1: Final = address("KeccakSecp256k11111111111111111111111111111")
SECP256R1: Final = address("Secp256r1SigVerify1111111111111111111111111")

# Sysvars

SYSVAR: Final = address("Sysvar1111111111111111111111111111111111111")
"""Who owns the accounts of sysvars."""
CLOCK: Final = address("SysvarC1ock11111111111111111111111111111111")
EPOCH_REWARDS: Final = address("SysvarEpochRewards1111111111111111111111111")
EPOCH_SCHEDULE: Final = address("SysvarEpochSchedu1e111111111111111111111111")
FEES: Final = address("SysvarFees111111111111111111111111111111111")
INSTRUCTIONS: Final = address("Sysvar1nstructions1111111111111111111111111")
LAST_RESTART_SLOT: Final = address("SysvarLastRestartS1ot1111111111111111111111")
RECENT_BLOCKHASHES: Final = address("SysvarRecentB1ockHashes11111111111111111111")
RENT: Final = address("SysvarRent111111111111111111111111111111111")
REWARDS: Final = address("SysvarRewards111111111111111111111111111111")
SLOT_HASHES: Final = address("SysvarS1otHashes111111111111111111111111111")
SLOT_HISTORY: Final = address("SysvarS1otHistory11111111111111111111111111")
STAKE_HISTORY: Final = address("SysvarStakeHistory1111111111111111111111111")

INCINERATOR: Final = address("1nc1nerator11111111111111111111111111111111")
"""Whatever this account holds at the end of a block is burnt."""

RESERVED: Final = frozenset(
    {
        *(SYSTEM, NATIVE_LOADER, LOADER_V1, LOADER_V2, LOADER_V3, LOADER_V4),
        *(ADDRESS_LOOKUP_TABLE, COMPUTE_BUDGET, CONFIG, FEATURE_GATE, STAKE, STAKE_CONFIG, VOTE),
        *(ZK_ELGAMAL_PROOF, ZK_TOKEN_PROOF, ED25519, SECP256K1, SECP256R1),
        *(SYSVAR, CLOCK, EPOCH_REWARDS, EPOCH_SCHEDULE, FEES, INSTRUCTIONS, LAST_RESTART_SLOT),
        *(RECENT_BLOCKHASHES, RENT, REWARDS, SLOT_HASHES, SLOT_HISTORY, STAKE_HISTORY),
    }
)
"""The 31 accounts that no transaction locks for writing."""
