"""One root over all chains: where each stands, and what it has sent and received."""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", Roots

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from samestate.spec.chains.mailboxes import Mailboxes
from samestate.spec.chains.plan import PlanOfChains
from samestate.spec.chains.station import ChainHead
from samestate.spec.state.merkle import merkle_root

DOMAIN_BYTES: Final = 8
NUMBER_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class HeadRoots:
    """What the joint root commits to of a chain."""

    height: int
    state_root: bytes
    outbox_root: bytes
    inbox_root: bytes


def outbox_root(plan: PlanOfChains, boxes: Mailboxes, name: str) -> bytes:
    """The Merkle root of the payloads of all messages of a chain that were carried, by destination and number."""
    # rule: chains.root.outbox
    return merkle_root(
        {
            message_key(plan, destination, sequence): payload
            for (destination, sequence), payload in boxes.sent.get(name, {}).items()
        }
    )


def inbox_root(plan: PlanOfChains, boxes: Mailboxes, name: str) -> bytes:
    """The Merkle root of what became of all messages that a chain has used up, a byte each, by source and number."""
    # rule: chains.root.inbox
    return merkle_root(
        {
            message_key(plan, source, sequence): bytes([status.value])
            for (source, sequence), status in boxes.delivered.get(name, {}).items()
        }
    )


def message_key(plan: PlanOfChains, other: str, sequence: int) -> bytes:
    """The domain of the other chain and the sequence number, 8 bytes each."""
    return plan.chains[other].domain.to_bytes(DOMAIN_BYTES, "big") + sequence.to_bytes(NUMBER_BYTES, "big")


def head_roots(plan: PlanOfChains, name: str, head: ChainHead, boxes: Mailboxes, state_root: bytes) -> HeadRoots:
    """What the joint root commits to of a chain whose state has that root."""
    return HeadRoots(head.height, state_root, outbox_root(plan, boxes, name), inbox_root(plan, boxes, name))


def joint_root(plan: PlanOfChains, heads: Mapping[str, HeadRoots]) -> bytes:
    """The Merkle root of all chains by name: machine and fork, each after its length in a byte, then the height in 8
    bytes and three roots.
    """
    # rule: chains.root.joint
    return merkle_root(
        {
            name.encode(): b"".join(
                [
                    counted(plan.chains[name].station.machine_name),
                    counted(plan.chains[name].station.fork),
                    head.height.to_bytes(NUMBER_BYTES, "big"),
                    head.state_root,
                    head.outbox_root,
                    head.inbox_root,
                ]
            )
            for name, head in heads.items()
        }
    )


def counted(word: str) -> bytes:
    """A word after its length."""
    encoded = word.encode()
    return bytes([len(encoded)]) + encoded
