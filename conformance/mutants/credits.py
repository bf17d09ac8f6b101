"""Mutants that are wrong about credits, above all about the fees of the coinbase."""

from __future__ import annotations

from samestate.conformance.mutants.mutant import mutant
from samestate.reference.memory import Effects, VersionChain
from samestate.reference.view import SpeculativeView
from samestate.spec.machine import Key, Value
from samestate.spec.toy.keys import BALANCE, nonce_key


@mutant("block-stm", "block-stm.credit.merged-when-read", "H13")
class FeesNotSeen(SpeculativeView):
    """A balance that is read in the middle of a block lacks the fees of the transactions before."""

    def observe(self, key: Key) -> Value:
        """Wrong: takes the last full write, and no credit since."""
        super().observe(key)
        seen = self.reads[key]
        base = VersionChain(None if seen.chain is None else seen.chain.base)
        self.reads[key] = seen._replace(value=self.memory.value(key, base))
        return self.reads[key].value


@mutant("block-stm", "block-stm.publish.every-effect", "H12")
class CoinbaseNonceSkipped(SpeculativeView):
    """A coinbase that sends a transaction keeps its nonce: whoever receives fees is left to the lazy way."""

    def effects(self) -> Effects:
        """Wrong: an account that was credited has nothing but a balance."""
        effects = super().effects()
        lazy = {nonce_key(key[1:]) for key in self.credits if key[:1] == BALANCE}
        kept = {key: value for key, value in effects.writes.items() if key not in lazy}
        return Effects(kept, effects.credits, effects.wipes)


@mutant("locks", "block-stm.credit.known-value-becomes-a-write", "H12")
class OwnCreditLost(SpeculativeView):
    """A fee that a transaction pays to an account which it has written too is lost."""

    def effects(self) -> Effects:
        """Wrong: a write replaces a credit that came after it."""
        for key in [key for key in self.credits if key in self.writes]:
            del self.credits[key]
        return super().effects()


@mutant("block-stm", "block-stm.frame.rolled-back", "H26", machine="evm")
class RollbackKeepsCredits(SpeculativeView):
    """What a reverted frame has paid to an account whose balance it had not read stays there."""

    def rollback(self, mark: int) -> None:
        """Wrong: undoes writes and wipes, but no credits."""
        kept = dict(self.credits)
        super().rollback(mark)
        self.credits.clear()
        self.credits.update(kept)
