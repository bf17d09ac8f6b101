"""A campaign: blocks from one seed after another on every engine, each judged by the specification."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.engine import Engine, EngineFailure
from conformance.errors import InputError
from conformance.fuzzing.shrinking import Shrinker
from conformance.generating.evm import generate_block, generate_invalid_block
from conformance.generating.toy_blocks import random_block
from conformance.generating.vector import evm_case, toy_case, vector_text, with_selectors
from conformance.vectors import evm, toy
from conformance.vectors.comparing import Difference, first_difference
from conformance.vectors.document import Object
from conformance.vectors.machines import execute
from conformance.vectors.model import Case
from conformance.vectors.places import SUFFIX
from spec.evm.forks import FORKS

CONFLICTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
ATTEMPTS: Final = 20
"""How often a smaller case is tried on an engine that need not get it wrong every time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that an engine gets wrong: the seed that made it, how, and how often of :data:`ATTEMPTS`."""

    engine: str
    seed: int
    case: Case
    expected: tuple[Object, ...]
    difference: str
    shrunk_from: int
    repeats: int = ATTEMPTS

    def text(self) -> str:
        """The case as a vector."""
        header = (
            f"Found by `samestate fuzz --machine {self.case.machine} --engine {self.engine} --seed {self.seed}`;\n"
            f"{self.repeats} of {ATTEMPTS} executions get it wrong.\n{self.difference}"
        )
        return vector_text(self.case, self.expected, f"fuzz.{self.case.machine}", header)

    def file_name(self) -> str:
        """The name of the file for the vector."""
        return self.case.id.rsplit("/", 1)[-1] + SUFFIX


@dataclass(slots=True)
class Campaign:
    """What has been done and found so far. By engine, ``executed`` counts blocks, ``skipped`` those it cannot do."""

    engines: Sequence[Engine]
    machine: str
    transactions: int = 12
    executed: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def run(self, seeds: Iterator[int], seconds: float | None, watch: Callable[[int], None] | None = None) -> None:
        """Blocks of these seeds on every engine, until time is up or one engine's fault is found on each of them.

        An engine that was found wrong is not asked again: one reproducer says more than a hundred.
        """
        end = None if seconds is None else time.monotonic() + seconds
        asked = list(self.engines)
        for seed in seeds:
            case, expected = case_of(self.machine, seed, self.transactions)
            for engine in list(asked):
                if not self._ask(engine, seed, case, expected):
                    asked.remove(engine)
            if watch is not None:
                watch(seed)
            if not asked or (end is not None and time.monotonic() > end):
                return

    def _ask(self, engine: Engine, seed: int, case: Case, expected: tuple[Object, ...]) -> bool:
        """Whether the engine passed or could not be asked."""
        if engine.capabilities.missing(case):
            self.skipped[engine.id] = self.skipped.get(engine.id, 0) + 1
            return True
        self.executed[engine.id] = self.executed.get(engine.id, 0) + 1
        wrong = difference_of(engine, case, expected)
        if wrong is None:
            return True
        self.findings.append(reproduce(engine, seed, case, expected, wrong))
        return False


def case_of(machine: str, seed: int, transactions: int) -> tuple[Case, tuple[Object, ...]]:
    """The case of a seed, and what the specification says of it. Raises InputError for a machine that is none."""
    if machine == toy.NAME:
        case = toy_case(f"seed_{seed}", *random_block(seed, transactions, CONFLICTS[seed % len(CONFLICTS)]))
    elif machine == evm.NAME:
        fork = FORKS[-1] if seed % 4 == 0 else FORKS[seed % len(FORKS)]
        make = generate_invalid_block if seed % 8 == 7 else generate_block
        generated = make(fork, seed, max(1, transactions // 3), CONFLICTS[seed % len(CONFLICTS)])
        case = evm_case(f"seed_{seed}", generated, with_access_list=seed // len(FORKS) % 2 == 0)
    else:
        raise InputError(f"--machine {machine}: must be toy or evm")
    expected = tuple(execute(case))
    return with_selectors(case, expected), expected


def difference_of(engine: Engine, case: Case, expected: tuple[Object, ...]) -> str | None:
    """The first thing that the engine gets wrong, or None. An engine that fails gets it wrong too."""
    try:
        given = engine.run(case)
    except EngineFailure as failure:
        return str(failure)
    found: Difference | None = first_difference(
        case, expected, given, engine.capabilities.outputs, engine.capabilities.access, NO_NAMES
    )
    return None if found is None else str(found)


NO_NAMES: Final[Mapping[str, str]] = {}


def reproduce(engine: Engine, seed: int, case: Case, expected: tuple[Object, ...], wrong: str) -> Finding:
    """The smallest case found on which the engine still goes wrong, or the case itself where it never does so again."""

    def fails(candidate: Case, attempts: int = ATTEMPTS) -> bool:
        try:
            right = tuple(execute(candidate))
        except (InputError, ValueError, TypeError, KeyError):
            return False
        candidate = with_selectors(candidate, right)
        if engine.capabilities.missing(candidate):
            return False
        return any(difference_of(engine, candidate, right) is not None for _ in range(attempts))

    before = size_of(case)
    if fails(case):
        case = Shrinker(fails).shrink(case)
        expected = tuple(execute(case))
        case = with_selectors(case, expected)
    told = [difference_of(engine, case, expected) for _ in range(ATTEMPTS)]
    wrongs = [each for each in told if each is not None]
    name = f"{engine.id}-{seed}".replace(":", "-").replace("@", "-").replace("_", "-")
    case = dataclasses.replace(case, id=f"{case.machine}/found/{name}")
    return Finding(engine.id, seed, case, expected, wrongs[0] if wrongs else wrong, before, len(wrongs))


def size_of(case: Case) -> int:
    """How many transactions a case has."""
    return sum(len(block["txs"]) for block in case.blocks)


def write_finding(finding: Finding, folder: Path) -> Path:
    """Write the reproducer below a folder. Raises InputError."""
    target = folder / finding.file_name()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(finding.text(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--output {folder}: cannot be written: {error.strerror or error}") from error
    return target
