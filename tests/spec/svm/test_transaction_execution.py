"""A transaction as a whole: its age, what it leaves when it fails, what it reads and writes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    INCINERATOR,
    INSTRUCTIONS,
    LOADER_V3,
    NATIVE_LOADER,
    RECENT_BLOCKHASHES,
    RENT,
    SYSTEM,
    SYSVAR,
)
from samestate.spec.svm.admission import admit
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.nonce import Nonce, durable_nonce, encode_nonce
from samestate.spec.svm.receipt import TransactionStatus, receipt_of
from samestate.spec.svm.status_cache import StatusCache
from samestate.spec.svm.transaction import transaction_of
from samestate.spec.svm.transaction_execution import execute_transaction
from tests.spec.svm.execution import (
    LAST_HASH,
    OLD_HASH,
    PAYER,
    RICH,
    SYSTEM_ACCOUNT,
    A,
    AccountsView,
    B,
    Meta,
    Sent,
    block_of,
    execute,
    message_of,
    run,
    view_of,
)

ONE, TWO, NONCE, AUTHORITY, OTHER = (bytes([number]) * 32 for number in (1, 2, 3, 4, 14))
MINIMUM, MINIMUM_OF_NONCE = 890_880, 208 * 6960
VALUE, NEXT = b"\x77" * 32, durable_nonce(LAST_HASH)
PLENTY = Account(10**9)
SYSVARS = {RECENT_BLOCKHASHES: Account(1, SYSVAR, False, bytes(6008)), RENT: Account(1, SYSVAR, False, bytes(17))}


def transfer(lamports: int, source: bytes = PAYER, target: bytes = ONE) -> Sent:
    return Sent(SYSTEM, struct.pack("<IQ", 2, lamports), (Meta(source, True), Meta(target)))


def advance(nonce: Meta = Meta(NONCE), authority: Meta = Meta(AUTHORITY, True, False)) -> Sent:  # noqa: B008 - frozen
    return Sent(SYSTEM, struct.pack("<I", 4), (nonce, Meta(RECENT_BLOCKHASHES, writes=False), authority))


def nonce_account(nonce: Nonce | None = None, lamports: int = MINIMUM_OF_NONCE, more: bytes = b"") -> Account:
    nonce = Nonce(AUTHORITY, VALUE, 4000) if nonce is None else nonce
    return Account(lamports, SYSTEM, False, encode_nonce(nonce) + more)


USED = Nonce(AUTHORITY, NEXT, 5000)


def durable(*sent: Sent, payer: bytes = PAYER, first: Sent | None = None) -> TransactionMessage:
    return message_of(payer, advance() if first is None else first, *sent, blockhash=VALUE)


def code_of(message: TransactionMessage, accounts: Mapping[bytes, Account | None], **fields: object) -> str:
    with pytest.raises(Rejection) as raised:
        execute(message, accounts, A, block_of(**fields))
    return raised.value.code.name


# Age


def test_a_blockhash_of_the_queue_will_do() -> None:
    for blockhash in (LAST_HASH, OLD_HASH):
        assert execute(message_of(PAYER, blockhash=blockhash), {PAYER: PLENTY})[0].succeeded
    assert code_of(message_of(PAYER, blockhash=VALUE), {PAYER: PLENTY}) == "BLOCKHASH_NOT_FOUND"


def test_a_nonce_stands_for_a_blockhash() -> None:
    outcome, after = execute(durable(transfer(5)), {PAYER: PLENTY, ONE: PLENTY, NONCE: nonce_account(), **SYSVARS})
    assert outcome.succeeded and outcome.units == 300
    assert after[NONCE] == nonce_account(USED) and after[ONE] == Account(10**9 + 5)


@pytest.mark.parametrize(
    ("first", "account"),
    [
        (None, None),
        (None, Account(10**9)),
        (None, replace(nonce_account(), owner=OTHER)),
        (None, nonce_account(Nonce(AUTHORITY, b"\x78" * 32, 5000))),
        (None, nonce_account(Nonce(OTHER, VALUE, 5000))),
        (None, nonce_account(Nonce(AUTHORITY, VALUE, 5000, is_legacy=True))),
        (None, Account(MINIMUM_OF_NONCE, SYSTEM, False, encode_nonce(None).ljust(80, b"\x00"))),
        (None, Account(MINIMUM_OF_NONCE, SYSTEM, False, nonce_account().data[:79])),
        (advance(authority=Meta(AUTHORITY)), nonce_account()),
        (advance(Meta(NONCE, writes=False)), nonce_account()),
        (transfer(1, AUTHORITY, NONCE), nonce_account()),
        (Sent(SYSTEM, b"\x04\x00\x00", (Meta(NONCE), Meta(AUTHORITY, True))), nonce_account()),
        (Sent(SYSTEM, b"\x04\x00\x00\x00"), nonce_account()),
        (Sent(OTHER, b"\x04\x00\x00\x00", (Meta(NONCE), Meta(AUTHORITY, True))), nonce_account()),
    ],
)
def test_what_is_no_durable_transaction(first: Sent | None, account: Account | None) -> None:
    message = durable(first=first)
    assert code_of(message, {PAYER: PLENTY, NONCE: account, AUTHORITY: PLENTY, **SYSVARS}) == "BLOCKHASH_NOT_FOUND"


def test_a_nonce_that_advanced_in_this_slot_stands_for_nothing() -> None:
    message = message_of(PAYER, advance(), blockhash=NEXT)
    assert code_of(message, {PAYER: PLENTY, NONCE: nonce_account(USED), **SYSVARS}) == "BLOCKHASH_NOT_FOUND"


def test_only_the_first_instruction_makes_it_durable() -> None:
    message = message_of(PAYER, transfer(1), advance(), blockhash=VALUE)
    accounts = {PAYER: PLENTY, ONE: PLENTY, NONCE: nonce_account(), **SYSVARS}
    assert code_of(message, accounts) == "BLOCKHASH_NOT_FOUND"


@pytest.mark.parametrize("more", [b"\x00", bytes(120)])
def test_a_nonce_may_have_more_data(more: bytes) -> None:
    account = nonce_account(lamports=10**9, more=more)
    outcome, after = execute(durable(transfer(10**10)), {PAYER: PLENTY, NONCE: account, **SYSVARS})
    assert str(outcome.error) == "InstructionError(1, Custom(1))"
    assert after[NONCE] == nonce_account(USED, 10**9, more)


# Processed before


def test_what_was_processed_is_not_processed_again() -> None:
    message = message_of(PAYER)
    message_hash = transaction_of(message, (bytes(64),)).message_hash
    cache = StatusCache({LAST_HASH: frozenset({message_hash})})
    assert code_of(message, {PAYER: PLENTY}, status_cache=cache) == "ALREADY_PROCESSED"
    under_another = StatusCache({OLD_HASH: frozenset({message_hash})})
    assert execute(message, {PAYER: PLENTY}, A, block_of(status_cache=under_another))[0].succeeded


def test_a_repeated_message_is_refused_even_before_the_fee_payer_is_looked_at() -> None:
    admitted = admit(A, block_of(), transaction_of(message_of(PAYER), (bytes(64),)), True, False)
    with pytest.raises(Rejection, match="already been processed"):
        execute_transaction(A, block_of(), admitted, view_of({}))


def test_age_comes_before_the_status_cache() -> None:
    message = durable()
    cache = StatusCache({VALUE: frozenset({transaction_of(message, (bytes(64),) * 2).message_hash})})
    accounts = {PAYER: PLENTY, NONCE: nonce_account(USED), **SYSVARS}
    assert code_of(message, accounts, status_cache=cache) == "BLOCKHASH_NOT_FOUND"
    assert code_of(message, {**accounts, NONCE: nonce_account()}, status_cache=cache) == "ALREADY_PROCESSED"


# What is left


def test_a_failed_durable_transaction_has_used_its_nonce() -> None:
    outcome, after = execute(durable(transfer(10**10)), {PAYER: PLENTY, NONCE: nonce_account(), **SYSVARS})
    assert str(outcome.error) == "InstructionError(1, Custom(1))"
    assert after[NONCE] == nonce_account(USED) and after[PAYER] == Account(10**9 - 10_000)


def test_a_fees_only_durable_transaction_has_used_its_nonce() -> None:
    outcome, after = execute(durable(Sent(OTHER, b"")), {PAYER: PLENTY, NONCE: nonce_account(), **SYSVARS})
    assert str(outcome.error) == "ProgramAccountNotFound" and not outcome.is_executed
    assert after[NONCE] == nonce_account(USED) and after[PAYER] == Account(10**9 - 10_000)


@pytest.mark.parametrize("instruction", [transfer(10**10, AUTHORITY), Sent(OTHER, b"")])
def test_a_nonce_that_pays_for_itself_is_one_account(instruction: Sent) -> None:
    account = nonce_account(Nonce(NONCE, VALUE, 4000), MINIMUM_OF_NONCE + 20_000)
    first = advance(Meta(NONCE, True), Meta(NONCE, True))
    message = durable(instruction, payer=NONCE, first=first)
    outcome, after = execute(message, {NONCE: account, **SYSVARS})
    assert outcome.error is not None
    assert after[NONCE] == nonce_account(Nonce(NONCE, NEXT, 5000), account.lamports - outcome.fee.total)


def test_a_nonce_is_not_used_by_a_failure_that_names_a_blockhash() -> None:
    message = message_of(PAYER, advance(), transfer(10**10))
    _, after = execute(message, {PAYER: PLENTY, NONCE: nonce_account(), **SYSVARS})
    assert after[NONCE] == nonce_account()


def test_the_fee_payer_loses_nothing_but_the_fee() -> None:
    outcome, after = run(transfer(10**9), transfer(10**11))
    assert not outcome.succeeded and after[PAYER] == Account(RICH - 5000) and after[ONE] is None


def test_a_fee_payer_may_pay_all_it_has() -> None:
    outcome, after = execute(message_of(PAYER), {PAYER: Account(5000)})
    assert outcome.succeeded and after[PAYER] is None


def test_an_account_may_be_closed_and_made_again() -> None:
    close = transfer(10**9, ONE, TWO)
    create = Sent(SYSTEM, struct.pack("<IQQ", 0, 10**8, 9) + OTHER, (Meta(TWO, True), Meta(ONE, True)))
    outcome, after = run(close, create, accounts={ONE: PLENTY})
    assert outcome.error is None
    assert after[ONE] == Account(10**8, OTHER, False, bytes(9)) and after[TWO] == Account(9 * 10**8)


def test_what_has_no_lamports_at_the_end_is_gone_with_its_data() -> None:
    allocate = Sent(SYSTEM, struct.pack("<IQ", 8, 9), (Meta(ONE, True),))
    outcome, after = run(allocate)
    assert outcome.error is None and after[ONE] is None


# Checks at the end


def test_rent_is_looked_at_for_every_writable_account_in_order_of_keys() -> None:
    outcome, after = run(transfer(5, PAYER, TWO), transfer(5), accounts={ONE: PLENTY})
    assert str(outcome.error) == "InsufficientFundsForRent { account_index: 1 }" and outcome.units == 300
    assert after[TWO] is None and after[PAYER] == Account(RICH - 5000)


def test_the_incinerator_takes_any_sum() -> None:
    outcome, after = run(transfer(5, PAYER, INCINERATOR))
    assert outcome.error is None and after[INCINERATOR] == Account(5)


def test_the_payer_is_looked_at_again_at_the_end() -> None:
    accounts = {PAYER: Account(MINIMUM + 5000 + 1), ONE: PLENTY}
    assert execute(message_of(PAYER, transfer(1)), accounts)[0].succeeded
    outcome, _ = execute(message_of(PAYER, transfer(2)), accounts)
    assert str(outcome.error) == "InsufficientFundsForRent { account_index: 0 }"


@pytest.mark.parametrize(("ruleset", "error"), [(A, "InsufficientFundsForRent { account_index: 1 }"), (B, "None")])
def test_rulesets_differ_over_a_credit_below_the_minimum(ruleset: object, error: str) -> None:
    outcome, _ = run(transfer(1), accounts={ONE: Account(500)}, ruleset=A if ruleset is A else B)
    assert str(outcome.error) == error


def test_units_run_out() -> None:
    limit = Sent(COMPUTE_BUDGET, b"\x02" + (299).to_bytes(4, "little"))
    budget = Account(1, NATIVE_LOADER, True)
    outcome, _ = run(limit, transfer(1), accounts={COMPUTE_BUDGET: budget, ONE: PLENTY})
    assert str(outcome.error) == "InstructionError(1, ComputationalBudgetExceeded)" and outcome.units == 299
    assert outcome.logs[-1] == "Program 11111111111111111111111111111111 failed: Computational budget exceeded"


# The record


def record(message: TransactionMessage, accounts: Mapping[bytes, Account | None]) -> AccountsView:
    view = view_of({SYSTEM: SYSTEM_ACCOUNT, **accounts})
    block = block_of()
    transaction = transaction_of(message, (bytes(64),) * message.header.required_signatures)
    execute_transaction(A, block, admit(A, block, transaction, False, False), view)
    return view


def test_every_key_is_read_and_writable_ones_are_written() -> None:
    listed = Meta(TWO, writes=False)
    view = record(message_of(PAYER, transfer(0), listed=[listed]), {PAYER: PLENTY})
    assert set(view.reads) == {PAYER, ONE, TWO, SYSTEM}
    assert set(view.writes) == {PAYER, ONE}


def test_program_data_is_read_and_instructions_are_not() -> None:
    pointer = Account(1, LOADER_V3, True, (2).to_bytes(4, "little") + OTHER)
    listed = [Meta(TWO, writes=False), Meta(INSTRUCTIONS, writes=False)]
    view = record(message_of(PAYER, transfer(0), listed=listed), {PAYER: PLENTY, TWO: pointer})
    assert set(view.reads) == {PAYER, ONE, TWO, SYSTEM, OTHER}


@pytest.mark.parametrize(
    "instruction", [Sent(OTHER, b"", (Meta(ONE),)), Sent(COMPUTE_BUDGET, b"\x04\x01\x00\x00\x00", (Meta(ONE),))]
)
def test_a_fees_only_transaction_reads_everything_too(instruction: Sent) -> None:
    view = record(message_of(PAYER, instruction), {PAYER: PLENTY, ONE: PLENTY})
    assert set(view.reads) == {PAYER, ONE, instruction.program} and set(view.writes) == {PAYER}


# Receipts


@pytest.mark.parametrize(
    ("instruction", "status"),
    [
        (transfer(10**9), TransactionStatus.SUCCESS),
        (transfer(10**11), TransactionStatus.FAILED),
        (Sent(OTHER, b""), TransactionStatus.FEES_ONLY),
    ],
)
def test_a_receipt_says_how_far_it_came(instruction: Sent, status: TransactionStatus) -> None:
    outcome, _ = run(instruction)
    receipt = receipt_of(outcome, 1234)
    assert (receipt.status, receipt.cost, receipt.error) == (status, 1234, outcome.error)
    assert (receipt.fee, receipt.priority_fee, receipt.units) == (5000, 0, outcome.units)
    assert receipt.succeeded == outcome.succeeded == (status is TransactionStatus.SUCCESS)
