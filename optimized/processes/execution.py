"""One execution of a transaction in a worker process: the machine's call, and what is to be known of it elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from samestate.optimized.deadline import TimeUp
from samestate.optimized.errors import StepFailed
from samestate.optimized.processes.ledger import Effect, Value
from samestate.optimized.processes.machine import Machine, Merge, described, rejection
from samestate.optimized.processes.view import StepView, Stopped, Suspended
from samestate.optimized.result import Rejection

SUCCEEDED: Final = 0
REJECTED: Final = 1
FAILED: Final = 2

PROTOCOL: Final = 5


class Memory(Protocol):
    """The versioned memory as one execution sees it: see `WorkerMemory` of `python_executor`."""

    def observe(self, key: bytes, since: int) -> Value:
        """The value from before this step, without what was done to the key before the step ``since``."""

    def wiped_at(self, address: bytes) -> int:
        """The last step before this one that wiped the address, or -1."""

    def finish(
        self,
        verdict: int,
        outcome: bytes,
        wipes: Sequence[bytes],
        writes: dict[bytes, Value],
        credits: dict[bytes, int],
    ) -> None:
        """What the step did, and what there is to say of it."""


@dataclass(frozen=True, slots=True)
class BlockAtHand:
    """What all executions of a block in one process share. ``merge``: the machine's, checked."""

    machine: Machine
    merge: Merge
    block: Any
    transactions: Sequence[Any]
    storage: Container[bytes]

    def execute(self, memory: Memory, index: int) -> None:
        """Run a transaction over the memory. Raises Suspended or Stopped, and nothing else."""
        observe = _Observer(memory, self.machine.storage_owner)
        view = StepView(observe, self.machine.storage_owner, self.merge, self.storage)
        try:
            outcome = self.machine.execute(self.block, self.transactions[index], view)
            publication = view.publication()
            unmerged = "" if publication.unmerged is None else described(publication.unmerged)
            report = pickle.dumps((SUCCEEDED, outcome, view.effect(), unmerged), PROTOCOL)
        except BaseException as error:
            observe.give_up_if_interrupted()
            # rule: block-stm.incarnation.failure-is-speculative
            rejected = rejection(error, index)
            if rejected is not None:
                memory.finish(REJECTED, pickle.dumps((REJECTED, rejected), PROTOCOL), (), {}, {})
            else:
                memory.finish(FAILED, pickle.dumps((FAILED, described(error)), PROTOCOL), (), {}, {})
            return
        observe.give_up_if_interrupted()
        memory.finish(SUCCEEDED, report, view.effect().wipes, publication.writes, publication.credits)


class Executed(NamedTuple):
    """What a worker says of a transaction that ran to its end.

    ``unmerged``: why a credit of it could not be merged, in words, or nothing. The ledger merges it again in its turn,
    and is to fail then too.
    """

    outcome: Any
    effect: Effect
    unmerged: str


def read_report(report: bytes, transaction: int) -> Executed | Rejection:
    """What :meth:`BlockAtHand.execute` said: what was executed, or the rejection.

    Raises :class:`StepFailed` where the machine failed, or its outcome cannot be unpickled.
    """
    try:
        verdict, *content = pickle.loads(report)
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:
        raise StepFailed(str(transaction), f"its outcome cannot be unpickled: {described(error)}") from error
    if verdict == FAILED:
        raise StepFailed(str(transaction), content[0])
    if verdict == REJECTED:
        rejected: Rejection = content[0]
        return rejected
    return Executed(*content)


class _Observer:
    """Reads of one execution. A slot's value depends on the last wipe of its address, asked for once an address."""

    __slots__ = ("_interruption", "_memory", "_owner", "_wiped_at")

    def __init__(self, memory: Memory, storage_owner: Callable[[bytes], bytes | None]) -> None:
        self._memory = memory
        self._owner = storage_owner
        self._wiped_at: dict[bytes, int] = {}
        self._interruption: BaseException | None = None

    def __call__(self, key: bytes) -> Value:
        self.give_up_if_interrupted()
        owner = self._owner(key)
        try:
            if owner is None:
                return self._memory.observe(key, -1)
            if owner not in self._wiped_at:
                self._wiped_at[owner] = self._memory.wiped_at(owner)
            return self._memory.observe(key, self._wiped_at[owner])
        except (Suspended, Stopped) as interruption:
            self._interruption = interruption
            raise

    def give_up_if_interrupted(self) -> None:
        """Raise again what the machine ought not to have caught."""
        if self._interruption is not None:
            raise self._interruption
