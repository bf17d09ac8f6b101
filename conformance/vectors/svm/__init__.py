"""Vectors of Solana's machine: accounts, the bank of the slot before, blocks and results as maps of strings, and back.

Numbers are decimal everywhere, and addresses are base58.
"""

from samestate.conformance.vectors.svm.case import (
    NAME,
    is_unspecified,
    machine_of,
    needed_selectors,
    read_bank,
    read_case,
    read_state,
    ruleset_of,
    state_values,
    transactions_of,
    write_bank,
    write_block,
    write_state,
)
from samestate.conformance.vectors.svm.execution import FinishedSvmResult, execute, execute_block, read_block
from samestate.conformance.vectors.svm.keys import CODEC, account_of
from samestate.conformance.vectors.svm.result import rejection_names

__all__ = [
    "CODEC",
    "NAME",
    "FinishedSvmResult",
    "account_of",
    "execute",
    "execute_block",
    "is_unspecified",
    "machine_of",
    "needed_selectors",
    "read_bank",
    "read_block",
    "read_case",
    "read_state",
    "rejection_names",
    "ruleset_of",
    "state_values",
    "transactions_of",
    "write_bank",
    "write_block",
    "write_state",
]
