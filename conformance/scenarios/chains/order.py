"""The order of messages: by round, by the name of the chain that sent them, by transaction, and by place in it."""

from __future__ import annotations

from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.scenario import plan_scenario


@plan_scenario()
def of_the_same_round(plan: PlanBuilder) -> None:
    """Two chains send in one round. Their names order the messages, and neither domains nor links do."""
    hub, zoe, ann = plan.toy("hub", 1), plan.toy("zoe", 2), plan.toy("ann", 3)
    for sender in (zoe, ann):
        plan.link(sender, hub)
        sender.post(sender.account("alice"), hub, 0, sender.domain)
    plan.next_round(hub)
    plan.expect_delivered((hub, ann, 0, "success"), (hub, zoe, 0, "success"))


@plan_scenario()
def links_of_different_latency(plan: PlanBuilder) -> None:
    """What is due does not wait for what is not; and of what is due the first round comes first, if by a slow link."""
    hub, slow, quick = plan.toy("hub", 1), plan.toy("slow", 2), plan.toy("quick", 3)
    plan.link(slow, hub, latency=2)
    plan.link(quick, hub, latency=1)
    bob = quick.account("bob")
    slow.post(slow.account("alice"), hub, 0, 1)
    quick.post(bob, hub, 0, 2)
    plan.next_round(hub)
    quick.post(bob, hub, 1, 3)
    plan.expect_delivered((hub, quick, 0, "success"))
    plan.next_round(hub)
    plan.expect_delivered((hub, slow, 0, "success"), (hub, quick, 1, "success"))


@plan_scenario()
def as_many_as_fit(plan: PlanBuilder) -> None:
    """A block takes one message. Of two the other waits, and what is sent meanwhile comes after it."""
    west, east = plan.toy("west", 1), plan.toy("east", 2, messages_per_block=1)
    plan.link(west, east)
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    west.post(alice, east, 1, 2)
    plan.next_round(east)
    west.post(alice, east, 2, 3)
    plan.expect_delivered((east, west, 0, "success"))
    for number in (1, 2):
        plan.next_round(east)
        plan.expect_delivered((east, west, number, "success"))


@plan_scenario()
def a_chain_that_takes_none(plan: PlanBuilder) -> None:
    """A limit of no messages at all: they wait for ever, and everything else goes on."""
    west, east = plan.toy("west", 1), plan.toy("east", 2, messages_per_block=0)
    plan.link(west, east)
    west.post(west.account("alice"), east, 0, 1)
    plan.next_round(east)
    plan.expect_delivered()
