"""The cases in documents of Solana's chain and of its engines: what each holds, or several together."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.entries import read_entry_batch
from samestate.conformance.fixtures.solana.ledger_accounts import read_ledger_accounts
from samestate.conformance.fixtures.solana.manifest import read_manifest
from samestate.conformance.fixtures.solana.recorded import read_bank_cases, read_bank_results, read_oracle_cases
from samestate.conformance.fixtures.solana.shreds import read_shreds
from samestate.conformance.vectors.recorded.bank_case import BYTECODE, vectors_of_bank_case
from samestate.conformance.vectors.recorded.ledger import LedgerBlock, cases_of_ledger
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedCase, RecordedEntries
from samestate.conformance.vectors.recorded.oracle_case import vectors_of_bank_results, vectors_of_oracle_cases
from samestate.conformance.vectors.recorded.parts import Form, Part, take_apart
from samestate.conformance.vectors.recorded.wire import read_wire

FACTS: Final = "what is known of the chain, and no case"


def binary_case(place: str, content: bytes) -> RecordedCase:
    """The case that some bytes are. Raises InputError."""
    case = read_wire(place, content)
    if case is None:
        raise InputError(f"{place}: is no transaction, no list of signatures, and no manifest")
    return case


def cases_of_document(place: str, form: Form, value: object) -> Iterator[RecordedCase]:
    """The cases in a document that needs no other. Raises InputError."""
    if form is Form.BANK_CASES:
        for case in read_bank_cases(place, value):
            yield from vectors_of_bank_case(place, case)
    elif form is Form.ENTRIES:
        slot, entries = read_entry_batch(place, value)
        yield RecordedEntries(place, f"slot {slot}: entries", entries, None, None, is_whole=False)
    elif form is Form.BYTECODE:
        yield NotExecuted(place, "bytecode", f"{BYTECODE}: programs as machine code")
    elif form is Form.FACTS:
        yield NotExecuted(place, "facts", FACTS)
    elif form is Form.TOGETHER:
        yield from cases_together(take_apart(place, value))


def cases_together(parts: Iterable[Part]) -> Iterator[RecordedCase]:
    """The cases of parts that belong together. Raises InputError."""
    by_form: dict[Form, list[Part]] = {}
    for part in parts:
        by_form.setdefault(part.form, []).append(part)
    for form, same in by_form.items():
        if len(same) > 1:
            raise InputError(f"{same[1].place}: there are {form.value} beside it already, {same[0].place}")
    alone = {form: same[0] for form, same in by_form.items()}
    if Form.SHREDS in alone:
        yield from _ledger_cases(alone)
    elif Form.ACCOUNTS in alone or Form.MANIFEST in alone:
        other = alone.get(Form.ACCOUNTS) or alone[Form.MANIFEST]
        raise InputError(f"{other.place}: there are no shreds beside it, and so no block")
    if Form.ORACLE_CASES in alone:
        part = alone[Form.ORACLE_CASES]
        cases = list(read_oracle_cases(part.place, part.value))
        yield from vectors_of_oracle_cases(part.place, cases)
        if Form.BANK_RESULTS in alone:
            results = alone[Form.BANK_RESULTS]
            yield from vectors_of_bank_results(results.place, cases, read_bank_results(results.place, results.value))
    elif Form.BANK_RESULTS in alone:
        raise InputError(f"{alone[Form.BANK_RESULTS].place}: the cases that it has results of are not beside it")


def _ledger_cases(parts: Mapping[Form, Part]) -> Iterator[RecordedCase]:
    shreds, accounts, manifest = parts[Form.SHREDS], parts.get(Form.ACCOUNTS), parts.get(Form.MANIFEST)
    yield from cases_of_ledger(
        LedgerBlock(
            shreds.place,
            read_shreds(shreds.place, shreds.value),
            read_ledger_accounts(accounts.place, accounts.value) if accounts is not None else None,
            read_manifest(manifest.place, base64.b64decode(str(manifest.value))) if manifest is not None else None,
        )
    )
