"""Random System transactions on the specification and on solders' LiteSVM, which runs Agave 4.1.2.

Error, compute units, logs and every account after must be equal, but for three habits of LiteSVM. A durable transaction
that fails has no nonce advanced, and one that runs is told that the blockhash of the block is its own nonce: so each
durable transaction is judged on the true block, and compared on a block as LiteSVM sees it. And a transaction that is
too old is refused for that before its compute budget is looked at.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm import logs
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import CLOCK, ED25519, SECP256K1, SECP256R1, SYSTEM
from samestate.spec.svm.message import TransactionMessage
from samestate.spec.svm.nonce import durable_nonce
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.transaction import encode_message
from tests.spec.svm.execution import PAYER, A, Meta, Sent, block_of, execute, message_of
from tests.spec.svm.litesvm import Answer, LiteSvm
from tests.spec.svm.precompiles.signing import ed25519_data, secp256k1_data, secp256r1_data
from tests.spec.svm.programs import test_system_accounts, test_system_nonce
from tests.spec.svm.programs.test_system_nonce import ONE as NONCE
from tests.spec.svm.random_transactions import OF_THE_RUNTIME, random_transaction

pytestmark = [pytest.mark.peers]
pytest.importorskip("solders", reason="solders is not installed: pip install 'samestate[peers]'")

LEGACY_BYTES = 1232
OF_THE_BUDGET = ("InstructionError(", "DuplicateInstruction(", "InvalidLoadedAccountsDataSizeLimit")
NAMES = {
    Invalid.INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA: "InstructionError({}, InvalidInstructionData)",
    Invalid.DUPLICATE_INSTRUCTION: "DuplicateInstruction({})",
    Invalid.INSUFFICIENT_FUNDS_FOR_RENT: "InsufficientFundsForRent {{ account_index: {} }}",
}


@dataclass
class Tally:
    """How many were compared, by what came of them, and the differences."""

    results: Counter[str] = field(default_factory=Counter)
    durable: int = 0
    other_order: int = 0
    differences: list[str] = field(default_factory=list)


def compare(count: int, seed: int) -> Tally:
    svm, tally = LiteSvm(checks_blockhash=True), Tally()
    fixed = {key: svm.account(key) for key in OF_THE_RUNTIME}
    for number in range(count):
        drawn = random_transaction(random.Random(f"{seed} {number}"), svm.last_hash)
        message, accounts = drawn.message, drawn.accounts
        if 1 + 64 * message.header.required_signatures + len(encode_message(message)) > LEGACY_BYTES:
            continue
        theirs = svm.send(message, accounts)
        is_durable = message.blockhash != svm.last_hash
        ours = answer(message, accounts, fixed, svm.last_hash)
        if is_durable and ours.error != "BlockhashNotFound":
            tally.durable += 1
            ours = answer(message, accounts, fixed, message.blockhash)
        if theirs.error == "BlockhashNotFound" and ours.error is not None and ours.error.startswith(OF_THE_BUDGET):
            tally.other_order += 1
            continue
        tally.results[(ours.error or "ok").partition("(")[0] if "Custom" not in (ours.error or "") else "Custom"] += 1
        if ours != theirs:
            tally.differences.append(f"seed {seed}, transaction {number}: {ours} and LiteSVM: {theirs}")
    return tally


def answer(
    message: TransactionMessage,
    accounts: Mapping[bytes, Account | None],
    fixed: Mapping[bytes, Account | None],
    last_hash: bytes,
) -> Answer:
    """What the specification says, on a block whose newest blockhash is ``last_hash``."""
    try:
        outcome, after = execute(message, {**fixed, **accounts}, A, block_of(slot=1, last_hash=last_hash))
    except Rejection as rejection:
        return Answer(error_of(rejection), 0, (), dict(accounts))
    error = None if outcome.error is None else str(outcome.error)
    return Answer(error, outcome.units, outcome.logs, {key: after[key] for key in accounts})


def error_of(rejection: Rejection) -> str:
    """The runtime's name of a rejection; its detail says the index where one belongs to the name."""
    assert isinstance(rejection.code, Invalid)
    index = "".join(letter for letter in rejection.detail if letter.isdigit())
    name = "".join(word.capitalize() for word in rejection.code.name.split("_"))
    return NAMES.get(rejection.code, name).format(index)


@pytest.mark.parametrize("seed", range(4))
def test_random_system_transactions(seed: int) -> None:
    tally = compare(1_000, seed)
    assert tally.differences == []
    assert tally.results["ok"] > 50 and tally.results["Custom"] > 100 and tally.durable > 50


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_random_system_transactions(seed: int) -> None:
    tally = compare(50_000, seed)
    assert tally.differences == []


DATA = {ED25519: ed25519_data, SECP256K1: secp256k1_data, SECP256R1: secp256r1_data}
EDGES = (0, 1, 2, 3, 4, 8, 9, 15, 16, 27, 28, 31, 32, 63, 64, 65, 127, 128, 254, 255)


def spoilt(source: random.Random, data: bytes) -> bytes:
    """The data of a precompile with a few bytes changed, most of them in front, or another length."""
    content = bytearray(data)
    for _ in range(source.choice((0, 1, 1, 1, 2, 3))):
        place = source.randrange(source.choice((2, 17, len(content))))
        content[place] = source.choice((*EDGES, source.randrange(256)))
    end = source.choice((len(content),) * 8 + (len(content) - 1, source.randrange(len(content) + 1)))
    return bytes(content[:end]) + source.choice((b"",) * 5 + (b"more",))


@pytest.mark.parametrize("seed", range(4))
def test_random_precompile_instructions(seed: int) -> None:
    svm, source, results = LiteSvm(checks_blockhash=False), random.Random(seed), Counter[str]()
    fixed = {key: svm.account(key) for key in (*OF_THE_RUNTIME, *DATA)}
    accounts = {PAYER: Account(10**9)}
    for _ in range(1_000):
        programs = source.choices(list(DATA), k=source.choice((1, 1, 2)))
        datas = [DATA[program](b"%d" % source.randrange(99)) for program in programs]
        instructions = [Sent(program, spoilt(source, data)) for program, data in zip(programs, datas, strict=True)]
        message = message_of(PAYER, *instructions, blockhash=svm.last_hash)
        ours, theirs = answer(message, accounts, fixed, svm.last_hash), svm.send(message, accounts)
        assert ours == theirs, [(sent.program.hex(), sent.data.hex()) for sent in instructions]
        results[ours.error or "ok"] += 1
    assert results["ok"] > 50
    assert set(results) >= {f"InstructionError(0, Custom({number}))" for number in range(5)}, results


CASES = {
    **{f"{name} (accounts)": (sent, accounts) for name, (sent, accounts, *_) in test_system_accounts.FAILS.items()},
    **{f"{name} (accounts)": (sent, accounts) for name, (sent, accounts, *_) in test_system_accounts.WORKS.items()},
    **{f"{name} (nonces)": (sent, {NONCE: account}) for name, (sent, account, *_) in test_system_nonce.FAILS.items()},
    **{f"{name} (nonces)": (sent, {NONCE: account}) for name, (sent, account, *_) in test_system_nonce.WORKS.items()},
}
"""What the unit tests of the System program expect, by hand."""


def test_cases_by_hand() -> None:
    svm = LiteSvm(checks_blockhash=False)
    fixed = {key: svm.account(key) for key in (*OF_THE_RUNTIME, CLOCK)}
    different = []
    for name, (sent, before) in CASES.items():
        named: dict[bytes, Account | None] = {meta.key: None for meta in sent.accounts}
        accounts = {**named, PAYER: Account(10**10), **before}
        accounts = {key: at_block(account, svm.last_hash) for key, account in accounts.items() if key not in fixed}
        message = message_of(PAYER, sent, blockhash=svm.last_hash)
        if answer(message, accounts, fixed, svm.last_hash) != svm.send(message, accounts):
            different.append(name)
    assert different == [] and len(CASES) > 130


def at_block(account: Account | None, last_hash: bytes) -> Account | None:
    """An account whose nonce, if it was advanced in the block of the unit tests, was advanced in this one."""
    if account is None:
        return None
    return replace(account, data=account.data.replace(test_system_nonce.NEW, durable_nonce(last_hash)))


@pytest.mark.parametrize("limit", [1038, 1039, 1041, 1042])
def test_where_a_log_is_cut(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # With the real limit it takes longer lines than programs of the runtime have.
    monkeypatch.setattr(logs, "LOG_BYTES", limit)
    svm = LiteSvm(checks_blockhash=False, log_bytes=limit)
    transfers = [test_system_accounts.sent(2, bytes(8), Meta(PAYER, True), Meta(PAYER, True))] * 20
    message, accounts = message_of(PAYER, *transfers, blockhash=svm.last_hash), {PAYER: Account(10**9)}
    ours = answer(message, accounts, {SYSTEM: svm.account(SYSTEM)}, svm.last_hash)
    assert ours == svm.send(message, accounts)
    assert "Log truncated" in ours.logs
