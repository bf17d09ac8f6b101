"""Vectors of the EVM: state, blocks and results as maps of strings, and back.

Numbers are decimal, except those in state, which are hex as all bytes are.
"""

from samestate.conformance.vectors.evm.case import (
    NAME,
    block_fields,
    environment_fields,
    fork_of,
    needed_selectors,
    read_environment,
    read_payload,
    read_transactions,
    state_of,
    state_values,
    write_environment,
    write_transaction,
    write_withdrawal,
)
from samestate.conformance.vectors.evm.chain import (
    VectorChain,
    chain_selectors,
    encode_parts,
    is_chain,
    proposed_list,
    schedule_of,
)
from samestate.conformance.vectors.evm.execution import execute, execute_block
from samestate.conformance.vectors.evm.keys import CODEC, account_of
from samestate.conformance.vectors.evm.result import write_result

__all__ = [
    "CODEC",
    "NAME",
    "VectorChain",
    "account_of",
    "block_fields",
    "chain_selectors",
    "encode_parts",
    "environment_fields",
    "execute",
    "execute_block",
    "fork_of",
    "is_chain",
    "needed_selectors",
    "proposed_list",
    "read_environment",
    "read_payload",
    "read_transactions",
    "schedule_of",
    "state_of",
    "state_values",
    "write_environment",
    "write_result",
    "write_transaction",
    "write_withdrawal",
]
