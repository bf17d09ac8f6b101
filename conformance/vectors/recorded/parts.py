"""Documents of Solana's chain and of its engines, told apart by content; which of them belong together.

Nothing here reads what is in them, so that telling them apart takes nothing of Solana's machine.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.forms import (
    is_bank_cases,
    is_bank_results,
    is_bytecode,
    is_entry_batch,
    is_facts,
    is_ledger_accounts,
    is_oracle_cases,
    is_shreds,
)

TOGETHER: Final = "samestate-parts"
"""The only field of a document that was put together of several: each by its form, with its place."""

BEGINNING: Final = 4096
LONGEST_CHARACTER: Final = 4
MANIFEST_NAME: Final = "manifest.bin"


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


def is_together(value: object) -> bool:
    """Whether a document was put together of several."""
    return isinstance(value, Mapping) and [*value] == [TOGETHER]


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
