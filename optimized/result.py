"""What an engine gives for a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from samestate.optimized.record import Step


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a block is invalid.

    ``code`` is the name of the machine's code, ``transaction`` the index of the transaction at fault where there is
    one, ``detail`` helps a person.
    """

    code: str
    transaction: int | None = None
    detail: str = ""


class Result(Protocol):
    """What a block did, or why it may not be in a chain.

    Where ``rejection`` is given everything else is empty, but for ``metrics`` and ``trace``. ``steps`` is the access
    record, empty unless the engine was asked to record. ``changes`` and ``wipes`` are the difference from the state
    before the block: every key that a step wrote or credited, with its last value or None where it is absent.
    """

    @property
    def rejection(self) -> Rejection | None:
        """Why the block is invalid, or None."""

    @property
    def outcomes(self) -> Sequence[Any]:
        """What each transaction did, as far as the machine tells it apart from the receipt."""

    @property
    def receipts(self) -> Sequence[Any]:
        """The receipt of each transaction, in the machine's own form."""

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Every key written or credited, with the value that it has after the block."""

    @property
    def wipes(self) -> Sequence[bytes]:
        """The addresses whose storage vanished."""

    @property
    def steps(self) -> Sequence[Step]:
        """The access record: open, each transaction, close."""

    @property
    def metrics(self) -> Any:
        """Figures of the run: a plain record."""

    @property
    def trace(self) -> Sequence[Any]:
        """What each worker did and when, where the engine was asked to trace."""
