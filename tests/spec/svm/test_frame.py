"""The setters of an instruction: what no program may do, whatever it is. Here by programs that don't care."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from samestate.spec.svm import instruction_execution
from samestate.spec.svm.account import MAXIMUM_DATA_BYTES, Account
from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM
from samestate.spec.svm.errors import InstructionError
from samestate.spec.svm.frame import Execution, Invocation, RuntimeFacts
from samestate.spec.svm.locks import resolve
from samestate.spec.svm.message import TableLookup, TransactionMessage
from samestate.spec.svm.nonce import nonce_index
from samestate.spec.svm.rent import RentPrice, leaves_no_less
from samestate.spec.svm.transaction_execution import check_result
from tests.spec.svm.execution import PAYER, Meta, Sent, message_of, run

ONE, OTHER = b"\x01" * 32, b"\x0e" * 32
FACTS = RuntimeFacts(1, RentPrice(6960), bytes(32), 5000)


def invocation(account: Account, meta: Meta = Meta(ONE)) -> Invocation:  # noqa: B008 - frozen
    resolved = resolve(message_of(PAYER, Sent(SYSTEM, b"", (meta,))), (), ())
    accounts = [account if key == ONE else Account(0) for key in resolved.keys]
    return Invocation(Execution(resolved, FACTS, accounts, {}, 1000), 0)


def error_of(action: Callable[[], None]) -> str:
    with pytest.raises(InstructionError) as raised:
        action()
    return str(raised.value)


READONLY = Meta(ONE, writes=False)


def test_data_has_a_largest_length() -> None:
    mine = invocation(Account(1))
    mine.resize(0, MAXIMUM_DATA_BYTES)
    assert error_of(lambda: mine.resize(0, MAXIMUM_DATA_BYTES + 1)) == "InvalidRealloc"


def test_the_length_comes_before_the_right_to_change_it() -> None:
    anothers = invocation(Account(1, OTHER), READONLY)
    assert error_of(lambda: anothers.resize(0, MAXIMUM_DATA_BYTES + 1)) == "InvalidRealloc"
    assert error_of(lambda: anothers.resize(0, 1)) == "ReadonlyDataModified"
    assert error_of(lambda: invocation(Account(1, OTHER)).resize(0, 1)) == "ExternalAccountDataModified"


def test_what_is_cut_off_makes_room() -> None:
    mine = invocation(Account(1, SYSTEM, False, b"abc"))
    mine.resize(0, 2)
    mine.resize(0, 4)
    assert mine.account(0).data == b"ab\x00\x00"


def test_growth_counts_what_is_more_or_less_than_before() -> None:
    resolved = resolve(message_of(PAYER, Sent(SYSTEM, b"", (Meta(ONE),))), (), ())
    accounts = [Account(1, SYSTEM, False, b"abc") for _ in resolved.keys]
    execution = Execution(resolved, FACTS, accounts, {}, 1000)
    for length, growth in ((7, 4), (1, -2), (1, -2), (3, 0)):
        Invocation(execution, 0).resize(0, length)
        assert execution.growth == growth


def test_the_last_units_may_be_consumed() -> None:
    mine = invocation(Account(1))
    mine.consume(999)
    mine.consume(1)
    assert error_of(lambda: mine.consume(1)) == "ComputationalBudgetExceeded"


def test_the_owner_comes_before_the_lock() -> None:
    anothers = invocation(Account(5, OTHER), READONLY)
    assert error_of(lambda: anothers.subtract_lamports(0, 1)) == "ExternalAccountLamportSpend"
    assert error_of(lambda: anothers.add_lamports(0, 1)) == "ReadonlyLamportChange"
    assert error_of(lambda: anothers.add_lamports(0, 2**64 - 5)) == "ArithmeticOverflow"
    assert error_of(lambda: anothers.write_data(0, b"")) == "ReadonlyDataModified"


def test_anybody_may_credit() -> None:
    anothers = invocation(Account(5, OTHER))
    anothers.add_lamports(0, 2**64 - 6)
    assert anothers.account(0).lamports == 2**64 - 1


def test_data_may_not_be_written_beyond_its_end() -> None:
    mine = invocation(Account(1, SYSTEM, False, b"abc"))
    mine.write_data(0, b"xy")
    assert mine.account(0).data == b"xyc"
    assert error_of(lambda: mine.write_data(0, b"long")) == "AccountDataTooSmall"


def test_an_account_that_is_named_twice_is_one() -> None:
    resolved = resolve(message_of(PAYER, Sent(SYSTEM, b"", (Meta(ONE), Meta(ONE)))), (), ())
    twice = Invocation(Execution(resolved, FACTS, [Account(9) for _ in resolved.keys], {}, 1000), 0)
    twice.subtract_lamports(0, 4)
    assert twice.account(1).lamports == 5


# Programs of the runtime that lose lamports, or nothing: there are none, and here is what would become of them


def test_an_instruction_that_makes_lamports_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(invocation: Invocation) -> None:
        invocation.consume(1)
        invocation.add_lamports(0, 1)

    programs: Mapping[bytes, object] = {**instruction_execution.BUILTIN_PROGRAMS, OTHER: generous}
    monkeypatch.setattr(instruction_execution, "BUILTIN_PROGRAMS", MappingProxyType(programs))
    accounts = {OTHER: Account(1, NATIVE_LOADER, True), ONE: Account(10**9)}
    outcome, after = run(Sent(OTHER, b"", (Meta(ONE),)), accounts=accounts)
    assert str(outcome.error) == "InstructionError(0, UnbalancedInstruction)"
    assert outcome.logs[-1].endswith("success") and after[ONE] == Account(10**9)


def test_a_transaction_keeps_its_lamports() -> None:
    resolved = resolve(message_of(PAYER), (), ())
    before, after = [Account(10**9)], [Account(10**9 + 1)]
    assert str(check_result(resolved, before, after, FACTS.rent, leaves_no_less)) == "UnbalancedTransaction"
    assert check_result(resolved, before, before, FACTS.rent, leaves_no_less) is None


def test_a_nonce_does_not_come_from_a_lookup_table() -> None:
    static = message_of(PAYER, Sent(SYSTEM, b"\x04\x00\x00\x00", (Meta(ONE),)))
    keys = tuple(key for key in static.keys if key != ONE)
    instruction = static.instructions[0]
    moved = type(instruction)(keys.index(SYSTEM), bytes([len(keys)]), instruction.data)
    lookups = (TableLookup(OTHER, b"\x00", b""),)
    message = TransactionMessage(0, static.header, keys, static.blockhash, (moved,), lookups)
    assert nonce_index(resolve(static, (), ())) == static.keys.index(ONE)
    assert nonce_index(resolve(message, (ONE,), ())) is None
