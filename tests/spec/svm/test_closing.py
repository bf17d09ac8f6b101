"""Fees at the end of a block: what the leader receives, and what nobody does."""

from __future__ import annotations

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import COMPUTE_BUDGET, SYSTEM, SYSVAR
from samestate.spec.svm.closing import Fees
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.transaction import SignedTransaction
from tests.spec.svm.small import LEADER, RICH, SOL, SmallChain, key, message_of, signed, transfer, transfer_data

MINIMUM = 128 * 6960
BUDGET_ACCOUNT = Account(1, bytes(32), True, b"compute_budget_program")


def with_price(payer: int, price: int, limit: int = 1_000_000) -> SignedTransaction:
    """A transfer that offers so many microlamports for each of a million units."""
    return signed(
        message_of(
            (key(payer), key(9), SYSTEM, COMPUTE_BUDGET),
            [
                (3, (), b"\x02" + limit.to_bytes(4, "little")),
                (3, (), b"\x03" + price.to_bytes(8, "little")),
                (2, (0, 1), transfer_data(SOL)),
            ],
            header=(1, 0, 2),
        ),
        payer,
    )


def fees(
    *transactions: SignedTransaction, leader: Account | None = None, ruleset: SvmRuleset = MAINNET_2026_09
) -> tuple[Fees, int]:
    """The fees of a block, and what the leader has after it."""
    chain = SmallChain(RICH | ({} if leader is None else {LEADER: leader}), ruleset)
    if leader is None:
        chain.state = chain.state.apply({LEADER: None}, ())
    result = chain.add(transactions)
    after = chain.state.account(LEADER)
    return result.closing.fees, 0 if after is None else after.lamports


def test_half_of_what_signatures_cost_is_burnt() -> None:
    assert fees(transfer(1, key(2), SOL), leader=Account(SOL)) == (Fees(5_000, 0, 2_500, 2_500), SOL + 2_500)


def test_priority_fees_go_to_the_leader_whole() -> None:
    found = fees(with_price(1, 7), transfer(2, key(3), SOL), leader=Account(SOL))
    assert found == (Fees(10_000, 7, 5_007, 5_000), SOL + 5_007)


def test_of_an_odd_price_the_leader_has_the_larger_half() -> None:
    chain = SmallChain(RICH)
    result = chain.add([transfer(1, key(2), SOL)], lamports_per_signature=5_001)
    assert result.closing.fees == Fees(5_001, 0, 2_501, 2_500)


def test_a_block_without_transactions_leaves_the_leader_alone() -> None:
    chain = SmallChain(RICH)
    result = chain.add()
    assert result.closing.fees == Fees(0, 0, 0, 0)
    assert LEADER not in result.steps[-1].reads


@pytest.mark.parametrize(
    ("leader", "priority", "deposited", "ruleset"),
    [
        # There is no account, and what comes would not be enough for one.
        (None, 0, False, MAINNET_2026_07),
        (None, 0, False, MAINNET_2026_09),
        (None, MINIMUM - 2_501, False, MAINNET_2026_09),
        (None, MINIMUM - 2_500, True, MAINNET_2026_07),
        (None, MINIMUM - 2_500, True, MAINNET_2026_09),
        # There is one, and it is still below the minimum after it.
        (Account(MINIMUM - 2_501), 0, False, MAINNET_2026_07),
        (Account(MINIMUM - 2_501), 0, True, MAINNET_2026_09),
        (Account(MINIMUM - 2_500), 0, True, MAINNET_2026_07),
        (Account(MINIMUM - 2_500), 0, True, MAINNET_2026_09),
        # It belongs to a program, or could hold no more.
        (Account(SOL, SYSVAR), 0, False, MAINNET_2026_09),
        (Account(2**64 - 2_500), 0, False, MAINNET_2026_09),
        (Account(2**64 - 2_501), 0, True, MAINNET_2026_09),
    ],
)
def test_where_the_deposit_goes(leader: Account | None, priority: int, deposited: bool, ruleset: SvmRuleset) -> None:
    transaction = with_price(1, priority) if priority else transfer(1, key(2), SOL)
    paid, after = fees(transaction, leader=leader, ruleset=ruleset)
    deposit = 2_500 + priority
    assert paid == Fees(5_000, priority, deposit * deposited, 5_000 + priority - deposit * deposited)
    assert after == (0 if leader is None else leader.lamports) + deposit * deposited


def test_failed_and_fees_only_transactions_pay_too() -> None:
    fees_only = signed(message_of((key(2), key(3), key(9)), [(2, (0, 1), b"")]), 2)
    paid, _ = fees(transfer(1, key(2), 100 * SOL), fees_only, leader=Account(SOL))
    assert paid == Fees(10_000, 0, 5_000, 5_000)


def test_the_leader_may_pay_and_receive_in_its_own_block() -> None:
    chain = SmallChain(RICH)
    result = chain.add([transfer(1, key(2), SOL)], leader=key(1))
    assert result.steps[-1].reads[key(1)].source == (0,)
    account = chain.state.account(key(1))
    assert account is not None
    assert account.lamports == 9 * SOL - 2_500
