"""Instructions of the System program on accounts: create, allocate, assign, transfer, and each with a seed.

An account of a derived address has no key of its own: its base signs for it.
"""

# source: Agave, programs/system/src/system_processor.rs

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from samestate.spec.svm.account import MAXIMUM_DATA_BYTES
from samestate.spec.svm.addresses import SYSTEM, base58
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind, custom
from samestate.spec.svm.frame import Invocation
from samestate.spec.svm.programs import system_errors

MAXIMUM_SEED_BYTES: Final = 32
DERIVED_ADDRESS_MARKER: Final = b"ProgramDerivedAddress"


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """An address, and the base that signs for it where it is a derived one."""

    address: bytes
    base: bytes | None = None

    def is_signed(self, invocation: Invocation) -> bool:
        """Whether the instruction has the signature that the address needs."""
        return (self.address if self.base is None else self.base) in invocation.signers()

    def __str__(self) -> str:
        base = "None" if self.base is None else f"Some({base58(self.base)})"
        return f"Address {{ address: {base58(self.address)}, base: {base} }}"


def address_with_seed(base: bytes, seed: bytes, owner: bytes) -> bytes:
    """The address that follows from a base, a seed and an owner. Raises InstructionError."""
    if len(seed) > MAXIMUM_SEED_BYTES:
        # rule: svm.system.seed-too-long
        # source: Solana SDK, pubkey/src/lib.rs, create_with_seed
        raise custom(system_errors.MAX_SEED_LENGTH_EXCEEDED)
    if owner.endswith(DERIVED_ADDRESS_MARKER):
        # rule: svm.system.seed-owner
        # source: Solana SDK, pubkey/src/lib.rs, create_with_seed
        raise custom(system_errors.ILLEGAL_OWNER)
    # rule: svm.system.seed-address
    # source: Solana SDK, pubkey/src/lib.rs, create_with_seed
    return hashlib.sha256(base + seed + owner).digest()


# The instructions


def create_account(invocation: Invocation, lamports: int, space: int, owner: bytes) -> None:
    """CreateAccount: the first account pays for the second, which is new."""
    invocation.require_accounts(2)
    _create(invocation, SignedAddress(invocation.key(1)), lamports, space, owner)


def create_account_with_seed(
    invocation: Invocation, base: bytes, seed: bytes, lamports: int, space: int, owner: bytes
) -> None:
    """CreateAccountWithSeed: the same for a derived address."""
    invocation.require_accounts(2)
    _create(invocation, _derived(invocation, 1, base, seed, owner), lamports, space, owner)


def create_account_allow_prefund(invocation: Invocation, lamports: int, space: int, owner: bytes) -> None:
    """CreateAccountAllowPrefund: the first account is new but for its lamports; the second pays, if anything is paid.

    SIMD-0312.
    """
    # rule: svm.system.prefund-accounts
    # source: SIMD-0312
    invocation.require_accounts(2 if lamports > 0 else 1)
    _allocate(invocation, 0, SignedAddress(invocation.key(0)), space)
    _assign(invocation, 0, SignedAddress(invocation.key(0)), owner)
    if lamports > 0:
        # rule: svm.system.prefund-transfer
        # source: SIMD-0312
        _transfer(invocation, 1, 0, lamports)


def assign(invocation: Invocation, owner: bytes) -> None:
    """Assign: the account gets another owner."""
    invocation.require_accounts(1)
    _assign(invocation, 0, SignedAddress(invocation.key(0)), owner)


def assign_with_seed(invocation: Invocation, base: bytes, seed: bytes, owner: bytes) -> None:
    """AssignWithSeed: the same for a derived address."""
    invocation.require_accounts(1)
    _assign(invocation, 0, _derived(invocation, 0, base, seed, owner), owner)


def allocate(invocation: Invocation, space: int) -> None:
    """Allocate: the account, which has no data, gets zeros."""
    invocation.require_accounts(1)
    _allocate(invocation, 0, SignedAddress(invocation.key(0)), space)


def allocate_with_seed(invocation: Invocation, base: bytes, seed: bytes, space: int, owner: bytes) -> None:
    """AllocateWithSeed: zeros and an owner for a derived address."""
    invocation.require_accounts(1)
    derived = _derived(invocation, 0, base, seed, owner)
    _allocate(invocation, 0, derived, space)
    _assign(invocation, 0, derived, owner)


def transfer(invocation: Invocation, lamports: int) -> None:
    """Transfer: lamports go from the first account to the second."""
    invocation.require_accounts(2)
    _transfer(invocation, 0, 1, lamports)


def transfer_with_seed(invocation: Invocation, lamports: int, seed: bytes, owner: bytes) -> None:
    """TransferWithSeed: lamports go from the first account, of a derived address, to the third; the second signs."""
    invocation.require_accounts(3)
    address, base = invocation.key(0), invocation.key(1)
    if not invocation.is_signer(1):
        # rule: svm.system.transfer-with-seed-unsigned
        invocation.log(f"Transfer: 'from' account {base58(base)} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    derived = address_with_seed(base, seed, owner)
    if address != derived:
        # rule: svm.system.transfer-with-seed-mismatch
        invocation.log(f"Transfer: 'from' address {base58(address)} does not match derived address {base58(derived)}")
        raise custom(system_errors.ADDRESS_WITH_SEED_MISMATCH)
    _move(invocation, 0, 2, lamports)


# Their parts


def _derived(invocation: Invocation, place: int, base: bytes, seed: bytes, owner: bytes) -> SignedAddress:
    """The derived address of an account, which must be its own."""
    address, derived = invocation.key(place), address_with_seed(base, seed, owner)
    if address != derived:
        # rule: svm.system.seed-mismatch
        invocation.log(f"Create: address {base58(address)} does not match derived address {base58(derived)}")
        raise custom(system_errors.ADDRESS_WITH_SEED_MISMATCH)
    return SignedAddress(address, base)


def _create(invocation: Invocation, to: SignedAddress, lamports: int, space: int, owner: bytes) -> None:
    if invocation.account(1).lamports > 0:
        # rule: svm.system.create-in-use
        invocation.log(f"Create Account: account {to} already in use")
        raise custom(system_errors.ACCOUNT_ALREADY_IN_USE)
    # rule: svm.system.create
    _allocate(invocation, 1, to, space)
    _assign(invocation, 1, to, owner)
    _transfer(invocation, 0, 1, lamports)


def _allocate(invocation: Invocation, place: int, address: SignedAddress, space: int) -> None:
    if not address.is_signed(invocation):
        # rule: svm.system.allocate-unsigned
        invocation.log(f"Allocate: 'to' account {address} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    account = invocation.account(place)
    if account.data or account.owner != SYSTEM:
        # rule: svm.system.allocate-in-use
        invocation.log(f"Allocate: account {address} already in use")
        raise custom(system_errors.ACCOUNT_ALREADY_IN_USE)
    if space > MAXIMUM_DATA_BYTES:
        # rule: svm.system.allocate-too-much
        invocation.log(f"Allocate: requested {space}, max allowed {MAXIMUM_DATA_BYTES}")
        raise custom(system_errors.INVALID_ACCOUNT_DATA_LENGTH)
    # rule: svm.system.allocate
    invocation.resize(place, space)


def _assign(invocation: Invocation, place: int, address: SignedAddress, owner: bytes) -> None:
    if invocation.account(place).owner == owner:
        # rule: svm.system.assign-same-owner
        return
    if not address.is_signed(invocation):
        # rule: svm.system.assign-unsigned
        invocation.log(f"Assign: account {address} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    # rule: svm.system.assign
    invocation.set_owner(place, owner)


def _transfer(invocation: Invocation, source: int, target: int, lamports: int) -> None:
    if not invocation.is_signer(source):
        # rule: svm.system.transfer-unsigned
        invocation.log(f"Transfer: `from` account {base58(invocation.key(source))} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    _move(invocation, source, target, lamports)


def _move(invocation: Invocation, source: int, target: int, lamports: int) -> None:
    payer = invocation.account(source)
    if payer.data:
        # rule: svm.system.transfer-with-data
        invocation.log("Transfer: `from` must not carry data")
        raise InstructionError(InstructionErrorKind.INVALID_ARGUMENT)
    if lamports > payer.lamports:
        # rule: svm.system.transfer-insufficient
        invocation.log(f"Transfer: insufficient lamports {payer.lamports}, need {lamports}")
        raise custom(system_errors.RESULT_WITH_NEGATIVE_LAMPORTS)
    # rule: svm.system.transfer
    invocation.subtract_lamports(source, lamports)
    invocation.add_lamports(target, lamports)
