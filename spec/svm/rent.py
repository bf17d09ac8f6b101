"""Rent: what an account must hold for its size, and how a transaction may leave it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from samestate.spec.svm.account import Account

ACCOUNT_OVERHEAD: Final = 128
"""Bytes that an account is charged for beside its data."""


@dataclass(frozen=True, slots=True)
class RentPrice:
    """What a byte of an account costs, in lamports, once and for all."""

    lamports_per_byte: int

    def minimum_balance(self, data_bytes: int) -> int:
        """The lamports with which an account of that much data is exempt from rent."""
        # rule: svm.rent.minimum-balance
        # source: Solana SDK, rent/src/lib.rs, minimum_balance
        return (ACCOUNT_OVERHEAD + data_bytes) * self.lamports_per_byte


class RentState(enum.Enum):
    """How an account stands to rent."""

    UNINITIALIZED = "it has no lamports"
    RENT_PAYING = "it has lamports, and fewer than the minimum for its size"
    RENT_EXEMPT = "it has the minimum, or more"


RentRule = Callable[[RentPrice, Account, Account], bool]
"""Whether a transaction may leave an account as the second if it found it as the first."""


def rent_state(account: Account, minimum_balance: int) -> RentState:
    """How the account stands, given the least that it must hold."""
    if account.lamports == 0:
        return RentState.UNINITIALIZED
    return RentState.RENT_EXEMPT if account.lamports >= minimum_balance else RentState.RENT_PAYING


def leaves_no_new_debt(price: RentPrice, before: Account, after: Account) -> bool:
    """No account comes to pay rent; one that did may go on, at the same size, as long as it is not credited."""
    state_after = rent_state(after, price.minimum_balance(len(after.data)))
    if state_after is not RentState.RENT_PAYING:
        # rule: svm.rent.exempt-or-gone
        # source: Agave 4.1, svm/src/rent_calculator.rs, transition_allowed
        return True
    if rent_state(before, price.minimum_balance(len(before.data))) is not RentState.RENT_PAYING:
        # rule: svm.rent.new-debt
        # source: Agave 4.1, svm/src/rent_calculator.rs, transition_allowed
        return False
    # rule: svm.rent.old-debt
    # source: Agave 4.1, svm/src/rent_calculator.rs, transition_allowed
    return len(after.data) == len(before.data) and after.lamports <= before.lamports


def leaves_no_less(price: RentPrice, before: Account, after: Account) -> bool:
    """An account that was there, has not grown and has the same owner needs no more than it had (SIMD-0392)."""
    minimum_balance = price.minimum_balance(len(after.data))
    if before.lamports > 0 and len(after.data) <= len(before.data) and after.owner == before.owner:
        # rule: svm.rent.no-more-than-before
        # source: SIMD-0392; Agave, svm/src/transaction_account_state_info.rs, new_post_exec
        minimum_balance = min(minimum_balance, before.lamports)
    # rule: svm.rent.below-minimum
    # source: SIMD-0392; Agave, svm/src/rent_calculator.rs, transition_allowed
    return rent_state(after, minimum_balance) is not RentState.RENT_PAYING
