"""Reading cases, running them on an engine, comparing what came out, and saying how it differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from samestate.conformance.api.engines import EngineOrId, named_engine
from samestate.conformance.checking.document import run_recorded, run_vector
from samestate.conformance.checking.reading import AnyCase, read_cases
from samestate.conformance.checking.running import run_case
from samestate.conformance.checking.verdict import Verdict
from samestate.conformance.engines.names import WORKERS
from samestate.conformance.errors import InputError
from samestate.conformance.exporting.exporter import ExportedTest, Refusal, chosen_forms
from samestate.conformance.exporting.exporter import export as export_vector
from samestate.conformance.fixtures.chain_file import choose_chain
from samestate.conformance.fixtures.choices import network_chosen
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import OUTPUTS, Case, Vector
from samestate.conformance.vectors.places import VECTORS
from samestate.conformance.vectors.recorded.model import RECORDED, RecordedVector


def read(*paths: str | Path, chain: str | None = None) -> Iterator[AnyCase]:
    """Every case below the paths: vectors, fixtures, block files, what was recorded of Solana's chain; archives too.

    They are told apart by content. Without a path, the vectors of this installation.
    ``chain`` is that of blocks which name none or are of no public one: a genesis file, or a name (as ``--chain``).
    What lies in several files comes last: a block and its witness, shreds with accounts and a manifest.
    Raises InputError for a path or document that cannot be used; `samestate check` goes on with the others.
    """
    network = network_chosen(choose_chain(chain))
    yield from read_cases(map(Path, paths or (VECTORS,)), network)


def check(case: AnyCase, engine: EngineOrId = "spec", *, workers: int = WORKERS) -> Verdict:
    """What becomes of a case on an engine: an id, as `samestate engines` lists them, or an object of one's own.

    ``reason`` of the verdict explains a difference, or why nothing was run. An engine that raises has failed. Each
    block file is checked by itself; `samestate check` compares headers of one chain with one another, too.
    Raises InputError where the case is malformed or there is no such engine.
    """
    id, found = named_engine(engine, workers)
    if isinstance(case, Vector):
        return run_vector(case, id, found)
    return run_recorded(case, id, found) if isinstance(case, RECORDED) else run_case(case, id, found)


def run(
    case: Case | Vector | RecordedVector, engine: EngineOrId = "spec", *, workers: int = WORKERS
) -> Sequence[Object]:
    """What an engine makes of each block of a case: a map as under ``expect``, with the fields that it gives.

    Raises EngineFailure, and InputError where the engine cannot do it or there is none of that id.
    """
    given = case if isinstance(case, Case) else case.case
    id, found = named_engine(engine, workers)
    missing = found.capabilities.missing(given)
    if missing:
        raise InputError(f"{given.id}: {id}: {missing}")
    return found.run(given)


def export(vector: Vector, *forms: str) -> Iterator[ExportedTest | Refusal]:
    """A vector as a test of execution-spec-tests in each of these forms, in all if none; or why it is none there.

    Forms are ``blockchain_test``, ``blockchain_test_engine`` and ``state_test``. Raises InputError for any other.
    """
    yield from export_vector(vector, "", chosen_forms("form", forms))


def compare(
    vector: Vector,
    results: Sequence[Mapping[str, Any]],
    *,
    outputs: Iterable[str] = OUTPUTS,
    access: Granularity = Granularity.KEYS,
) -> Difference | None:
    """The first thing in which results depart from what a vector expects, or None. As text it explains itself.

    ``results`` holds a map for each block, as :func:`run` gives it; of its fields ``outputs`` are compared, with the
    access record as far as ``access`` says.
    """
    return first_difference(
        vector.case, vector.expected, [dict(result) for result in results], frozenset(outputs), access, vector.names
    )
