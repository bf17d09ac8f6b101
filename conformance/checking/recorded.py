"""Checking an engine against what was recorded of Solana's chain: as much is compared as was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.protocol import Engine, EngineFailure
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import ABSENT, POST_STATE, VALID, member, members, text
from samestate.conformance.vectors.recorded.model import (
    NotExecuted,
    RecordedCase,
    RecordedEntries,
    RecordedSignatures,
    RecordedVector,
    RecordedWire,
    fork_of_recorded,
    kind_of_recorded,
)
from samestate.conformance.vectors.svm.case import is_unspecified, read_account
from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account, decode_account
from samestate.spec.svm.addresses import base58
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.history import next_hash
from samestate.spec.svm.signature import check_signatures, verify_strict
from samestate.spec.svm.transaction import decode_transaction, encode_transaction

TICKS: Final = 64
ACCOUNT: Final = "account "
DIGEST: Final = "sha256 "

BEFORE_SIGNATURES: Final = frozenset(
    {
        "SANITIZE_FAILURE",
        "INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA",
        "DUPLICATE_INSTRUCTION",
        "ADDRESS_LOOKUP_TABLE_NOT_FOUND",
        "INVALID_ADDRESS_LOOKUP_TABLE_OWNER",
        "INVALID_ADDRESS_LOOKUP_TABLE_DATA",
        "INVALID_ADDRESS_LOOKUP_TABLE_INDEX",
        "TOO_MANY_ACCOUNT_LOCKS",
        "ACCOUNT_LOADED_TWICE",
        "INVALID_LOADED_ACCOUNTS_DATA_SIZE_LIMIT",
    }
)
"""What else may be wrong with a transaction whose signature is: replay verifies signatures apart from all that."""


def check_recorded(case: RecordedCase, id: str, engine: Engine) -> Verdict:
    """What becomes of a case on the engine of that id."""
    fork, kind = fork_of_recorded(case), kind_of_recorded(case)
    if isinstance(case, NotExecuted):
        return Verdict(case.id, Result.SKIPPED, case.reason, engine=id)
    if isinstance(case, RecordedVector):
        return check_recorded_vector(case, id, engine)
    if id != SPEC:
        reason = "the case holds no block, and so nothing for an engine to execute"
        return Verdict(case.id, Result.SKIPPED, reason, fork, kind=kind, engine=id)
    try:
        checks = tuple(dict.fromkeys(checks_of(case)))
    except (Rejection, WrongRecord) as wrong:
        return Verdict(case.id, Result.FAILED, str(wrong), fork, (), kind, id)
    return Verdict(case.id, Result.PASSED, "", fork, checks, kind, id)


class WrongRecord(Exception):  # noqa: N818 - says what is wrong
    """What the specification finds otherwise than it was recorded."""


def checks_of(case: RecordedEntries | RecordedWire | RecordedSignatures) -> Iterator[str]:
    """What is found right, by name. Raises WrongRecord and Rejection."""
    match case:
        case RecordedEntries():
            yield from entries_checks(case)
        case RecordedWire():
            if encode_transaction(decode_transaction(case.wire)) != case.wire:
                raise WrongRecord("encoded anew, the transaction is not the same bytes")
            yield "encoding"
        case RecordedSignatures():
            for index, (key, signature) in enumerate(case.pairs):
                if verify_strict(key, signature, case.message) != case.are_valid:
                    raise WrongRecord(f"signature {index}: must be {'valid' if case.are_valid else 'refused'}")
            yield "signatures"


def entries_checks(case: RecordedEntries) -> Iterator[str]:
    """Form, signatures and history of some entries."""
    previous, hashes, ticks, per_tick = case.start, 0, 0, case.hashes_per_tick
    for index, entry in enumerate(case.entries):
        transactions = tuple(map(decode_transaction, entry.transactions))
        for place, (transaction, wire) in enumerate(zip(transactions, entry.transactions, strict=True)):
            where = f"entry {index}: transaction {place}"
            if encode_transaction(transaction) != wire:
                raise WrongRecord(f"{where}: encoded anew, it is not the same bytes")
            try:
                check_signatures(transaction)
            except Rejection as rejection:
                raise WrongRecord(f"{where}: {rejection}") from rejection
            yield from ("encoding", "signatures")
        if previous is not None:
            if next_hash(previous, HistoryEntry(entry.hashes, entry.hash, transactions)) != entry.hash:
                raise WrongRecord(f"entry {index}: its hash is not the one that follows")
            yield "history"
        previous = entry.hash
        hashes += entry.hashes
        if not transactions:
            per_tick = hashes if per_tick is None and case.is_whole else per_tick
            if per_tick is not None and hashes != per_tick:
                raise WrongRecord(f"entry {index}: is a tick after {hashes} hashes, and not {per_tick}")
            hashes, ticks = 0, ticks + 1
    if case.is_whole and ticks != TICKS:
        raise WrongRecord(f"{ticks} ticks, and not {TICKS}")
    yield "ticks"


def check_recorded_vector(vector: RecordedVector, id: str, engine: Engine) -> Verdict:
    """What becomes of a case with blocks."""
    case = vector.case

    def verdict(result: Result, reason: str = "", checks: Sequence[str] = ()) -> Verdict:
        compared = tuple(dict.fromkeys(checks))
        return Verdict(vector.id, result, reason, case.fork, compared, vector.kind, id, vector.note)

    missing = engine.capabilities.missing(case)
    if missing:
        return verdict(Result.SKIPPED, missing)
    checks: list[str] = []
    try:
        results = engine.run(case)
    except EngineFailure as failure:
        return verdict(Result.FAILED, str(failure))
    unsaid = next((text(result, "status") for result in results if is_unspecified(result)), "")
    if unsaid:
        return verdict(Result.SKIPPED, unsaid)
    difference = first_difference(
        case,
        [expected_of(*pair) for pair in zip(vector.expected, results, strict=False)],
        [told_of(*pair) for pair in zip(vector.expected, results, strict=False)],
        engine.capabilities.outputs - {POST_STATE},
        Granularity.NONE,
        {},
        checks,
    )
    if difference is not None:
        return verdict(Result.FAILED, str(difference), checks)
    wrong = wrong_account(vector, results, checks)
    return verdict(Result.FAILED, wrong, checks) if wrong else verdict(Result.PASSED, "", checks)


def expected_of(expected: Object, result: Object) -> Object:
    """What was recorded of a block: of a transaction with a bad signature, whatever else the engine found wrong."""
    if text(expected, "status") == "SIGNATURE_FAILURE" and text(result, "status") in BEFORE_SIGNATURES:
        return {**expected, "status": text(result, "status")}
    return expected


def told_of(expected: Object, result: Object) -> Object:
    """What an engine gives of a block, receipts only as far as they were recorded."""
    if "receipts" not in expected or "receipts" not in result:
        return {name: value for name, value in result.items() if name != "receipts"}
    pairs = zip(members(expected, "receipts"), members(result, "receipts"), strict=False)
    receipts = [{name: value for name, value in given.items() if name in right} for right, given in pairs]
    return {**result, "receipts": [*receipts, *members(result, "receipts")[len(receipts) :]]}


def wrong_account(vector: RecordedVector, results: Sequence[Object], checks: list[str]) -> str:
    """The first account that is not what was recorded, of an engine that gives accounts; nothing where all are."""
    written: dict[str, Account | None] = {}
    before = member(vector.case.pre, "accounts")
    for index, (recorded, result) in enumerate(zip(vector.accounts, results, strict=True)):
        if text(result, "status") != VALID or not ("access" in result or POST_STATE in result):
            continue
        unknown = take_writes(result, before, written)
        for key, is_right in recorded.items():
            name = base58(key)
            if name in unknown:
                continue
            checks.append("accounts")
            held = written.get(name, read_account(before[name]) if name in before else None)
            if not is_right(held):
                return f"block {index}: account {name}: is not what was recorded, but {held}"
    return ""


def take_writes(result: Object, before: Iterable[str], written: dict[str, Account | None]) -> set[str]:
    """Add what a block has written, where ``before`` were there; the accounts whose value is told by a digest alone."""
    if POST_STATE in result:
        accounts = member(member(result, POST_STATE), "accounts")
        gone = {name: None for name in {*before, *written} if name not in accounts}
        written.update({**gone, **{name: read_account(account) for name, account in accounts.items()}})
        return set()
    unknown: set[str] = set()
    for step in members(result, "access"):
        for key, value in member(step, "writes").items():
            name = key.removeprefix(ACCOUNT)
            if str(value).startswith(DIGEST):
                unknown.add(name)
            else:
                written[name] = None if value == ABSENT else decode_account(unhexed(str(value)))
                unknown.discard(name)
    return unknown
