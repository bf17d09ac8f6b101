"""Documents of Solana's chain and of its engines, told apart by content; what lies in several is put together."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.entries import is_entry_batch, read_entry_batch
from samestate.conformance.fixtures.solana.ledger_accounts import is_ledger_accounts, read_ledger_accounts
from samestate.conformance.fixtures.solana.manifest import read_manifest
from samestate.conformance.fixtures.solana.recorded import (
    is_bank_cases,
    is_bank_results,
    is_oracle_cases,
    read_bank_cases,
    read_bank_results,
    read_oracle_cases,
)
from samestate.conformance.fixtures.solana.shreds import is_shreds, read_shreds
from samestate.conformance.vectors.recorded.bank_case import BYTECODE, vectors_of_bank_case
from samestate.conformance.vectors.recorded.ledger import LedgerBlock, cases_of_ledger
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedEntries, RecordedVector
from samestate.conformance.vectors.recorded.oracle_case import vectors_of_bank_results, vectors_of_oracle_cases
from samestate.conformance.vectors.recorded.wire import RecordedSignatures, RecordedWire, read_wire

RecordedCase: TypeAlias = RecordedVector | RecordedEntries | RecordedWire | RecordedSignatures | NotExecuted
"""A case of any of these forms. All have ``place`` and ``id``."""

TOGETHER: Final = "samestate-parts"
"""The only field of a document that was put together of several: each by its form, with its place."""

BEGINNING: Final = 4096
LONGEST_CHARACTER: Final = 4
MANIFEST_NAME: Final = "manifest.bin"
BYTECODE_FIELDS: Final = frozenset({"test", "version", "text"})
FACTS: Final = "what is known of the chain, and no case"


class Form(Enum):
    """What a document is. The first six may be parts of something that lies in several documents of a folder."""

    SHREDS = "shreds"
    ACCOUNTS = "accounts"
    MANIFEST = "manifest"
    ORACLE_CASES = "oracle cases"
    BANK_RESULTS = "bank results"
    BANK_CASES = "bank cases"
    ENTRIES = "entries"
    BYTECODE = "bytecode"
    FACTS = "facts"
    TOGETHER = "together"


PARTS: Final = frozenset({Form.SHREDS, Form.ACCOUNTS, Form.MANIFEST, Form.ORACLE_CASES, Form.BANK_RESULTS})
"""Forms of documents that are looked at together with what lies beside them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A document that may belong to others. ``value`` is its JSON, in base64 where it is none."""

    place: str
    form: Form
    value: object


def form_of(value: object) -> Form | None:
    """What a JSON document is; None where it is none of these."""
    for form, is_it in (
        (Form.SHREDS, is_shreds),
        (Form.ACCOUNTS, is_ledger_accounts),
        (Form.BANK_CASES, is_bank_cases),
        (Form.ORACLE_CASES, is_oracle_cases),
        (Form.BANK_RESULTS, is_bank_results),
        (Form.ENTRIES, is_entry_batch),
        (Form.BYTECODE, is_bytecode),
        (Form.TOGETHER, is_together),
        (Form.FACTS, is_facts),
    ):
        if is_it(value):
            return form
    return None


def is_bytecode(value: object) -> bool:
    """Whether a document has programs as machine code."""
    cases = value.get("cases") if isinstance(value, Mapping) else None
    first = cases[0] if isinstance(cases, list) and cases else None
    return isinstance(first, Mapping) and first.keys() >= BYTECODE_FIELDS


def is_together(value: object) -> bool:
    """Whether a document was put together of several."""
    return isinstance(value, Mapping) and [*value] == [TOGETHER]


def is_facts(value: object) -> bool:
    """Whether a document says what is known of the chain: it has a note, and nothing that is a case."""
    if not isinstance(value, Mapping):
        return False
    members = list(value.values())
    of_blocks = members and all(isinstance(each, Mapping) and "parent_slot" in each for each in members)
    return bool(of_blocks) or (
        isinstance(value.get("note"), str) and not {"cases", "results", "entries"} & value.keys()
    )


def is_binary(content: bytes) -> bool:
    """Whether a document is no text at all: told by its beginning, of which the last character may be cut."""
    head = content[:BEGINNING]
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - LONGEST_CHARACTER:
            return True
    return b"\x00" in head


# Documents by themselves


def binary_part(place: str, content: bytes) -> Part | None:
    """A manifest, told by its name or, where it was given by itself, by what is in it; None where it is none."""
    name = PurePosixPath(place.replace(":", "/")).name
    if not name.startswith(MANIFEST_NAME):
        return None
    return Part(place, Form.MANIFEST, base64.b64encode(content).decode())


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


# Documents together


def put_together(parts: Iterable[Part]) -> Iterator[tuple[str, list[Part]]]:
    """Parts that belong together, each group with the place of its first: those of a folder."""
    folders: dict[str, list[Part]] = {}
    for part in {part.place: part for part in parts}.values():
        folders.setdefault(str(PurePosixPath(part.place.replace(":", "/")).parent), []).append(part)
    for group in folders.values():
        ledger = [part for part in group if part.form in (Form.SHREDS, Form.ACCOUNTS, Form.MANIFEST)]
        recorded = [part for part in group if part not in ledger]
        for each in (ledger, recorded):
            if each:
                main = next((part for part in each if part.form in (Form.SHREDS, Form.ORACLE_CASES)), each[0])
                yield main.place, each


def as_document(parts: Iterable[Part]) -> dict[str, object]:
    """Parts as one JSON document."""
    return {TOGETHER: [{"place": part.place, "form": part.form.value, "value": part.value} for part in parts]}


def take_apart(place: str, value: object) -> list[Part]:
    """The parts that :func:`as_document` has put together. Raises InputError."""
    given = value[TOGETHER] if isinstance(value, Mapping) else None
    if not isinstance(given, list):
        raise InputError(f"{place}: must be a list of parts")
    try:
        return [Part(str(part["place"]), Form(part["form"]), part["value"]) for part in given]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{place}: has a part that is none") from error


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
