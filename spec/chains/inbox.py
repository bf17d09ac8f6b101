"""What a block says that it delivers. It must be what is due: nothing twice, nothing early, nothing left out."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", How a block is judged

from __future__ import annotations

from collections.abc import Sequence

from samestate.spec.chains.mailboxes import Mailboxes
from samestate.spec.chains.message import SentMessage
from samestate.spec.chains.rejections import PlanInvalid
from samestate.spec.machine import Rejection

Inbox = Sequence[tuple[str, int]]
"""Messages by source and sequence number, in the order in which a block delivers them."""


def check_inbox(claimed: Inbox, boxes: Mailboxes, destination: str, due: Sequence[SentMessage], limit: int) -> None:
    """Raise Rejection where a block does not deliver the first ``limit`` of the messages that are ``due``."""
    right = [(message.source, message.sequence) for message in due]
    waiting = {(message.source, message.sequence) for message in boxes.waiting.get(destination, ())}
    delivered = boxes.delivered.get(destination, {})
    for place, message in enumerate(claimed):
        if message in delivered or message in claimed[:place]:
            # rule: chains.inbox.replayed
            raise Rejection(PlanInvalid.MESSAGE_REPLAYED, words(message))
        if message not in waiting:
            # rule: chains.inbox.not-sent
            raise Rejection(PlanInvalid.MESSAGE_NOT_SENT, words(message))
        if message not in right:
            # rule: chains.inbox.not-due
            raise Rejection(PlanInvalid.MESSAGE_NOT_DUE, words(message))
        if message != right[place]:
            # rule: chains.inbox.out-of-order
            raise Rejection(PlanInvalid.MESSAGE_OUT_OF_ORDER, f"{words(message)} before {words(right[place])}")
        if place >= limit:
            # rule: chains.inbox.too-many
            raise Rejection(PlanInvalid.TOO_MANY_MESSAGES, f"{len(claimed)} of {limit}")
    if len(claimed) < min(limit, len(right)):
        # rule: chains.inbox.left-out
        raise Rejection(PlanInvalid.MESSAGE_LEFT_OUT, words(right[len(claimed)]))


def words(message: tuple[str, int]) -> str:
    """A message in words."""
    return f"{message[1]} of {message[0]}"
