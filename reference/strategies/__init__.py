"""The strategies, by name: ways to execute a block that must all give what the state transition gives."""

from typing import Final

from samestate.reference.predicted import Predictions
from samestate.reference.strategies.access_list import FromAccessList
from samestate.reference.strategies.base import Job, Parts, Strategy
from samestate.reference.strategies.block_stm import BlockStm
from samestate.reference.strategies.locks import Locks
from samestate.reference.strategies.sequential import Sequential
from samestate.reference.strategies.waves import Waves

__all__ = ["STRATEGIES", "Job", "Parts", "Predictions", "Strategy"]

STRATEGIES: Final[dict[str, type[Strategy]]] = {
    strategy.name: strategy for strategy in (Sequential, BlockStm, Locks, Waves, FromAccessList)
}
