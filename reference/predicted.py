"""The view of a step that is told what earlier steps leave, rather than reading it from memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from samestate.reference.explorer.points import Point
from samestate.reference.memory import Observation, VersionedMemory
from samestate.reference.view import SpeculativeView
from samestate.spec.machine import Key, Value

Predictions = Mapping[Key, Sequence[tuple[int, Value]]]
"""For each key the steps that change it, in order, and the value that each leaves: what an access list predicts."""


class PredictedView(SpeculativeView):
    """A speculative view that reads no versions. What it was told has to be checked by other means."""

    def __init__(self, memory: VersionedMemory, step: int, point: Point, predictions: Predictions) -> None:
        super().__init__(memory, step, point)
        self.predictions = predictions

    def observe(self, key: Key) -> Value:
        """The value that the last predicted change before this step leaves, or the one from before the block."""
        self.reads[key] = Observation(None, None)
        value = self.predicted(key)
        self.reads[key] = Observation(value, None)
        return value

    def predicted(self, key: Key) -> Value:
        """What the key holds when this step begins, as far as one is told."""
        changes = self.predictions.get(key, ())
        place = bisect_left(changes, self.step, key=lambda change: change[0])
        # rule: access-list.reads-what-is-predicted
        # source: EIP-7928: the list has the value after each change, by block access index
        return changes[place - 1][1] if place else self.memory.state.get(key)
