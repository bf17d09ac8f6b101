"""The toy's outbox and inbox: storage slots with a number for each message. Its operations are all that it takes."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", The toy

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestate.spec.chains.message import Posting
from samestate.spec.chains.station import AnyBlockResult, ChainHead, InboundMessage
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.keys import SLOT, nonce_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Sstore
from samestate.spec.toy.word import UINT64_MODULUS, WORD_BYTES, from_value

OUTBOX: Final = b"samestate outbox"
INBOX: Final = b"samestate inbox "
"""The first 16 bytes of a slot; the domain of the other chain and the sequence number follow, 8 bytes each."""
NUMBER_BYTES: Final = 8


def mail_slot(box: bytes, domain: int, sequence: int) -> int:
    """The slot of a message."""
    return int.from_bytes(box + domain.to_bytes(NUMBER_BYTES, "big") + sequence.to_bytes(NUMBER_BYTES, "big"), "big")


@dataclass(frozen=True, slots=True)
class ToyStation:
    """How a toy chain speaks to others. ``relayer`` is the account that sends what is delivered, at ``gas_price``."""

    relayer: bytes
    gas_limit: int
    gas_price: int
    machine_name: str = "toy"
    fork: str = "toy"

    @property
    def machine(self) -> Toy:
        """The toy machine."""
        return Toy()

    def accepts(self, payload: bytes) -> bool:
        """A payload is one word."""
        # rule: chains.toy.payload
        return len(payload) <= WORD_BYTES

    def with_deliveries(self, block: Block, head: ChainHead, messages: Sequence[InboundMessage]) -> Block:
        """Each message is a store of its payload into its own slot."""
        nonce = from_value(head.state.get(nonce_key(self.relayer)))
        # rule: chains.toy.delivery
        deliveries = tuple(
            Transaction(
                sender=self.relayer,
                nonce=min(nonce + index, UINT64_MODULUS - 1),
                gas_limit=self.gas_limit,
                gas_price=self.gas_price,
                operations=(
                    Sstore(mail_slot(INBOX, message.domain, message.sequence), int.from_bytes(message.payload, "big")),
                ),
            )
            for index, message in enumerate(messages)
        )
        return replace(block, transactions=(*deliveries, *block.transactions))

    def follow(self, head: ChainHead, block: Block, result: AnyBlockResult) -> ChainHead:
        """Nothing but the state goes from block to block."""
        return ChainHead(head.height + 1, result.state())

    def postings(self, block: Block, result: AnyBlockResult) -> Iterator[Posting]:
        """A slot of the outbox that a transaction leaves with another value, which is not zero; sorted by slot."""
        for step in result.steps[1:-1]:
            written = sorted(key for key in step.writes if key.startswith(SLOT + OUTBOX))
            for place, key in enumerate(written):
                value = step.writes[key]
                if value is None:
                    # rule: chains.toy.cleared-is-no-message
                    continue
                numbers = key[len(SLOT + OUTBOX) :]
                # rule: chains.toy.posting
                yield Posting(
                    transaction=step.step,
                    place=place,
                    domain=int.from_bytes(numbers[:NUMBER_BYTES], "big"),
                    sequence=int.from_bytes(numbers[NUMBER_BYTES:], "big"),
                    payload=value,
                )
