"""What is between chains: which messages were sent, which wait, which were delivered, and by which numbers."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", Messages

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from samestate.spec.chains.message import JudgedPosting, Posting, SentMessage
from samestate.spec.chains.plan import PlanOfChains
from samestate.spec.chains.rejections import SendingRefusal

Ends = tuple[str, str]
"""The names of the source and of the destination of a link."""


class DeliveryStatus(enum.Enum):
    """What became of a message where it was delivered. The value is the byte that stands for it under a root."""

    SUCCESS = 1
    FAILURE = 2
    """Its transaction is in the block, and failed."""
    NOT_INCLUDED = 3
    """Its transaction may not be in a block on the state that it met, and is not."""


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Messages between chains. ``next_sequence``: of each link, the number that comes next where messages are sent.

    ``waiting``: for each destination what is not delivered yet, in order. ``sent``: what each chain has sent, by
    destination and sequence number; ``delivered``: what each has received, by source and sequence number.
    """

    next_sequence: Mapping[Ends, int] = field(default_factory=dict)
    waiting: Mapping[str, tuple[SentMessage, ...]] = field(default_factory=dict)
    sent: Mapping[str, Mapping[tuple[str, int], bytes]] = field(default_factory=dict)
    delivered: Mapping[str, Mapping[tuple[str, int], DeliveryStatus]] = field(default_factory=dict)

    def due(self, plan: PlanOfChains, destination: str, number: int) -> tuple[SentMessage, ...]:
        """The messages whose latency is over in the round of that number, in order."""
        # rule: chains.message.due
        return tuple(
            message
            for message in self.waiting.get(destination, ())
            if message.round + plan.link(message.source, destination).latency <= number
        )

    def receive(self, destination: str, statuses: Mapping[tuple[str, int], DeliveryStatus]) -> Mailboxes:
        """A chain has used up these messages, by source and sequence number: none of them is delivered again."""
        left = tuple(each for each in self.waiting.get(destination, ()) if (each.source, each.sequence) not in statuses)
        received = {**self.delivered.get(destination, {}), **statuses}
        # rule: chains.message.at-most-once
        return replace(
            self,
            waiting={**self.waiting, destination: left},
            delivered={**self.delivered, destination: received},
        )

    def send(
        self, plan: PlanOfChains, source: str, number: int, postings: Iterable[Posting]
    ) -> tuple[Mailboxes, list[JudgedPosting]]:
        """What is in the outbox of a chain after its block of a round: carried from now on, or refused."""
        boxes, judged = self, []
        for posting in postings:
            destination = plan.destination_of(source, posting.domain)
            if destination is None:
                # rule: chains.sending.no-link
                judged.append(JudgedPosting(source, posting, None, None, SendingRefusal.NO_LINK))
                continue
            following = boxes.next_sequence.get((source, destination), 0)
            sequence = following if posting.sequence is None else posting.sequence
            if sequence < following:
                # rule: chains.sending.replayed
                refused = SendingRefusal.SEQUENCE_REPLAYED
                judged.append(JudgedPosting(source, posting, destination, None, refused))
                continue
            if sequence > following:
                # rule: chains.sending.gap
                judged.append(JudgedPosting(source, posting, destination, None, SendingRefusal.SEQUENCE_GAP))
                continue
            # rule: chains.sending.sequence
            boxes = replace(boxes, next_sequence={**boxes.next_sequence, (source, destination): sequence + 1})
            if not plan.chains[destination].station.accepts(posting.payload):
                # rule: chains.sending.does-not-fit
                refused = SendingRefusal.PAYLOAD_DOES_NOT_FIT
                judged.append(JudgedPosting(source, posting, destination, sequence, refused))
                continue
            judged.append(JudgedPosting(source, posting, destination, sequence, None))
            message = SentMessage(
                number, source, posting.transaction, posting.place, destination, sequence, posting.payload
            )
            boxes = boxes._carry(message)
        return boxes, judged

    def _carry(self, message: SentMessage) -> Mailboxes:
        """A message is on its way."""
        waiting = sorted((*self.waiting.get(message.destination, ()), message), key=lambda each: each.order)
        sent = {
            **self.sent.get(message.source, {}),
            (message.destination, message.sequence): message.payload,
        }
        return replace(
            self,
            waiting={**self.waiting, message.destination: tuple(waiting)},
            sent={**self.sent, message.source: sent},
        )
