"""Cases of single transactions as cases of the machine, with what the Bank made of them where that was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.recorded import (
    PROCESSED,
    UNPROCESSABLE,
    BankResult,
    OracleCase,
    RecordedAccount,
    RecordedBlock,
    RecordedCase,
    RecordedResult,
    RecordedTransaction,
    blockhash_of,
    signed_transaction,
)
from samestate.conformance.vectors.recorded.bank_case import vectors_of_bank_case
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedVector
from samestate.conformance.vectors.recorded.names import FEES_ONLY, INSTRUCTION_ERROR, printed
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM

ENGINES: Final = {"A": "litesvm-0.15.2", "B": "litesvm-1.5.0"}
"""What was recorded of LiteSVM, by the ruleset that it has."""

KNOWN_WRONG: Final = "LiteSVM is known to do otherwise than validators: recorded of the Bank it can be checked"
LITESVM_KIND: Final = "recorded by LiteSVM"
SLOT: Final = 1
SYSTEM_OF_JULY: Final = Account(1, NATIVE_LOADER, True, b"system_program")
"""The account of the System program in Agave 4.1.2: shorter than later ones, which shifts loaded sizes."""
MOST_BYTES: Final = 1232
DIGITS: Final = 8
"""By how many digits of its address an account is named where the Bank gives it otherwise."""


def vectors_of_bank_results(
    place: str, cases: Iterable[OracleCase], results: Iterable[BankResult]
) -> Iterator[RecordedVector | NotExecuted]:
    """What the Bank made of cases of single transactions. Raises InputError where a case is missing."""
    by_name = {case.name: case for case in cases}
    for result in results:
        case = by_name.get(result.case)
        if case is None:
            raise InputError(f"{place}: there is a result of the case {result.case!r}, and no such case")
        if len(result.results) != len(case.transactions):
            raise InputError(f"{place}: {result.case}: {len(result.results)} results for {len(case.transactions)}")
        post = accounts_of(case, result)
        yield from vectors_of_bank_case(place, recorded(case, result.ruleset, result.results, post))


def vectors_of_oracle_cases(place: str, cases: Iterable[OracleCase]) -> Iterator[RecordedVector | NotExecuted]:
    """What LiteSVM made of them, so far as it is known to be what validators do."""
    for case in cases:
        for ruleset, engine in ENGINES.items():
            if engine not in case.results:
                continue
            results, post = case.results[engine]
            name = f"{case.name} ({ruleset})"
            if case.remark or known_wrong(case, results):
                yield NotExecuted(place, name, KNOWN_WRONG)
            elif len(results) != len(case.transactions):
                raise InputError(f"{place}: {case.name}: {len(results)} results for {len(case.transactions)}")
            else:
                staged = tuple(map(with_stage, results))
                of_block = recorded(case, ruleset, staged, stable(case, post))
                accounts = {**of_block.accounts, **({SYSTEM: SYSTEM_OF_JULY} if ruleset == "A" else {})}
                for vector in vectors_of_bank_case(place, replace(of_block, accounts=accounts)):
                    if isinstance(vector, RecordedVector):
                        yield replace(vector, kind=LITESVM_KIND)
                    else:
                        yield vector


def known_wrong(case: OracleCase, results: Iterable[RecordedResult]) -> bool:
    """Whether LiteSVM is known to be unlike validators: it takes no fee for what it cannot load, and any size."""
    is_free = any(result.error in FEES_ONLY for result in results)
    return is_free or any(len(wire) > MOST_BYTES for wire in wires_of(case))


def wires_of(case: OracleCase) -> list[bytes]:
    """The transactions of a case, for its slot."""
    return [signed_transaction(transaction, blockhash_of(SLOT - 1)) for transaction in case.transactions]


def recorded(
    case: OracleCase,
    ruleset: str,
    results: tuple[RecordedResult, ...],
    post: Mapping[bytes, RecordedAccount | None],
) -> RecordedCase:
    """A case of single transactions as one of a block, each transaction an entry."""
    entries = tuple((RecordedTransaction(*pair),) for pair in zip(wires_of(case), results, strict=True))
    return RecordedCase(
        name=f"{case.name} ({ruleset})",
        ruleset=ruleset,
        accounts=case.accounts,
        blocks=(RecordedBlock(SLOT, entries, post=post),),
    )


def accounts_of(case: OracleCase, result: BankResult) -> dict[bytes, RecordedAccount | None]:
    """The accounts of a case afterwards: as LiteSVM has them, but for those that are said to differ."""
    _, post = case.results.get(ENGINES.get(result.ruleset, ""), ((), {}))
    return {
        key: result.changed.get(key.hex()[:DIGITS], account) for key, account in post.items() if key in case.accounts
    }


def stable(case: OracleCase, post: Mapping[bytes, RecordedAccount | None]) -> dict[bytes, RecordedAccount | None]:
    """The accounts of a case that do not depend on LiteSVM's own blockhash: none that is a nonce."""
    return {key: account for key, account in post.items() if key in case.accounts and not case.accounts[key].data}


def with_stage(result: RecordedResult) -> RecordedResult:
    """How far a transaction came, which LiteSVM does not say: where it ran there are logs, or an instruction failed."""
    error = None if result.error is None else printed(result.error)
    ran = error is None or bool(result.logs) or error in FEES_ONLY
    failed = error is not None and error.startswith(INSTRUCTION_ERROR) and not error.endswith("InvalidInstructionData)")
    return replace(result, stage=PROCESSED if ran or failed else UNPROCESSABLE)
