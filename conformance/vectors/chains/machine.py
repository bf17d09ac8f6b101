"""All that differs between plans of chains and machines, in vectors."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.chains.case import NAME
from samestate.conformance.vectors.chains.execution import execute
from samestate.conformance.vectors.chains.keys import CODEC, account_of, state_values
from samestate.conformance.vectors.chains.parts import parts_of
from samestate.conformance.vectors.chains.problems import problems
from samestate.conformance.vectors.vector_machine import VectorMachine

MACHINE: Final = VectorMachine(
    name=NAME,
    codec=CODEC,
    execute=execute,
    problems=problems,
    account_of=account_of,
    state_values=state_values,
    differences={},
    parts=parts_of,
)
