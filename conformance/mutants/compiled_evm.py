"""The seeded bugs of the compiled EVM: one build, the bug chosen at run time, each hunted with vectors of its rule.

As with the toy's (:mod:`samestate.conformance.mutants.compiled`) the build is the explorer's, all runs are in a process
of their own, and workers are three under random schedules: a bug in what a machine does shows under any of them, one in
what it leaves to others under some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import islice, product
from typing import Any, Final

from samestate.conformance.exploring.apart import EndedApart
from samestate.conformance.exploring.compiled import NOTHING, EvmPiecesProgram, EvmProgram, apart, seeded_bugs
from samestate.conformance.mutants.compiled import MOST_ENDS, WORKERS, found_in
from samestate.conformance.mutants.hunting import POINTS, Found, NoVerdict
from samestate.conformance.mutants.report import HuntedMutant, Kill
from samestate.conformance.mutants.suspects import Suspect
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.places import SUFFIX, VECTORS, vector_files
from samestate.reference.explorer import RandomTurns, run_once
from samestate.spec.transition import apply_block

ROOM: Final = "evm"
STRATEGY: Final = "block-stm"
SEEDS: Final = range(40)
"""Random schedules of every vector, until one of them has killed the bug."""

LARGEST: Final = 60_000
"""Bytes of the largest file of a vector that is tried."""

MOST_VECTORS: Final = 80
"""So many vectors of a rule are tried, the smallest files first."""

EVERY: Final = 30
"""Of all vectors every so many is run as well: a bug passes most of what is not about its rule."""


@dataclass(frozen=True, slots=True)
class SeededInEvm:
    """What a seeded bug is hunted with: the rule that it breaks, whose vectors are tried, and its hazards.

    ``run_length``: how many transactions a worker takes at once at most; 0: as the engine would.
    """

    rule: str
    hazards: tuple[str, ...] = ()
    run_length: int = 0
    in_pieces: bool = False
    """Whether it is a bug of executing in pieces: from right access lists, from wrong ones, and from none."""

    @property
    def engine(self) -> str:
        """What it is a bug of."""
        return f"optimized:{'access-list' if self.in_pieces else STRATEGY}"


SEEDED: Final[dict[str, SeededInEvm]] = {
    "refund-uncapped": SeededInEvm("evm.transaction.refund", ("H52",)),
    "refund-of-failures": SeededInEvm("evm.selfdestruct.refund"),
    "sentry-ignored": SeededInEvm("evm.sstore.sentry"),
    "warm-after-rollback": SeededInEvm("evm.sload.cold"),
    "logs-after-rollback": SeededInEvm("evm.log.append"),
    "transient-outlives": SeededInEvm("evm.tload.value"),
    "coinbase-cold": SeededInEvm("evm.access.warm-account"),
    "base-fee-paid": SeededInEvm("evm.transaction.priority-fee", ("H13",)),
    "fee-is-no-credit": SeededInEvm("evm.state.credit", ("H13",)),
    "wipe-forgotten": SeededInEvm("evm.destroy.wipes-storage"),
    "wipe-unseen": SeededInEvm("evm.destroy.wipes-storage"),
    "old-account-destroyed": SeededInEvm("evm.selfdestruct.cancun-old-account"),
    "delegate-for-nothing": SeededInEvm("evm.call.delegation-access"),
    "authority-nonce-ignored": SeededInEvm("evm.authorization.wrong-nonce"),
    "collision-overlooked": SeededInEvm("evm.create.collision"),
    "creator-nonce-stays": SeededInEvm("evm.create.address"),
    "static-forgotten": SeededInEvm("evm.frame.static-violation"),
    "all-gas-forwarded": SeededInEvm("evm.call.all-but-one-64th"),
    "memory-linear": SeededInEvm("evm.memory.price"),
    "return-data-kept": SeededInEvm("evm.call.return-data"),
    "floor-ignored": SeededInEvm("evm.transaction.calldata-floor", ("H11",)),
    "state-gas-of-failures": SeededInEvm("evm.state-gas.failure"),
    "spill-unrepaid": SeededInEvm("evm.state-gas.repays-spill"),
    "transfer-unlogged": SeededInEvm("evm.transfer-log.append", ("H139",)),
    "withdrawal-in-wei": SeededInEvm("evm.withdrawal"),
    "slot-read-unlisted": SeededInEvm("evm.sstore.reads-current"),
    "gas-of-whole-block": SeededInEvm("evm.control-flow.gas-left"),
    "blob-fee-unpaid": SeededInEvm("evm.transaction.buys-blob-gas"),
    "room-unchecked": SeededInEvm("evm.block.execution-gas-allowance"),
    "original-is-current": SeededInEvm("evm.sstore.price.changed-before"),
    "credit-lost-when-read": SeededInEvm("evm.call.value", ("H04",)),
    "conflict-unseen": SeededInEvm("evm.sload.value", ("H62",), in_pieces=True),
    "piece-unproven": SeededInEvm("evm.access-list.slot-change", ("H66",), in_pieces=True),
    "seen-across-wipe": SeededInEvm("evm.destroy.wipes-storage", ("H21",), run_length=2),
}


def suspects() -> Iterator[Suspect]:
    """All of them. To hunt one, the build for the explorer is made."""
    for name, seeded in SEEDED.items():
        yield Suspect(name, seeded.engine, partial(hunt, name))


def hunt(name: str) -> HuntedMutant:
    """Look for what kills the bug of that name; all vectors that it is given are run under the first schedule."""
    seeded, bug = SEEDED[name], seeded_bugs(ROOM)[name]
    given = vectors_for(seeded)
    kill = None
    passed = 0
    for seed, found in runs(bug.number, given, seeded.in_pieces, seeded.run_length):
        if kill is not None and seed != SEEDS[0]:
            break
        if kill is None and isinstance(found, Kill):
            kill = found
        passed += seed == SEEDS[0] and found is None
    return HuntedMutant(
        name,
        seeded.engine,
        f"{bug.description[0].upper()}{bug.description[1:]}.",
        seeded.rule,
        seeded.hazards,
        kill,
        passed,
        len(given),
    )


def runs(
    bug: int, given: list[str], in_pieces: bool = False, run_length: int = 0
) -> Iterator[tuple[int, Found | None]]:
    """The seed of each attempt, and what was found. One that takes the process along kills nothing."""
    ends = 0
    for seed, id in product(SEEDS, given):
        found: Found | None
        try:
            found = apart().call(first_found, bug, id, seed, in_pieces, run_length)
        except EndedApart as end:
            found = NoVerdict(id, str(end))
            ends += 1
        yield seed, found
        if ends == MOST_ENDS:
            return


def first_found(bug: int, id: str, seed: int, in_pieces: bool = False, run_length: int = 0) -> Found | None:
    """What is wrong first with the blocks of the vector of that id, under the random schedule of that seed."""
    for program in programs(id, in_pieces):
        program.run_length = run_length
        program.bug = bug
        found = found_in(id, seed, run_once(program, RandomTurns(seed), POINTS))
        program.bug = NOTHING
        if found is not None:
            return found
    return None


@cache
def subjects() -> dict[str, frozenset[str]]:
    """The ids of the vectors that are not large, the smallest file first, with the rules and hazards that each names.

    Rules that every block reaches are named by no vector: a bug in one of those is looked for by its hazards.
    """
    paths = sorted((path for path in vector_files(evm.NAME) if path.stat().st_size <= LARGEST), key=size_and_name)
    vectors = [load_vector_file(path) for path in paths]
    return {vector.case.id: frozenset((*vector.rules, *vector.hazards)) for vector in vectors}


def size_and_name(path: Any) -> tuple[int, str]:
    """What vectors are sorted by."""
    return path.stat().st_size, str(path)


def vectors_for(seeded: SeededInEvm) -> list[str]:
    """The vectors of a bug's rule, or, where none names that, of its hazards; and a sample of all."""
    of_the_rule = [id for id, named in subjects().items() if seeded.rule in named]
    of_hazards = [id for id, named in subjects().items() if not named.isdisjoint(seeded.hazards)]
    chosen = (of_the_rule or of_hazards)[:MOST_VECTORS]
    return list(dict.fromkeys([*chosen, *islice(subjects(), 0, None, EVERY)]))


@lru_cache(maxsize=1024)
def programs(id: str, in_pieces: bool) -> tuple[EvmProgram, ...]:
    """The blocks of a vector for compiled workers."""
    return tuple(programs_of(load_vector_file(VECTORS / f"{id}{SUFFIX}").case, in_pieces))


def programs_of(case: Case, in_pieces: bool) -> list[EvmProgram]:
    """The blocks of a case for compiled workers."""
    made: list[EvmProgram] = []

    def apply(machine: Any, block: Any, state: Any) -> Any:
        if in_pieces:
            made.extend(EvmPiecesProgram(machine, block, state, WORKERS, is_wrong=wrong) for wrong in (False, True))
            made.append(EvmPiecesProgram(machine, block, state, WORKERS, is_listed=False))
        else:
            made.append(EvmProgram(machine, block, state, STRATEGY, WORKERS))
        return apply_block(machine, block, state)

    evm.execute(case, apply)
    return made
