"""Loading: sizes to the byte, fees-only transactions, and programs that do not run."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import (
    COMPUTE_BUDGET,
    INSTRUCTIONS,
    LOADER_V1,
    LOADER_V2,
    LOADER_V3,
    LOADER_V4,
    NATIVE_LOADER,
    SYSTEM,
    SYSVAR,
    ZK_ELGAMAL_PROOF,
    base58,
)
from samestate.spec.svm.loading import load_accounts
from samestate.spec.svm.locks import resolve
from samestate.spec.svm.message import TableLookup
from tests.spec.svm.execution import PAYER, RICH, Meta, Sent, message_of, run, view_of

ONE, TWO, PROGRAM, DATA = (bytes([number]) * 32 for number in (1, 2, 12, 13))
BUDGET = Account(1, NATIVE_LOADER, True, b"compute_budget_program")
POINTER = (2).to_bytes(4, "little") + DATA
ELF = (b"\x7fELF\x02\x01\x01" + bytes(11) + (247).to_bytes(2, "little")).ljust(64, b"\x00")
FEE = 5000


def program_data(slot: int = 0, code: bytes = ELF, owner: bytes = LOADER_V3) -> Account:
    head = (struct.pack("<IQ", 3, slot) + b"\x00").ljust(45, b"\x00")
    return Account(10**9, owner, False, head + code)


HEAD = program_data().data[:12]


def loaded_data(data: bytes) -> Account:
    return Account(10**9, LOADER_V3, False, data)


def limited(limit: int) -> Sent:
    return Sent(COMPUTE_BUDGET, b"\x04" + limit.to_bytes(4, "little"))


def transfer(*listed: bytes) -> Sent:
    metas = (Meta(PAYER, True), Meta(ONE), *(Meta(key, writes=False) for key in listed))
    return Sent(SYSTEM, struct.pack("<IQ", 2, 0), metas)


@pytest.mark.parametrize(
    ("accounts", "size"),
    [
        ({}, 64 + 85),  # the payer, and the System program
        ({ONE: Account(1)}, 64 + 85 + 64),
        ({ONE: Account(1, SYSTEM, False, bytes(100))}, 64 + 85 + 164),
        ({TWO: Account(1, LOADER_V3, False, POINTER)}, 64 + 85 + 64 + 36),
        ({TWO: Account(1, LOADER_V3, False, POINTER), DATA: program_data(code=b"")}, 64 + 85 + 100 + 64 + 45),
        ({TWO: Account(1, LOADER_V3, False, POINTER[:-1]), DATA: program_data()}, 64 + 85 + 99),
        ({TWO: Account(1, LOADER_V2, False, POINTER), DATA: program_data()}, 64 + 85 + 100),
        ({TWO: Account(1, LOADER_V3, False, b"\x03" + POINTER[1:]), DATA: program_data()}, 64 + 85 + 100),
    ],
)
def test_the_size_of_what_is_loaded(accounts: Mapping[bytes, Account], size: int) -> None:
    outcome, _ = run(transfer(TWO), accounts=accounts)
    assert outcome.loaded_size == size


def test_program_data_counts_once_listed_or_not() -> None:
    pointers = {ONE: Account(1, LOADER_V3, False, POINTER), TWO: Account(1, LOADER_V3, False, POINTER)}
    accounts = {**pointers, DATA: program_data(code=b"")}
    assert run(transfer(TWO), accounts=accounts)[0].loaded_size == 64 + 85 + 2 * 100 + 109
    assert run(transfer(TWO, DATA), accounts=accounts)[0].loaded_size == 64 + 85 + 2 * 100 + 109


def test_the_instructions_sysvar_is_made_up() -> None:
    present = {INSTRUCTIONS: Account(10**9, SYSTEM, False, bytes(100))}
    outcome, _ = run(transfer(INSTRUCTIONS), accounts=present)
    assert outcome.error is None and outcome.loaded_size == 64 + 85
    owned_by_sysvar = Sent(SYSTEM, struct.pack("<I", 1) + SYSVAR, (Meta(INSTRUCTIONS, writes=False),))
    assert run(owned_by_sysvar)[0].error is None, "it belongs to Sysvar already"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_lookup_table_counts_for_more_than_it_may_hold(count: int) -> None:
    message = message_of(PAYER)
    lookups = tuple(TableLookup(bytes([40 + number]) * 32, b"", b"\x00") for number in range(count))
    with_lookups = type(message)(0, message.header, message.keys, message.blockhash, message.instructions, lookups)
    resolved = resolve(with_lookups, (), tuple(bytes([60 + number]) * 32 for number in range(count)))
    loaded = load_accounts(view_of({}), resolved, Account(RICH), 2**26)
    assert loaded.size == 64 + 8_248 * count


SIZE = 64 + 85 + 64 + len(BUDGET.data)


@pytest.mark.parametrize("limit", [1, 64, SIZE - 1])
def test_over_the_limit_nothing_runs_and_the_fee_is_paid(limit: int) -> None:
    outcome, after = run(limited(limit), transfer(), accounts={COMPUTE_BUDGET: BUDGET})
    assert str(outcome.error) == "MaxLoadedAccountsDataSizeExceeded"
    assert (outcome.is_executed, outcome.units, outcome.logs, outcome.loaded_size) == (False, 0, (), limit)
    assert after[PAYER] == Account(RICH - FEE)


def test_at_the_limit_it_runs() -> None:
    outcome, _ = run(limited(SIZE), transfer(), accounts={COMPUTE_BUDGET: BUDGET})
    assert outcome.error is None and outcome.units == 300 and outcome.loaded_size == SIZE


@pytest.mark.parametrize(
    ("program", "error", "size"),
    [
        (None, "ProgramAccountNotFound", 64),
        (Account(10**9), "InvalidProgramForExecution", 128),
        (Account(10**9, b"\x0e" * 32, True), "InvalidProgramForExecution", 128),
    ],
)
def test_without_a_program_only_the_fee_is_paid(program: Account | None, error: str, size: int) -> None:
    outcome, after = run(Sent(PROGRAM, b""), accounts={PROGRAM: program})
    assert (str(outcome.error), outcome.is_executed, outcome.units, outcome.logs) == (error, False, 0, ())
    assert outcome.loaded_size == size and after[PAYER] == Account(RICH - FEE)


def test_the_size_is_looked_at_before_programs_and_the_first_bad_program_counts() -> None:
    outcome, _ = run(limited(1), Sent(PROGRAM, b""), accounts={COMPUTE_BUDGET: BUDGET})
    assert str(outcome.error) == "MaxLoadedAccountsDataSizeExceeded"
    outcome, _ = run(Sent(PROGRAM, b""), Sent(ONE, b""), accounts={PROGRAM: Account(1)})
    assert str(outcome.error) == "InvalidProgramForExecution"


@pytest.mark.parametrize(
    ("program", "data", "line"),
    [
        # it never claimed to be one of the runtime's, or claims it in vain
        (Account(1, NATIVE_LOADER, True), None, None),
        (Account(1, LOADER_V4, True, ELF), None, None),
        # no code
        (Account(1, LOADER_V3, True, POINTER), None, "Program is not cached"),
        (Account(1, LOADER_V3, True, b""), None, "Program is not cached"),
        (Account(1, LOADER_V3, True, POINTER), program_data(owner=SYSTEM), "Program is not cached"),
        (Account(1, LOADER_V3, True, POINTER), Account(1, LOADER_V3, False, bytes(75)), "Program is not cached"),
        (Account(1, LOADER_V3, True, POINTER), loaded_data(HEAD), "Program is not cached"),
        (
            Account(1, LOADER_V3, True, POINTER),
            loaded_data(HEAD + b"\x02"),
            "Program is not cached",
        ),
        (
            Account(1, LOADER_V3, True, POINTER),
            loaded_data(HEAD + b"\x01"),
            "Program is not cached",
        ),
        (Account(1, LOADER_V2, True, b""), None, "Program is not cached"),
        # bytes that are no program
        (Account(1, LOADER_V3, True, POINTER), loaded_data(HEAD + b"\x01" + bytes(32)), "Program is not deployed"),
        (Account(1, LOADER_V3, True, POINTER), loaded_data(HEAD + b"\x00"), "Program is not deployed"),
        (Account(1, LOADER_V3, True, POINTER), program_data(code=b"\x7fELF garbage"), "Program is not deployed"),
        (Account(1, LOADER_V3, True, POINTER), program_data(code=ELF[:-1]), "Program is not deployed"),
        (Account(1, LOADER_V3, True, POINTER), program_data(code=b"\x7fELF\x01" + ELF[5:]), "Program is not deployed"),
        (
            Account(1, LOADER_V3, True, POINTER),
            program_data(code=ELF[:18] + b"\x3e\x00" + ELF[20:]),
            "Program is not deployed",
        ),
        (Account(1, LOADER_V2, True, b"no program"), None, "Program is not deployed"),
        (Account(1, LOADER_V1, True, b"\x00"), None, "Program is not deployed"),
        # deployed in this slot, or later
        (Account(1, LOADER_V3, True, POINTER), program_data(slot=2), "Program is not deployed"),
        (Account(1, LOADER_V3, True, POINTER), program_data(slot=3), "Program is not deployed"),
    ],
)
def test_a_program_that_does_not_run(program: Account, data: Account | None, line: str | None) -> None:
    outcome, _ = run(Sent(PROGRAM, b""), accounts={PROGRAM: program, DATA: data}, slot=2)
    assert str(outcome.error) == "InstructionError(0, UnsupportedProgramId)"
    assert outcome.is_executed and outcome.units == 0
    name = base58(PROGRAM)
    around = (f"Program {name} invoke [1]", line, f"Program {name} failed: Unsupported program id")
    assert outcome.logs == (() if line is None else around)


@pytest.mark.parametrize(
    ("program", "data"),
    [
        (Account(1, LOADER_V3, True, POINTER), program_data(slot=1)),
        (
            Account(1, LOADER_V3, True, POINTER),
            loaded_data(HEAD + b"\x01" + bytes(32) + ELF),
        ),
        (Account(1, LOADER_V3, False, POINTER), program_data(code=ELF[:18] + (263).to_bytes(2, "little") + ELF[20:])),
        (Account(1, LOADER_V2, True, ELF), None),
        (Account(1, LOADER_V1, True, ELF), None),
    ],
)
def test_a_program_that_runs_is_not_specified(program: Account, data: Account | None) -> None:
    with pytest.raises(Rejection, match="bytecode, whose execution is not specified") as raised:
        run(Sent(PROGRAM, b""), accounts={PROGRAM: program, DATA: data}, slot=2)
    assert raised.value.code.name == "BYTECODE_NOT_SPECIFIED" and raised.value.detail == base58(PROGRAM)


def test_what_fails_before_it_comes_to_bytecode_is_specified() -> None:
    accounts = {PROGRAM: Account(1, LOADER_V2, True, ELF)}
    outcome, _ = run(Sent(SYSTEM, b""), Sent(PROGRAM, b""), accounts=accounts)
    assert str(outcome.error) == "InstructionError(0, InvalidInstructionData)"


@pytest.mark.parametrize("program", [LOADER_V3, ZK_ELGAMAL_PROOF])
def test_programs_of_the_runtime_that_are_left_out(program: bytes) -> None:
    with pytest.raises(Rejection) as raised:
        run(Sent(program, b""), accounts={program: Account(1, NATIVE_LOADER, True)})
    assert raised.value.code.name == "BYTECODE_NOT_SPECIFIED"


@pytest.mark.parametrize(
    ("program", "units", "line"),
    [
        (LOADER_V1, 1_140, "Deprecated loader is no longer supported"),
        (LOADER_V2, 570, "BPF loader management instructions are no longer supported"),
    ],
)
def test_retired_loaders(program: bytes, units: int, line: str) -> None:
    outcome, _ = run(Sent(program, b"anything"), accounts={program: Account(1, NATIVE_LOADER, True)})
    assert str(outcome.error) == "InstructionError(0, UnsupportedProgramId)" and outcome.units == units
    name = base58(program)
    assert outcome.logs == (f"Program {name} invoke [1]", line, f"Program {name} failed: Unsupported program id")
