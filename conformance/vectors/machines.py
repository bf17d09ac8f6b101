"""The machines that vectors are about: one table of all that differs between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors import chains, evm, svm, toy
from samestate.conformance.vectors.chains.parts import CasePart, parts_of
from samestate.conformance.vectors.chains.problems import problems as chains_problems
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Json, Object, YamlDocument
from samestate.conformance.vectors.evm.problems import problems as evm_problems
from samestate.conformance.vectors.list_difference import list_difference
from samestate.conformance.vectors.model import Case
from samestate.conformance.vectors.record import KeyText
from samestate.conformance.vectors.svm.problems import problems as svm_problems
from samestate.conformance.vectors.toy.problems import problems as toy_problems
from samestate.spec.svm.rulesets import RULESETS
from samestate.spec.transition import BlockResult, apply_block

Apply = Callable[[Any, Any, Any], BlockResult[Any, Any, Any, Any]]
"""Whatever gives the result of a block, from a machine, the block and the state before it. Raises Rejection."""


@dataclass(frozen=True, slots=True)
class VectorMachine:
    """All that the rest of this package must know of a machine.

    ``forks``: the names of its rulesets, in their order. ``codec``: how its keys are written. ``execute``: what comes
    out of each block of a case, as under ``expect``, where the blocks are executed by ``apply``. ``problems``: what is
    wrong with a case and what is expected, beyond the schema. ``account_of``: the account of a key as text.
    ``state_values``: the values of a state, as under ``pre``, by key as a record writes them. ``differences``: of
    fields that are bytes to everybody else, what in them differs. ``parts``: of a machine whose blocks have blocks of
    others inside, the cases of those, with what is expected of them and what an engine gave.
    """

    name: str
    forks: tuple[str, ...]
    codec: KeyText
    execute: Callable[[Case, Apply], list[Object]]
    problems: Callable[[YamlDocument, Case, tuple[Object, ...]], Iterable[str]]
    account_of: Callable[[str], str]
    state_values: Callable[[Object], dict[str, str]]
    differences: Mapping[str, Callable[[Json, Json | None], Difference]]
    parts: Callable[[Case, Sequence[Object], Sequence[Object]], Iterable[CasePart]] | None = None


MACHINES: Final[Mapping[str, VectorMachine]] = {
    machine.name: machine
    for machine in (
        VectorMachine(
            name=evm.NAME,
            forks=tuple(name for name in BY_NAME if name != "Merge"),
            codec=evm.CODEC,
            execute=evm.execute,
            problems=evm_problems,
            account_of=evm.account_of,
            state_values=evm.state_values,
            differences={"block_access_list": list_difference},
        ),
        VectorMachine(
            name=svm.NAME,
            forks=tuple(RULESETS),
            codec=svm.CODEC,
            execute=svm.execute,
            problems=svm_problems,
            account_of=svm.account_of,
            state_values=svm.state_values,
            differences={},
        ),
        VectorMachine(
            name=toy.NAME,
            forks=(toy.FORK,),
            codec=toy.CODEC,
            execute=toy.execute,
            problems=toy_problems,
            account_of=toy.account_of,
            state_values=toy.state_values,
            differences={},
        ),
        VectorMachine(
            name=chains.NAME,
            forks=(chains.FORK,),
            codec=chains.CODEC,
            execute=chains.execute,
            problems=chains_problems,
            account_of=chains.account_of,
            state_values=chains.state_values,
            differences={},
            parts=parts_of,
        ),
    )
}
"""The machines by name, as under ``machine`` in a vector."""


def machine_of(case: Case) -> VectorMachine:
    """The machine of a case. Raises InputError where there is none of that name."""
    machine = MACHINES.get(case.machine)
    if machine is None:
        raise InputError(f"{case.id}: no machine is called {case.machine!r}; known are {', '.join(MACHINES)}")
    return machine


def execute(case: Case, apply: Apply = apply_block) -> list[Object]:
    """What comes out of each block of a case, as under ``expect``: by the specification, unless ``apply`` is given."""
    return machine_of(case).execute(case, apply)
