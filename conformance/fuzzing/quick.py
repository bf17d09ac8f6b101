"""Compiled strategies against one another, tens of thousands of transactions a second: the specification is asked only
about what differs.

A seed is a scene: many blocks on one state, drawn from a pool of signed transactions. Each block is packed once, and
executed by every strategy on one world (packed.py); of every sixteenth block the whole access record is compared too.
What differs becomes a case: then the specification says who is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from samestate.conformance.engines.optimized.engine import OptimizedEngine
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.campaign import CONFLICTS, answered, evm_plan, wrong_about
from samestate.conformance.fuzzing.finding import Finding
from samestate.conformance.fuzzing.packed import PackedCase, different, is_compiled, is_from_list, packed_generated
from samestate.conformance.fuzzing.panel import Panel, SearchQuestion, SeedOutcome, Told, tell_nobody, votes
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm_scene import Scene
from samestate.conformance.generating.vector import evm_case
from samestate.conformance.metering import meter
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case
from samestate.optimized.evm.world import World

GIVEN: Final = "given"
SIGNED: Final = "signed"
BLOCKS: Final = 128
"""The most blocks of a scene."""

SCENE_SECONDS: Final = 0.5
"""A scene is left after so long: what costs most is seen often enough."""

WHOLE_RECORD: Final = 16
"""Of one in so many blocks the access records are compared."""

NO_LIST: Final = "no block of this scene has an access list"


@dataclass(frozen=True, slots=True)
class QuickDifference:
    """Two engines differ about a block: what, and the block."""

    name: str
    block: GeneratedCase
    text: str


class QuickPanel(Panel):
    """The strategies of a search in one process. The first is the one that the others are compared with."""

    def __init__(self, question: SearchQuestion, engines: Mapping[str, Engine] | None = None) -> None:
        super().__init__(question, engines)
        self._compiled: dict[str, OptimizedEngine] = {}
        for name, engine in self.engines.items():
            if not isinstance(engine, OptimizedEngine) or not is_compiled(engine):
                raise InputError(f"--quick: {name} is no strategy of the compiled machine whose workers are threads")
            self._compiled[name] = engine
        if len(self._compiled) < 2:
            raise InputError("--quick: name two strategies at least: they are compared with the first")

    def ask(self, seed: int, asked: Iterable[str], told: Told = tell_nobody) -> SeedOutcome:
        """See :meth:`Panel.ask`: here of all blocks of a scene."""
        first = next(iter(self._compiled))
        names = [first, *(name for name in asked if name != first)]
        if first not in asked:
            names = [first]
        plan = evm_plan(seed, self.question.wanted.forks_of_evm())
        scene = Scene(plan.fork, seed, self.question.transactions)
        end = time.monotonic() + SCENE_SECONDS
        blocks = transactions = 0
        differences: list[QuickDifference] = []
        world: World | None = None
        random = Random(seed)
        for index in range(BLOCKS):
            size, drawn = random.randint(1, self.question.transactions), random.choice(CONFLICTS)
            block = scene.block(index, size, self.question.wanted.conflict_or(drawn))
            world = world or world_of(block.state())
            differences += self._compare(block, world, names, index % WHOLE_RECORD == 0, told)
            blocks += 1
            transactions += len(block.transactions)
            if differences or time.monotonic() > end:
                break
        has_list = plan.fork.has_access_list
        idle = [name for name in names if is_from_list(self._compiled[name]) and not has_list]
        return SeedOutcome(
            seed=seed,
            fork=plan.fork.name.replace(" ", ""),
            blocks=blocks,
            transactions=transactions,
            executed=tuple(name for name in names if name not in idle),
            skipped=tuple((name, NO_LIST) for name in idle),
            found=tuple(found for difference in differences for found in self._found(seed, difference)),
            metered=meter.take(),
        )

    def _compare(
        self, block: GeneratedCase, world: World, names: Sequence[str], whole: bool, told: Told
    ) -> list[QuickDifference]:
        """What the strategies of these names differ in from the first about a block."""
        senders = block.senders if self.question.quick == GIVEN else None
        case = PackedCase(packed_generated(block, senders), world, block.fork.has_access_list)
        told(names[0])
        expected = case.tell(self._compiled[names[0]], whole)
        differences = []
        for name in names[1:]:
            engine = self._compiled[name]
            if is_from_list(engine):
                if "access list" not in expected:
                    continue
                case.with_list = packed_generated(block, senders, expected["access list"])
            told(name)
            text = different(expected, case.tell(engine, whole))
            if text:
                differences.append(QuickDifference(name, block, f"{name} has another {text} than {names[0]}"))
        return differences

    def _found(self, seed: int, difference: QuickDifference) -> list[tuple[str, Finding, bool]]:
        """A difference as findings about those whom the specification says to be wrong."""
        case, expected = answered(evm_case(f"seed_{seed}", difference.block, with_access_list=True))
        wrong = [(name, text, False) for name, text in self._wrong(case, expected)]
        if not wrong:
            wrong = [(difference.name, f"{difference.text}; not when they were asked again", False)]
        vote = votes(case, list(self._compiled), wrong, [])
        return [
            (name, self._finding(name, seed, case, expected, text, vote), timed_out) for name, text, timed_out in wrong
        ]

    def _wrong(self, case: Case, expected: tuple[Object, ...]) -> list[tuple[str, str]]:
        found = []
        for name, engine in self.engines.items():
            if not engine.capabilities.missing(case):
                answer = wrong_about(engine, case, expected)
                if answer is not None:
                    found.append((name, answer.text))
        return found
