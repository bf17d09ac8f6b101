"""What executing a block takes."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.block_access_list import BlockAccessList
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.transaction import Transaction


@dataclass(frozen=True, slots=True)
class OmmerMiner:
    """Who is rewarded for an ommer, and its block number."""

    address: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A block to be executed: its environment, its transactions, and what happens besides.

    ``is_bare`` leaves out all that happens before the first and after the last transaction, as state tests do.
    ``access_list`` is the block access list that came with the block, where one did (EIP-7928).
    """

    environment: Environment
    transactions: tuple[Transaction, ...]
    withdrawals: tuple[Withdrawal, ...] = ()
    ommers: tuple[OmmerMiner, ...] = ()
    is_bare: bool = False
    access_list: BlockAccessList | None = None
