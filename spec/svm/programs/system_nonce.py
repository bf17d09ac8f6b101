"""Instructions of the System program on durable nonces."""

# source: Agave, programs/system/src/system_processor.rs, programs/system/src/system_instruction.rs

from __future__ import annotations

from dataclasses import replace

from samestate.spec.svm.account import UINT64_MODULUS
from samestate.spec.svm.addresses import RECENT_BLOCKHASHES, RENT, SYSTEM, base58
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind, custom
from samestate.spec.svm.frame import Invocation
from samestate.spec.svm.nonce import Nonce, UndecodableNonce, decode_nonce, durable_nonce, encode_nonce
from samestate.spec.svm.programs import system_errors


def advance_nonce_account(invocation: Invocation) -> None:
    """AdvanceNonceAccount: a nonce takes the value of this block. Accounts: nonce, RecentBlockhashes, authority."""
    invocation.require_accounts(1)
    _require_key(invocation, 1, RECENT_BLOCKHASHES)
    _require_recent_blockhashes(invocation, "Advance")
    _require_writable(invocation, "Advance")
    nonce = _nonce(invocation)
    if nonce is None:
        # rule: svm.system.advance-uninitialized
        raise _invalid_state(invocation, "Advance")
    if nonce.authority not in invocation.signers():
        # rule: svm.system.advance-unsigned
        invocation.log(f"Advance nonce account: Account {base58(nonce.authority)} must be a signer")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    if nonce.value == invocation.facts.next_nonce:
        # rule: svm.system.advance-once-per-slot
        invocation.log("Advance nonce account: nonce can only advance once per slot")
        raise custom(system_errors.NONCE_BLOCKHASH_NOT_EXPIRED)
    # rule: svm.system.advance
    invocation.write_data(0, encode_nonce(_of_this_block(invocation, nonce.authority)))


def withdraw_nonce_account(invocation: Invocation, lamports: int) -> None:
    """WithdrawNonceAccount: lamports leave a nonce, which keeps its minimum or is over.

    Accounts: nonce, recipient, RecentBlockhashes, Rent, authority.
    """
    invocation.require_accounts(2)
    _require_key(invocation, 2, RECENT_BLOCKHASHES)
    _require_key(invocation, 3, RENT)
    _require_writable(invocation, "Withdraw")
    nonce, account = _nonce(invocation), invocation.account(0)
    signer = invocation.key(0) if nonce is None else nonce.authority
    is_over = nonce is not None and lamports == account.lamports
    if nonce is None:
        # rule: svm.system.withdraw-uninitialized
        _require_lamports(invocation, "Withdraw", lamports)
    elif is_over:
        if nonce.value == invocation.facts.next_nonce:
            # rule: svm.system.withdraw-once-per-slot
            invocation.log("Withdraw nonce account: nonce can only advance once per slot")
            raise custom(system_errors.NONCE_BLOCKHASH_NOT_EXPIRED)
    else:
        needed = lamports + invocation.facts.rent.minimum_balance(len(account.data))
        if needed >= UINT64_MODULUS:
            # rule: svm.system.withdraw-overflow
            raise InstructionError(InstructionErrorKind.INSUFFICIENT_FUNDS)
        # rule: svm.system.withdraw-part
        _require_lamports(invocation, "Withdraw", needed)
    if signer not in invocation.signers():
        # rule: svm.system.withdraw-unsigned
        invocation.log(f"Withdraw nonce account: Account {base58(signer)} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    if is_over:
        # Only now, whatever files of the source say: Agave 4.1.2 and 4.3.0 were asked.
        # rule: svm.system.withdraw-all
        invocation.write_data(0, encode_nonce(None))
    # rule: svm.system.withdraw
    invocation.subtract_lamports(0, lamports)
    invocation.add_lamports(1, lamports)


def initialize_nonce_account(invocation: Invocation, authority: bytes) -> None:
    """InitializeNonceAccount: an account becomes a nonce. Accounts: nonce, RecentBlockhashes, Rent."""
    invocation.require_accounts(1)
    _require_key(invocation, 1, RECENT_BLOCKHASHES)
    _require_recent_blockhashes(invocation, "Initialize")
    _require_key(invocation, 2, RENT)
    _require_writable(invocation, "Initialize")
    if _nonce(invocation) is not None:
        # rule: svm.system.initialize-twice
        raise _invalid_state(invocation, "Initialize")
    minimum = invocation.facts.rent.minimum_balance(len(invocation.account(0).data))
    # rule: svm.system.initialize-minimum
    _require_lamports(invocation, "Initialize", minimum)
    # rule: svm.system.initialize
    invocation.write_data(0, encode_nonce(_of_this_block(invocation, authority)))


def authorize_nonce_account(invocation: Invocation, authority: bytes) -> None:
    """AuthorizeNonceAccount: a nonce gets another authority, and keeps its value. Accounts: nonce, authority."""
    invocation.require_accounts(1)
    _require_writable(invocation, "Authorize")
    nonce = _nonce(invocation)
    if nonce is None:
        # rule: svm.system.authorize-uninitialized
        raise _invalid_state(invocation, "Authorize")
    if nonce.authority not in invocation.signers():
        # rule: svm.system.authorize-unsigned
        invocation.log(f"Authorize nonce account: Account {base58(nonce.authority)} must sign")
        raise InstructionError(InstructionErrorKind.MISSING_REQUIRED_SIGNATURE)
    # rule: svm.system.authorize
    invocation.write_data(0, encode_nonce(replace(nonce, authority=authority)))


def upgrade_nonce_account(invocation: Invocation) -> None:
    """UpgradeNonceAccount: a legacy nonce becomes one that transactions can use. Anybody may. Accounts: nonce."""
    invocation.require_accounts(1)
    if invocation.account(0).owner != SYSTEM:
        # rule: svm.system.upgrade-owner
        raise InstructionError(InstructionErrorKind.INVALID_ACCOUNT_OWNER)
    if not invocation.is_writable(0):
        # rule: svm.system.upgrade-readonly
        raise InstructionError(InstructionErrorKind.INVALID_ARGUMENT)
    nonce = _nonce(invocation)
    if nonce is None or not nonce.is_legacy:
        # rule: svm.system.upgrade-nothing
        raise InstructionError(InstructionErrorKind.INVALID_ARGUMENT)
    # rule: svm.system.upgrade
    invocation.write_data(0, encode_nonce(replace(nonce, value=durable_nonce(nonce.value), is_legacy=False)))


# Their parts


def _require_key(invocation: Invocation, place: int, address: bytes) -> None:
    """The sysvars themselves are not read: the runtime knows their values; but their accounts must be named."""
    if invocation.key(place) != address:
        # rule: svm.system.sysvar-account
        # source: Agave, program-runtime/src/sysvar_cache.rs, check_sysvar_account
        raise InstructionError(InstructionErrorKind.INVALID_ARGUMENT)


def _require_recent_blockhashes(invocation: Invocation, verb: str) -> None:
    if not invocation.facts.has_recent_blockhashes:
        # rule: svm.system.no-recent-blockhashes
        invocation.log(f"{verb} nonce account: recent blockhash list is empty")
        raise custom(system_errors.NONCE_NO_RECENT_BLOCKHASHES)


def _require_writable(invocation: Invocation, verb: str) -> None:
    if not invocation.is_writable(0):
        # rule: svm.system.nonce-readonly
        invocation.log(f"{verb} nonce account: Account {base58(invocation.key(0))} must be writeable")
        raise InstructionError(InstructionErrorKind.INVALID_ARGUMENT)


def _require_lamports(invocation: Invocation, verb: str, needed: int) -> None:
    balance = invocation.account(0).lamports
    if needed > balance:
        # rule: svm.system.nonce-insufficient
        invocation.log(f"{verb} nonce account: insufficient lamports {balance}, need {needed}")
        raise InstructionError(InstructionErrorKind.INSUFFICIENT_FUNDS)


def _nonce(invocation: Invocation) -> Nonce | None:
    try:
        return decode_nonce(invocation.account(0).data)
    except UndecodableNonce:
        # rule: svm.system.nonce-undecodable
        raise InstructionError(InstructionErrorKind.INVALID_ACCOUNT_DATA) from None


def _invalid_state(invocation: Invocation, verb: str) -> InstructionError:
    invocation.log(f"{verb} nonce account: Account {base58(invocation.key(0))} state is invalid")
    return InstructionError(InstructionErrorKind.INVALID_ACCOUNT_DATA)


def _of_this_block(invocation: Invocation, authority: bytes) -> Nonce:
    return Nonce(authority, invocation.facts.next_nonce, invocation.facts.lamports_per_signature)
