"""The engines of a search in one process: what each says of the block of a seed, and the smallest that one gets wrong.

What goes in and what comes out can be sent to another process: so a search is the same in this process, in several, and
on several machines.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from samestate.conformance.checking.quorum import WITHOUT_VOICE, Ballot, voice_of
from samestate.conformance.engines.command import ANSWER_SECONDS
from samestate.conformance.engines.optimized import NO_FALLBACK
from samestate.conformance.engines.optimized.engine import OptimizedEngine
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.fuzzing import known as known_faults
from samestate.conformance.fuzzing.campaign import (
    EngineChoice,
    Wanted,
    WrongAnswer,
    answered,
    case_of,
    drawn,
    smallest,
    wrong_about,
)
from samestate.conformance.fuzzing.finding import Finding, id_for, size_of
from samestate.conformance.fuzzing.known import known_fault
from samestate.conformance.fuzzing.marks import Marks
from samestate.conformance.fuzzing.packed import PackedCase, different, is_compiled
from samestate.conformance.metering import meter
from samestate.conformance.metering.tally import MetricTally
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case

ALL: Final = Wanted()
NOT_ASKED_FOR: Final = "such blocks are not asked for (--without)"


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What a search asks of each seed. ``chosen``: the engines by the names under which they are counted.

    ``seconds``: how long a program has for an answer. ``measures``: it is noted what rules blocks reach,
    ``meters``: and what engines say of their blocks.
    ``quick``: compiled strategies are compared with the first, on blocks of scenes, and the senders are this.
    """

    machine: str
    transactions: int
    chosen: Mapping[str, EngineChoice]
    wanted: Wanted = ALL
    no_fallback: bool = False
    seconds: float = ANSWER_SECONDS
    measures: bool = False
    meters: bool = False
    quick: str = ""

    def command(self, name: str, seed: int) -> str:
        """The command line that makes the block of a seed again, on one engine."""
        chosen, first = self.chosen[name], next(iter(self.chosen.values()))
        options: list[tuple[str, object]] = [("--machine", self.machine), ("--txs", self.transactions)]
        options += [("--quick", self.quick), ("--engine", first.id)] if self.quick else []
        options += [("--engine", chosen.id), ("--workers", chosen.workers), ("--seed", seed), ("--blocks", 1)]
        words = [str(word) for option in options for word in option]
        return shlex.join(["samestate", "fuzz", *words, *self.wanted.options()])


@dataclass(frozen=True, slots=True)
class SeedOutcome:
    """What became of the block of a seed.

    ``executed``: the engines that were asked, by name; ``skipped``: those that were not, each with the reason;
    ``known``: those that differ as they are known to, with the fault. ``found``: what others got wrong, by name, with
    whether the engine is not to be asked about it again. ``marks``: what is remarkable about the block; ``remarkable``:
    the block itself and what is right of it, where its process has not seen one of the marks before. ``metered``: what
    engines said of their blocks since the last outcome of this process.
    """

    seed: int
    fork: str
    blocks: int
    transactions: int
    executed: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    known: tuple[tuple[str, str], ...] = ()
    found: tuple[tuple[str, Finding, bool], ...] = ()
    marks: frozenset[str] = frozenset()
    remarkable: tuple[Case, tuple[Object, ...]] | None = None
    metered: MetricTally | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Right:
    """What a compiled strategy told of a case that it got right."""

    case: Case
    packed: PackedCase
    told: dict[str, Any]


Told = Callable[[str], None]
"""Told of the name of each engine before it is asked: it may be the last that is heard of this process."""


def tell_nobody(name: str) -> None:
    """Nobody listens."""


class Panel:
    """The engines of a search. A context manager, which closes them. Raises InputError where one cannot be made."""

    def __init__(self, question: SearchQuestion, engines: Mapping[str, Engine] | None = None) -> None:
        self.question = question
        if question.no_fallback:
            os.environ[NO_FALLBACK] = "yes"
        if question.meters:
            meter.start()
        self.engines = engines or {
            name: find_engine(choice.id, question.seconds, choice.workers) for name, choice in question.chosen.items()
        }
        self._compiled_count = sum(map(is_compiled, self.engines.values()))
        self._right: _Right | None = None
        self._marks = Marks(question.measures)
        self._seen: set[str] = set()

    def close(self) -> None:
        """End what the engines have started."""
        for engine in self.engines.values():
            engine.close()
        known_faults.close()

    def ask(self, seed: int, asked: Iterable[str], told: Told = tell_nobody) -> SeedOutcome:
        """What the engines of these names say of the block of a seed."""
        question = self.question
        with self._marks.watching():
            case, right = drawn(question.machine, seed, question.transactions, question.wanted)
            if right is None:
                self._marks.forget()
            case, expected = answered(case, right)
        executed: list[str] = []
        skipped: list[tuple[str, str]] = []
        known: list[tuple[str, str]] = []
        wrong: list[tuple[str, str, bool]] = []
        for name in asked:
            engine = self.engines[name]
            told(name)
            reason = "" if question.wanted.takes(case) else NOT_ASKED_FOR
            reason = reason or engine.capabilities.missing(case)
            if reason:
                skipped.append((name, reason))
                continue
            answer = self._answer(engine, case, expected)
            fault = ""
            if answer is not None and not answer.timed_out:
                fault = known_fault(engine, case, expected, answer.text, question.seconds)
            if fault:
                known.append((name, fault))
                continue
            executed.append(name)
            if answer is not None:
                wrong.append((name, answer.text, answer.timed_out))
        vote = votes(case, executed, wrong, [*skipped, *known])
        marks = self._marks.of(case, expected)
        is_remarkable = not marks <= self._seen
        self._seen |= marks
        return SeedOutcome(
            seed=seed,
            fork=case.fork,
            blocks=1,
            transactions=size_of(case),
            executed=tuple(executed),
            skipped=tuple(skipped),
            known=tuple(known),
            found=tuple(
                (name, self._finding(name, seed, case, expected, text, vote), timed_out)
                for name, text, timed_out in wrong
            ),
            marks=marks,
            remarkable=(case, expected) if is_remarkable else None,
            metered=meter.take(),
        )

    def _answer(self, engine: Engine, case: Case, expected: tuple[Object, ...]) -> WrongAnswer | None:
        """What an engine gets wrong: a compiled strategy, where one of them got it right, if it differs from that."""
        if not isinstance(engine, OptimizedEngine) or not is_compiled(engine):
            return wrong_about(engine, case, expected)
        if self._right is None or self._right.case is not case:
            answer = wrong_about(engine, case, expected)
            packed = PackedCase.of(case) if answer is None and self._compiled_count > 1 else None
            if packed is not None:
                self._right = _Right(case, packed, packed.tell(engine))
            return answer
        try:
            text = different(self._right.told, self._right.packed.tell(engine))
        except Exception:  # as there, anything may be expected
            return wrong_about(engine, case, expected)
        if not text:
            return None
        again = wrong_about(engine, case, expected)
        return again or WrongAnswer(f"another {text} than a strategy that is right; not when it was asked again")

    def _finding(
        self, name: str, seed: int, case: Case, expected: tuple[Object, ...], text: str, vote: tuple[str, ...]
    ) -> Finding:
        id = self.engines[name].id
        return Finding(
            engine=id,
            seed=seed,
            case=dataclasses.replace(case, id=id_for(id, self.question.machine, seed, frozenset())),
            expected=expected,
            difference=text,
            command=self.question.command(name, seed),
            shrunk_from=size_of(case),
            vote=vote,
        )

    def shrink(self, name: str, finding: Finding) -> Finding:
        """The finding with the smallest case that its engine gets wrong, and with the votes on that."""
        made = smallest(self.engines[name], finding, self.question.wanted)
        return dataclasses.replace(made, vote=self._votes_on(name, made))

    def _votes_on(self, name: str, finding: Finding) -> tuple[str, ...]:
        if len(self.engines) == 1:
            return finding.vote
        wrong: list[tuple[str, str, bool]] = []
        executed: list[str] = []
        skipped: list[tuple[str, str]] = []
        for other, engine in self.engines.items():
            if other == name:
                executed.append(name)
                wrong.append((name, finding.difference, False))
                continue
            reason = engine.capabilities.missing(finding.case)
            if reason:
                skipped.append((other, reason))
                continue
            executed.append(other)
            answer = wrong_about(engine, finding.case, finding.expected)
            if answer is not None:
                wrong.append((other, answer.text, answer.timed_out))
        return votes(finding.case, executed, wrong, skipped)


def ended_by(question: SearchQuestion, seed: int, asked: Iterable[str], name: str, how: str) -> SeedOutcome:
    """The outcome of a seed whose block ended the process, time after time, in which the engine of that name was asked.

    What the others say of it is not known: they count as not asked.
    """
    case, expected = case_of(question.machine, seed, question.transactions, question.wanted)
    id = question.chosen[name].id
    finding = Finding(
        engine=id,
        seed=seed,
        case=dataclasses.replace(case, id=id_for(id, question.machine, seed, frozenset())),
        expected=expected,
        difference=f"the process in which the engine was asked has ended: {how}",
        command=question.command(name, seed),
        shrunk_from=size_of(case),
    )
    others = tuple((other, f"{name} ended the process") for other in asked if other != name)
    return SeedOutcome(seed, case.fork, 1, size_of(case), (name,), others, found=((name, finding, True),))


def votes(
    case: Case,
    executed: Sequence[str],
    wrong: Sequence[tuple[str, str, bool]],
    skipped: Sequence[tuple[str, str]],
) -> tuple[str, ...]:
    """Who stands with whom about a case on which somebody differs, a line each; nothing where nobody does.

    Engines of one client have one voice, as with ``check --quorum``.
    """
    if not wrong:
        return ()
    differ: dict[str, str] = {}
    for name, text, _ in wrong:
        differ.setdefault(voice_of(name), text)
    agree = [voice for voice in dict.fromkeys(map(voice_of, executed)) if voice not in differ]
    unable = {voice_of(name): reason for name, reason in skipped}
    ballot = Ballot(
        id=case.id,
        fork=case.fork,
        file="",
        agree=tuple(voice for voice in agree if voice not in WITHOUT_VOICE),
        differ=tuple(differ.items()),
        unable=tuple((voice, why) for voice, why in unable.items() if voice not in agree and voice not in differ),
        wanted=0,
    )
    return (ballot.sentence(), *ballot.lines())
