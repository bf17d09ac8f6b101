"""The mempools by machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.scheduling import evm, svm
from samestate.conformance.scheduling.building import Mempool
from samestate.conformance.vectors import evm as evm_vectors
from samestate.conformance.vectors import svm as svm_vectors
from samestate.conformance.vectors.model import Case

READ: Final[Mapping[str, Callable[[Case, Mapping[str, int]], Mempool]]] = {
    evm_vectors.NAME: evm.read_mempool,
    svm_vectors.NAME: svm.read_mempool,
}


def read_mempool(case: Case, limits: Mapping[str, int]) -> Mempool:
    """The mempool that the one block of a case is. Raises InputError where it is none, or a limit is unknown."""
    if case.machine not in READ:
        raise InputError(f"{case.id}: its machine is {case.machine}; a mempool is of {', '.join(READ)}")
    if len(case.blocks) != 1 or case.parent is not None:
        raise InputError(f"{case.id}: must have one block without a header, whose transactions are the pool")
    pool = READ[case.machine](case, limits)
    known = {*pool.limits.block, *pool.limits.key, *pool.names}
    for name in limits:
        if name not in known:
            raise InputError(f"--limit {name}: is none here; there are {', '.join(sorted(known))}")
    return pool
