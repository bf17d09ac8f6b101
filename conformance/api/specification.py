"""The specification's machines, and the cases of vectors in the specification's own types."""

from __future__ import annotations

from typing import Any, NamedTuple

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors import evm as evm_vectors
from samestate.conformance.vectors import toy as toy_vectors
from samestate.conformance.vectors.machines import machine_of
from samestate.conformance.vectors.model import Case, Vector
from samestate.spec.evm.machine import Evm
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.signed.machine import SignedToy


class Decoded(NamedTuple):
    """A case as ``apply_block`` takes it: a machine, the state before the first block, and the blocks."""

    machine: Any
    state: Any
    blocks: tuple[Any, ...]


def evm(fork: str) -> Evm:
    """The EVM under a fork: `"Prague"`, as vectors name it. Raises InputError where there is none of that name."""
    if fork not in BY_NAME:
        raise InputError(f"no fork is called {fork!r}; known are {', '.join(BY_NAME)}")
    return Evm(BY_NAME[fork])


def toy(fork: str = toy_vectors.FORK) -> Toy:
    """The toy machine under a ruleset: `"toy"` or `"signed"`. Raises InputError where there is none of that name."""
    if fork not in toy_vectors.FORKS:
        raise InputError(f"no ruleset of the toy is called {fork!r}; known are {', '.join(toy_vectors.FORKS)}")
    return SignedToy() if fork == toy_vectors.SIGNED else Toy()


def decode(case: Case | Vector) -> Decoded:
    """The case of a vector in the specification's own types.

    Raises Rejection where a transaction or an access list of a block cannot be decoded: such a block is invalid.
    """
    given = case.case if isinstance(case, Vector) else case
    if machine_of(given).name == toy_vectors.NAME:
        return Decoded(toy(given.fork), *toy_vectors.read_case(given))
    blocks = (evm_vectors.read_payload(given, block, evm_vectors.read_transactions(block)) for block in given.blocks)
    return Decoded(Evm(evm_vectors.fork_of(given)), evm_vectors.state_of(given), tuple(blocks))
