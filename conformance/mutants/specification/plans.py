"""Bugs of plans of chains, each as somebody who carries messages between chains has had it."""

from __future__ import annotations

from typing import Final

from samestate.conformance.mutants.specification.bug import bug

BUGS: Final = (
    bug(
        "delivered-again",
        "A block may deliver a message that was delivered before.",
        ("chains.inbox", "if message in delivered or message in claimed[:place]:", "if message in claimed[:place]:"),
        (
            "chains.inbox",
            "    for place, message in enumerate(claimed):\n",
            "    claimed = [message for message in claimed if message not in delivered]\n"
            "    for place, message in enumerate(claimed):\n",
        ),
        rule="chains.inbox.replayed",
        source="babylonlabs-io/babylon-sdk#86",
    ),
    bug(
        "sequence-used-again",
        "What has a sequence number that was used before is carried under the next one.",
        (
            "chains.mailboxes",
            "            if sequence < following:",
            "            sequence = max(sequence, following)\n            if False:",
        ),
        rule="chains.sending.replayed",
        source="informalsystems/ibc-rs#54",
    ),
    bug(
        "sequence-skipped",
        "A sequence number may be any that was not used before, and not just the next one.",
        ("chains.mailboxes", "            if sequence > following:", "            if False:"),
        rule="chains.sending.gap",
        source="cardano-foundation/cardano-ibc-incubator#582",
    ),
    bug(
        "rounds-in-any-order",
        "Messages are ordered by the chain that sent them before they are ordered by round.",
        ("chains.message", "return self.round, self.source,", "return self.source, self.round,"),
        rule="chains.message.order",
        source="starknet-io/starknet-devnet#586",
    ),
    bug(
        "places-as-they-come",
        "What one transaction posts is taken in the order in which it comes out of a map.",
        (
            "chains.toy",
            "sorted(key for key in step.writes if key.startswith(SLOT + OUTBOX))",
            "[key for key in step.writes if key.startswith(SLOT + OUTBOX)]",
        ),
        rule="chains.toy.posting",
        source="ethereum-optimism/optimism#7748",
    ),
    bug(
        "anybodys-event",
        "The event of the outbox counts whoever has logged it.",
        ("chains.evm", "if log.address != self.outbox or len(log.topics) != 3", "if len(log.topics) != 3"),
        rule="chains.evm.other-log",
        source="agglayer/aggkit#1751",
    ),
    bug(
        "the-same-message-twice-in-a-block",
        "Nothing in the transaction that delivers a message tells it from that of another with the same content.",
        ("chains.svm", ' + sequence.to_bytes(SEQUENCE_BYTES, "big")', ""),
        rule="chains.svm.delivery",
        source="filecoin-project/eudico#230",
    ),
    bug(
        "nonce-not-given-back",
        "The relayer's nonce counts a message that is not included.",
        ("chains.evm", "min(nonce + index, NONCE_LIMIT)", "min(nonce + each.sequence, NONCE_LIMIT)"),
        rule="chains.evm.delivery",
        source="OpenZeppelin/openzeppelin-relayer#818",
    ),
    bug(
        "one-failure-blocks-all",
        "A message whose transaction may not be in the block makes the block invalid, and so stays first in the queue.",
        ("chains.round", "if at_fault is None or at_fault >= len(included):", "if True:"),
        rule="chains.delivery.not-included",
        source="informalsystems/hermes#3610",
    ),
    bug(
        "dropped-over-the-limit",
        "What a block has no room for is dropped, and does not wait for the next.",
        (
            "chains.mailboxes",
            "tuple(each for each in self.waiting.get(destination, ()) if (each.source, each.sequence) not in statuses)",
            "()",
        ),
        rule="chains.message.at-most-once",
        source="galacticcouncil/Basilisk-node#641",
    ),
)
