"""A block to be executed, with all that it takes and nothing of what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block import Header, Withdrawal
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import decode_transaction


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """A block that a generator made.

    ``pre`` is the state before it; ``parent`` a header that the block of ``environment`` may follow; ``transactions``
    are encoded. ``senders``: who sends them, where whoever made the block says so.
    """

    name: str
    fork: Fork
    chain_id: int
    parent: Header
    pre: Alloc
    environment: Environment
    transactions: tuple[bytes, ...]
    withdrawals: tuple[Withdrawal, ...] = ()
    senders: tuple[bytes, ...] = ()

    def state(self) -> FlatState:
        """The state before the block."""
        return FlatState.from_alloc(self.pre)

    def payload(self) -> Payload:
        """The block, decoded. Raises Rejection where a transaction is malformed."""
        return Payload(
            environment=self.environment,
            transactions=tuple(decode_transaction(encoded) for encoded in self.transactions),
            withdrawals=self.withdrawals,
        )
