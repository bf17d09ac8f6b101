"""Blocks that say which messages they deliver, rightly and wrongly."""

from __future__ import annotations

from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.planned_chains import ToyScenarioChain
from samestate.conformance.scenarios.scenario import plan_scenario
from samestate.spec.chains.rejections import PlanInvalid


def two_messages(plan: PlanBuilder, latency: int = 1, limit: int = 8) -> tuple[ToyScenarioChain, ToyScenarioChain]:
    """Two toy chains, the first of which has sent two messages in the round before."""
    west, east = plan.toy("west", 1), plan.toy("east", 2, messages_per_block=limit)
    plan.link(west, east, latency=latency)
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    west.post(alice, east, 1, 2)
    plan.next_round()
    return west, east


@plan_scenario()
def replayed(plan: PlanBuilder) -> None:
    """A message twice in a block, and in two blocks after one another: both are rejected, and right ones follow."""
    west, east = two_messages(plan)
    plan.claims(east, (west, 0), (west, 0), (west, 1))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_REPLAYED)
    plan.next_round()
    plan.claims(east, (west, 0), (west, 1))
    plan.next_round()
    plan.claims(east, (west, 1))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_REPLAYED)
    plan.next_round()
    plan.claims(east)


@plan_scenario()
def not_what_was_sent(plan: PlanBuilder) -> None:
    """A number that nobody has used, the second message before the first, one held back: then all that is due."""
    west, east = two_messages(plan)
    plan.claims(east, (west, 0), (west, 1), (west, 2))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_NOT_SENT)
    plan.next_round()
    plan.claims(east, (west, 1), (west, 0))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_OUT_OF_ORDER)
    plan.next_round()
    plan.claims(east, (west, 0))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_LEFT_OUT)
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"), (east, west, 1, "success"))


@plan_scenario()
def too_early_or_too_many(plan: PlanBuilder) -> None:
    """Messages before they are due; and both of them as soon as they are, where a block may have one."""
    west, east = two_messages(plan, latency=2, limit=1)
    plan.claims(east, (west, 0))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_NOT_DUE)
    plan.next_round()
    plan.claims(east, (west, 0), (west, 1))
    plan.expect_rejected(east, PlanInvalid.TOO_MANY_MESSAGES)
    plan.next_round()
    plan.claims(east, (west, 0))
    plan.expect_delivered((east, west, 0, "success"))
