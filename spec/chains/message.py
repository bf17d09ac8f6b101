"""Messages: what an outbox says, what is on its way, and the order of all that is."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", Messages

from __future__ import annotations

from dataclasses import dataclass

from samestate.spec.chains.rejections import SendingRefusal


@dataclass(frozen=True, slots=True)
class Posting:
    """What a transaction has put into the outbox of its chain.

    ``place``: which of the transaction's postings, as its machine counts them. ``sequence`` is the number that the
    sender claims, None where the machine has no room to say one.
    """

    transaction: int
    place: int
    domain: int
    sequence: int | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a link carries. Source and destination are names of chains."""

    round: int
    source: str
    transaction: int
    place: int
    destination: str
    sequence: int
    payload: bytes

    @property
    def order(self) -> tuple[int, str, int, int]:
        """What messages are ordered by, whichever links they are on: no two have the same."""
        # rule: chains.message.order
        return self.round, self.source, self.transaction, self.place


@dataclass(frozen=True, slots=True)
class JudgedPosting:
    """A posting and what became of it: a message of some sequence number, or why it is none.

    ``sequence`` is the one that it has taken on its link, None where it took none.
    """

    source: str
    posting: Posting
    destination: str | None
    sequence: int | None
    refusal: SendingRefusal | None
