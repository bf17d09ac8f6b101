"""What several parties' attestations come to: one voice a party, no contradictions, and how many agree on each case.

A quorum is a set of parties with different engines. Engines of one client have one voice, and the specification and
what executes by it have none, as in ``samestate check --quorum``: so a case has as many as there are pairs of a party
and a voice, no party and no voice in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from samestate.conformance.attesting.attestation import Attestation
from samestate.conformance.attesting.refused import AttestationRefused
from samestate.conformance.attesting.statement import FAILED, PASSED
from samestate.conformance.checking.quorum import WITHOUT_VOICE, voice_of

CaseKey = tuple[str, str]
"""The SHA-256 of a document, and what the case is called in it."""


@dataclass(frozen=True, slots=True)
class AttestedCase:
    """What all parties say of a case: which voices of which parties passed, and who failed it, and how."""

    name: str
    passed: Mapping[str, frozenset[str]]
    failed: tuple[tuple[str, str, str], ...]

    @property
    def quorum(self) -> int:
        """The most parties with different voices that passed it."""
        holder: dict[str, str] = {}

        def place(party: str, tried: set[str]) -> bool:
            """Give a party a voice of its own, moving others to theirs where it must."""
            for voice in sorted(self.passed[party] - tried):
                tried.add(voice)
                if voice not in holder or place(holder[voice], tried):
                    holder[voice] = party
                    return True
            return False

        return sum(place(party, set()) for party in self.passed)


def refuse_parties(attestations: Sequence[Attestation], known: Mapping[str, str]) -> None:
    """Raise AttestationRefused where a party is not known, or is there twice. ``known``: fingerprints."""
    seen: dict[str, str] = {}
    for each in attestations:
        party = each.signer.fingerprint
        if party not in known:
            raise AttestationRefused(
                f"{each.place}: is signed by {party}, whose word you did not ask for; where you trust it, --key {party}"
            )
        if party in seen:
            raise AttestationRefused(f"{each.place}: is signed by {party} as {seen[party]} is: a party has one voice")
        seen[party] = each.place


def merge(attestations: Sequence[Attestation]) -> dict[CaseKey, AttestedCase]:
    """What all say of each case. Raises AttestationRefused where they contradict one another."""
    names: dict[str, tuple[str, str]] = {}
    passed: dict[CaseKey, dict[str, set[str]]] = {}
    failed: dict[CaseKey, list[tuple[str, str, str]]] = {}
    witnesses: dict[CaseKey, str] = {}
    for each in attestations:
        for document in each.documents:
            digest, place = names.setdefault(document.name, (document.digest, each.place))
            if digest != document.digest:
                raise AttestationRefused(
                    f"{each.place}: {document.name}: is of other bytes than in {place}: {document.digest}, not {digest}"
                )
        party = each.signer.fingerprint
        for result in each.results:
            key = (result.document, result.case)
            passed.setdefault(key, {})
            failed.setdefault(key, [])
            voice = voice_of(result.engine)
            if result.result == PASSED:
                witnesses.setdefault(key, f"{result.engine} passes it in {each.place}")
                if voice not in WITHOUT_VOICE:
                    passed[key].setdefault(party, set()).add(voice)
            elif result.result == FAILED:
                failed[key].append((each.place, result.engine, result.reason))
    for key, failures in failed.items():
        if failures and key in witnesses:
            place, engine, reason = failures[0]
            first = (reason.splitlines() or [""])[0]
            raise AttestationRefused(f"{key[1]}: {witnesses[key]}, and {engine} fails it in {place}: {first}")
    return {
        key: AttestedCase(key[1], {party: frozenset(voices) for party, voices in parties.items()}, tuple(failed[key]))
        for key, parties in passed.items()
    }
