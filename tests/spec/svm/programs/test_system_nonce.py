"""Instructions of the System program on durable nonces: what each does, and each way in which it fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import CLOCK, RECENT_BLOCKHASHES, RENT, SYSTEM, base58
from samestate.spec.svm.errors import InstructionError
from samestate.spec.svm.frame import Execution, Invocation, RuntimeFacts
from samestate.spec.svm.locks import resolve
from samestate.spec.svm.nonce import Nonce, durable_nonce, encode_nonce
from samestate.spec.svm.programs.system import system_program
from samestate.spec.svm.rent import RentPrice
from tests.spec.svm.execution import LAST_HASH, PAYER, Meta, Sent, error_of, message_of, run

ONE, TWO, AUTHORITY, OWNER = (bytes([number]) * 32 for number in (1, 2, 3, 14))
MINIMUM = (128 + 80) * 6960
OLD, NEW = b"\x77" * 32, durable_nonce(LAST_HASH)
NONCE = Nonce(AUTHORITY, OLD, 4000)


def nonce_account(
    nonce: Nonce | None = NONCE, lamports: int = MINIMUM, length: int = 80, owner: bytes = SYSTEM
) -> Account:
    return Account(lamports, owner, False, encode_nonce(nonce)[:length].ljust(length, b"\x00"))


def sent(tag: int, fields: bytes, *metas: Meta) -> Sent:
    return Sent(SYSTEM, tag.to_bytes(4, "little") + fields, metas)


HASHES, PRICE = Meta(RECENT_BLOCKHASHES, writes=False), Meta(RENT, writes=False)
SIGNER = Meta(AUTHORITY, True, False)
SILENT = Meta(AUTHORITY, False, False)
READONLY = Meta(ONE, writes=False)


def number(value: int) -> bytes:
    return value.to_bytes(8, "little")


def advance(*metas: Meta) -> Sent:
    return sent(4, b"", *metas)


def withdraw(lamports: int, *metas: Meta) -> Sent:
    return sent(5, number(lamports), *metas)


USED = Nonce(AUTHORITY, NEW, 5000)
WORKS = {
    "advance": (advance(Meta(ONE), HASHES, SIGNER), nonce_account(), nonce_account(USED)),
    "advance, more data than a nonce has": (
        advance(Meta(ONE), HASHES, SIGNER),
        nonce_account(length=81, lamports=10**9),
        nonce_account(USED, length=81, lamports=10**9),
    ),
    "advance a legacy nonce": (
        advance(Meta(ONE), HASHES, SIGNER),
        nonce_account(replace(NONCE, is_legacy=True)),
        nonce_account(USED),
    ),
    "withdraw part": (
        withdraw(5, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(lamports=MINIMUM + 5),
        nonce_account(),
    ),
    "withdraw all": (withdraw(MINIMUM, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER), nonce_account(), None),
    "withdraw all, to itself": (
        withdraw(MINIMUM, Meta(ONE), Meta(ONE), HASHES, PRICE, SIGNER),
        nonce_account(),
        Account(MINIMUM, SYSTEM, False, encode_nonce(None) + encode_nonce(NONCE)[8:]),
    ),
    "withdraw from an uninitialized one": (
        withdraw(5, Meta(ONE, signs=True), Meta(TWO), HASHES, PRICE),
        nonce_account(None, MINIMUM + 5),
        nonce_account(None),
    ),
    "initialize": (sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE), nonce_account(None), nonce_account(USED)),
    "initialize zeros": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        Account(MINIMUM, SYSTEM, False, bytes(80)),
        nonce_account(USED),
    ),
    "authorize": (
        sent(7, TWO, Meta(ONE), SIGNER),
        nonce_account(),
        nonce_account(replace(NONCE, authority=TWO)),
    ),
    "authorize, the nonce being its own authority": (
        sent(7, TWO, Meta(ONE, signs=True)),
        nonce_account(replace(NONCE, authority=ONE)),
        nonce_account(replace(NONCE, authority=TWO)),
    ),
    "authorize a legacy nonce": (
        sent(7, TWO, Meta(ONE), SIGNER),
        nonce_account(replace(NONCE, is_legacy=True)),
        nonce_account(replace(NONCE, authority=TWO, is_legacy=True)),
    ),
    "upgrade": (
        sent(12, b"", Meta(ONE)),
        nonce_account(replace(NONCE, is_legacy=True)),
        nonce_account(replace(NONCE, value=durable_nonce(OLD))),
    ),
}


@pytest.mark.parametrize("name", WORKS)
def test_an_instruction_does_what_it_says(name: str) -> None:
    instruction, before, after = WORKS[name]
    outcome, accounts = run(instruction, accounts={ONE: before, TWO: Account(10**9)})
    assert outcome.error is None, outcome
    assert accounts[ONE] == after
    assert sum(account.lamports for key in (ONE, TWO) if (account := accounts[key])) == before.lamports + 10**9


FAILS: dict[str, tuple[Sent, Account | None, str, str]] = {
    # AdvanceNonceAccount
    "advance: no account": (advance(), None, "MissingAccount", ""),
    "advance: no sysvar": (advance(Meta(ONE)), nonce_account(), "MissingAccount", ""),
    "advance: another sysvar": (advance(Meta(ONE), PRICE, SIGNER), nonce_account(), "InvalidArgument", ""),
    "advance: read only": (
        advance(READONLY, HASHES, SIGNER),
        nonce_account(),
        "InvalidArgument",
        f"Advance nonce account: Account {base58(ONE)} must be writeable",
    ),
    "advance: no data": (advance(Meta(ONE), HASHES, SIGNER), Account(1), "InvalidAccountData", ""),
    "advance: uninitialized": (
        advance(Meta(ONE), HASHES, SIGNER),
        nonce_account(None),
        "InvalidAccountData",
        f"Advance nonce account: Account {base58(ONE)} state is invalid",
    ),
    "advance: the authority does not sign": (
        advance(Meta(ONE), HASHES, SILENT),
        nonce_account(),
        "MissingRequiredSignature",
        f"Advance nonce account: Account {base58(AUTHORITY)} must be a signer",
    ),
    "advance: twice in a slot": (
        advance(Meta(ONE), HASHES, SIGNER),
        nonce_account(USED),
        "Custom(7)",
        "Advance nonce account: nonce can only advance once per slot",
    ),
    "advance: another's": (
        advance(Meta(ONE), HASHES, SIGNER),
        nonce_account(owner=OWNER),
        "ExternalAccountDataModified",
        "",
    ),
    "advance: an unknown version": (
        advance(Meta(ONE), HASHES, SIGNER),
        Account(MINIMUM, SYSTEM, False, b"\x02" + encode_nonce(NONCE)[1:]),
        "InvalidAccountData",
        "",
    ),
    "advance: an unknown state": (
        advance(Meta(ONE), HASHES, SIGNER),
        Account(MINIMUM, SYSTEM, False, encode_nonce(NONCE)[:4] + b"\x02" + encode_nonce(NONCE)[5:]),
        "InvalidAccountData",
        "",
    ),
    "advance: cut off": (advance(Meta(ONE), HASHES, SIGNER), nonce_account(length=79), "InvalidAccountData", ""),
    # WithdrawNonceAccount
    "withdraw: one account": (withdraw(1, Meta(ONE)), nonce_account(), "MissingAccount", ""),
    "withdraw: no sysvars": (withdraw(1, Meta(ONE), Meta(TWO)), nonce_account(), "MissingAccount", ""),
    "withdraw: no rent": (withdraw(1, Meta(ONE), Meta(TWO), HASHES), nonce_account(), "MissingAccount", ""),
    "withdraw: sysvars the other way round": (
        withdraw(1, Meta(ONE), Meta(TWO), PRICE, HASHES, SIGNER),
        nonce_account(),
        "InvalidArgument",
        "",
    ),
    "withdraw: another sysvar for recent blockhashes": (
        withdraw(1, Meta(ONE), Meta(TWO), PRICE, PRICE, SIGNER),
        nonce_account(),
        "InvalidArgument",
        "",
    ),
    "withdraw: another sysvar for rent": (
        withdraw(1, Meta(ONE), Meta(TWO), HASHES, HASHES, SIGNER),
        nonce_account(),
        "InvalidArgument",
        "",
    ),
    "withdraw: read only": (
        withdraw(1, READONLY, Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(),
        "InvalidArgument",
        f"Withdraw nonce account: Account {base58(ONE)} must be writeable",
    ),
    "withdraw: no nonce": (
        withdraw(1, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        Account(10**9),
        "InvalidAccountData",
        "",
    ),
    "withdraw: uninitialized, more than there is": (
        withdraw(MINIMUM + 1, Meta(ONE, signs=True), Meta(TWO), HASHES, PRICE),
        nonce_account(None),
        "InsufficientFunds",
        f"Withdraw nonce account: insufficient lamports {MINIMUM}, need {MINIMUM + 1}",
    ),
    "withdraw: uninitialized, and it does not sign": (
        withdraw(1, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(None),
        "MissingRequiredSignature",
        f"Withdraw nonce account: Account {base58(ONE)} must sign",
    ),
    "withdraw: all, in the slot of an advance": (
        withdraw(MINIMUM, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(USED),
        "Custom(7)",
        "Withdraw nonce account: nonce can only advance once per slot",
    ),
    "withdraw: all, and the authority does not sign": (
        withdraw(MINIMUM, Meta(ONE), Meta(TWO), HASHES, PRICE, SILENT),
        nonce_account(),
        "MissingRequiredSignature",
        f"Withdraw nonce account: Account {base58(AUTHORITY)} must sign",
    ),
    "withdraw: all, another's, and the authority does not sign": (
        withdraw(10**9, Meta(ONE), Meta(TWO), HASHES, PRICE, SILENT),
        nonce_account(lamports=10**9, owner=OWNER),
        "MissingRequiredSignature",
        f"Withdraw nonce account: Account {base58(AUTHORITY)} must sign",
    ),
    "withdraw: below the minimum": (
        withdraw(5, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(lamports=MINIMUM + 4),
        "InsufficientFunds",
        f"Withdraw nonce account: insufficient lamports {MINIMUM + 4}, need {MINIMUM + 5}",
    ),
    "withdraw: a sum that is no number": (
        withdraw(2**64 - MINIMUM, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(),
        "InsufficientFunds",
        "",
    ),
    "withdraw: the largest sum that is one": (
        withdraw(2**64 - MINIMUM - 1, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(),
        "InsufficientFunds",
        f"Withdraw nonce account: insufficient lamports {MINIMUM}, need {2**64 - 1}",
    ),
    "withdraw: part, and the authority does not sign": (
        withdraw(1, Meta(ONE), Meta(TWO), HASHES, PRICE, SILENT),
        nonce_account(lamports=10**9),
        "MissingRequiredSignature",
        f"Withdraw nonce account: Account {base58(AUTHORITY)} must sign",
    ),
    "withdraw: part, another's": (
        withdraw(1, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(lamports=10**9, owner=OWNER),
        "ExternalAccountLamportSpend",
        "",
    ),
    "withdraw: all, another's": (
        withdraw(10**9, Meta(ONE), Meta(TWO), HASHES, PRICE, SIGNER),
        nonce_account(lamports=10**9, owner=OWNER),
        "ExternalAccountDataModified",
        "",
    ),
    "withdraw: the recipient is read only": (
        withdraw(1, Meta(ONE), Meta(CLOCK), HASHES, PRICE, SIGNER),
        nonce_account(lamports=10**9),
        "ReadonlyLamportChange",
        "",
    ),
    # InitializeNonceAccount
    "initialize: no account": (sent(6, AUTHORITY), None, "MissingAccount", ""),
    "initialize: no sysvar": (sent(6, AUTHORITY, Meta(ONE)), nonce_account(None), "MissingAccount", ""),
    "initialize: no rent": (sent(6, AUTHORITY, Meta(ONE), HASHES), nonce_account(None), "MissingAccount", ""),
    "initialize: another sysvar": (
        sent(6, AUTHORITY, Meta(ONE), PRICE, PRICE),
        nonce_account(None),
        "InvalidArgument",
        "",
    ),
    "initialize: another sysvar for rent": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, HASHES),
        nonce_account(None),
        "InvalidArgument",
        "",
    ),
    "initialize: read only": (
        sent(6, AUTHORITY, READONLY, HASHES, PRICE),
        nonce_account(None),
        "InvalidArgument",
        f"Initialize nonce account: Account {base58(ONE)} must be writeable",
    ),
    "initialize: no data": (sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE), Account(1), "InvalidAccountData", ""),
    "initialize: too few lamports": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        nonce_account(None, MINIMUM - 1),
        "InsufficientFunds",
        f"Initialize nonce account: insufficient lamports {MINIMUM - 1}, need {MINIMUM}",
    ),
    "initialize: initialized": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        nonce_account(),
        "InvalidAccountData",
        f"Initialize nonce account: Account {base58(ONE)} state is invalid",
    ),
    "initialize: no room": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        nonce_account(None, length=79),
        "AccountDataTooSmall",
        "",
    ),
    "initialize: no room but for an uninitialized one": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        nonce_account(None, length=8),
        "AccountDataTooSmall",
        "",
    ),
    "initialize: another's": (
        sent(6, AUTHORITY, Meta(ONE), HASHES, PRICE),
        nonce_account(None, owner=OWNER),
        "ExternalAccountDataModified",
        "",
    ),
    # AuthorizeNonceAccount
    "authorize: no account": (sent(7, TWO), None, "MissingAccount", ""),
    "authorize: read only": (
        sent(7, TWO, READONLY, SIGNER),
        nonce_account(),
        "InvalidArgument",
        f"Authorize nonce account: Account {base58(ONE)} must be writeable",
    ),
    "authorize: no nonce": (sent(7, TWO, Meta(ONE), SIGNER), Account(1), "InvalidAccountData", ""),
    "authorize: uninitialized": (
        sent(7, TWO, Meta(ONE), SIGNER),
        nonce_account(None),
        "InvalidAccountData",
        f"Authorize nonce account: Account {base58(ONE)} state is invalid",
    ),
    "authorize: the authority does not sign": (
        sent(7, TWO, Meta(ONE), SILENT),
        nonce_account(),
        "MissingRequiredSignature",
        f"Authorize nonce account: Account {base58(AUTHORITY)} must sign",
    ),
    "authorize: another's": (
        sent(7, TWO, Meta(ONE), SIGNER),
        nonce_account(owner=OWNER),
        "ExternalAccountDataModified",
        "",
    ),
    # UpgradeNonceAccount
    "upgrade: no account": (sent(12, b""), None, "MissingAccount", ""),
    "upgrade: another's": (sent(12, b"", READONLY), nonce_account(owner=OWNER), "InvalidAccountOwner", ""),
    "upgrade: read only": (
        sent(12, b"", READONLY),
        nonce_account(replace(NONCE, is_legacy=True)),
        "InvalidArgument",
        "",
    ),
    "upgrade: no nonce": (sent(12, b"", Meta(ONE)), Account(1), "InvalidAccountData", ""),
    "upgrade: upgraded": (sent(12, b"", Meta(ONE)), nonce_account(), "InvalidArgument", ""),
    "upgrade: legacy and uninitialized": (
        sent(12, b"", Meta(ONE)),
        Account(MINIMUM, SYSTEM, False, bytes(80)),
        "InvalidArgument",
        "",
    ),
}


@pytest.mark.parametrize("name", FAILS)
def test_an_instruction_fails_for_its_own_reason(name: str) -> None:
    instruction, before, error, line = FAILS[name]
    found = error_of(instruction, accounts={ONE: before})
    assert found == (f"InstructionError(0, {error})", (line,) if line else ())


@pytest.mark.parametrize(
    ("instruction", "verb"),
    [
        (advance(READONLY, HASHES, SIGNER), "Advance"),
        (sent(6, AUTHORITY, READONLY, HASHES), "Initialize"),
    ],
)
def test_without_recent_blockhashes_there_is_no_nonce(instruction: Sent, verb: str) -> None:
    resolved = resolve(message_of(PAYER, instruction), (), ())
    facts = RuntimeFacts(1, RentPrice(6960), NEW, 5000, has_recent_blockhashes=False)
    execution = Execution(resolved, facts, [Account(0) for _ in resolved.keys], {}, 1000)
    with pytest.raises(InstructionError, match=r"Custom\(6\)"):
        system_program(Invocation(execution, 0))
    assert execution.logs.lines == [f"{verb} nonce account: recent blockhash list is empty"]
