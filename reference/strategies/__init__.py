"""The strategies, by name: ways to execute a block that must all give what the state transition gives."""

from typing import Final

from reference.strategies.base import Job, Parts, Predictions, Strategy
from reference.strategies.block_stm import BlockStm
from reference.strategies.sequential import Sequential

__all__ = ["STRATEGIES", "Job", "Parts", "Predictions", "Strategy"]

STRATEGIES: Final[dict[str, type[Strategy]]] = {strategy.name: strategy for strategy in (Sequential, BlockStm)}
