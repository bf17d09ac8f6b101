"""The seeded bugs of the compiled engine, hunted like those of `reference`: one build, the bug chosen at run time.

The build is the one for the explorer, which is never in a wheel, and which is made when the first of them is hunted.
Vectors under random schedules come first; then the smallest blocks, with three workers, under many. All runs are in a
process of their own (:mod:`samestate.conformance.exploring.apart`): a seeded bug may crash it, or never end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import product
from typing import Final

from samestate.conformance.exploring.apart import EndedApart
from samestate.conformance.exploring.compiled import ToyProgram, apart, seeded_bugs
from samestate.conformance.mutants.hunting import LARGEST, NO_KILL, POINTS, SMALLEST, Found, NoVerdict
from samestate.conformance.mutants.report import INVARIANT, OUTPUT, HuntedMutant, Kill
from samestate.conformance.mutants.suspects import Suspect
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector, members
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.reference.explorer import RESULT, ExploredRun, RandomTurns, run_once

WORKERS: Final = 3
FIRST_SEEDS: Final = range(4)
"""Random schedules of every vector, until one of them has killed the bug."""

MORE_SEEDS: Final = range(4, 4000)
"""Random schedules of the smallest blocks, for bugs that few schedules show."""

MOST_ENDS: Final = 5
"""So many runs of a bug that take their process along, and the hunt is given up: the rest would be no different."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a seeded bug is hunted with: the strategy it is in, the rule it breaks, its hazards, what is declared."""

    strategy: str
    rule: str
    hazards: tuple[str, ...] = ()
    right_declarations: bool = False


# Left out: estimate-read-through, which can cost time and never a result, so only the core's own tests show it.
SEEDED: Final[dict[str, Seeded]] = {
    "skipped-validation": Seeded("block-stm", "block-stm.validation.every-read", ("H62",)),
    "validation-by-value": Seeded("block-stm", "block-stm.validation.by-version", ("H22",)),
    "dropped-estimate": Seeded("block-stm", "block-stm.estimate.marks-every-write", ("H59",)),
    "counter-after-index": Seeded("block-stm", "block-stm.scheduler.execution-counted-first"),
    "stale-wake": Seeded("block-stm", "block-stm.estimate.before-ready", ("H59",)),
    "lost-dependency": Seeded("block-stm", "block-stm.scheduler.wakes-all", ("H57",)),
    "credits-ignore-incarnation": Seeded("block-stm", "block-stm.credit.every-contributor-validated", ("H13",)),
    "removed-left-standing": Seeded("block-stm", "block-stm.publish.removes-what-is-no-longer-written", ("H27",)),
    "new-location-missed": Seeded("block-stm", "block-stm.publish.tells-of-new-places", ("H62",)),
    "done-check-once": Seeded("block-stm", "block-stm.scheduler.done-unless-decreased"),
    "status-before-publication": Seeded("block-stm", "block-stm.publish.before-executed", ("H62",)),
    "credit-hides-base": Seeded("block-stm", "block-stm.credit.gathered-down-to-the-last-write", ("H13",)),
    "validation-index-not-lowered": Seeded("block-stm", "block-stm.scheduler.abort-validates-all-above", ("H62",)),
    "base-read-unrecorded": Seeded("block-stm", "block-stm.read.nothing-found-is-a-read", ("H62",)),
    "waiter-after-close": Seeded("block-stm", "block-stm.scheduler.waits-for-the-unfinished", ("H57",)),
    "locks-ignore-reads": Seeded("locks", "locks.reader-waits-for-the-writer", right_declarations=True),
    "wave-skips-predecessor": Seeded("waves", "waves.after-every-earlier-conflict", right_declarations=True),
    "offender-only": Seeded("locks", "rolling-commit.validated-in-turn", ("H62",)),
    "commit-out-of-order": Seeded("locks", "rolling-commit.in-block-order", ("H02",)),
    "list-trusted": Seeded("access-list", "access-list.every-change-compared", ("H66", "H67")),
    "warm-set-kept": Seeded("block-stm", "block-stm.incarnation.starts-afresh", ("H54",)),
}


def suspects() -> Iterator[Suspect]:
    """All of them. To hunt one, the build for the explorer is made."""
    for name, seeded in SEEDED.items():
        yield Suspect(name, f"optimized:{seeded.strategy}", partial(hunt, name))


def hunt(name: str) -> HuntedMutant:
    """Look for what kills the bug of that name, the same way for every one.

    All vectors are run under the first schedule; the others are for bugs that it does not kill.
    """
    seeded, bug = SEEDED[name], seeded_bugs()[name]
    kill = None
    passed = 0
    for seed, found in runs(seeded, bug.number, attempts(seeded.strategy)):
        if kill is not None and seed != FIRST_SEEDS[0]:
            break
        if kill is None and isinstance(found, Kill):
            kill = found
        passed += seed == FIRST_SEEDS[0] and found is None
    return HuntedMutant(
        name,
        f"optimized:{seeded.strategy}",
        f"{bug.description[0].upper()}{bug.description[1:]}.",
        seeded.rule,
        seeded.hazards,
        kill,
        passed,
        len(vectors_for(seeded.strategy)),
    )


def attempts(strategy: str) -> Iterator[tuple[int, Vector]]:
    """What is tried: every vector under a few random schedules, then the smallest blocks under many."""
    given = vectors_for(strategy)
    yield from product(FIRST_SEEDS, given)
    yield from product(MORE_SEEDS, filter(is_small, given))


def runs(seeded: Seeded, bug: int, tried: Iterable[tuple[int, Vector]]) -> Iterator[tuple[int, Found | None]]:
    """The seed of each attempt, and what was found.

    One that takes the process along kills nothing; too many of those, and no more is tried.
    """
    ends = 0
    for seed, vector in tried:
        found: Found | None
        try:
            found = apart().call(first_found, seeded, bug, vector.case.id, seed)
        except EndedApart as end:
            found = NoVerdict(vector.case.id, str(end))
            ends += 1
        yield seed, found
        if ends == MOST_ENDS:
            return


def first_found(seeded: Seeded, bug: int, vector: str, seed: int) -> Found | None:
    """What is wrong first with the blocks of the vector of that id, under the random schedule of that seed."""
    for program in programs(vector, seeded.strategy, seeded.right_declarations):
        program.bug = bug
        found = found_in(vector, seed, run_once(program, RandomTurns(seed), POINTS))
        if found is not None:
            return found
    return None


def found_in(vector: str, seed: int, report: ExploredRun) -> Found | None:
    """What was wrong with a run. One that crashed or did not end kills nothing, and has passed nothing either."""
    violation = report.violation
    if violation is None:
        return None
    if violation.name in NO_KILL:
        return NoVerdict(vector, str(violation))
    kind = OUTPUT if violation.name == RESULT else INVARIANT
    through = violation.detail.split(": expected")[0] if kind == OUTPUT else violation.name
    return Kill(vector, f"{WORKERS} workers, random, seed {seed}", kind, through, violation.detail)


@lru_cache(maxsize=1024)
def vector_called(id: str) -> Vector:
    """The vector of that id: whoever runs one in a process of its own reads no other there."""
    return load_vector_file(VECTORS / f"{id}{SUFFIX}")


@cache
def vectors() -> dict[str, Vector]:
    """The toy's vectors by id, but for large ones."""
    loaded = (vector_called(path.relative_to(VECTORS).with_suffix("").as_posix()) for path in vector_files(toy.NAME))
    return {
        vector.case.id: vector
        for vector in loaded
        if all(len(members(block, "txs")) <= LARGEST for block in vector.case.blocks)
    }


def vectors_for(strategy: str) -> list[Vector]:
    """The vectors that a strategy can run."""
    return [vector for vector in vectors().values() if programs(vector.case.id, strategy, False)]


def is_small(vector: Vector) -> bool:
    """Whether the vector was made for what only few schedules show."""
    return vector.case.id.split("/")[1] == SMALLEST


@lru_cache(maxsize=1024)
def programs(id: str, strategy: str, right_declarations: bool) -> tuple[ToyProgram, ...]:
    """The blocks of a vector for compiled workers; none where the strategy needs access lists and one has none."""
    state, blocks = toy.read_case(vector_called(id).case)
    made = []
    for block in blocks:
        if strategy == "access-list" and block.access_list is None:
            return ()
        made.append(ToyProgram(block, state, strategy, WORKERS, right_declarations=right_declarations))
        state = toy.execute_block(block, state)[1]
    return tuple(made)
