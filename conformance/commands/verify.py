"""`samestate verify`: whether signed verdicts can be relied on, and what several parties' come to."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from samestate.conformance.attesting.attestation import SIZE_LIMIT, Attestation, read_attestation
from samestate.conformance.attesting.keys import fingerprint_of
from samestate.conformance.attesting.merging import AttestedCase, CaseKey, merge, refuse_parties
from samestate.conformance.attesting.refused import AttestationRefused
from samestate.conformance.attesting.statement import FAILED, PASSED, SKIPPED
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import documents
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_spares, is_stdout
from samestate.conformance.vectors.writing import printable

REFUSED: Final = 1
SHOWN: Final = 20


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Attestations, one of each party.", show_default=False)
    ],
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="A party whose word counts: its public key's file, or its fingerprint. May be given again.",
        ),
    ] = None,
    quorum: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Each case must have passed on different engines of N parties."),
    ] = None,
    vectors: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", help="What must have been executed is of the bytes that lie here. May be given again."
        ),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what came of it to a file, or to stdout for `-`.")
    ] = None,
) -> None:
    """Verify signed verdicts of `samestate check --attest`: signatures, content, and whether parties contradict.

    Each must be signed by a party that --key names, and none twice. No engine is needed, nor the vectors.

    Exit code 0: all is right, nothing failed, and there is a quorum where one is asked for; 1: an attestation is
    refused, or something failed, or a case has no quorum; 2: a key is none, or a file cannot be read.
    """
    check_json_target(json)
    check_spares([*files, *map(Path, key or ())], ("--json", json))
    parties = {fingerprint_of("--key", each): each for each in key or ()}
    contents = [(str(path), read_file(path)) for path in files]
    here = None if vectors is None else digests_below(vectors)
    try:
        attestations = [read_attestation(place, content) for place, content in contents]
        refuse_parties(attestations, parties)
        refuse_others(attestations, here)
        cases = merge(attestations)
    except AttestationRefused as refused:
        if json is not None:
            write_json({"verified": False, "refused": str(refused)}, json)
        if not is_stdout(json):
            print(printable(f"refused: {refused}"))
        raise typer.Exit(REFUSED) from refused
    lacking = [case for case in cases.values() if quorum is not None and case.quorum < quorum]
    failed = [case for case in cases.values() if case.failed]
    if json is not None:
        write_json(document(attestations, cases, lacking, quorum), json)
    if not is_stdout(json):
        for line in told(attestations, cases, failed, lacking, quorum, here):
            print(printable(line))  # parties say what they like: no word of theirs is a line of ours
    if failed or lacking:
        raise typer.Exit(REFUSED)


def read_file(path: Path) -> bytes:
    """The content of a file. Raises InputError where it cannot be read, or is too long."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > SIZE_LIMIT:
        raise InputError(f"{path}: has more than {SIZE_LIMIT} bytes, which no attestation has")
    return content


def digests_below(paths: Sequence[Path]) -> set[str]:
    """The SHA-256 of every document below some paths. Raises InputError."""
    for path in paths:
        if not path.exists():
            raise InputError(f"--vectors {path}: there is no such file or folder")
    return {hashlib.sha256(document.content).hexdigest() for document in documents(paths)}


def refuse_others(attestations: Sequence[Attestation], here: set[str] | None) -> None:
    """Raise AttestationRefused where something was executed that is not here."""
    for each in attestations if here is not None else ():
        for document in each.documents:
            if here is not None and document.digest not in here:
                raise AttestationRefused(f"{each.place}: {document.name}: no document here has the bytes it had")


def told(
    attestations: Sequence[Attestation],
    cases: Mapping[CaseKey, AttestedCase],
    failed: Sequence[AttestedCase],
    lacking: Sequence[AttestedCase],
    quorum: int | None,
    here: set[str] | None,
) -> Iterator[str]:
    """What came of it, for people."""
    for each in attestations:
        yield f"{each.place}: signed by {each.signer.fingerprint} on {each.date}, samestate {each.samestate}"
        for engine in each.engines:
            counts = Counter(result.result for result in each.results if result.engine == engine.id)
            cached = sum(result.is_cached for result in each.results if result.engine == engine.id)
            build = "of a build that is not known" if engine.build is None else f"build {engine.build[:16]}"
            yield (
                f"  {engine.id} ({engine.version or 'no version said'}, {build}): {counts[PASSED]} passed, "
                f"{counts[FAILED]} failed, {counts[SKIPPED]} skipped"
                + (f"; {cached} of them by an earlier run of this build" if cached else "")
            )
    if len({each.specification for each in attestations}) > 1:
        yield "note: the parties had specifications of different builds"
    if here is not None:
        executed = {document.digest for each in attestations for document in each.documents}
        yield f"all documents are here; {len(here - executed)} of {len(here)} here are in no attestation"
    for case in failed[:SHOWN]:
        place, who, reason = case.failed[0]
        yield f"FAILED {case.name} on {who} in {place}: {(reason.splitlines() or [''])[0]}"
    for case in lacking[:SHOWN]:
        yield f"NO QUORUM {case.name}: {case.quorum} of {quorum}"
    for what, found in (("failures", failed), ("cases without a quorum", lacking)):
        if len(found) > SHOWN:
            yield f"and {len(found) - SHOWN} more {what}: --json FILE has them all"
    if quorum is not None:
        yield f"a quorum of {quorum}: {len(cases) - len(lacking)} of {len(cases)} cases have it"
    whole = f"{len(attestations)} attestations, {len(cases)} cases"
    if failed or lacking:
        yield f"signed as they stand, but not enough: {whole}, {len(failed)} failed, {len(lacking)} without a quorum"
    else:
        yield f"verified: {whole}"


def document(
    attestations: Sequence[Attestation],
    cases: Mapping[CaseKey, AttestedCase],
    lacking: Sequence[AttestedCase],
    quorum: int | None,
) -> dict[str, Any]:
    """What came of it, for programs."""
    return {
        "verified": not lacking and not any(case.failed for case in cases.values()),
        "refused": None,
        "quorum": quorum,
        "without_quorum": [case.name for case in lacking],
        "failed": [case.name for case in cases.values() if case.failed],
        "attestations": [
            {
                "file": each.place,
                "party": each.signer.fingerprint,
                "date": each.date,
                "engines": [
                    {"id": engine.id, "version": engine.version, "build": engine.build} for engine in each.engines
                ],
            }
            for each in attestations
        ],
        "cases": [
            {"id": case.name, "sha256": digest, "quorum": case.quorum, "failed": bool(case.failed)}
            for (digest, _), case in cases.items()
        ],
    }
