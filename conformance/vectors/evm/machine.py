"""All that differs between the EVM and others, in vectors."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.evm.case import NAME, state_values
from samestate.conformance.vectors.evm.execution import execute
from samestate.conformance.vectors.evm.keys import CODEC, account_of
from samestate.conformance.vectors.evm.problems import problems
from samestate.conformance.vectors.list_difference import list_difference
from samestate.conformance.vectors.vector_machine import VectorMachine

MACHINE: Final = VectorMachine(
    name=NAME,
    codec=CODEC,
    execute=execute,
    problems=problems,
    account_of=account_of,
    state_values=state_values,
    differences={"block_access_list": list_difference},
)
