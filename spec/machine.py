"""What a machine is: the protocol between execution semantics and everything that drives them.

A machine reads and writes state only through a :class:`View`. It never learns who is on the other side: the state
transition of this package, a parallel strategy that may suspend it between two reads, or a recorder. Keys and values
are canonical bytes, so that any of them can be put into shared memory, compared, or printed without the machine's help.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from samestate.spec.access import StepAccess

Key = bytes
Value = bytes | None
"""Canonical bytes of a value, or None where the key is absent. Absent is not the same as empty bytes."""


class RejectionCode(enum.Enum):
    """Base of every machine's rejection codes. A member's value is its one exact message."""


class Rejection(Exception):  # noqa: N818 - the field's word for it
    """A transaction that may not be in a block, or a block that may not be in a chain.

    ``code`` is what tests and engines compare; ``detail`` helps a person and is never compared; ``transaction`` is the
    index of the transaction at fault, where there is one.
    """

    def __init__(self, code: RejectionCode, detail: str = "", transaction: int | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.transaction = transaction

    def __str__(self) -> str:
        message = str(self.code.value)
        return f"{message}: {self.detail}" if self.detail else message


class Suspended(BaseException):
    """Raised by a view whose value is not known yet. No machine catches it: the strategy that raised it does."""


class View(Protocol):
    """The only door between a machine and state."""

    def get(self, key: Key) -> Value:
        """The value of ``key`` as this step sees it. Observes the value: it counts as a read."""

    def set(self, key: Key, value: Value) -> None:
        """Give ``key`` a value, or None to make it absent. Observes nothing."""

    def add(self, key: Key, amount: int) -> None:
        """Credit ``key`` with a positive amount, without observing what it holds: additions commute."""

    def touch(self, address: bytes) -> None:
        """Record that ``address`` was accessed although no value of it mattered."""

    def wipe(self, address: bytes) -> None:
        """Make every storage slot of ``address`` absent."""

    def checkpoint(self) -> int:
        """A mark to which :meth:`rollback` can return."""

    def rollback(self, mark: int) -> None:
        """Undo the sets, credits and wipes made since ``mark``. Reads and touches stay on record."""

    def has_storage(self, address: bytes) -> bool:
        """Whether the state before the block holds storage for an account that has neither nonce nor code (EIP-7610).

        Constant within a block, hence no dependency and no slot recorded.
        """


class State(Protocol):
    """A state between blocks: keys to values. Never changed in place."""

    def get(self, key: Key) -> Value:
        """The value of ``key``, or None where it is absent."""

    def has_storage(self, address: bytes) -> bool:
        """See :meth:`View.has_storage`."""

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> Self:
        """The state after all storage under ``wipes`` has vanished and then ``changes`` have been made."""

    def root(self) -> bytes:
        """The commitment to this state."""


class Codec(Protocol):
    """What the frame must know of a machine's keys and values."""

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        """The value that ``key`` holds once ``amount`` has been credited to ``value``."""

    def storage_owner(self, key: Key) -> bytes | None:
        """The address whose storage ``key`` is a slot of, or None for a key that :meth:`View.wipe` leaves alone."""


Block = TypeVar("Block", contravariant=True)
Transaction = TypeVar("Transaction")
Outcome = TypeVar("Outcome")
Totals = TypeVar("Totals")
Receipt = TypeVar("Receipt")
Closing = TypeVar("Closing", covariant=True)


class Machine(Codec, Protocol[Block, Transaction, Outcome, Totals, Receipt, Closing]):
    """Execution semantics under one ruleset. Keeps no state between calls.

    Outcomes, totals, receipts and what closing gives are values: whoever executes the block again gets equal ones. An
    exception in one of them has to define equality, since Python compares exceptions by identity.
    """

    def transactions(self, block: Block) -> Sequence[Transaction]:
        """The transactions of ``block``, in order."""

    def start(self, block: Block) -> Totals:
        """The totals of a block in which no transaction has committed yet."""

    def open(self, block: Block, view: View) -> None:
        """The step before the first transaction. Raises Rejection where the block can't be opened."""

    def execute(self, block: Block, transaction: Transaction, view: View) -> Outcome:
        """One transaction. Sees no total of the block, so that it depends on others through ``view`` alone.

        Raises Rejection where the transaction may not be in a block on this state.
        """

    def settle(self, block: Block, outcome: Outcome, totals: Totals) -> tuple[Receipt, Totals]:
        """Commit ``outcome`` in block order: check what depends on the totals, and give the receipt and the new totals.

        Raises Rejection where the block has no room left for the transaction.
        """

    def close(self, block: Block, receipts: Sequence[Receipt], view: View) -> Closing:
        """The step after the last transaction. Raises Rejection where the block can't be closed."""

    def verify(self, block: Block, steps: Sequence[StepAccess], before: State) -> None:
        """The last word on a block, once its steps are known: what it says of them itself must be so.

        Raises Rejection where a block carries an access list and it is not the one that follows from the ``steps``, on
        the state ``before`` the block.
        """
