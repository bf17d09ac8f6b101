"""What a machine must say so that its chains can exchange messages. No rule of the machine itself is bent for them."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", Messages

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from samestate.spec.chains.message import Posting
from samestate.spec.transition import BlockResult

AnyBlockResult = BlockResult[Any, Any, Any, Any]

ApplyBlock = Callable[[Any, Any, Any], AnyBlockResult]
"""What gives the result of a block on a state, from a machine, as ``apply_block``. Raises Rejection."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain stands: how many blocks it has, its state, and what else the machine hands from block to block."""

    height: int
    state: Any
    bank: Any = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message as its destination sees it: the domain that it is from, and who is to receive it."""

    domain: int
    sequence: int
    payload: bytes
    recipient: bytes


class Station(Protocol):
    """How the chains of a machine send and receive. Blocks, states and results are the machine's own."""

    @property
    def machine(self) -> Any:
        """The machine, under the chain's rules."""

    @property
    def machine_name(self) -> str:
        """What the machine is called."""

    @property
    def fork(self) -> str:
        """What its rules are called."""

    def accepts(self, payload: bytes) -> bool:
        """Whether there is a transaction for such a payload."""

    def with_deliveries(self, block: Any, head: ChainHead, messages: Sequence[InboundMessage]) -> Any:
        """The block with a transaction for each message before its own ones, as the machine executes it."""

    def follow(self, head: ChainHead, block: Any, result: AnyBlockResult) -> ChainHead:
        """Where the chain stands after a valid block."""

    def postings(self, block: Any, result: AnyBlockResult) -> Iterable[Posting]:
        """What the transactions of a valid block have put into the outbox, in order."""
