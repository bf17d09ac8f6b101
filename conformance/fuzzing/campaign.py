"""What a search does with a seed: the block that it makes, what an engine gets wrong of it, and the smallest such."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from samestate.conformance.engines.protocol import Engine, EngineFailure, EngineTimeout
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.features import counts_state_gas
from samestate.conformance.fuzzing.finding import Finding
from samestate.conformance.fuzzing.shrinking import Shrinker
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block, result_of
from samestate.conformance.generating.evm_full import generate_full_block, generate_overfull_block
from samestate.conformance.generating.plans import generate_plan
from samestate.conformance.generating.signed_blocks import random_signed_block
from samestate.conformance.generating.svm.blocks import generate_chain, plan_of
from samestate.conformance.generating.toy_blocks import random_block
from samestate.conformance.generating.vector import evm_case, toy_case, with_selectors
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.comparing import first_difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import FORKS
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import RULESETS

CONFLICTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
NEWEST: Final = 1 / 4
INVALID: Final = 1 / 8
WITH_ACCESS_LIST: Final = 1 / 2
FULL: Final = 1 / 8
"""The shares of blocks of the EVM that are of the newest fork, invalid, and with their access list; and of blocks of
forks that count state gas those that are full in one of its dimensions."""
ATTEMPTS: Final = 20
"""How often a smaller case is tried on an engine that need not get it wrong every time."""
SURE: Final = 4
"""So often in a row an engine gets a case wrong that gets it wrong every time."""
FEW_ATTEMPTS: Final = 2
"""How often a smaller case is tried on such an engine. Twenty times of each would use up the time for shrinking."""

ATTEMPT_SECONDS: Final = 60.0
"""How long a case that was found is executed again and again, to say how often it goes wrong."""

NO_NAMES: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which blocks are made: those of ``forks``, or of all if empty; none that needs one of ``without``.

    ``conflict`` is how much their transactions conflict, from 0 to 1; None: drawn for each.
    """

    forks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    conflict: float | None = None

    def forks_of_evm(self) -> Sequence[Fork]:
        """The forks, the oldest first."""
        return [fork for fork in FORKS if not self.forks or fork.name.replace(" ", "") in self.forks]

    def rulesets_of_svm(self) -> Sequence[SvmRuleset]:
        """The rulesets of Solana's machine, the oldest first."""
        return [ruleset for ruleset in RULESETS.values() if not self.forks or ruleset.name in self.forks]

    def takes(self, case: Case) -> bool:
        """Whether an engine is to be asked about a case."""
        return not case.selectors & {*self.without}

    def conflict_or(self, drawn: float) -> float:
        """The conflict that is wanted, or else the one that was drawn."""
        return drawn if self.conflict is None else self.conflict

    def options(self) -> list[str]:
        """The options that say so."""
        return [
            *(() if self.conflict is None else ("--conflict", repr(self.conflict))),
            *(word for fork in self.forks for word in ("--fork", fork)),
            *(word for selector in self.without for word in ("--without", selector)),
        ]


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """What an engine gets wrong about a case. ``timed_out``: it gave nothing in time, so asking again takes as long."""

    text: str
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """How an engine was chosen: by its id, with so many workers."""

    id: str
    workers: int


def case_of(machine: str, seed: int, transactions: int, wanted: Wanted = Wanted()) -> tuple[Case, tuple[Object, ...]]:
    """The case of a seed, and what the specification says of it. Raises InputError for a machine that is none."""
    return answered(*drawn(machine, seed, transactions, wanted))


def answered(case: Case, expected: tuple[Object, ...] | None = None) -> tuple[Case, tuple[Object, ...]]:
    """A case with the selectors that it needs, and what the specification says of it, if that is not known yet."""
    if expected is None:
        expected = tuple(execute(case))
    return with_selectors(case, expected), expected


def drawn(
    machine: str, seed: int, transactions: int, wanted: Wanted = Wanted()
) -> tuple[Case, tuple[Object, ...] | None]:
    """The case of a seed, without its selectors, and what the specification says of it where that was found out.

    Raises InputError for a machine that is none.
    """
    if machine == toy.NAME:
        conflict = wanted.conflict_or(CONFLICTS[seed % len(CONFLICTS)])
        make_toy = random_signed_block if toy.SIGNED in wanted.forks else random_block
        return toy_case(f"seed_{seed}", *make_toy(seed, transactions, conflict)), None
    elif machine == evm.NAME:
        plan = evm_plan(seed, wanted.forks_of_evm())
        count = max(1, transactions // 3)
        if plan.is_full:
            generated = (generate_full_block if plan.is_valid else generate_overfull_block)(plan.fork, seed, count)
        else:
            make = generate_block if plan.is_valid else generate_invalid_block
            generated = make(plan.fork, seed, count, wanted.conflict_or(plan.conflict))
        return with_answer(f"seed_{seed}", generated, plan.has_access_list)
    elif machine == svm.NAME:
        draw = Random(f"{svm.NAME} {seed}")
        ruleset = draw.choice(wanted.rulesets_of_svm())
        conflict = wanted.conflict_or(draw.choice(CONFLICTS))
        return generate_chain(f"seed_{seed}", seed, plan_of(draw, ruleset, transactions, conflict)), None
    elif machine == chains.NAME:
        return generate_plan(f"seed_{seed}", seed, transactions), None
    raise InputError(f"--machine {machine}: must be {chains.NAME}, {evm.NAME}, {svm.NAME} or {toy.NAME}")


def with_answer(name: str, generated: GeneratedCase, has_list: bool) -> tuple[Case, tuple[Object, ...] | None]:
    """A generated block as a case, and what making it has found out."""
    result = result_of(generated)
    if result is None:
        return evm_case(name, generated, with_access_list=has_list), None
    case, fork = evm_case(name, generated), generated.fork
    try:
        Evm(fork).verify(generated.payload(), result.steps, result.before)
    except Rejection:
        return case, None
    expect = evm.write_result(fork, result, result.state().root())
    if has_list and fork.has_access_list:
        block = {**case.blocks[0], "block_access_list": expect["block_access_list"]}
        case = dataclasses.replace(case, blocks=(block,))
    return case, (expect,)


@dataclass(frozen=True, slots=True)
class EvmPlan:
    """What a block of the EVM is to be like."""

    fork: Fork
    is_valid: bool
    conflict: float
    has_access_list: bool
    is_full: bool


def evm_plan(seed: int, forks: Sequence[Fork] = FORKS) -> EvmPlan:
    """What the block of a seed is like: a quarter are of the last of the forks, an eighth are invalid.

    Each is drawn by itself. Remainders of the seed would not do: by four and by twelve they never meet in some forks.
    """
    draw = Random(f"{evm.NAME} {seed}")
    fork = forks[-1] if draw.random() < NEWEST else draw.choice(forks)
    return EvmPlan(
        fork=fork,
        is_valid=draw.random() >= INVALID,
        conflict=draw.choice(CONFLICTS),
        has_access_list=draw.random() < WITH_ACCESS_LIST,
        is_full=draw.random() < FULL and counts_state_gas(fork),
    )


def wrong_about(engine: Engine, case: Case, expected: tuple[Object, ...]) -> WrongAnswer | None:
    """The first thing that the engine gets wrong, or None. An engine that fails gets it wrong too, however it does."""
    try:
        given = engine.run(case)
        found = first_difference(
            case, expected, given, engine.capabilities.outputs, engine.capabilities.access, NO_NAMES
        )
    except EngineTimeout as failure:
        return WrongAnswer(str(failure), timed_out=True)
    except EngineFailure as failure:
        return WrongAnswer(str(failure))
    except Exception as crash:  # of an engine that somebody registered anything may be expected
        return WrongAnswer(f"the engine crashed: {type(crash).__name__}: {crash}")
    return None if found is None else WrongAnswer(str(found))


def smallest(engine: Engine, found: Finding, wanted: Wanted = Wanted()) -> Finding:
    """The finding with the smallest case on which the engine still goes wrong, or its own where it never does again."""
    attempts = FEW_ATTEMPTS if always_wrong(engine, found) else ATTEMPTS

    def fails(candidate: Case) -> bool:
        try:
            right = tuple(execute(candidate))
        except (InputError, ValueError, TypeError, KeyError):
            return False
        candidate = with_selectors(candidate, right)
        if engine.capabilities.missing(candidate) or not wanted.takes(candidate):
            return False
        return any(wrong_about(engine, candidate, right) is not None for _ in range(attempts))

    case, expected = found.case, found.expected
    if fails(case):
        case = Shrinker(fails).shrink(case)
        expected = tuple(execute(case))
        case = with_selectors(case, expected)
    told = list(again_and_again(engine, case, expected))
    wrongs = [each.text for each in told if each is not None]
    return dataclasses.replace(
        found,
        case=case,
        expected=expected,
        difference=wrongs[0] if wrongs else found.difference,
        is_shrunk=True,
        repeats=len(wrongs),
        attempts=len(told),
    )


def always_wrong(engine: Engine, found: Finding) -> bool:
    """Whether the engine gets what was found wrong time after time."""
    return all(wrong_about(engine, found.case, found.expected) is not None for _ in range(SURE))


def again_and_again(engine: Engine, case: Case, expected: tuple[Object, ...]) -> Iterator[WrongAnswer | None]:
    """What the engine gets wrong each time, until it has been asked often enough or for too long."""
    end = time.monotonic() + ATTEMPT_SECONDS
    for _ in range(ATTEMPTS):
        wrong = wrong_about(engine, case, expected)
        yield wrong
        if (wrong is not None and wrong.timed_out) or time.monotonic() > end:
            return
