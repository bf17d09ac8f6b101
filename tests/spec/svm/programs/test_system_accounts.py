"""Instructions of the System program on accounts: what each does, and each way in which it fails."""

from __future__ import annotations

import hashlib
import struct

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import CLOCK, SYSTEM, SYSVAR, base58
from samestate.spec.svm.message import Config
from tests.spec.svm.execution import PAYER, B, Meta, Sent, error_of, execute, message_of, run

ONE, TWO, THREE, OWNER = (bytes([number]) * 32 for number in (1, 2, 3, 14))
SEED = b"seed"
DERIVED = hashlib.sha256(THREE + SEED + OWNER).digest()
MARKED = b"0123456789aProgramDerivedAddress"
MEBIBYTE = 2**20
RICH = Account(10**9)
OTHERS = Account(10**9, OWNER)


def number(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


def text(content: bytes) -> bytes:
    return number(len(content)) + content


def sent(tag: int, fields: bytes, *metas: Meta) -> Sent:
    return Sent(SYSTEM, tag.to_bytes(4, "little") + fields, metas)


def signer(key: bytes, writes: bool = True) -> Meta:
    return Meta(key, True, writes)


def shown(key: bytes, base: bytes | None = None) -> str:
    return f"Address {{ address: {base58(key)}, base: {'None' if base is None else f'Some({base58(base)})'} }}"


CREATE = number(10**6, 8) + OWNER
CREATE_SEEDED = THREE + text(SEED) + number(10**7, 8) + OWNER
ASSIGN_SEEDED = THREE + text(SEED) + OWNER
ALLOCATE_SEEDED = THREE + text(SEED) + number(8) + OWNER
TRANSFER_SEEDED = number(5) + text(SEED) + OWNER

WORKS = {
    "create": (
        sent(0, number(10**7, 8) + OWNER, signer(ONE), signer(TWO)),
        {ONE: RICH},
        {ONE: Account(10**9 - 10**7), TWO: Account(10**7, OWNER, False, bytes(8))},
    ),
    "create with seed": (
        sent(3, CREATE_SEEDED, signer(ONE), Meta(DERIVED), signer(THREE, False)),
        {ONE: RICH},
        {ONE: Account(10**9 - 10**7), DERIVED: Account(10**7, OWNER, False, bytes(8))},
    ),
    "create with seed, the payer being the base": (
        sent(3, CREATE_SEEDED, signer(THREE), Meta(DERIVED)),
        {THREE: RICH},
        {THREE: Account(10**9 - 10**7), DERIVED: Account(10**7, OWNER, False, bytes(8))},
    ),
    "create with nothing is nothing": (sent(0, number(0, 0) + OWNER, signer(ONE), signer(TWO)), {}, {TWO: None}),
    "create where lamports are": (
        sent(13, number(5, 8) + OWNER, signer(TWO), signer(ONE)),
        {ONE: RICH, TWO: Account(10**7)},
        {ONE: Account(10**9 - 5), TWO: Account(10**7 + 5, OWNER, False, bytes(8))},
    ),
    "create where lamports are, for one more": (
        sent(13, number(1, 0) + OWNER, signer(TWO), signer(ONE)),
        {ONE: RICH, TWO: Account(10**7)},
        {ONE: Account(10**9 - 1), TWO: Account(10**7 + 1, OWNER)},
    ),
    "create where lamports are, paid by nobody": (
        sent(13, number(0, 8) + OWNER, signer(TWO)),
        {TWO: Account(10**7)},
        {TWO: Account(10**7, OWNER, False, bytes(8))},
    ),
    "assign": (sent(1, OWNER, signer(ONE)), {ONE: RICH}, {ONE: OTHERS}),
    "assign to the same needs no signature": (sent(1, OWNER, Meta(ONE, writes=False)), {ONE: OTHERS}, {ONE: OTHERS}),
    "assign data of zeros": (
        sent(1, OWNER, signer(ONE)),
        {ONE: Account(10**9, SYSTEM, False, bytes(3000))},
        {ONE: Account(10**9, OWNER, False, bytes(3000))},
    ),
    "assign with seed": (
        sent(10, ASSIGN_SEEDED, Meta(DERIVED), signer(THREE, False)),
        {DERIVED: RICH},
        {DERIVED: OTHERS},
    ),
    "transfer": (sent(2, number(7), signer(ONE), Meta(TWO)), {ONE: RICH, TWO: RICH}, {TWO: Account(10**9 + 7)}),
    "transfer all": (sent(2, number(10**9), signer(ONE), Meta(TWO)), {ONE: RICH}, {ONE: None, TWO: RICH}),
    "transfer to itself": (sent(2, number(7), signer(ONE), Meta(ONE)), {ONE: RICH}, {ONE: RICH}),
    "transfer with seed": (
        sent(11, TRANSFER_SEEDED, Meta(DERIVED), signer(THREE, False), Meta(TWO)),
        {DERIVED: RICH, TWO: RICH},
        {DERIVED: Account(10**9 - 5), TWO: Account(10**9 + 5)},
    ),
    "allocate": (sent(8, number(9), signer(ONE)), {ONE: RICH}, {ONE: Account(10**9, SYSTEM, False, bytes(9))}),
    "allocate nothing": (sent(8, number(0), signer(ONE)), {ONE: RICH}, {ONE: RICH}),
    "allocate with seed": (
        sent(9, ALLOCATE_SEEDED, Meta(DERIVED), signer(THREE, False)),
        {DERIVED: RICH},
        {DERIVED: Account(10**9, OWNER, False, bytes(8))},
    ),
    "what follows the fields does not matter": (
        sent(2, number(7) + b"more", signer(ONE), Meta(TWO)),
        {ONE: RICH, TWO: RICH},
        {TWO: Account(10**9 + 7)},
    ),
}


@pytest.mark.parametrize("name", WORKS)
def test_an_instruction_does_what_it_says(name: str) -> None:
    instruction, before, after = WORKS[name]
    outcome, accounts = run(instruction, accounts=before)
    assert outcome.error is None and outcome.units == 150
    assert outcome.logs == (f"Program {base58(SYSTEM)} invoke [1]", f"Program {base58(SYSTEM)} success")
    assert {key: accounts[key] for key in after} == after


FAILS: dict[str, tuple[Sent, dict[bytes, Account], str, str]] = {
    # CreateAccount
    "create: the account has lamports": (
        sent(0, CREATE, signer(ONE), signer(TWO)),
        {ONE: RICH, TWO: Account(10**6)},
        "Custom(0)",
        f"Create Account: account {shown(TWO)} already in use",
    ),
    "create: the account has one": (
        sent(0, CREATE, signer(ONE), signer(TWO)),
        {ONE: RICH, TWO: Account(1)},
        "Custom(0)",
        f"Create Account: account {shown(TWO)} already in use",
    ),
    "create: the account is the payer": (
        sent(0, CREATE, signer(ONE), signer(ONE)),
        {ONE: RICH},
        "Custom(0)",
        f"Create Account: account {shown(ONE)} already in use",
    ),
    "create: the account does not sign": (
        sent(0, CREATE, signer(ONE), Meta(TWO)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(TWO)} must sign",
    ),
    "create: too much space": (
        sent(0, number(1, 10 * MEBIBYTE + 1) + OWNER, signer(ONE), signer(TWO)),
        {ONE: RICH},
        "Custom(3)",
        "Allocate: requested 10485761, max allowed 10485760",
    ),
    "create: the account is read only": (
        sent(0, CREATE, signer(ONE), signer(TWO, False)),
        {ONE: RICH},
        "ReadonlyDataModified",
        "",
    ),
    "create: the payer does not sign": (
        sent(0, CREATE, Meta(ONE), signer(TWO)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Transfer: `from` account {base58(ONE)} must sign",
    ),
    "create: the payer has data": (
        sent(0, CREATE, signer(ONE), signer(TWO)),
        {ONE: Account(10**9, SYSTEM, False, b"\x00")},
        "InvalidArgument",
        "Transfer: `from` must not carry data",
    ),
    "create: the payer has less": (
        sent(0, number(10**9 + 1, 8) + OWNER, signer(ONE), signer(TWO)),
        {ONE: RICH},
        "Custom(1)",
        "Transfer: insufficient lamports 1000000000, need 1000000001",
    ),
    "create: one account": (sent(0, CREATE, signer(ONE)), {ONE: RICH}, "MissingAccount", ""),
    # CreateAccountWithSeed
    "create with seed: another address": (
        sent(3, CREATE_SEEDED, signer(ONE), signer(TWO), signer(THREE, False)),
        {ONE: RICH},
        "Custom(5)",
        f"Create: address {base58(TWO)} does not match derived address {base58(DERIVED)}",
    ),
    "create with seed: the base does not sign": (
        sent(3, CREATE_SEEDED, signer(ONE), signer(DERIVED), Meta(THREE)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(DERIVED, THREE)} must sign",
    ),
    "create with seed: it has lamports": (
        sent(3, CREATE_SEEDED, signer(ONE), Meta(DERIVED), signer(THREE, False)),
        {ONE: RICH, DERIVED: RICH},
        "Custom(0)",
        f"Create Account: account {shown(DERIVED, THREE)} already in use",
    ),
    "create with seed: the seed is too long": (
        sent(3, THREE + text(b"x" * 33) + number(1, 8) + OWNER, signer(ONE), Meta(DERIVED), signer(THREE)),
        {ONE: RICH},
        "Custom(0)",
        "",
    ),
    "create with seed: the owner is marked": (
        sent(3, THREE + text(SEED) + number(1, 8) + MARKED, signer(ONE), Meta(DERIVED), signer(THREE)),
        {ONE: RICH},
        "Custom(2)",
        "",
    ),
    "create with seed: one account": (sent(3, CREATE_SEEDED, signer(ONE)), {ONE: RICH}, "MissingAccount", ""),
    # CreateAccountAllowPrefund
    "create where lamports are: the payer is missing": (
        sent(13, number(1, 0) + OWNER, signer(ONE)),
        {},
        "MissingAccount",
        "",
    ),
    "create where lamports are: nobody at all": (sent(13, number(0, 0) + OWNER), {}, "MissingAccount", ""),
    "create where lamports are: it does not sign": (
        sent(13, number(0, 8) + OWNER, Meta(ONE)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(ONE)} must sign",
    ),
    "create where lamports are: it is another's": (
        sent(13, number(0, 8) + OWNER, signer(ONE)),
        {ONE: OTHERS},
        "Custom(0)",
        f"Allocate: account {shown(ONE)} already in use",
    ),
    "create where lamports are: the payer has less": (
        sent(13, number(10**9 + 1, 8) + OWNER, signer(ONE), signer(TWO)),
        {ONE: RICH, TWO: RICH},
        "Custom(1)",
        "Transfer: insufficient lamports 1000000000, need 1000000001",
    ),
    # Assign
    "assign: it does not sign": (
        sent(1, OWNER, Meta(ONE)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Assign: account {shown(ONE)} must sign",
    ),
    "assign: it is another's": (sent(1, TWO, signer(ONE)), {ONE: OTHERS}, "ModifiedProgramId", ""),
    "assign: it is read only": (sent(1, OWNER, signer(ONE, False)), {ONE: RICH}, "ModifiedProgramId", ""),
    "assign: it has data": (
        sent(1, OWNER, signer(ONE)),
        {ONE: Account(10**9, SYSTEM, False, bytes(2000) + b"\x01")},
        "ModifiedProgramId",
        "",
    ),
    "assign: no account": (sent(1, OWNER), {}, "MissingAccount", ""),
    # AssignWithSeed
    "assign with seed: the base does not sign": (
        sent(10, ASSIGN_SEEDED, signer(DERIVED), Meta(THREE)),
        {DERIVED: RICH},
        "MissingRequiredSignature",
        f"Assign: account {shown(DERIVED, THREE)} must sign",
    ),
    "assign with seed: another address": (
        sent(10, ASSIGN_SEEDED, signer(ONE), signer(THREE)),
        {ONE: RICH},
        "Custom(5)",
        f"Create: address {base58(ONE)} does not match derived address {base58(DERIVED)}",
    ),
    "assign with seed: no account": (sent(10, ASSIGN_SEEDED), {}, "MissingAccount", ""),
    # Transfer
    "transfer: it does not sign": (
        sent(2, number(1), Meta(ONE), Meta(TWO)),
        {ONE: RICH, TWO: RICH},
        "MissingRequiredSignature",
        f"Transfer: `from` account {base58(ONE)} must sign",
    ),
    "transfer: it has data": (
        sent(2, number(1), signer(ONE), Meta(TWO)),
        {ONE: Account(10**9, OWNER, False, b"\x01"), TWO: RICH},
        "InvalidArgument",
        "Transfer: `from` must not carry data",
    ),
    "transfer: it has less": (
        sent(2, number(10**9 + 1), signer(ONE), Meta(TWO)),
        {ONE: RICH, TWO: RICH},
        "Custom(1)",
        "Transfer: insufficient lamports 1000000000, need 1000000001",
    ),
    "transfer: it is another's": (
        sent(2, number(1), signer(ONE), Meta(TWO)),
        {ONE: OTHERS, TWO: RICH},
        "ExternalAccountLamportSpend",
        "",
    ),
    "transfer: nothing, from another's": (
        sent(2, number(0), signer(ONE, False), Meta(TWO)),
        {ONE: OTHERS},
        "ReadonlyLamportChange",
        "",
    ),
    "transfer: it is read only": (
        sent(2, number(1), signer(ONE, False), Meta(TWO)),
        {ONE: RICH, TWO: RICH},
        "ReadonlyLamportChange",
        "",
    ),
    "transfer: the recipient is read only": (
        sent(2, number(1), signer(ONE), Meta(TWO, writes=False)),
        {ONE: RICH, TWO: RICH},
        "ReadonlyLamportChange",
        "",
    ),
    "transfer: the recipient is reserved": (
        sent(2, number(1), signer(ONE), Meta(CLOCK)),
        {ONE: RICH, CLOCK: Account(1, SYSVAR, False, bytes(40))},
        "ReadonlyLamportChange",
        "",
    ),
    "transfer: the recipient has too much": (
        sent(2, number(1), signer(ONE), Meta(TWO)),
        {ONE: RICH, TWO: Account(2**64 - 1)},
        "ArithmeticOverflow",
        "",
    ),
    "transfer: one account": (sent(2, number(1), signer(ONE)), {ONE: RICH}, "MissingAccount", ""),
    "transfer: one account, which does not sign": (sent(2, number(1), Meta(ONE)), {ONE: RICH}, "MissingAccount", ""),
    # TransferWithSeed
    "transfer with seed: the base does not sign": (
        sent(11, TRANSFER_SEEDED, signer(DERIVED), Meta(THREE), Meta(TWO)),
        {DERIVED: RICH},
        "MissingRequiredSignature",
        f"Transfer: 'from' account {base58(THREE)} must sign",
    ),
    "transfer with seed: the seed is too long": (
        sent(11, number(5) + text(b"x" * 33) + OWNER, Meta(DERIVED), signer(THREE), Meta(TWO)),
        {DERIVED: RICH},
        "Custom(0)",
        "",
    ),
    "transfer with seed: another address": (
        sent(11, TRANSFER_SEEDED, signer(ONE), signer(THREE), Meta(TWO)),
        {ONE: RICH},
        "Custom(5)",
        f"Transfer: 'from' address {base58(ONE)} does not match derived address {base58(DERIVED)}",
    ),
    "transfer with seed: it has less": (
        sent(11, TRANSFER_SEEDED, Meta(DERIVED), signer(THREE), Meta(TWO)),
        {},
        "Custom(1)",
        "Transfer: insufficient lamports 0, need 5",
    ),
    "transfer with seed: two accounts": (
        sent(11, TRANSFER_SEEDED, Meta(DERIVED), signer(THREE)),
        {DERIVED: RICH},
        "MissingAccount",
        "",
    ),
    "transfer with seed: two accounts, and the base does not sign": (
        sent(11, TRANSFER_SEEDED, Meta(DERIVED), Meta(THREE)),
        {DERIVED: RICH},
        "MissingAccount",
        "",
    ),
    # Allocate
    "allocate: it does not sign": (
        sent(8, number(8), Meta(ONE)),
        {ONE: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(ONE)} must sign",
    ),
    "allocate: it has data": (
        sent(8, number(8), signer(ONE)),
        {ONE: Account(10**9, SYSTEM, False, b"\x00")},
        "Custom(0)",
        f"Allocate: account {shown(ONE)} already in use",
    ),
    "allocate: too much": (
        sent(8, number(2**64 - 1), signer(ONE)),
        {ONE: RICH},
        "Custom(3)",
        "Allocate: requested 18446744073709551615, max allowed 10485760",
    ),
    "allocate: it is read only": (sent(8, number(0), signer(ONE, False)), {ONE: RICH}, "ReadonlyDataModified", ""),
    "allocate: no account": (sent(8, number(8)), {}, "MissingAccount", ""),
    # AllocateWithSeed
    "allocate with seed: the base does not sign": (
        sent(9, ALLOCATE_SEEDED, signer(DERIVED), Meta(THREE)),
        {DERIVED: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(DERIVED, THREE)} must sign",
    ),
    "allocate with seed: one account": (
        sent(9, ALLOCATE_SEEDED, Meta(DERIVED)),
        {DERIVED: RICH},
        "MissingRequiredSignature",
        f"Allocate: 'to' account {shown(DERIVED, THREE)} must sign",
    ),
    "allocate with seed: no account": (sent(9, ALLOCATE_SEEDED), {}, "MissingAccount", ""),
    # What is none of them
    "an unknown tag": (sent(14, b"", signer(ONE)), {ONE: RICH}, "InvalidInstructionData", ""),
    "no tag": (Sent(SYSTEM, b"\x02\x00\x00", (signer(ONE),)), {ONE: RICH}, "InvalidInstructionData", ""),
    "a field cut off": (sent(2, number(1)[:-1], signer(ONE)), {ONE: RICH}, "InvalidInstructionData", ""),
    "a seed cut off": (sent(10, THREE + number(5) + SEED), {}, "InvalidInstructionData", ""),
    "a seed longer than all": (sent(10, THREE + number(2**63) + SEED), {}, "InvalidInstructionData", ""),
    "a seed that is no text": (sent(10, THREE + text(b"\xff") + OWNER), {}, "InvalidInstructionData", ""),
}


@pytest.mark.parametrize("name", FAILS)
def test_an_instruction_fails_for_its_own_reason(name: str) -> None:
    instruction, before, error, line = FAILS[name]
    assert error_of(instruction, accounts=before) == (f"InstructionError(0, {error})", (line,) if line else ())


def test_what_fails_leaves_nothing_but_the_fee() -> None:
    first = sent(2, number(7), signer(ONE), Meta(TWO))
    outcome, accounts = run(first, sent(2, number(10**9), signer(ONE), Meta(TWO)), accounts={ONE: RICH, TWO: RICH})
    assert str(outcome.error) == "InstructionError(1, Custom(1))" and outcome.units == 300
    assert (accounts[ONE], accounts[TWO], accounts[PAYER]) == (RICH, RICH, Account(10**10 - 10_000))


def test_a_seed_of_32_bytes_is_the_longest() -> None:
    seed = "ä".encode() * 16
    address = hashlib.sha256(THREE + seed + OWNER).digest()
    instruction = sent(10, THREE + text(seed) + OWNER, Meta(address), signer(THREE))
    assert run(instruction, accounts={address: RICH})[1][address] == OTHERS


def test_accounts_may_grow_by_20_mebibytes_together() -> None:
    two = [sent(8, number(10 * MEBIBYTE), signer(key)) for key in (ONE, TWO)]
    rich = Account(10**12)
    outcome, _ = run(*two, accounts={ONE: rich, TWO: rich})
    assert outcome.error is None
    outcome, _ = run(*two, sent(8, number(1), signer(THREE)), accounts={ONE: rich, TWO: rich, THREE: rich})
    assert str(outcome.error) == "InstructionError(2, MaxAccountsDataAllocationsExceeded)"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (text(b"x" * 1156) + OWNER, "Custom(0)"),
        (text(b"x" * 1156) + OWNER + bytes(500), "Custom(0)"),
        (text(b"x" * 1157) + OWNER, "InvalidInstructionData"),
    ],
)
def test_an_instruction_takes_no_more_of_its_data_than_fits_a_packet(fields: bytes, error: str) -> None:
    # As npm's LiteSVM 1.5.0 does: only messages of version 1 are long enough.
    config = Config(compute_unit_limit=10**6, loaded_size_limit=10**6)
    message = message_of(PAYER, sent(10, THREE + fields, signer(ONE)), version=1, config=config)
    outcome, _ = execute(message, {PAYER: Account(10**10), ONE: RICH}, B)
    assert str(outcome.error) == f"InstructionError(0, {error})"
