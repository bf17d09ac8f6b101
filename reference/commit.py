"""Committing in block order: settling each transaction, and the access record as the strategy observed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from samestate.reference.explorer.violation import Violation
from samestate.reference.memory import (
    NO_EFFECTS,
    Blocked,
    Effects,
    Observation,
    VersionChain,
    VersionedMemory,
    VersionKind,
)
from samestate.spec.access import Read, StepAccess
from samestate.spec.machine import Key, Machine, Rejection, Value
from samestate.spec.transition import BlockResult

AnyMachine = Machine[Any, Any, Any, Any, Any, Any]

NO_ESTIMATES_LEFT: Final = "committed steps leave no estimates"


def estimate_left(blocked: Blocked, what: str) -> Violation:
    """What is wrong where somebody meets an estimate once all steps before are committed."""
    return Violation(NO_ESTIMATES_LEFT, f"{what}: that of step {blocked.step}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One incarnation of a step that ran to its end: what it gave, or how it failed; what it saw, and what it does.

    A failure is that of a speculative run until its reads have been validated. What fails does nothing to state.
    ``refused``: the run ended well, but what it adds to a value that it knows does not fit; nor does that do anything.
    """

    step: int
    incarnation: int
    outcome: Any = None
    failure: Exception | None = None
    reads: dict[Key, Observation] = field(default_factory=dict)
    effects: Effects = NO_EFFECTS
    touches: tuple[bytes, ...] = ()
    refused: Exception | None = None


class Committer:
    """The committed part of a block. Each step is committed once, when all before it are, and never again."""

    def __init__(self, machine: AnyMachine, block: Any, memory: VersionedMemory) -> None:
        self.machine = machine
        self.block = block
        self.memory = memory
        self.totals = machine.start(block)
        self.outcomes: list[Any] = []
        self.receipts: list[Any] = []
        self.steps: list[StepAccess] = []
        self.changed: dict[Key, None] = {}
        self.wiped: dict[bytes, int] = {}
        self._credited: dict[Key, Value] = {}
        self._sources_left: dict[tuple[Key, int], tuple[int, ...]] = {}

    def commit_transaction(self, attempt: Attempt) -> None:
        """Settle the transaction and record what it did. Raises its failure, or the rejection by the totals.

        As in the state transition, a sum that does not fit is no fault of the transaction: it has no index.
        """
        self.settle(attempt)
        self.record(attempt)

    def settle(self, attempt: Attempt) -> None:
        """Check what depends on the transactions before this one, and give its receipt."""
        try:
            if attempt.failure is not None:
                raise attempt.failure
            # rule: block-stm.commit.settled-by-totals
            # source: Samestate: what depends on the transactions before is checked when they are committed
            receipt, self.totals = self.machine.settle(self.block, attempt.outcome, self.totals)
        except Rejection as rejection:
            rejection.transaction = attempt.step
            raise
        self.outcomes.append(attempt.outcome)
        self.receipts.append(receipt)

    def record(self, attempt: Attempt) -> None:
        """Add what the step read, wrote, credited, wiped and touched to the access record."""
        if attempt.refused is not None:
            raise attempt.refused
        step, effects = attempt.step, attempt.effects
        reads = {key: self.read(step, key, observation) for key, observation in attempt.reads.items()}
        for address in effects.wipes:
            self._wipe(step, address)
        written: dict[Key, Value] = {}
        before: dict[Key, Value] = {}
        for key, value in effects.writes.items():
            wiped = self.machine.storage_owner(key) in effects.wipes
            chain = self.chain(key, step)
            old = None if wiped else self.memory.value(key, chain)
            if value != old:
                written[key], before[key] = value, old
            else:
                self._sources_left[key, step] = (step,) if wiped else self.sources(key, chain)
        for key, amount in effects.credits.items():
            self._credit(step, key, amount)
        for key in written:
            self._credited.pop(key, None)
        self.changed.update(dict.fromkeys(written))
        self.changed.update(dict.fromkeys(effects.credits))
        self.steps.append(
            StepAccess(
                step=step,
                reads=reads,
                writes=written,
                before=before,
                credits=dict(effects.credits),
                wipes=tuple(sorted(effects.wipes)),
                touches=tuple(sorted(attempt.touches)),
            )
        )

    def read(self, step: int, key: Key, observation: Observation) -> Read:
        """What the step really saw, and the steps that made it so."""
        chain = observation.chain if observation.chain is not None else self.chain(key, step)
        return Read(observation.value, self.sources(key, chain))

    def sources(self, key: Key, chain: VersionChain) -> tuple[int, ...]:
        """The committed steps that contributed to a chain. A write that left the value is not among them."""
        base: tuple[int, ...] = ()
        if chain.base is not None:
            base = (chain.base.step,)
            if chain.base.kind is VersionKind.WRITE:
                base = self._sources_left.get((key, chain.base.step), base)
        return (*base, *(credit.step for credit in chain.credits))

    def chain(self, key: Key, step: int) -> VersionChain:
        """What ``step`` would see of ``key``, now that all before it are committed."""
        try:
            return self.memory.look(key, step)
        except Blocked as blocked:
            raise estimate_left(blocked, key.hex()) from None

    def _credit(self, step: int, key: Key, amount: int) -> None:
        """Make sure that the sum fits. The last sum is remembered, since nobody may have read the chain so far."""
        before = self._credited[key] if key in self._credited else self.memory.value(key, self.chain(key, step))
        self._credited[key] = self.machine.merge(key, before, amount)

    def _wipe(self, step: int, address: bytes) -> None:
        self.wiped[address] = step
        for key in [key for key in self.changed if self.machine.storage_owner(key) == address]:
            del self.changed[key]
            self._credited.pop(key, None)

    def result(self, closing: Any) -> BlockResult[Any, Any, Any, Any]:
        """The result of the block, once every step is committed. The values are those that memory holds in the end."""
        after = len(self.receipts) + 1
        return BlockResult(
            outcomes=tuple(self.outcomes),
            receipts=tuple(self.receipts),
            totals=self.totals,
            closing=closing,
            steps=tuple(self.steps),
            changes={key: self.memory.value(key, self.chain(key, after)) for key in self.changed},
            wipes=tuple(sorted(self.wiped)),
            before=self.memory.state,
        )
