"""All that differs between the toy machine and others, in vectors."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.toy.case import NAME, state_values
from samestate.conformance.vectors.toy.execution import execute
from samestate.conformance.vectors.toy.keys import CODEC, account_of
from samestate.conformance.vectors.toy.problems import problems
from samestate.conformance.vectors.vector_machine import VectorMachine

MACHINE: Final = VectorMachine(
    name=NAME,
    codec=CODEC,
    execute=execute,
    problems=problems,
    account_of=account_of,
    state_values=state_values,
    differences={},
)
