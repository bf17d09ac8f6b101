"""A round: at most one block of each chain, each on what the rounds before have left. None sees another of the round.

So the chains of a round can be executed in any order, or at once; what they send is put in order afterwards.
"""

# source: Samestate: vectors/FORMAT.md, "Plans of chains", A round

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from samestate.spec.chains.inbox import Inbox, check_inbox
from samestate.spec.chains.mailboxes import DeliveryStatus, Mailboxes
from samestate.spec.chains.message import JudgedPosting, SentMessage
from samestate.spec.chains.plan import PlanOfChains
from samestate.spec.chains.station import AnyBlockResult, ApplyBlock, ChainHead, InboundMessage
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block as a plan has it: without deliveries, which are put before its own transactions.

    ``inbox``: what it says that it delivers, None where it says nothing.
    """

    block: Any
    inbox: Inbox | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that a block has used up. ``transaction``: its place in the block, None where it is not included;
    ``rejection`` then says why.
    """

    message: SentMessage
    status: DeliveryStatus
    transaction: int | None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What became of a chain's block: its result with the block as it was executed, or why it is invalid."""

    head: ChainHead
    block: Any = None
    result: AnyBlockResult | None = None
    delivered: tuple[Delivered, ...] = ()
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class PlanState:
    """Where all chains stand after so many rounds."""

    heads: Mapping[str, ChainHead]
    boxes: Mailboxes = field(default_factory=Mailboxes)
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What a round did: the chains that had a block, by name, and all that was in their outboxes, in order."""

    chains: Mapping[str, ChainResult]
    sent: tuple[JudgedPosting, ...]
    state: PlanState


def apply_round(
    plan: PlanOfChains, state: PlanState, blocks: Mapping[str, PlannedBlock], apply: ApplyBlock = apply_block
) -> RoundResult:
    """Execute the blocks of a round, by name of their chain; ``apply`` executes each."""
    results = {name: apply_chain(plan, state, name, blocks[name], apply) for name in sorted(blocks)}
    return end_round(plan, state, results)


def end_round(plan: PlanOfChains, state: PlanState, results: Mapping[str, ChainResult]) -> RoundResult:
    """What follows from the blocks of a round, once all are executed: first what was received, then what was sent."""
    boxes, sent = state.boxes, []
    for name in sorted(results):
        statuses = {(each.message.source, each.message.sequence): each.status for each in results[name].delivered}
        boxes = boxes.receive(name, statuses)
    for name in sorted(results):
        done = results[name]
        if done.result is not None:
            postings = plan.chains[name].station.postings(done.block, done.result)
            # rule: chains.round.order
            boxes, judged = boxes.send(plan, name, state.rounds, postings)
            sent += judged
    heads = {**state.heads, **{name: result.head for name, result in results.items()}}
    # rule: chains.round.stalled
    return RoundResult(results, tuple(sent), PlanState(heads, boxes, state.rounds + 1))


def apply_chain(
    plan: PlanOfChains, state: PlanState, name: str, planned: PlannedBlock, apply: ApplyBlock
) -> ChainResult:
    """Execute the block of one chain. An invalid block leaves everything as it was, and its messages wait on."""
    chain, head = plan.chains[name], state.heads[name]
    due = state.boxes.due(plan, name, state.rounds)
    try:
        if planned.inbox is not None:
            check_inbox(planned.inbox, state.boxes, name, due, chain.messages_per_block)
        # rule: chains.round.limit
        return deliver(plan, name, head, planned.block, due[: chain.messages_per_block], apply)
    except Rejection as rejection:
        # rule: chains.round.invalid-block
        return ChainResult(head, rejection=rejection)


def deliver(
    plan: PlanOfChains, name: str, head: ChainHead, own: Any, messages: Iterable[SentMessage], apply: ApplyBlock
) -> ChainResult:
    """Execute a block with messages before its own transactions, without those that may not be in it.

    A message has one chance: what is not included is used up, as what fails is. Raises Rejection where the block is
    invalid for any other reason.
    """
    station, included = plan.chains[name].station, list(messages)
    order = list(included)
    refused: dict[SentMessage, Rejection] = {}
    while True:
        inbound = [
            InboundMessage(
                domain=plan.chains[message.source].domain,
                sequence=message.sequence,
                payload=message.payload,
                recipient=plan.link(message.source, name).recipient,
            )
            for message in included
        ]
        block = station.with_deliveries(own, head, inbound)
        try:
            result = apply(station.machine, block, head.state)
            break
        except Rejection as rejection:
            at_fault = rejection.transaction
            if at_fault is None or at_fault >= len(included):
                raise
            # rule: chains.delivery.not-included
            refused[included.pop(at_fault)] = rejection
    delivered = []
    for message in order:
        if message in refused:
            delivered.append(Delivered(message, DeliveryStatus.NOT_INCLUDED, None, refused[message]))
            continue
        index = included.index(message)
        # rule: chains.delivery.status
        status = DeliveryStatus.SUCCESS if result.receipts[index].succeeded else DeliveryStatus.FAILURE
        delivered.append(Delivered(message, status, index))
    return ChainResult(station.follow(head, block, result), block, result, tuple(delivered))
