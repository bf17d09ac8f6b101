"""Hunting a bug of the specification with vectors: those of the rule that it breaks first, then all others.

The bug runs in a process of its own. Vectors are read here, where the specification is right, and are judged there
(:mod:`.judging`).
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.mutants.report import OUTPUT, HuntedMutant, Kill
from samestate.conformance.mutants.specification.bug import SpecificationBug
from samestate.conformance.mutants.specification.judgement import (
    DIFFERS,
    ENDS,
    NOWHERE,
    PASSES,
    STATE_ROOT,
    VERDICT,
    Judgement,
)
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.places import vector_files

ENGINE: Final = "spec"
PROGRAM: Final = "samestate.conformance.mutants.specification"
COMMAND: Final[Sequence[str]] = (sys.executable, "-m", PROGRAM)
IN_ORDER: Final = "one after another"
"""The schedule of the specification."""

MACHINES: Final = 2
"""So many machines have bugs of the specification; the vectors of each are read once."""

MOST_VECTORS: Final = 60
"""So many vectors of a rule are run, those of the smallest files first."""

EVERY: Final = 25
"""Of all vectors every so many is run as well: a bug passes most of what is not about its rule."""


def hunt(bug: SpecificationBug) -> HuntedMutant:
    """Run the vectors of the bug's rule and a sample of all; where none kills it, all others until one does."""
    given = vectors_for(bug)
    judged = list(judge(bug, given))
    kills = [each for each in judged if each.outcome == DIFFERS]
    if not kills:
        ran = {vector.case.id for vector in given}
        others = (vector for vector in vectors(bug.machine) if vector.case.id not in ran)
        kills = list(islice((each for each in judge(bug, list(others)) if each.outcome == DIFFERS), 1))
    kill = kills[0] if kills else None
    return HuntedMutant(
        bug.name,
        ENGINE,
        bug.wrong,
        bug.rule,
        bug.hazards,
        None if kill is None else Kill(kill.vector, IN_ORDER, OUTPUT, kill.where, kill.values),
        sum(each.outcome == PASSES for each in judged),
        len(given),
        bug.address,
        shown_by(kills),
    )


def shown_by(kills: Sequence[Judgement]) -> str:
    """What shows a bug to whoever compares nothing but state roots and verdicts, on any of the vectors that kill it."""
    seen = {each.seen for each in kills}
    return next((what for what in (STATE_ROOT, VERDICT, NOWHERE) if what in seen), "")


@lru_cache(maxsize=MACHINES)
def vectors(machine: str) -> tuple[Vector, ...]:
    """All vectors of a machine, those of the smallest files first."""
    paths = sorted(vector_files(machine), key=lambda path: (path.stat().st_size, str(path)))
    return tuple(map(load_vector_file, paths))


def vectors_for(bug: SpecificationBug) -> list[Vector]:
    """Vectors that exercise the rule of a bug, and a sample of all."""
    given = vectors(bug.machine)
    of_the_rule = list(islice((vector for vector in given if bug.rule in vector.rules), MOST_VECTORS))
    ran = {vector.case.id for vector in of_the_rule}
    return [*of_the_rule, *(vector for vector in islice(given, 0, None, EVERY) if vector.case.id not in ran)]


def judge(bug: SpecificationBug, given: Sequence[Vector]) -> Iterator[Judgement]:
    """What vectors have against the specification with that bug, one after another.

    Where one takes the process along, it is started again with the next.
    """
    left = list(given)
    while left:
        process = subprocess.Popen(
            [*COMMAND, bug.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            assert process.stdin is not None and process.stdout is not None and process.stderr is not None
            try:
                pickle.dump(tuple(left), process.stdin)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended, and says why
            try:
                started = process.stdout.readline() != b""
                for line in process.stdout:
                    told: Any = parse_json(line, most=None)
                    judgement = Judgement(**told)
                    left.pop(0)
                    yield judgement
                if process.wait() == 0:
                    return
                complaint = process.stderr.read().decode(errors="replace").strip()
            finally:
                process.kill()
        if not started:
            raise InputError(f"the specification with the bug {bug.name} does not start: {complaint[-800:]}")
        yield Judgement(left.pop(0).case.id, ENDS, f"ended the process: {complaint[-200:]}")
