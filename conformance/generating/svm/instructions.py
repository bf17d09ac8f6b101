"""Instructions as programs are told them: which program, which accounts, which data."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from nacl.signing import SigningKey

from samestate.spec.svm.addresses import COMPUTE_BUDGET, ED25519, RECENT_BLOCKHASHES, RENT, SYSTEM


@dataclass(frozen=True, slots=True)
class AccountUse:
    """An account of an instruction, and what the instruction wants of it."""

    address: bytes
    signs: bool = False
    writes: bool = False


@dataclass(frozen=True, slots=True)
class ProgramCall:
    """One instruction: a call of a program, before it is compiled into a message."""

    program: bytes
    accounts: tuple[AccountUse, ...]
    data: bytes


def signing(address: bytes) -> AccountUse:
    """An account that signs, and is written."""
    return AccountUse(address, signs=True, writes=True)


def written(address: bytes) -> AccountUse:
    """An account that is written, and does not sign."""
    return AccountUse(address, writes=True)


def only_signing(address: bytes) -> AccountUse:
    """An account that signs, and is not written."""
    return AccountUse(address, signs=True)


def read(address: bytes) -> AccountUse:
    """An account that is only read."""
    return AccountUse(address)


def seeded_address(base: bytes, seed: str, owner: bytes) -> bytes:
    """The address that a base, a seed and an owner make (the System program's instructions with a seed)."""
    return hashlib.sha256(base + seed.encode() + owner).digest()


# The System program


def system(tag: int, data: bytes, *accounts: AccountUse) -> ProgramCall:
    """An instruction of the System program by its tag."""
    return ProgramCall(SYSTEM, accounts, struct.pack("<I", tag) + data)


def u64(*numbers: int) -> bytes:
    """Numbers of 8 bytes."""
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def text_of(seed: str) -> bytes:
    """A seed as data."""
    content = seed.encode()
    return u64(len(content)) + content


def create_account(payer: bytes, new: bytes, lamports: int, space: int, owner: bytes) -> ProgramCall:
    """Create an account that has nothing yet."""
    return system(0, u64(lamports, space) + owner, signing(payer), signing(new))


def assign(account: bytes, owner: bytes) -> ProgramCall:
    """Give an account to a program."""
    return system(1, owner, signing(account))


def transfer(source: bytes, target: bytes, lamports: int) -> ProgramCall:
    """Move lamports."""
    return system(2, u64(lamports), signing(source), written(target))


def create_with_seed(
    payer: bytes, new: bytes, base: bytes, seed: str, lamports: int, space: int, owner: bytes
) -> ProgramCall:
    """Create the account at an address with a seed."""
    others = () if base == payer else (only_signing(base),)
    data = base + text_of(seed) + u64(lamports, space) + owner
    return system(3, data, signing(payer), written(new), *others)


def advance_nonce(nonce: bytes, authority: bytes) -> ProgramCall:
    """Give a nonce its next value."""
    return system(4, b"", written(nonce), read(RECENT_BLOCKHASHES), only_signing(authority))


def withdraw_nonce(nonce: bytes, authority: bytes, target: bytes, lamports: int) -> ProgramCall:
    """Take lamports out of a nonce account."""
    accounts = (written(nonce), written(target), read(RECENT_BLOCKHASHES), read(RENT), only_signing(authority))
    return system(5, u64(lamports), *accounts)


def initialize_nonce(nonce: bytes, authority: bytes) -> ProgramCall:
    """Make a nonce of an account."""
    return system(6, authority, written(nonce), read(RECENT_BLOCKHASHES), read(RENT))


def authorize_nonce(nonce: bytes, authority: bytes, successor: bytes) -> ProgramCall:
    """Name who may use a nonce from now on."""
    return system(7, successor, written(nonce), only_signing(authority))


def allocate(account: bytes, space: int) -> ProgramCall:
    """Give an account data."""
    return system(8, u64(space), signing(account))


def allocate_with_seed(account: bytes, base: bytes, seed: str, space: int, owner: bytes) -> ProgramCall:
    """Give the account at an address with a seed data and an owner."""
    return system(9, base + text_of(seed) + u64(space) + owner, written(account), only_signing(base))


def assign_with_seed(account: bytes, base: bytes, seed: str, owner: bytes) -> ProgramCall:
    """Give the account at an address with a seed to a program."""
    return system(10, base + text_of(seed) + owner, written(account), only_signing(base))


def transfer_with_seed(
    source: bytes, base: bytes, target: bytes, lamports: int, seed: str, owner: bytes
) -> ProgramCall:
    """Move lamports from the account at an address with a seed."""
    return system(11, u64(lamports) + text_of(seed) + owner, written(source), only_signing(base), written(target))


def upgrade_nonce(nonce: bytes) -> ProgramCall:
    """Make a legacy nonce a current one."""
    return system(12, b"", written(nonce))


def create_allowing_prefund(
    new: bytes, lamports: int, space: int, owner: bytes, payer: bytes | None = None
) -> ProgramCall:
    """Create an account that may have lamports already; the payer may be left out where none are added."""
    others = () if payer is None else (signing(payer),)
    return system(13, u64(lamports, space) + owner, signing(new), *others)


# The compute budget


def heap_size(size: int) -> ProgramCall:
    """Ask for a heap of so many bytes."""
    return ProgramCall(COMPUTE_BUDGET, (), b"\x01" + struct.pack("<I", size))


def unit_limit(units: int) -> ProgramCall:
    """Ask for so many compute units."""
    return ProgramCall(COMPUTE_BUDGET, (), b"\x02" + struct.pack("<I", units))


def unit_price(micro_lamports: int) -> ProgramCall:
    """Offer so many millionths of a lamport for each unit of the limit."""
    return ProgramCall(COMPUTE_BUDGET, (), b"\x03" + u64(micro_lamports))


def loaded_size_limit(size: int) -> ProgramCall:
    """Ask for so many bytes of accounts."""
    return ProgramCall(COMPUTE_BUDGET, (), b"\x04" + struct.pack("<I", size))


# Precompiles

_OFFSETS_BEGIN = 2
_OFFSETS_BYTES = 14
_THIS_INSTRUCTION = 0xFFFF


def ed25519(key: SigningKey, message: bytes, spoil: bool = False) -> ProgramCall:
    """Verify one signature that lies in the instruction itself; ``spoil``: of another message."""
    public = bytes(key.verify_key)
    signature = key.sign(message + b"!" * spoil).signature
    begin = _OFFSETS_BEGIN + _OFFSETS_BYTES
    offsets = struct.pack(
        "<7H",
        begin + len(public),
        _THIS_INSTRUCTION,
        begin,
        _THIS_INSTRUCTION,
        begin + len(public) + len(signature),
        len(message),
        _THIS_INSTRUCTION,
    )
    return ProgramCall(ED25519, (), bytes([1, 0]) + offsets + public + signature + message)
