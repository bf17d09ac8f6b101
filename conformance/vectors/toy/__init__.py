"""Vectors of the toy machine: state, blocks and results as maps of strings, and back.

Numbers are decimal in blocks and results, and hex in state and operations, as all words and bytes are.
"""

from samestate.conformance.vectors.toy.case import (
    CHAIN_ID,
    FORK,
    FORKS,
    NAME,
    SIGNED,
    fork_of,
    needed_selectors,
    params_of,
    read_case,
    read_transaction,
    state_values,
    write_block,
    write_state,
    write_transaction,
)
from samestate.conformance.vectors.toy.execution import FinishedResult, execute, execute_block, machine_of
from samestate.conformance.vectors.toy.keys import CODEC, account_of
from samestate.conformance.vectors.toy.operations import read_operation, write_operation
from samestate.conformance.vectors.toy.result import rejection_names

__all__ = [
    "CHAIN_ID",
    "CODEC",
    "FORK",
    "FORKS",
    "NAME",
    "SIGNED",
    "FinishedResult",
    "account_of",
    "execute",
    "execute_block",
    "fork_of",
    "machine_of",
    "needed_selectors",
    "params_of",
    "read_case",
    "read_operation",
    "read_transaction",
    "rejection_names",
    "state_values",
    "write_block",
    "write_operation",
    "write_state",
    "write_transaction",
]
