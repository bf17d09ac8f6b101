"""The most that any schedule could earn: the linear relaxation, in which parts of transactions may be taken.

Each transaction is taken to a share between none and all; what the shares use of each dimension, and for each key of
what its writers use, fits the limits; and no transaction is taken to a larger share than the one it must come after.
Order and entries do not matter to it, so it is never below what a schedule earns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samestate.conformance.errors import InputError
from samestate.conformance.scheduling.pending import BlockLimits, Pending
from samestate.conformance.scheduling.pricing import fits_alone
from samestate.spec.machine import Key


class BoundUnavailable(Exception):  # noqa: N818 - says what is not here
    """The solver of linear programs is not installed."""


def most_fees(candidates: Sequence[Pending], limits: BlockLimits, left_out: Mapping[int, str]) -> float:
    """The optimum of the relaxation over all candidates but those ``left_out``, in the fees' unit.

    Candidates that do not fit an empty block are no part of it: the relaxation would take as much of them as fits.
    Raises BoundUnavailable where there is no solver, InputError where it finds none.
    """
    try:
        from scipy.optimize import linprog
        from scipy.sparse import coo_array
    except ImportError as error:
        raise BoundUnavailable("scipy is not installed: pip install 'samestate[schedule]'") from error
    kept = [i for i, each in enumerate(candidates) if i not in left_out and fits_alone(each, limits)]
    columns = {index: column for column, index in enumerate(kept)}
    if not columns:
        return 0.0
    # in shares of the largest numbers: solvers work in floating point
    unit = max(candidates[index].fee for index in columns) or 1
    above: list[float] = []
    entries: list[tuple[float, int, int]] = []
    for capacity, taken in rows(candidates, limits, columns):
        entries += [
            (used / capacity if capacity else float(used), len(above), column) for column, used in taken.items()
        ]
        above.append(1.0 if capacity else 0.0)
    for index, column in columns.items():
        after = candidates[index].after
        if after is not None and after in columns:
            entries += [(1.0, len(above), column), (-1.0, len(above), columns[after])]
            above.append(0.0)
    shares, places, taken_by = zip(*entries, strict=True) if entries else ((), (), ())
    found = linprog(
        [-candidates[index].fee / unit for index in columns],
        A_ub=coo_array((shares, (places, taken_by)), shape=(len(above), len(columns))) if above else None,
        b_ub=above or None,
        bounds=(0, 1),
    )
    if not found.success:
        raise InputError(f"the upper bound was not found: {found.message}")
    return -float(found.fun) * unit


def rows(
    candidates: Sequence[Pending], limits: BlockLimits, columns: Mapping[int, int]
) -> list[tuple[int, dict[int, int]]]:
    """The limits that could bind: how much there is, and what each column uses of it."""
    found: list[tuple[int, dict[int, int]]] = []
    for name, limit in limits.block.items():
        found.append((limit, {column: candidates[index].use.get(name, 0) for index, column in columns.items()}))
    for name, limit in limits.key.items():
        of_key: dict[Key, dict[int, int]] = {}
        for index, column in columns.items():
            for key in candidates[index].writes:
                of_key.setdefault(key, {})[column] = candidates[index].use.get(name, 0)
        found.extend((limit, taken) for _, taken in sorted(of_key.items()))
    return [(limit, taken) for limit, taken in found if sum(taken.values()) > limit]
