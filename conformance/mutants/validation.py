"""Mutants that take a read as valid which is not."""

from __future__ import annotations

from collections.abc import Mapping

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.memory import Blocked, Observation, VersionChain, VersionedMemory
from samestate.spec.machine import Key


@mutant("block-stm", "block-stm.validation.every-read", "H62")
class SkippedValidation(VersionedMemory):
    """Validation always says yes."""

    def validate(self, step: int, reads: Mapping[Key, Observation]) -> bool:
        """Wrong: looks at nothing."""
        return True


@mutant("block-stm", "block-stm.validation.by-version", "H22", shown_by="there_and_back")
class ValidationByValue(VersionedMemory):
    """A read is valid as long as the value is the same, whichever step it comes from."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Wrong: compares what the versions hold."""
        return observation.value == self.value(key, now)


@mutant("block-stm", "block-stm.credit.every-contributor-validated", "H13")
class CreditContributorIgnored(VersionedMemory):
    """A read is valid as long as the last full write is the same, whoever has credited the key since."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Wrong: leaves the credits out."""
        seen = observation.chain
        return seen is not None and VersionChain(seen.base).names() == VersionChain(now.base).names()


@mutant("block-stm", "block-stm.credit.every-contributor-validated", "H13", shown_by="fee_that_depends")
class CreditIncarnationIgnored(VersionedMemory):
    """A read is valid as long as the same steps have credited the key, whichever of their incarnations did."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Wrong: compares credits by their steps."""
        seen = observation.chain
        if seen is None or VersionChain(seen.base).names() != VersionChain(now.base).names():
            return False
        return [credit.step for credit in seen.credits] == [credit.step for credit in now.credits]


@mutant("block-stm", "block-stm.credit.every-contributor-validated", "H21", shown_by="fee_that_depends")
class NewestVersionOnly(VersionedMemory):
    """A read is valid as long as the newest version under the key is the same, whatever has changed below it."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Wrong: compares the last version of the chains."""
        return observation.chain is not None and observation.chain.names()[-1:] == now.names()[-1:]


@mutant("block-stm", "block-stm.read.nothing-found-is-a-read", "H62")
class BaseReadUnchecked(VersionedMemory):
    """A read that found nothing but the state before the block is never checked."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        """Wrong: takes it that what no transaction had written stays unwritten."""
        return observation.chain == VersionChain(None) or super().agree(key, observation, now)


@mutant("block-stm", "block-stm.validation.estimate-fails", "H59", shown_by="two_wait_for_one")
class EstimateHolds(VersionedMemory):
    """A read is valid where it would meet an estimate now."""

    def still_holds(self, key: Key, step: int, observation: Observation) -> bool:
        """Wrong: takes it that the next incarnation writes the same again."""
        try:
            now = self.look(key, step)
        except Blocked:
            return True
        return self.agree(key, observation, now)
