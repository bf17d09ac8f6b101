"""What several engines say of a case, as votes beside the specification's.

Engines of one code base have one voice: ``geth:parallel`` is no second witness to what ``geth`` says, and an engine of
``reference`` executes by the specification itself, and so has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from samestate.conformance.checking.session import Session
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.names import OUTSIDE, SPEC
from samestate.conformance.errors import InputError

WITHOUT_VOICE: Final = frozenset({SPEC, "reference"})
SHOWN: Final = 50


class Tally(Enum):
    """What the votes on a case come to."""

    RIGHT = "right"
    """As many agree with the specification as were asked for, and nobody differs."""
    DISPUTED = "disputed"
    """Some agree with the specification, and some differ."""
    TOO_FEW = "too few"
    """Nobody differs, but fewer agree than were asked for: the others could not execute it."""
    ALONE = "alone"
    """Nobody agrees with the specification."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes on a case: who agrees with the specification, who differs and how, and who could not be asked."""

    id: str
    fork: str
    file: str
    agree: tuple[str, ...]
    differ: tuple[tuple[str, str], ...]
    unable: tuple[tuple[str, str], ...]
    wanted: int

    @property
    def tally(self) -> Tally:
        """What it comes to."""
        if not self.agree:
            return Tally.ALONE
        if self.differ:
            return Tally.DISPUTED
        return Tally.RIGHT if len(self.agree) >= self.wanted else Tally.TOO_FEW

    @property
    def parties(self) -> list[tuple[list[str], str]]:
        """Who differs alike, and how, as far as each says it."""
        found: dict[str, list[str]] = {}
        for voice, reason in self.differ:
            found.setdefault(reason, []).append(voice)
        return [(voices, reason) for reason, voices in found.items()]

    def sentence(self) -> str:
        """Who stands with whom."""
        ours = listed(["the specification", *self.agree])
        parties = [f"{listed(voices)}{' alike' if len(voices) > 1 else ''}" for voices, _ in self.parties]
        if self.tally is Tally.ALONE:
            if not parties:
                return "the specification alone: nobody else could execute it"
            return f"the specification stands alone against {' and '.join(parties)}"
        if self.tally is Tally.DISPUTED:
            alone = len(self.differ) == 1
            return f"{parties[0]} stands alone against {ours}" if alone else f"{ours}, against {' and '.join(parties)}"
        return f"{ours} agree" + (f", {self.wanted} were asked for" if self.tally is Tally.TOO_FEW else "")

    def lines(self) -> Iterator[str]:
        """Who says what."""
        for voices, reason in self.parties:
            first, *rest = reason.splitlines() or [""]
            yield f"{listed(voices)}: {first}"
            yield from (f"  {line}" for line in rest)
        for voice, reason in self.unable:
            yield f"{voice} was not asked: {reason}"

    def document(self) -> dict[str, Any]:
        """The ballot as JSON."""
        return {
            "id": self.id,
            "fork": self.fork,
            "file": self.file,
            "outcome": self.tally.value,
            "agree": list(self.agree),
            "differ": [{"engines": voices, "reason": reason} for voices, reason in self.parties],
            "unable": dict(self.unable),
        }


def listed(names: Sequence[str]) -> str:
    """Some names in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def voice_of(engine: str) -> str:
    """Whose word an engine's is: the same for all of one code base."""
    return engine if engine.startswith(OUTSIDE) else engine.partition("@")[0].partition(":")[0]


def voices_of(engines: Sequence[str]) -> list[str]:
    """Those who have a vote beside the specification."""
    return [voice for voice in dict.fromkeys(map(voice_of, engines)) if voice not in WITHOUT_VOICE]


def check_quorum(wanted: int | None, engines: Sequence[str]) -> None:
    """Raise InputError where fewer engines are named than are to agree."""
    voices = voices_of(engines)
    if wanted is not None and wanted > len(voices):
        names = f"only {listed(voices)} {'has' if len(voices) == 1 else 'have'}" if voices else "none has"
        raise InputError(
            f"--quorum {wanted}: of the engines named {names} a voice beside the specification's; name more with "
            "--engine (engines of one client count once, those of `reference` execute by the specification)"
        )


def ballots(session: Session, wanted: int) -> list[Ballot]:
    """The votes on each case, in the order of the cases."""
    cases: dict[tuple[str, str], list[Verdict]] = {}
    for verdict, file in zip(session.verdicts, session.files, strict=True):
        if verdict.result is not Result.ERROR:
            cases.setdefault((file, verdict.id), []).append(verdict)
    return [ballot(file, verdicts, wanted) for (file, _), verdicts in cases.items()]


def ballot(file: str, verdicts: Sequence[Verdict], wanted: int) -> Ballot:
    """The votes on a case. A voice differs where one of its engines does; else it agrees where one does."""
    agree: dict[str, None] = {}
    differ: dict[str, str] = {}
    unable: dict[str, str] = {}
    for verdict in verdicts:
        voice = voice_of(verdict.engine)
        if voice in WITHOUT_VOICE:
            continue
        if verdict.result is Result.FAILED:
            differ.setdefault(voice, verdict.reason)
        elif verdict.result is Result.PASSED:
            agree[voice] = None
        else:
            unable.setdefault(voice, verdict.reason)
    return Ballot(
        id=verdicts[0].id,
        fork=verdicts[0].fork,
        file=file,
        agree=tuple(voice for voice in agree if voice not in differ),
        differ=tuple(differ.items()),
        unable=tuple((voice, reason) for voice, reason in unable.items() if voice not in agree and voice not in differ),
        wanted=wanted,
    )


def summary_of(found: Sequence[Ballot], wanted: int) -> Iterator[str]:
    """The lines that a person reads: each case that is not right, and how many there are of each outcome."""
    wrong = [each for each in found if each.tally is not Tally.RIGHT]
    for each in wrong[:SHOWN]:
        yield f"NO QUORUM {each.id}" + (f" ({each.fork})" if each.fork else "")
        yield f"  {each.sentence()}"
        yield from (f"  {line}" for line in each.lines())
    if len(wrong) > SHOWN:
        yield f"and {len(wrong) - SHOWN} more without a quorum: --json FILE has them all"
    counts = ", ".join(f"{sum(each.tally is one for each in found)} {one.value}" for one in Tally)
    yield f"a quorum of {wanted} beside the specification: {counts}"
