"""The file of an attestation: a statement, who signs it, and both signatures; all of it in canonical form.

What is signed is the canonical form of the file without its signatures, after the name of the format and a zero byte.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from samestate.conformance.attesting.canonical import canonical
from samestate.conformance.attesting.keys import (
    ED25519,
    ML_DSA_65,
    PrivateKey,
    PublicKey,
    SignaturePair,
    data_of,
)
from samestate.conformance.attesting.refused import AttestationRefused
from samestate.conformance.attesting.statement import COUNTED, AttestedDocument, AttestedEngine, AttestedResult
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.spec.toy.signed.schemes import ED25519_KEY, ED25519_SIGNATURE, SIZES_65

FORMAT: Final = "samestate-attestation/1"
SIZE_LIMIT: Final = 1 << 29
"""The most bytes that an attestation may have."""
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
DATE: Final = "%Y-%m-%dT%H:%M:%SZ"
DATE_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
"""What strptime takes too, though it takes more: other digits, and fewer of them."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attestation of which the signatures and the content are right."""

    place: str
    signer: PublicKey
    date: str
    samestate: str
    specification: str
    engines: tuple[AttestedEngine, ...]
    documents: tuple[AttestedDocument, ...]
    results: tuple[AttestedResult, ...]


def message_of(signer: PublicKey, statement: object) -> bytes:
    """What is signed. Raises ValueError where the statement has no canonical form."""
    content = canonical({"format": FORMAT, "signer": signer.document(), "statement": statement})
    return FORMAT.encode() + b"\0" + content


def write_attestation(key: PrivateKey, statement: dict[str, Any]) -> bytes:
    """The file of an attestation: the statement, signed."""
    signer = key.public
    signatures = key.sign(message_of(signer, statement))
    return canonical(
        {
            "format": FORMAT,
            "signer": signer.document(),
            "statement": statement,
            "signatures": signatures.document(),
        }
    )


def read_attestation(place: str, content: bytes) -> Attestation:
    """The attestation in a file. Raises AttestationRefused where it is none, or not wholly right."""
    try:
        value = Document(place, content).json()
        is_canonical = canonical(value) == content
    except InputError as error:
        raise AttestationRefused(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise AttestationRefused(f"{place}: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise AttestationRefused(f"{place}: is no attestation: its format must be {FORMAT!r}")
    if not is_canonical:
        raise AttestationRefused(f"{place}: is not in canonical form: some byte of it is not as it was signed")
    members = _object(place, value, {"format", "signer", "statement", "signatures"})
    signer = PublicKey(*_pair(f"{place}: signer", members["signer"], ED25519_KEY, SIZES_65.public_key))
    pair = _pair(f"{place}: signatures", members["signatures"], ED25519_SIGNATURE, SIZES_65.signature)
    wrong = signer.verify(message_of(signer, members["statement"]), SignaturePair(*pair))
    if wrong:
        raise AttestationRefused(f"{place}: the {wrong} signature is not that of its signer on these bytes")
    return _read_statement(place, signer, members["statement"])


# What a statement must be


def _read_statement(place: str, signer: PublicKey, value: object) -> Attestation:
    """The content of an attestation. Raises AttestationRefused where it contradicts itself."""
    names = {"date", "samestate", "specification", "checking", "selection", "sample", "engines", "documents", "counts"}
    statement = _object(f"{place}: statement", value, names)
    date = _date(place, statement["date"])
    _digest(f"{place}: checking", statement["checking"])
    _texts(f"{place}: selection", statement["selection"])
    sample = statement["sample"]
    if sample is not None and (not isinstance(sample, int) or isinstance(sample, bool) or sample < 1):
        raise AttestationRefused(f"{place}: sample: must be a number from 1 on, or null")
    engines = tuple(_engines(place, statement["engines"]))
    documents: list[AttestedDocument] = []
    results: list[AttestedResult] = []
    for index, each in enumerate(_list(f"{place}: documents", statement["documents"])):
        where = f"{place}: documents[{index}]"
        found = _object(where, each, {"name", "sha256", "cases"})
        document = AttestedDocument(_text(f"{where}: name", found["name"]), _digest(where, found["sha256"]))
        documents.append(document)
        for case in _list(f"{where}: cases", found["cases"]):
            results += _case(where, document, case)
    if not results:
        raise AttestationRefused(f"{place}: documents: have no result of any case: it attests nothing")
    _refuse_repeats(place, engines, results)
    _refuse_counts(place, statement["counts"], results)
    return Attestation(
        place,
        signer,
        date,
        _text(f"{place}: samestate", statement["samestate"]),
        _digest(f"{place}: specification", statement["specification"]),
        engines,
        tuple(documents),
        tuple(results),
    )


def _engines(place: str, value: object) -> Iterator[AttestedEngine]:
    for each in _list(f"{place}: engines", value):
        found = _object(f"{place}: engines", each, {"id", "version", "build"})
        id, version = (_text(f"{place}: engines: {name}", found[name]) for name in ("id", "version"))
        yield AttestedEngine(id, version, None if found["build"] is None else _digest(place, found["build"]))


def _case(where: str, document: AttestedDocument, value: object) -> Iterator[AttestedResult]:
    case = _object(f"{where}: cases", value, {"id", "fork", "results"})
    id = _text(f"{where}: cases: id", case["id"])
    _text(f"{where}: {id}: fork", case["fork"])
    for each in _list(f"{where}: {id}: results", case["results"]):
        found = _object(f"{where}: {id}", each, {"engine", "result", "reason", "checks", "cached"})
        names = ("engine", "result", "reason")
        engine, result, reason = (_text(f"{where}: {id}: {name}", found[name]) for name in names)
        if result not in COUNTED:
            raise AttestationRefused(f"{where}: {id}: result: must be one of {', '.join(COUNTED)}, not {result!r}")
        _texts(f"{where}: {id}: checks", found["checks"])
        if found["cached"] is not None:
            for name, said in _object(f"{where}: {id}: cached", found["cached"], {"executed", "build"}).items():
                _text(f"{where}: {id}: cached: {name}", said)
        yield AttestedResult(document.digest, id, engine, result, reason, found["cached"] is not None)


def _refuse_repeats(place: str, engines: tuple[AttestedEngine, ...], results: list[AttestedResult]) -> None:
    """Raise AttestationRefused where an engine is named twice or nowhere, or has two results of one case."""
    ids = [engine.id for engine in engines]
    if len(set(ids)) != len(ids):
        raise AttestationRefused(f"{place}: engines: one is named twice")
    seen: set[tuple[str, str, str]] = set()
    for each in results:
        if each.engine not in ids:
            raise AttestationRefused(f"{place}: {each.case}: {each.engine} is not among its engines")
        key = (each.document, each.case, each.engine)
        if key in seen:
            raise AttestationRefused(f"{place}: {each.case}: has two results on {each.engine}")
        seen.add(key)


def _refuse_counts(place: str, value: object, results: list[AttestedResult]) -> None:
    """Raise AttestationRefused where the counts are not those of the results."""
    counts = Counter(each.result for each in results)
    right = {**{name: counts[name] for name in COUNTED}, "cached": sum(each.is_cached for each in results)}
    if value != right:
        raise AttestationRefused(f"{place}: counts: are {value}, and the results come to {right}")


def _object(where: str, value: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != names:
        raise AttestationRefused(f"{where}: must be an object of {', '.join(sorted(names))}")
    return value


def _list(where: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise AttestationRefused(f"{where}: must be a list")
    return value


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise AttestationRefused(f"{where}: must be a text")
    return value


def _texts(where: str, value: object) -> None:
    for each in _list(where, value):
        _text(where, each)


def _date(place: str, value: object) -> str:
    text = _text(f"{place}: date", value)
    try:
        datetime.strptime(text, DATE)
    except ValueError:
        text = ""
    if DATE_FORM.fullmatch(text) is None:
        raise AttestationRefused(f"{place}: date: must be as 2026-01-31T12:00:00Z")
    return text


def _digest(where: str, value: object) -> str:
    if not isinstance(value, str) or DIGEST.fullmatch(value) is None:
        raise AttestationRefused(f"{where}: must have a SHA-256 of 64 small hex digits")
    return value


def _pair(where: str, value: object, first: int, second: int) -> tuple[bytes, bytes]:
    found = _object(where, value, {ED25519, ML_DSA_65})
    ed25519, ml_dsa_65 = data_of(found[ED25519]), data_of(found[ML_DSA_65])
    if ed25519 is None or ml_dsa_65 is None or (len(ed25519), len(ml_dsa_65)) != (first, second):
        raise AttestationRefused(f"{where}: must have {first} bytes of {ED25519} and {second} of {ML_DSA_65}, in hex")
    return ed25519, ml_dsa_65
