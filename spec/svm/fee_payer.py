"""The fee payer: who may pay for a transaction, and what paying leaves."""

# source: Agave, svm/src/account_loader.rs, validate_fee_payer

from __future__ import annotations

from dataclasses import replace

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import SYSTEM, base58
from samestate.spec.svm.nonce import NONCE_BYTES, UndecodableNonce, decode_nonce
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.rent import RentPrice, RentRule


def pay_fee(address: bytes, payer: Account | None, fee: int, price: RentPrice, rent_rule: RentRule) -> Account:
    """The account of the payer without the fee. Raises Rejection where it cannot pay, or may not."""
    if payer is None:
        # rule: svm.fee-payer.absent
        raise Rejection(Invalid.ACCOUNT_NOT_FOUND, base58(address))
    reserve = 0
    if payer.owner != SYSTEM or (payer.data and not is_fee_paying_nonce(payer)):
        # rule: svm.fee-payer.kind
        # source: Solana SDK, nonce-account/src/lib.rs, get_system_account_kind
        raise Rejection(Invalid.INVALID_ACCOUNT_FOR_FEE, base58(address))
    if payer.data:
        # rule: svm.fee-payer.nonce-keeps-its-minimum
        reserve = price.minimum_balance(NONCE_BYTES)
    if payer.lamports < reserve + fee:
        # rule: svm.fee-payer.funds
        raise Rejection(Invalid.INSUFFICIENT_FUNDS_FOR_FEE, f"{payer.lamports} lamports, {reserve} + {fee} needed")
    # rule: svm.fee-payer.pays
    paid = replace(payer, lamports=payer.lamports - fee)
    if not rent_rule(price, payer, paid):
        # rule: svm.fee-payer.rent
        raise Rejection(Invalid.INSUFFICIENT_FUNDS_FOR_RENT, "account 0, by the fee alone")
    return paid


def is_fee_paying_nonce(payer: Account) -> bool:
    """Whether an account of the System program is an initialized nonce and nothing else: only such a one may pay."""
    if len(payer.data) != NONCE_BYTES:
        # rule: svm.fee-payer.nonce-of-exact-size
        return False
    try:
        # rule: svm.fee-payer.nonce-initialized
        return decode_nonce(payer.data) is not None
    except UndecodableNonce:
        # rule: svm.fee-payer.nonce-undecodable
        return False
