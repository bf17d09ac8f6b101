"""Mutants that are wrong about accounts whose storage vanishes. Only the EVM has those."""

from __future__ import annotations

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.memory import Place, Version, VersionChain, VersionedMemory
from samestate.spec.machine import Key


@mutant("block-stm", "block-stm.wipe.hides-what-is-below", "H20 H31", machine="evm")
class WipeForgotten(VersionedMemory):
    """A slot of a destroyed account that an earlier transaction of the block had written keeps that value."""

    def look(self, key: Key, step: int) -> VersionChain:
        """Wrong: the nearest write counts, and the wipe only where there is none."""
        owner = self.codec.storage_owner(key)
        history = self.histories.get(("value", key))
        if owner is None or history is None:
            return super().look(key, step)
        for version in history.below(step):
            self.refuse_estimate(version)
            return VersionChain(version)
        return super().look(key, step)


@mutant("block-stm", "block-stm.wipe.is-a-version", "H27", machine="evm")
class WipeLeftStanding(VersionedMemory):
    """The mark that an account was destroyed is not among what an incarnation has written, and outlives it."""

    def remove(self, place: Place, step: int) -> None:
        """Wrong: removes values alone."""
        if place[0] == "value":
            super().remove(place, step)

    def put(self, place: Place, version: Version) -> None:
        """Wrong: no wipe ever becomes an estimate."""
        if place[0] == "value" or not version.estimate:
            super().put(place, version)
