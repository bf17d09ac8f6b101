"""Plans that are refused as a whole."""

from __future__ import annotations

from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.scenario import plan_scenario
from samestate.spec.chains.rejections import PlanInvalid


@plan_scenario()
def cycle_in_a_round(plan: PlanBuilder) -> None:
    """Three chains in a ring whose links take no time: each would have to be executed before the others."""
    chains = [plan.toy(name, domain) for domain, name in enumerate(("ann", "bob", "cleo"))]
    for source, to in zip(chains, [*chains[1:], chains[0]], strict=True):
        plan.link(source, to, latency=0)
    plan.blocks_of(*chains)
    plan.expect_refused(PlanInvalid.CYCLE_IN_A_ROUND)


@plan_scenario()
def link_without_latency(plan: PlanBuilder) -> None:
    """No cycle, but a link that takes no time: the chains of a round could not be executed at once."""
    ann, bob = plan.toy("ann", 1), plan.toy("bob", 2)
    plan.link(ann, bob, latency=0)
    plan.link(bob, ann, latency=1)
    plan.blocks_of(ann, bob)
    plan.expect_refused(PlanInvalid.LINK_WITHOUT_LATENCY)


@plan_scenario()
def domain_twice(plan: PlanBuilder) -> None:
    """Two chains with one domain: nobody could say which of them is meant."""
    plan.blocks_of(plan.toy("ann", 1), plan.toy("bob", 1))
    plan.expect_refused(PlanInvalid.DOMAIN_TWICE)


@plan_scenario()
def link_to_no_chain(plan: PlanBuilder) -> None:
    """A link to a name that is none."""
    ann = plan.toy("ann", 1)
    plan.link(ann, "bob")
    plan.blocks_of(ann)
    plan.expect_refused(PlanInvalid.LINK_TO_NO_CHAIN)


@plan_scenario()
def link_to_itself(plan: PlanBuilder) -> None:
    """A chain that is linked to itself, if after a round only."""
    ann = plan.toy("ann", 1)
    plan.link(ann, ann)
    plan.blocks_of(ann)
    plan.expect_refused(PlanInvalid.LINK_TO_ITSELF)


@plan_scenario()
def link_twice(plan: PlanBuilder) -> None:
    """Two links with the same ends, of different latency."""
    ann, bob = plan.toy("ann", 1), plan.toy("bob", 2)
    plan.link(ann, bob, latency=1)
    plan.link(ann, bob, latency=2)
    plan.blocks_of(ann)
    plan.expect_refused(PlanInvalid.LINK_TWICE)


@plan_scenario()
def block_of_no_chain(plan: PlanBuilder) -> None:
    """The second round has a block of a chain that is not there: the plan is refused in all its rounds."""
    ann = plan.toy("ann", 1)
    plan.blocks_of(ann)
    plan.next_round()
    plan.stray_block("bob", like=ann)
    plan.expect_refused(PlanInvalid.BLOCK_OF_NO_CHAIN)
