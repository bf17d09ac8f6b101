"""Messages that arrive and do not succeed. Each has one chance, and those behind it do not wait for another."""

from __future__ import annotations

from samestate.conformance.generating.plan_contracts import KEEPER, REFUSER
from samestate.conformance.scenarios.plan_builder import PlanBuilder
from samestate.conformance.scenarios.scenario import plan_scenario
from samestate.conformance.scenarios.toy_draft import store
from samestate.spec.chains.rejections import PlanInvalid, SendingRefusal
from samestate.spec.chains.toy import OUTBOX, mail_slot
from samestate.spec.evm.rejections import Invalid
from samestate.spec.toy.rejections import Invalid as ToyInvalid


@plan_scenario()
def a_recipient_that_reverts(plan: PlanBuilder) -> None:
    """The call reverts: it is in the block and has paid its gas, and the message is used up. Another one succeeds."""
    west, east, hub = plan.toy("west", 1), plan.evm("east", 2), plan.toy("hub", 3)
    plan.link(west, east, east.contract("refuser", REFUSER))
    plan.link(hub, east, east.contract("keeper", KEEPER))
    west.post(west.account("alice"), east, 0, 1)
    hub.post(hub.account("bob"), east, 0, 2)
    plan.next_round(east)
    plan.expect_delivered((east, hub, 0, "success"), (east, west, 0, "failure"))


@plan_scenario()
def not_enough_gas_for_a_store(plan: PlanBuilder) -> None:
    """What the relayer pays for is not enough on the toy: the store fails, its nonce counts, and the next succeeds."""
    west, east = plan.toy("west", 1), plan.toy("east", 2, gas=2_200)
    plan.link(west, east)
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "failure"))


@plan_scenario()
def left_out_before_others(plan: PlanBuilder) -> None:
    """A payload so long that the relayer's gas limit does not cover it: it is left out, and the next has its nonce."""
    west, east = plan.evm("west", 1), plan.evm("east", 2, gas=25_000)
    plan.link(west, east, east.account("wallet"))
    alice = west.account("alice")
    west.post(alice, east, 0, b"\xff" * 300)
    west.post(alice, east, 1, b"\x01")
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, Invalid.INTRINSIC_GAS_TOO_LOW.name), (east, west, 1, "success"))
    plan.next_round()
    plan.claims(east, (west, 0))
    plan.expect_rejected(east, PlanInvalid.MESSAGE_REPLAYED)


@plan_scenario()
def an_account_too_poor_for_rent(plan: PlanBuilder) -> None:
    """Lamports that are no living for a new account: the transfer is charged and fails; the next one succeeds."""
    west, east = plan.toy("west", 1), plan.svm("east", 2)
    plan.link(west, east, east.nobody("newcomer"))
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    west.post(alice, east, 1, 2_000_000)
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "failure"), (east, west, 1, "success"))


@plan_scenario()
def no_room_in_the_block(plan: PlanBuilder) -> None:
    """The gas limit of a block has room for one delivery: the other is left out, and is not tried again."""
    west, east = plan.toy("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    west.post(alice, east, 1, 2)
    plan.next_round()
    east.block().with_gas_limit(110_000)
    plan.expect_delivered((east, west, 0, "success"), (east, west, 1, ToyInvalid.GAS_ALLOWANCE_EXCEEDED.name))
    plan.next_round()
    east.block().with_gas_limit(30_000_000)
    plan.expect_delivered()


@plan_scenario()
def an_invalid_block_delivers_nothing(plan: PlanBuilder) -> None:
    """A block is invalid by a transaction of its own: its messages wait for the next one, and other chains go on."""
    west, east = plan.toy("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    bob = east.account("bob")
    west.post(west.account("alice"), east, 0, 1)
    plan.next_round(west)
    east.block().send(bob, store(1, 1), nonce=7)
    plan.expect_rejected(east, ToyInvalid.NONCE_TOO_HIGH, 1)
    plan.expect_delivered()
    plan.next_round(east)
    plan.expect_delivered((east, west, 0, "success"))


@plan_scenario()
def outboxes_with_what_is_no_message(plan: PlanBuilder) -> None:
    """Numbers used before or too early, a domain without a link, a payload too long. Slots order what one sends."""
    west, east, svm = plan.toy("west", 1), plan.toy("east", 2), plan.svm("svm", 3)
    plan.link(west, east)
    plan.link(west, svm, svm.wallet("shop"))
    alice = west.account("alice")
    posts = [(svm.domain, 1, 3), (99, 0, 4), (east.domain, 2, 2), (svm.domain, 0, 2**64), (east.domain, 0, 1)]
    stores = [store(mail_slot(OUTBOX, domain, number), value) for domain, number, value in posts]
    west.block().send(alice, *stores, gas=200_000)
    west.post(alice, east, 0, 5)
    plan.expect_sent(
        (west, east, 0),
        SendingRefusal.SEQUENCE_GAP,
        SendingRefusal.PAYLOAD_DOES_NOT_FIT,
        (west, svm, 1),
        SendingRefusal.NO_LINK,
        SendingRefusal.SEQUENCE_REPLAYED,
    )
    plan.next_round(east, svm)
    plan.expect_delivered((east, west, 0, "success"), (svm, west, 1, "success"))


@plan_scenario()
def a_failed_transfer_sends_nothing(plan: PlanBuilder) -> None:
    """A transfer to an outbox that its sender cannot afford: it is in the block, and nothing is in the outbox."""
    west, east = plan.svm("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    poor, rich = west.wallet("poor", 2_000_000), west.wallet("rich")
    west.post(poor, east, 3_000_000)
    west.post(rich, east, 3_000_001)
    plan.expect_sent((west, east, 0))


@plan_scenario()
def a_slot_that_is_cleared(plan: PlanBuilder) -> None:
    """A slot of the outbox that becomes zero is no message; one that is stored again has a number that was used."""
    west, east = plan.toy("west", 1), plan.toy("east", 2)
    plan.link(west, east)
    alice = west.account("alice")
    west.post(alice, east, 0, 1)
    west.post(alice, east, 0, 0)
    west.post(alice, east, 0, 3)
    plan.expect_sent((west, east, 0), SendingRefusal.SEQUENCE_REPLAYED)
