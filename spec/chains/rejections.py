"""Why a plan of chains, or the inbox of a block, is invalid, and why a message is not accepted where it is sent."""

from __future__ import annotations

import enum

from samestate.spec.machine import RejectionCode


class PlanInvalid(RejectionCode):
    """The rejection codes of plans. The first ones refuse a plan as a whole, the others one block of a chain."""

    DOMAIN_TWICE = "two chains have the same domain"
    LINK_TO_NO_CHAIN = "a link begins or ends at a chain that is not in the plan"
    LINK_TO_ITSELF = "a link leads from a chain to itself"
    LINK_TWICE = "two links lead from the same chain to the same chain"
    CYCLE_IN_A_ROUND = "links without latency lead from a chain back to itself"
    LINK_WITHOUT_LATENCY = "the latency of a link is less than a round"
    BLOCK_OF_NO_CHAIN = "a round has a block of a chain that is not in the plan"

    MESSAGE_REPLAYED = "a message is delivered a second time"
    MESSAGE_NOT_SENT = "a message is delivered that was never sent"
    MESSAGE_NOT_DUE = "a message is delivered before its latency is over"
    TOO_MANY_MESSAGES = "more messages are delivered than a block may have"
    MESSAGE_OUT_OF_ORDER = "a message is delivered before one that comes first"
    MESSAGE_LEFT_OUT = "a message that is due is not delivered"


class SendingRefusal(enum.Enum):
    """Why what stands in an outbox is not carried anywhere. The value is what it means."""

    NO_LINK = "no link leads to the domain that is named"
    SEQUENCE_REPLAYED = "the sequence number was used before"
    SEQUENCE_GAP = "the sequence number is not the next one of the link"
    PAYLOAD_DOES_NOT_FIT = "the destination has no transaction for such a payload"
