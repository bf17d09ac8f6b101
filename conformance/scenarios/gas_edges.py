"""Blocks in which code gets a unit of gas less than it needs, which burns all of it, and then just what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from samestate.conformance.scenarios import amsterdam_gas
from samestate.conformance.scenarios.assembler import code
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.spec.evm.forks import AMSTERDAM

TRANSACTION: Final = 21_000
"""What calling somebody costs before any code runs, until Amsterdam."""


@dataclass(frozen=True, slots=True)
class GasEdge:
    """Code, and the least gas with which it succeeds: until Amsterdam, and there if that is something else.

    ``balance`` is what its contract has; ``storage`` what is stored there.
    """

    name: str
    code: str
    gas: int
    gas_in_amsterdam: int | None = None
    balance: int = 0
    storage: tuple[int, ...] = ()

    def least(self, block: BlockBuilder) -> int:
        """The least gas in the block's fork."""
        if block.fork is AMSTERDAM and self.gas_in_amsterdam is not None:
            return self.gas_in_amsterdam
        return self.gas


def before_code(block: BlockBuilder) -> int:
    """What a transaction without value and data costs before the code that it calls."""
    return amsterdam_gas.CALL if block.fork is AMSTERDAM else TRANSACTION


def try_edges(block: BlockBuilder, edges: Sequence[GasEdge]) -> list[NamedAccount]:
    """Call each contract by two transactions, one of which has a unit of gas too little. The contracts are given back.

    The one that fails goes first, so that the other finds the state as it was.
    """
    outcomes: list[bool] = []
    contracts = []
    for edge in edges:
        contract = block.contract(
            edge.name, code(edge.code), storage=dict(enumerate(edge.storage)), balance=edge.balance
        )
        for less in (1, 0):
            sender = block.account(f"sender {len(outcomes)}", ETHER)
            comment = f"{sender.name} tries {edge.name}" + (", a unit of gas too little" if less else "")
            block.call(sender, contract, gas=before_code(block) + edge.least(block) - less, comment=comment)
            outcomes.append(not less)
        contracts.append(contract)
    block.expect_success(*outcomes)
    return contracts
