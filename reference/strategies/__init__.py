"""The strategies, by name: ways to execute a block that must all give what the state transition gives."""

from typing import Final

from reference.foretold import Predictions
from reference.strategies.access_list import FromAccessList
from reference.strategies.base import Job, Parts, Strategy
from reference.strategies.block_stm import BlockStm
from reference.strategies.locks import Locks
from reference.strategies.sequential import Sequential
from reference.strategies.waves import Waves

__all__ = ["STRATEGIES", "Job", "Parts", "Predictions", "Strategy"]

STRATEGIES: Final[dict[str, type[Strategy]]] = {
    strategy.name: strategy for strategy in (Sequential, BlockStm, Locks, Waves, FromAccessList)
}
