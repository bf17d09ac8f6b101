"""`samestate schedule`: choose transactions of a mempool for a block, and put them in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from samestate.conformance.checking.choosing import choose_vector, vectors_below
from samestate.conformance.errors import InputError
from samestate.conformance.generating.vector import name_for, vector_text, write_vector
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_apart, check_file, check_spares
from samestate.conformance.scheduling.building import Mempool, ScheduledBlock, build
from samestate.conformance.scheduling.mempools import read_mempool
from samestate.conformance.scheduling.packing import LOOK_AHEAD
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import text

REASONS_SHOWN: Final = 12
MOST_LOOKED_AT: Final = 100_000


def schedule(
    pool: Annotated[Path, typer.Argument(metavar="POOL", help="A vector of one block: its transactions are the pool.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The block, NAME.yaml.", show_default=False)
    ],
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="Another limit of the block: gas=60000000.", show_default=False),
    ] = None,
    look_ahead: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=MOST_LOOKED_AT, help="How many are looked at for one without conflict."),
    ] = LOOK_AHEAD,
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="A part of the name of the case, where there are many.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write figures, order and what was left out; to stdout for `-`."),
    ] = None,
) -> None:
    """Make a block of a mempool: greedy by fee for each share of the block, with look-ahead past conflicts.

    Reserved for each transaction is what it declares; the block is executed by the specification, and filled on with
    what that leaves over. It is written as a vector, with what comes out of it. The fees are compared with the linear
    relaxation (extra `schedule`), which no order of any of these transactions can exceed.
    """
    name = name_for("--output", output)
    limits = read_limits(limit or [])
    check_json_target(json)
    check_file("--output", output, make_folders=True)
    check_apart(("--output", output), ("--json", json))
    check_spares([pool], ("--output", output), ("--json", json))
    vector = choose_vector(pool, case, vectors_below(pool))
    mempool = read_mempool(vector.case, limits)
    made = build(mempool, look_ahead)
    block = mempool.case(name, made.entries)
    expected = execute(block)
    header = f"Made of {vector.case.id} by `samestate schedule`, {len(mempool.candidates)} transactions to choose from."
    write_vector("--output", output, vector_text(block, expected, f"scheduled.{block.machine}", header))
    if json is not None:
        write_json(document_of(mempool, made, expected), json)
    if json != "-":
        print("\n".join([f"{output}: {len(made.order)} transactions", *lines(mempool, made, expected)]))


def read_limits(given: Sequence[str]) -> dict[str, int]:
    """BlockLimits by dimension. Raises InputError."""
    limits = {}
    for one in given:
        name, _, number = one.partition("=")
        if not name or not number.isdecimal() or not 0 < int(number) < 2**64:
            raise InputError(f"--limit {one}: must be NAME=N, such as gas=60000000")
        limits[name] = int(number)
    return limits


def lines(pool: Mempool, made: ScheduledBlock, expected: Sequence[Object]) -> list[str]:
    """What is to be said of a schedule."""
    said = [f"  {name}: {made.used[name]:,} of {most:,}" for name, most in pool.limits.block.items()]
    bound = f"no bound: {made.no_bound}" if made.bound is None else f"{share(made):.2%} of what the relaxation allows"
    said.append(f"  fees: {made.earned:,} {pool.fee_unit}; first packing, as declared: {made.declared:,}, {bound}")
    entries = f", {len(made.entries)} entries" if len(made.entries) > 1 else ""
    shape = made.shape
    said.append(
        f"  declared: {shape.conflicting:,} conflict with an earlier one, longest chain {shape.path:,}{entries}"
    )
    said.append(f"  executed: longest chain of reads {text(expected[0], 'critical_path')}; packed {made.rounds} times")
    reasons = Counter(made.left_out.values()).most_common()
    said.append(f"  left out: {len(made.left_out):,}")
    said += [f"    {number:,}: {reason}" for reason, number in reasons[:REASONS_SHOWN]]
    if len(reasons) > REASONS_SHOWN:
        said.append(f"    and {len(reasons) - REASONS_SHOWN} other reasons")
    return said


def share(made: ScheduledBlock) -> float:
    """How much of the bound the first packing reaches."""
    return made.declared / made.bound if made.bound else 1.0


def document_of(pool: Mempool, made: ScheduledBlock, expected: Sequence[Object]) -> dict[str, object]:
    """A schedule as a document; transactions by their index in the pool."""
    return {
        "pool": len(pool.candidates),
        "placed": len(made.order),
        "limits": dict(pool.limits.block),
        "used": dict(made.used),
        "fee_unit": pool.fee_unit,
        "fees_earned": made.earned,
        "fees_declared": made.declared,
        "fees_bound": made.bound,
        "share_of_bound": None if made.bound is None else share(made),
        "rounds": made.rounds,
        "declared_conflicts": made.shape.conflicting,
        "declared_path": made.shape.path,
        "declared_path_use": made.shape.path_use,
        "critical_path": int(text(expected[0], "critical_path")),
        "critical_path_gas": int(text(expected[0], "critical_path_gas")),
        "entries": [list(entry) for entry in made.entries],
        "left_out": {str(index): made.left_out[index] for index in sorted(made.left_out)},
    }
